import { KubeError, errorFields } from './errors.ts';
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
  readonly process: (key: string, signal: AbortSignal) => Promise<Result>;
  /**
   * Ends the waiting for keys and is handed to `process`. For an orderly stop call
   * `queue.shutDown()` first and abort only those that are still at work after a deadline.
   */
  readonly signal: AbortSignal;
  readonly log: Log;
}

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
  const { queue, process, signal, log } = options;
  try {
    const result = await process(key, signal);
    queue.forget(key);
    if (result.kind === 'again') {
      queue.addAfter(key, result.afterMs);
    }
  } catch (error) {
    if (!signal.aborted) {
      log.warn({ key, ...errorFields(error) }, 'processing failed, will be tried again');
    }
    queue.addRateLimited(key, error instanceof KubeError ? error.retryAfterMs : 0);
  }
}
