import { describe, expect, it, vi } from 'vitest';
import { KubeError } from '../../../src/kube/errors.ts';
import { WorkQueue } from '../../../src/kube/work-queue.ts';
import { runWorkers } from '../../../src/kube/workers.ts';
import type { Result, WorkerOptions } from '../../../src/kube/workers.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLog } from '../../support/memory-log.ts';

/** How often to look. */
const SOON = { interval: 1, timeout: 10_000 };
const DONE: Result = { kind: 'done' };

function setUp(process: WorkerOptions['process'], concurrency = 1) {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, random: () => 0 });
  const log = new MemoryLog();
  const aborter = new AbortController();
  const finished = runWorkers({ queue, concurrency, process, signal: aborter.signal, log });
  return { clock, queue, log, aborter, finished };
}

/** Results to give one after the other; an Error is thrown. Records the keys. */
function script(results: readonly (Result | Error)[]) {
  const keys: string[] = [];
  const process = (key: string): Promise<Result> => {
    const result = results[keys.length] ?? DONE;
    keys.push(key);
    return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
  };
  return { keys, process };
}

describe('the workers', () => {
  it('should call process if an item is enqueued', async () => {
    const { keys, process } = script([]);
    const { queue } = setUp(process);
    queue.add('a');
    await vi.waitFor(() => expect(keys).toEqual(['a']), SOON);
    await vi.waitFor(() => expect(queue.isActive('a')).toBe(false), SOON);
  });

  it('should requeue an item if there is an error and continue processing items', async () => {
    const { keys, process } = script([new Error('hunter2')]);
    const { queue, clock, log } = setUp(process);
    queue.add('a');
    queue.add('b');
    await vi.waitFor(() => expect(keys).toEqual(['a', 'b']), SOON);
    clock.advance(100);
    await vi.waitFor(() => expect(keys).toEqual(['a', 'b', 'a']), SOON);
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { key: 'a', error: 'Error' } }]);
  });

  it('should treat an error that is thrown at once like one that is thrown later', async () => {
    const keys: string[] = [];
    const { queue, clock } = setUp((key) => {
      keys.push(key);
      throw new Error('at once');
    });
    queue.add('a');
    await clock.waitFor((ms) => ms === 100);
    clock.advance(100);
    await clock.waitFor((ms) => ms === 200);
    expect(keys).toEqual(['a', 'a']);
  });

  it("should not reset backoff until there's a non-error result", async () => {
    const { process } = script([new Error('1'), new Error('2'), DONE, new Error('3')]);
    const { queue, clock } = setUp(process);
    queue.add('a');
    clock.advance(await clock.waitFor((ms) => ms === 100));
    clock.advance(await clock.waitFor((ms) => ms === 200));
    await vi.waitFor(() => expect(queue.isActive('a')).toBe(false), SOON);
    queue.add('a');
    await clock.waitFor((ms) => ms === 100);
  });

  it('should not requeue an item earlier than the server asks for', async () => {
    const patience = new KubeError(
      { verb: 'get', resource: { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' } },
      'TooManyRequests',
      { status: 429, retryAfterMs: 7000 },
    );
    const { keys, process } = script([patience]);
    const { queue, clock } = setUp(process);
    queue.add('a');
    clock.advance((await clock.waitFor((ms) => ms === 7000)) - 1);
    expect(keys).toEqual(['a']);
    clock.advance(1);
    await vi.waitFor(() => expect(keys).toEqual(['a', 'a']), SOON);
  });

  it('should requeue an item after a duration (but not rate-limited) if the result says again', async () => {
    const { keys, process } = script([new Error('1'), { kind: 'again', afterMs: 7000 }]);
    const { queue, clock } = setUp(process);
    queue.add('a');
    clock.advance(await clock.waitFor((ms) => ms === 100));
    clock.advance(await clock.waitFor((ms) => ms === 7000));
    await vi.waitFor(() => expect(keys).toEqual(['a', 'a', 'a']), SOON);
    queue.add('b');
    await vi.waitFor(() => expect(keys).toHaveLength(4), SOON);
  });

  it('should not requeue an item that is done', async () => {
    const { keys, process } = script([]);
    const { queue, clock } = setUp(process);
    queue.add('a');
    queue.add('b');
    await vi.waitFor(() => expect(keys).toEqual(['a', 'b']), SOON);
    clock.advance(1_000_000);
    expect([keys, clock.waits()]).toEqual([['a', 'b'], []]);
  });

  it('should process as many items at once as there are workers, and no more', async () => {
    const gates = new Map<string, () => void>();
    const { queue } = setUp(
      (key) =>
        new Promise((resolve) => {
          gates.set(key, () => resolve(DONE));
        }),
      2,
    );
    ['a', 'b', 'c'].forEach((key) => queue.add(key));
    await vi.waitFor(() => expect([...gates.keys()]).toEqual(['a', 'b']), SOON);
    gates.get('b')?.();
    await vi.waitFor(() => expect([...gates.keys()]).toEqual(['a', 'b', 'c']), SOON);
  });

  it('should end when the queue is shut down and what is being processed is done', async () => {
    let open: (() => void) | undefined;
    const { queue, finished } = setUp(
      () =>
        new Promise((resolve) => {
          open = () => resolve(DONE);
        }),
    );
    queue.add('a');
    await vi.waitFor(() => expect(open).toBeDefined(), SOON);
    const drained = queue.shutDown();
    open?.();
    await Promise.all([drained, finished]);
  });

  it('should hand the signal on, and end quietly when it aborts', async () => {
    const { queue, finished, aborter, log } = setUp(
      (_key, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    queue.add('a');
    await vi.waitFor(() => expect(queue.state().longestMs).toBeDefined(), SOON);
    aborter.abort();
    await finished;
    expect(log.lines).toEqual([]);
  });
});
