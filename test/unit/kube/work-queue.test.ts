import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../../src/kube/work-queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/**
 * The names of these tests are the guarantees of client-go v0.37 util/workqueue (doc.go, queue.go and
 * their tests) and of controller-runtime v0.25 pkg/controller/priorityqueue.
 */

/** `random` 0 makes each backoff the half of its full delay. */
function setUp(): { queue: WorkQueue; clock: FakeClock } {
  const clock = new FakeClock();
  return { queue: new WorkQueue({ clock, random: () => 0 }), clock };
}

/** The key that is ready at this moment, if any. */
function takeNow(queue: WorkQueue): Promise<string | undefined> {
  const moment = new AbortController();
  const taken = queue.take(moment.signal);
  moment.abort();
  return taken;
}

const NEVER = new AbortController().signal;

describe('the queue is fair', () => {
  it('hands items out in the order in which they are added', async () => {
    const { queue } = setUp();
    ['a', 'b', 'c'].forEach((key) => queue.add(key));
    expect([await takeNow(queue), await takeNow(queue), await takeNow(queue)]).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('puts an item that is added again behind those that wait', async () => {
    const { queue } = setUp();
    queue.add('a');
    expect(await takeNow(queue)).toBe('a');
    queue.add('b');
    queue.add('a');
    queue.done('a');
    expect([await takeNow(queue), await takeNow(queue)]).toEqual(['b', 'a']);
  });

  it('serves the worker first that has waited longest', async () => {
    const { queue } = setUp();
    const first = queue.take(NEVER);
    const second = queue.take(NEVER);
    queue.add('a');
    queue.add('b');
    expect([await first, await second]).toEqual(['a', 'b']);
  });
});

describe('the queue is stingy', () => {
  it('processes an item once that is added multiple times before it can be processed', async () => {
    const { queue } = setUp();
    queue.add('a');
    queue.add('a');
    expect([await takeNow(queue), await takeNow(queue)]).toEqual(['a', undefined]);
  });

  it('does not process a single item multiple times concurrently', async () => {
    const { queue } = setUp();
    queue.add('a');
    expect(await takeNow(queue)).toBe('a');
    queue.add('a');
    expect(await takeNow(queue)).toBeUndefined();
  });

  it('allows an item to be reenqueued while it is being processed', async () => {
    const { queue } = setUp();
    queue.add('a');
    expect(await takeNow(queue)).toBe('a');
    queue.add('a');
    queue.add('a');
    queue.done('a');
    expect(await takeNow(queue)).toBe('a');
    queue.done('a');
    expect(await takeNow(queue)).toBeUndefined();
  });

  it('ignores done for an item that nobody has', async () => {
    const { queue } = setUp();
    queue.done('a');
    expect(await takeNow(queue)).toBeUndefined();
  });
});

describe('addAfter', () => {
  it('hands an item out when its time has come and not before', async () => {
    const { queue, clock } = setUp();
    queue.addAfter('a', 50);
    clock.advance(49);
    expect(await takeNow(queue)).toBeUndefined();
    clock.advance(1);
    expect(await takeNow(queue)).toBe('a');
  });

  it('lets the earlier of two times win, whichever came first', async () => {
    for (const times of [
      [50, 100],
      [100, 50],
    ]) {
      const { queue, clock } = setUp();
      times.forEach((ms) => queue.addAfter('a', ms));
      clock.advance(50);
      expect(await takeNow(queue)).toBe('a');
      queue.done('a');
      clock.advance(1000);
      expect(await takeNow(queue)).toBeUndefined();
    }
  });

  it('is made up for by an add that comes before', async () => {
    const { queue, clock } = setUp();
    queue.addAfter('a', 50);
    queue.add('a');
    expect(await takeNow(queue)).toBe('a');
    queue.done('a');
    clock.advance(1000);
    expect(await takeNow(queue)).toBeUndefined();
  });

  it('counts for an item that is with a worker, and waits for that worker when due', async () => {
    const { queue, clock } = setUp();
    queue.add('a');
    expect(await takeNow(queue)).toBe('a');
    queue.addAfter('a', 50);
    clock.advance(50);
    expect(await takeNow(queue)).toBeUndefined();
    queue.done('a');
    expect(await takeNow(queue)).toBe('a');
  });

  it('does not postpone an item that is queued', async () => {
    const { queue } = setUp();
    queue.add('a');
    queue.addAfter('a', 50);
    expect(await takeNow(queue)).toBe('a');
  });

  it('queues at once when the time is zero or past', async () => {
    const { queue } = setUp();
    queue.addAfter('a', 0);
    queue.addAfter('b', -1);
    expect([await takeNow(queue), await takeNow(queue)]).toEqual(['a', 'b']);
  });
});

/** Lets an item fail and be taken again. Returns how long that took, in milliseconds. */
async function delayOfNext(queue: WorkQueue, clock: FakeClock): Promise<number> {
  queue.addRateLimited('a');
  const [wait = -1] = clock.waits();
  clock.advance(wait);
  expect(await takeNow(queue)).toBe('a');
  queue.done('a');
  return wait;
}

describe('addRateLimited', () => {
  it('doubles the delay with each failure up to the cap', async () => {
    const { queue, clock } = setUp();
    const delays: number[] = [];
    for (let failures = 0; failures < 14; failures += 1) {
      delays.push(await delayOfNext(queue, clock));
    }
    expect(delays.slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect(delays.slice(-2)).toEqual([150_000, 150_000]);
  });

  it('waits no less than a server asks for, and no less than it would by itself', () => {
    for (const [atLeastMs, waits] of [
      [70, 100],
      [700, 700],
    ] as const) {
      const { queue, clock } = setUp();
      queue.addRateLimited('a', atLeastMs);
      expect(clock.waits()).toEqual([waits]);
    }
  });

  it('starts over once the item is forgotten', async () => {
    const { queue, clock } = setUp();
    await delayOfNext(queue, clock);
    await delayOfNext(queue, clock);
    queue.forget('a');
    expect(await delayOfNext(queue, clock)).toBe(100);
  });

  it('spreads the delay over its upper half at random', () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock, random: () => 0.5 });
    queue.addRateLimited('a');
    expect(clock.waits()).toEqual([150]);
  });

  it('counts the failures of each item apart', async () => {
    const { queue, clock } = setUp();
    await delayOfNext(queue, clock);
    queue.addRateLimited('b');
    expect(clock.waits()).toEqual([100]);
  });
});

