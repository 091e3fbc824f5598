import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** What is waited for, as the end of "gave up waiting for …". */
  readonly describe: string;
  /** Milliseconds until it gives up; absent: 10 s. */
  readonly deadlineMs?: number;
  /** Milliseconds between two tries; absent: 20. */
  readonly intervalMs?: number;
  /** Ends the wait at once with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Calls `attempt` until it does not throw, and resolves with what it returned.
 * Errors: at the deadline one that names what was waited for, with the last failure as its cause.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { describe, deadlineMs = 10_000, intervalMs = 20, signal }: EventuallyOptions,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (performance.now() >= deadline) {
        const last = error instanceof Error ? error.message : String(error);
        throw new Error(`gave up waiting for ${describe} after ${deadlineMs} ms: ${last}`, {
          cause: error,
        });
      }
    }
    await sleep(intervalMs);
  }
}
