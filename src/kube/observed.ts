import type { Clock } from './clock.ts';
import type { Request, Transport } from './transport.ts';

/** Told of each HTTP request, for metrics. It must not throw. */
export interface RequestObserver {
  /** @param status of HTTP; undefined when there was no answer */
  readonly onAnswer: (method: Request['method'], status: number | undefined) => void;
  /** How long it took in milliseconds, with or without an answer. Not told of streams: they last. */
  readonly onDuration: (method: Request['method'], ms: number) => void;
}

/**
 * Tells an observer of every request. To hear of each try, and only of what is sent, it goes below
 * withRetries and `fenced`.
 */
export function observed(
  transport: Transport,
  { observer, clock }: { readonly observer: RequestObserver; readonly clock: Clock },
): Transport {
  return {
    async request(request) {
      const { method } = request;
      const startedAt = clock.now();
      let status: number | undefined;
      try {
        const answer = await transport.request(request);
        status = answer.status;
        return answer;
      } finally {
        observer.onAnswer(method, status);
        observer.onDuration(method, clock.now() - startedAt);
      }
    },
    async stream(request) {
      let status: number | undefined;
      try {
        const stream = await transport.stream(request);
        status = 'refusal' in stream ? stream.refusal.status : 200;
        return stream;
      } finally {
        observer.onAnswer(request.method, status);
      }
    },
    close: () => transport.close(),
  };
}