describe('isActive', () => {
  it('is true while an item is queued or with a worker, and not while it is only due later', async () => {
    const { queue, clock } = setUp();
    expect(queue.isActive('a')).toBe(false);
    queue.addAfter('a', 50);
    expect(queue.isActive('a')).toBe(false);
    clock.advance(50);
    expect(queue.isActive('a')).toBe(true);
    await takeNow(queue);
    expect(queue.isActive('a')).toBe(true);
    queue.done('a');
    expect(queue.isActive('a')).toBe(false);
  });
});

/** The hooks of client-go v0.37 util/workqueue/metrics_test.go. */
describe('the observer', () => {
  function observed() {
    const clock = new FakeClock();
    const seen: string[] = [];
    const queue = new WorkQueue({
      clock,
      random: () => 0,
      observer: {
        onAdd: () => seen.push('add'),
        onRetry: () => seen.push('retry'),
        onTake: (ms) => seen.push(`take ${String(ms)}`),
        onDone: (ms) => seen.push(`done ${String(ms)}`),
      },
    });
    return { clock, seen, queue };
  }

  it('hears of each addition once, of the time in the queue and of the time with a worker', async () => {
    const { clock, seen, queue } = observed();
    queue.add('a');
    queue.add('a');
    clock.advance(50);
    await takeNow(queue);
    clock.advance(25);
    queue.done('a');
    expect(seen).toEqual(['add', 'take 50', 'done 25']);
  });

  it('counts an addition during processing once, and its waiting from when it became ready', async () => {
    const { clock, seen, queue } = observed();
    queue.add('a');
    await takeNow(queue);
    queue.add('a');
    queue.add('a');
    clock.advance(30);
    queue.done('a');
    clock.advance(5);
    await takeNow(queue);
    expect(seen).toEqual(['add', 'take 0', 'add', 'done 30', 'take 5']);
  });

  it('counts a retry when it is asked for and an addition when it is due', () => {
    const { clock, seen, queue } = observed();
    queue.addRateLimited('a');
    expect(seen).toEqual(['retry']);
    clock.advance(100);
    expect(seen).toEqual(['retry', 'add']);
  });
});

describe('state', () => {
  it('has the depth, the unfinished work and the longest of it', async () => {
    const { queue, clock } = setUp();
    ['a', 'b', 'c', 'd'].forEach((key) => queue.add(key));
    await takeNow(queue);
    clock.advance(30);
    await takeNow(queue);
    clock.advance(10);
    expect(queue.state()).toEqual({ depth: 2, unfinishedMs: 50, longestMs: 40 });
    queue.done('a');
    expect(queue.state()).toEqual({ depth: 2, unfinishedMs: 10, longestMs: 10 });
  });
});

