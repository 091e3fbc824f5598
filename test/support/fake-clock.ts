import type { Clock } from '../../src/kube/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly run: () => void;
}

/** A clock that stands still until the test turns it. Timers run in the order of their time. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();
  readonly #watchers = new Set<() => void>();

  now(): number {
    return this.#now;
  }

  wallTime(): Date {
    return new Date(this.#now);
  }

  after(ms: number, run: () => void): () => void {
    const timer = { dueAt: this.#now + Math.max(0, ms), run };
    this.#timers.add(timer);
    for (const watcher of this.#watchers) {
      watcher();
    }
    return () => this.#timers.delete(timer);
  }

  /** Turns the clock by `ms` and runs what falls due on the way, also what that sets anew. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.dueAt;
      this.#timers.delete(next);
      next.run();
    }
    this.#now = end;
  }

  /** How long each timer that is set still has to go, in milliseconds, shortest first. */
  waits(): readonly number[] {
    return [...this.#timers].map(({ dueAt }) => dueAt - this.#now).toSorted((a, b) => a - b);
  }

  /** Resolves with the time to go of a timer for which `is` holds, as soon as one is set. */
  waitFor(is: (ms: number) => boolean): Promise<number> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.waits().find(is);
        if (found !== undefined) {
          this.#watchers.delete(look);
          resolve(found);
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers]
      .filter(({ dueAt }) => dueAt <= end)
      .toSorted((a, b) => a.dueAt - b.dueAt)[0];
  }
}
