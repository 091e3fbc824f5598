import type { Clock } from '../kube/clock.ts';
import type { Note } from './events.ts';

/** Occurrences of one note that are told by one event. */
export interface Series {
  readonly firstAt: Date;
  lastAt: Date;
  count: number;
  /** Of the event; undefined: it is not written yet. */
  name: string | undefined;
  /** Whether a write of it is to come, which will tell the count as it is then. */
  isQueued: boolean;
}

/** After so long without another occurrence the next one is a new event: finishTime of client-go. */
const SERIES_MS = 6 * 60_000;
/** client-go v0.37 tools/record/events_cache.go, defaultSpamBurst and defaultSpamQPS. */
const BURST = 25;
const REFILL_MS = 5 * 60_000;

interface History {
  readonly series: Map<string, { readonly series: Series; at: number }>;
  /** Writes that are left, as of `at`. */
  tokens: number;
  at: number;
}

/**
 * What was told of each object of late, so that repeats are counted and nobody is flooded. It holds
 * nothing of an object of which nothing was told for two hours.
 */
export class EventHistories {
  readonly #clock: Clock;
  /** By uid, the one that was quiet for the longest time first. */
  readonly #histories = new Map<string, History>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Objects that something is held of; for tests. */
  get size(): number {
    return this.#histories.size;
  }

  /** Notes an occurrence, and returns the series that it belongs to. */
  note(uid: string, { type, reason, note }: Note, wallTime: Date): Series {
    const now = this.#clock.now();
    this.#forgetQuiet(now);
    const { series: all } = this.#touch(uid, now);
    for (const [id, { at }] of all) {
      if (now - at >= SERIES_MS) {
        all.delete(id);
      }
    }
    const id = `${type} ${reason} ${note}`;
    const found = all.get(id);
    if (found === undefined) {
      const series = {
        firstAt: wallTime,
        lastAt: wallTime,
        count: 1,
        name: undefined,
        isQueued: false,
      };
      all.set(id, { series, at: now });
      return series;
    }
    found.at = now;
    found.series.count += 1;
    found.series.lastAt = wallTime;
    return found.series;
  }

  /** Whether one more event of this object may be written. Asking counts as writing. */
  mayWrite(uid: string): boolean {
    const now = this.#clock.now();
    const history = this.#touch(uid, now);
    history.tokens = Math.min(BURST, history.tokens + (now - history.at) / REFILL_MS);
    history.at = now;
    if (history.tokens < 1) {
      return false;
    }
    history.tokens -= 1;
    return true;
  }

  /** Moves a history to the end. */
  #touch(uid: string, now: number): History {
    const history = this.#histories.get(uid) ?? { series: new Map(), tokens: BURST, at: now };
    this.#histories.delete(uid);
    this.#histories.set(uid, history);
    return history;
  }

  #forgetQuiet(now: number): void {
    for (const [uid, { at }] of this.#histories) {
      if (now - at < BURST * REFILL_MS) {
        return;
      }
      this.#histories.delete(uid);
    }
  }
}