describe('take', () => {
  it('ends when the signal aborts, and the item goes to the next one', async () => {
    const { queue } = setUp();
    const leaving = new AbortController();
    const left = queue.take(leaving.signal);
    const stays = queue.take(NEVER);
    leaving.abort();
    queue.add('a');
    expect([await left, await stays]).toEqual([undefined, 'a']);
  });
});

describe('shutDown', () => {
  it('lets go those who wait, and everyone who comes later', async () => {
    const { queue } = setUp();
    const waiting = queue.take(NEVER);
    await queue.shutDown();
    expect(await waiting).toBeUndefined();
    expect(await queue.take(NEVER)).toBeUndefined();
  });

  it('takes nothing in, and drops what is queued, due or to come again', async () => {
    const { queue, clock } = setUp();
    queue.add('a');
    expect(await takeNow(queue)).toBe('a');
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 50);
    const drained = queue.shutDown();
    queue.add('d');
    queue.addAfter('e', 50);
    queue.done('a');
    await drained;
    expect(clock.waits()).toEqual([]);
    expect(['a', 'b', 'c', 'd', 'e'].filter((key) => queue.isActive(key))).toEqual([]);
  });

  it('is drained when the last item that is being processed is done', async () => {
    const { queue } = setUp();
    queue.add('a');
    await takeNow(queue);
    let isDrained = false;
    const drained = queue.shutDown().finally(() => {
      isDrained = true;
    });
    await Promise.resolve();
    expect(isDrained).toBe(false);
    queue.done('a');
    await drained;
    expect(isDrained).toBe(true);
  });
});

describe('whatever is done to it', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('add', 'addRateLimited', 'forget'), key }),
    fc.record({ kind: fc.constant('addAfter'), key, ms: fc.integer({ min: -1, max: 500 }) }),
    fc.record({ kind: fc.constant('advance'), ms: fc.integer({ min: 0, max: 1000 }) }),
    fc.record({ kind: fc.constantFrom('take', 'done') }),
  );
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  /** Plays the steps with up to three workers, and checks what the queue promises on the way. */
  class Play {
    readonly #clock = new FakeClock();
    readonly #queue = new WorkQueue({ clock: this.#clock, random: () => 0.5 });
    readonly #processing: string[] = [];
    #idle = 0;
    /** Keys that somebody asked for since they were last taken. */
    readonly owed = new Set<string>();
    readonly violations: string[] = [];

    async run(step: Step): Promise<void> {
      this.#apply(step);
      // The queue has handed out already; this lets the workers hear of it.
      await Promise.resolve();
      await Promise.resolve();
    }

    async finish(): Promise<void> {
      for (let round = 0; round < 20; round += 1) {
        await this.run({ kind: 'advance', ms: 300_000 });
        await this.run({ kind: 'take' });
        await this.run({ kind: 'done' });
      }
    }

    #apply(step: Step): void {
      if ('key' in step) {
        this.#applyToKey(step);
      } else if ('ms' in step) {
        this.#clock.advance(step.ms);
      } else if (step.kind === 'take') {
        this.#take();
      } else {
        const [done] = this.#processing.splice(0, 1);
        if (done !== undefined) {
          this.#queue.done(done);
        }
      }
    }

    #applyToKey(step: Extract<Step, { key: string }>): void {
      if (step.kind !== 'forget') {
        this.owed.add(step.key);
      }
      if ('ms' in step) {
        this.#queue.addAfter(step.key, step.ms);
      } else if (step.kind === 'add') {
        this.#queue.add(step.key);
      } else if (step.kind === 'addRateLimited') {
        this.#queue.addRateLimited(step.key);
      } else {
        this.#queue.forget(step.key);
      }
    }

    #take(): void {
      if (this.#idle + this.#processing.length >= 3) {
        return;
      }
      this.#idle += 1;
      void this.#receive(this.#queue.take(NEVER));
    }

    async #receive(taken: Promise<string | undefined>): Promise<void> {
      const key = (await taken) ?? '';
      this.#idle -= 1;
      if (this.#processing.includes(key)) {
        this.violations.push(`${key} is with two workers`);
      }
      if (!this.owed.delete(key)) {
        this.violations.push(`nobody added ${key}`);
      }
      this.#processing.push(key);
    }
  }

  it('never gives an item to two workers, gives none that nobody added, and loses none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const play = new Play();
        for (const step of steps) {
          await play.run(step);
        }
        await play.finish();
        expect({ violations: play.violations, lost: [...play.owed] }).toEqual({
          violations: [],
          lost: [],
        });
      }),
      { numRuns: 500 },
    );
  });
});
