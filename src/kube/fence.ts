import type { Transport } from './transport.ts';

/** A write was not sent, because this process may not write at this moment. */
export class FencedError extends Error {
  override readonly name = 'FencedError';

  constructor() {
    super('this process does not lead: nothing is written');
  }
}

/**
 * Lets reads pass, and writes only while `mayWrite` says so. It is asked before each try of each
 * write, so it goes below withRetries: a process that was stopped for a while, in whatever place,
 * goes on with a refusal.
 *
 * What was sent just before cannot be called back. Where that matters writes carry preconditions.
 */
export function fenced(transport: Transport, mayWrite: () => boolean): Transport {
  return {
    request: (request) =>
      request.method === 'GET' || mayWrite()
        ? transport.request(request)
        : Promise.reject(new FencedError()),
    stream: (request) => transport.stream(request),
    close: () => transport.close(),
  };
}
