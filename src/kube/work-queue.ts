import { backoffMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** As `Math.random`. */
  readonly random: () => number;
  /** For `addRateLimited`. Absent: 200 ms, doubling up to 5 min. */
  readonly backoff?: Backoff;
  /** Absent: nobody listens. */
  readonly observer?: QueueObserver;
}

/** Told of what happens to the keys, for metrics. It must not throw. Durations are in milliseconds. */
export interface QueueObserver {
  /** A key that was not queued is queued. */
  readonly onAdd: () => void;
  /** A key was added rate limited. */
  readonly onRetry: () => void;
  /** A key went to a worker, this long after it was queued. */
  readonly onTake: (waitedMs: number) => void;
  /** A worker gave a key back, this long after it took it. */
  readonly onDone: (workedMs: number) => void;
}

/** How the queue stands at this moment. */
export interface QueueState {
  /** Keys that are ready to be taken. */
  readonly depth: number;
  /** How long the workers have been at the keys that they have, together and the longest one. */
  readonly unfinishedMs: number;
  readonly longestMs: number;
}

/**
 * A queue of keys with the guarantees of client-go's (v0.37 util/workqueue):
 *
 * - A key that is added many times before it is taken is taken once.
 * - No key is with two workers at once. One that is added while it is with a worker is queued again
 *   when that worker is done with it.
 * - Keys are taken in the order in which they became ready.
 *
 * A key has at most one time to come: of several the earliest counts (as in controller-runtime's
 * priorityqueue), so that `add` also makes up for an `addAfter` that is still to come. That is right
 * where a worker looks at everything anew and its own result says when to look again.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #observer: QueueObserver | undefined;
  /** Ready to be taken, and since when. A Map keeps the order of insertion. */
  readonly #ready = new Map<string, number>();
  /** With a worker, and since when. */
  readonly #processing = new Map<string, number>();
  /** Added while with a worker. */
  readonly #again = new Set<string>();
  readonly #waiting = new Map<string, { readonly dueAt: number; readonly cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  readonly #takers = new Set<(key: string | undefined) => void>();
  readonly #drained = Promise.withResolvers<void>();
  #isShutDown = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#backoff = options.backoff ?? { baseMs: 200, capMs: 300_000 };
    this.#observer = options.observer;
  }

  /** Queues a key now. */
  add(key: string): void {
    if (this.#isShutDown) {
      return;
    }
    this.#stopWaiting(key);
    if (!this.#isQueued(key)) {
      this.#observer?.onAdd();
    }
    if (this.#processing.has(key)) {
      this.#again.add(key);
    } else {
      this.#makeReady(key);
    }
  }

  /** Queues a key in `ms` milliseconds, unless it is queued or due earlier than that. */
  addAfter(key: string, ms: number): void {
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const dueAt = this.#clock.now() + ms;
    const due = this.#waiting.get(key)?.dueAt ?? Infinity;
    if (this.#isShutDown || this.#isQueued(key) || due <= dueAt) {
      return;
    }
    this.#stopWaiting(key);
    const cancel = this.#clock.after(ms, () => this.add(key));
    this.#waiting.set(key, { dueAt, cancel });
  }

  /**
   * Queues a key after a failure, later with each one that `forget` did not follow.
   *
   * @param atLeastMs what a server asked to wait
   */
  addRateLimited(key: string, atLeastMs = 0): void {
    const earlier = this.#failures.get(key) ?? 0;
    this.#failures.set(key, earlier + 1);
    this.#observer?.onRetry();
    this.addAfter(key, Math.max(atLeastMs, backoffMs(earlier, this.#backoff, this.#random)));
  }

  /** Forgets the failures of a key. Does not take it out of the queue. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Whether the key is queued or with a worker: somebody is or will soon be at work on it. */
  isActive(key: string): boolean {
    return this.#isQueued(key) || this.#processing.has(key);
  }

  state(): QueueState {
    const now = this.#clock.now();
    const ages = [...this.#processing.values()].map((since) => now - since);
    return {
      depth: this.#ready.size,
      unfinishedMs: ages.reduce((sum, age) => sum + age, 0),
      longestMs: Math.max(0, ...ages),
    };
  }

  /**
   * The next key, as soon as there is one. Whoever takes it must call `done` with it.
   *
   * @returns undefined once the signal has aborted or the queue is shut down
   */
  take(signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      const taker = (key: string | undefined): void => {
        signal.removeEventListener('abort', leave);
        this.#takers.delete(taker);
        resolve(key);
      };
      const leave = (): void => taker(undefined);
      if (signal.aborted || this.#isShutDown) {
        leave();
        return;
      }
      signal.addEventListener('abort', leave);
      this.#takers.add(taker);
      this.#handOut();
    });
  }

  /** Gives a key back, whatever came of it. */
  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) {
      return;
    }
    this.#processing.delete(key);
    this.#observer?.onDone(this.#clock.now() - since);
    if (this.#again.delete(key)) {
      this.#makeReady(key);
    }
    this.#settleDrain();
  }

  /**
   * Takes no more keys and gives none out; those that wait are dropped, for the next process looks
   * at everything anew.
   *
   * @returns when the keys that are with workers are done
   */
  shutDown(): Promise<void> {
    this.#isShutDown = true;
    for (const { cancel } of this.#waiting.values()) {
      cancel();
    }
    this.#waiting.clear();
    this.#ready.clear();
    this.#again.clear();
    for (const taker of this.#takers) {
      taker(undefined);
    }
    this.#settleDrain();
    return this.#drained.promise;
  }

  #isQueued(key: string): boolean {
    return this.#ready.has(key) || this.#again.has(key);
  }

  #makeReady(key: string): void {
    if (!this.#ready.has(key)) {
      this.#ready.set(key, this.#clock.now());
    }
    this.#handOut();
  }

  #stopWaiting(key: string): void {
    this.#waiting.get(key)?.cancel();
    this.#waiting.delete(key);
  }

  /** Gives the oldest ready key to the oldest taker. Called for each of either that comes. */
  #handOut(): void {
    const [first] = this.#ready;
    const [taker] = this.#takers;
    if (first !== undefined && taker !== undefined) {
      const [key, since] = first;
      const now = this.#clock.now();
      this.#ready.delete(key);
      this.#processing.set(key, now);
      this.#observer?.onTake(now - since);
      taker(key);
    }
  }

  #settleDrain(): void {
    if (this.#isShutDown && this.#processing.size === 0) {
      this.#drained.resolve();
    }
  }
}
