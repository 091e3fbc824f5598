import { describe, expect, it, vi } from 'vitest';
import { KubeError } from '../../../src/kube/errors.ts';
import { FencedError } from '../../../src/kube/fence.ts';
import { WorkQueue } from '../../../src/kube/work-queue.ts';
import { runWorkers } from '../../../src/kube/workers.ts';
import type { Result, WorkerObserver, WorkerOptions } from '../../../src/kube/workers.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLog } from '../../support/memory-log.ts';

/** How often to look. */
const SOON = { interval: 1, timeout: 10_000 };
const DONE: Result = { kind: 'done' };
const BUSY = new KubeError(
  { verb: 'get', resource: { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' } },
  'TooManyRequests',
  { status: 429, retryAfterMs: 7000 },
);

function setUp(process: WorkerOptions['process'], concurrency = 1) {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, random: () => 0 });
  const log = new MemoryLog();
  const aborter = new AbortController();
  const seen: string[] = [];
  const observer: WorkerObserver = {
    onStart: () => seen.push('start'),
    onEnd: (outcome, ms) => seen.push(`${outcome} ${String(ms)}`),
  };
  const finished = runWorkers({
    queue,
    concurrency,
    process,
    clock,
    observer,
    signal: aborter.signal,
    logFor: (key) => log.child({ key }),
  });
  return { clock, queue, log, seen, aborter, finished };
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
    expect(log.lines).toMatchObject([{ level: 'error', fields: { key: 'a', error: 'Error' } }]);
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
    const { keys, process } = script([BUSY]);
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
      (_key, _log, signal) =>
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

  it('should give each look a log of its own, and call for nobody when the server is busy', async () => {
    const { queue, log } = setUp((key, look) => {
      look.info({}, 'looked');
      throw key === 'a' ? BUSY : new FencedError();
    });
    queue.add('a');
    queue.add('b');
    await vi.waitFor(() => expect(log.lines).toHaveLength(4), SOON);
    expect(log.lines.map(({ level, fields }) => [level, fields['key']])).toEqual([
      ['info', 'a'],
      ['warn', 'a'],
      ['info', 'b'],
      ['warn', 'b'],
    ]);
  });

  it('should tell the observer how each look ended, and how long it took', async () => {
    const results = [DONE, { kind: 'again', afterMs: 1e9 }, BUSY, new TypeError('x')] as const;
    const { keys, process } = script(results);
    const { queue, clock, seen } = setUp((key) => {
      clock.advance(keys.length + 1);
      return process(key);
    });
    ['a', 'b', 'c', 'd'].forEach((key) => queue.add(key));
    await vi.waitFor(() => expect(seen).toHaveLength(8), SOON);
    expect(seen).toEqual(
      ['done 1', 'again 2', 'failed 3', 'broken 4'].flatMap((end) => ['start', end]),
    );
  });
});
