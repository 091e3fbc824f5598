/** Exponential backoff: the delay doubles with each failure in a row, from `baseMs` to `capMs`. */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Milliseconds to wait after a failure that followed `earlier` others (0 for the first one).
 * Jittered over the upper half, so that many who failed together do not come back together while
 * each still waits at least half of the full delay.
 *
 * @param random as `Math.random`: 0 inclusive to 1 exclusive
 */
export function backoffMs(earlier: number, backoff: Backoff, random: () => number): number {
  const full = Math.min(backoff.capMs, backoff.baseMs * 2 ** earlier);
  return (full * (1 + random())) / 2;
}
