import type { Clock } from './clock.ts';
import { KubeError, errorFields } from './errors.ts';
import { FencedError } from './fence.ts';
import type { Log } from './log.ts';
import type { WorkQueue } from './work-queue.ts';

/** What came of a key. A failure is thrown instead. */
export type Result =
  /** Nothing to do until something changes. */
  | { readonly kind: 'done' }
  /** Not a failure, but time will change something: look again then. */
  | { readonly kind: 'again'; readonly afterMs: number };

export interface WorkerOptions {
  readonly queue: WorkQueue;
  readonly concurrency: number;
  /** Looks at the object of this key anew. The signal is the one given here. */
  readonly process: (key: string, log: Log, signal: AbortSignal) => Promise<Result>;
  /**
   * Ends the waiting for keys and is handed to `process`. For an orderly stop call
   * `queue.shutDown()` first and abort only those that are still at work after a deadline.
   */
  readonly signal: AbortSignal;
  /** Makes the log of one look at a key: what it says of it stands in each of its lines. */
  readonly logFor: (key: string) => Log;
  readonly clock: Clock;
  /** Absent: nobody listens. */
  readonly observer?: WorkerObserver;
}

/** Told of what the workers do, for metrics. It must not throw. */
export interface WorkerObserver {
  readonly onStart: () => void;
  /** @param workedMs since the start, in milliseconds */
  readonly onEnd: (outcome: WorkOutcome, workedMs: number) => void;
}

export type WorkOutcome =
  | Result['kind']
  /** The server did not do as it was asked, or this process may not write. */
  | 'failed'
  /** Anything else was thrown: a mistake in this program. */
  | 'broken';

/**
 * Works the queue off with `concurrency` workers. This is the one place where a result becomes a
 * retry. What `process` throws ends neither a worker nor the process: the key comes again, rate
 * limited, and the other keys do not notice.
 *
 * @returns when all workers have ended. Never rejects.
 */
export async function runWorkers(options: WorkerOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.concurrency }, () => runWorker(options)));
}

async function runWorker(options: WorkerOptions): Promise<void> {
  const { queue, signal } = options;
  for (;;) {
    const key = await queue.take(signal);
    if (key === undefined) {
      return;
    }
    await processKey(options, key);
    queue.done(key);
  }
}

async function processKey(options: WorkerOptions, key: string): Promise<void> {
  const { clock, observer } = options;
  const startedAt = clock.now();
  observer?.onStart();
  const outcome = await outcomeOf(options, key);
  observer?.onEnd(outcome, clock.now() - startedAt);
}

async function outcomeOf(options: WorkerOptions, key: string): Promise<WorkOutcome> {
  const { queue, process, signal, logFor } = options;
  const log = logFor(key);
  try {
    const result = await process(key, log, signal);
    queue.forget(key);
    if (result.kind === 'again') {
      queue.addAfter(key, result.afterMs);
    }
    return result.kind;
  } catch (error) {
    const isExpected = error instanceof KubeError || error instanceof FencedError;
    if (!signal.aborted) {
      complain(log, error, isExpected);
    }
    queue.addRateLimited(key, error instanceof KubeError ? error.retryAfterMs : 0);
    return isExpected ? 'failed' : 'broken';
  }
}

function complain(log: Log, error: unknown, isExpected: boolean): void {
  if (isExpected) {
    log.warn(errorFields(error), 'processing failed, will be tried again');
  } else {
    log.error(errorFields(error), 'a mistake in this program: please report it');
  }
}
