/** Time, as an argument: whoever waits or measures takes a clock, so that a test can turn it. */
export interface Clock {
  /** Milliseconds on a scale that only ever grows. Its zero means nothing: use it for differences. */
  now(): number;
  /** The date on the wall, which may jump. For text that people read, never for differences. */
  wallTime(): Date;
  /**
   * Runs `run` once, `ms` milliseconds from now. What it returns cancels that, and does nothing
   * when called late or twice.
   */
  after(ms: number, run: () => void): () => void;
}

/** Node turns a longer delay into 1 ms (node:timers, "setTimeout"). 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers keep the process up. Delays above 24.8 days are cut to that. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => new Date(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds, or as soon as the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    signal.addEventListener('abort', wake);
  });
}

/** A signal that aborts when another does, or else after a time. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly cancel: () => void;
}

/** @param reason what the signal aborts with when the time is over */
export function deadline(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  reason: () => Error,
): Deadline {
  const over = new AbortController();
  const cancel = clock.after(ms, () => over.abort(reason()));
  return { signal: AbortSignal.any([signal, over.signal]), cancel };
}
