import { backoffMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { sleep } from './clock.ts';
import type { Clock } from './clock.ts';
import { TransportError } from './transport.ts';
import type { Answer, Request, Transport } from './transport.ts';

export interface RetryOptions {
  readonly clock: Clock;
  /** As `Math.random`. */
  readonly random: () => number;
}

/** How many tries a call has, the first one included. */
const TRIES = 4;
/** No try begins later than this after the first one did. */
const TOTAL_MS = 20_000;
const BACKOFF: Backoff = { baseMs: 200, capMs: 5_000 };

/** Codes of Node and undici for a connection that was never made: the server has heard nothing. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Tries a call again where that is safe and may help:
 *
 * - 429, and 503 with Retry-After: the server says that it did nothing, so any method is safe
 *   (client-go v0.37 rest/with_retry.go does the same).
 * - A connection that could not be made: likewise.
 * - A GET also after any other broken connection, and after a 503 without Retry-After.
 *
 * A write whose connection broke is not repeated: the server may have carried it out, and the repeat
 * would be answered with AlreadyExists or Conflict by its own success. Whoever wrote looks anew. Nor
 * is a Timeout: it has cost its full time already.
 *
 * The pause is a jittered exponential backoff, on top of Retry-After where the server sent one: those
 * who were sent away together do not come back together. There are at most 4 tries, and none begins
 * later than 20 s after the first; a server that asks for more patience than that gets its answer
 * handed on at once. A stream has one try: who reads it starts over by itself.
 */
export function withRetries(transport: Transport, { clock, random }: RetryOptions): Transport {
  const closing = new AbortController();
  return {
    async request(request) {
      const startedAt = clock.now();
      for (let earlier = 0; ; earlier += 1) {
        const outcome = await attempt(transport, request);
        const pauseMs = pauseAfter(request, outcome);
        const waitMs = (pauseMs ?? Infinity) + backoffMs(earlier, BACKOFF, random);
        const isLast = earlier + 1 >= TRIES || clock.now() + waitMs > startedAt + TOTAL_MS;
        if (isLast) {
          return settle(outcome);
        }
        const signals = request.signal ? [closing.signal, request.signal] : [closing.signal];
        const signal = AbortSignal.any(signals);
        await sleep(clock, waitMs, signal);
        signal.throwIfAborted();
      }
    },
    stream: (request) => transport.stream(request),
    close: () => {
      closing.abort();
      return transport.close();
    },
  };
}

type Outcome = { readonly answer: Answer } | { readonly error: unknown };

async function attempt(transport: Transport, request: Request): Promise<Outcome> {
  try {
    return { answer: await transport.request(request) };
  } catch (error) {
    return { error };
  }
}

function settle(outcome: Outcome): Answer {
  if ('answer' in outcome) {
    return outcome.answer;
  }
  throw outcome.error;
}

/** How long the server asks to wait, 0 where it says nothing; undefined: another try is not safe or no use. */
function pauseAfter({ method }: Request, outcome: Outcome): number | undefined {
  return 'answer' in outcome
    ? pauseAfterAnswer(method, outcome.answer)
    : pauseAfterError(method, outcome.error);
}

function pauseAfterAnswer(
  method: Request['method'],
  { status, retryAfterMs }: Answer,
): number | undefined {
  const isSafe =
    status === 429 || (status === 503 && (retryAfterMs !== undefined || method === 'GET'));
  return isSafe ? Math.max(0, retryAfterMs ?? 0) : undefined;
}

function pauseAfterError(method: Request['method'], error: unknown): number | undefined {
  const isBroken = error instanceof TransportError && error.kind === 'Unreachable';
  return isBroken && (method === 'GET' || NEVER_SENT.has(error.code ?? '')) ? 0 : undefined;
}
