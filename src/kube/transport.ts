import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import { Agents } from './agents.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { JsonObject } from './object.ts';

/** HTTP to one API server, over connections that are shared and kept. It knows no resources. */
export interface Transport {
  /**
   * One try, from connecting to the last byte of the answer, within the request timeout.
   *
   * @throws TransportError when there is no whole answer
   * @throws the reason of the request's signal when that aborts
   */
  request(request: Request): Promise<Answer>;
  /**
   * A request whose answer has no end. The request timeout holds until its headers are there; from
   * then on the caller's signal is what ends it. Leaving the loop over the chunks closes the
   * connection. Reading on throws as `request` does.
   */
  stream(request: Request): Promise<Stream>;
  /** Cuts off everything that is under way and closes all connections. No call works afterwards. */
  close(): Promise<void>;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, with its segments already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Absent: `application/json`. */
  readonly accept?: string;
  readonly body?: { readonly contentType: string; readonly json: JsonObject } | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** From a Retry-After header in seconds, the one form that the API server uses. */
  readonly retryAfterMs?: number;
  /** The parsed body; undefined when a failure's body is not JSON. */
  readonly json: unknown;
}

export type Stream = { readonly chunks: AsyncIterable<Uint8Array> } | { readonly refusal: Answer };

/** There is no answer. Neither the message nor a `cause` holds anything that the server sent. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: 'Unreachable' | 'Timeout' | 'ProtocolError' | 'Unauthorized';
  /** Node's or undici's code, where there is one. */
  readonly code: string | undefined;

  constructor(kind: TransportError['kind'], code?: string) {
    super(code === undefined ? kind : `${kind} (${code})`);
    this.kind = kind;
    this.code = code;
  }
}

export interface TransportOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Absent: 20 s. */
  readonly requestTimeoutMs?: number;
}

/**
 * Makes a transport of one try for each call ({@link Agents}); see withRetries for more.
 *
 * HTTP/1.1 only: watches and calls would share one HTTP/2 connection and its flow control. No
 * compression is asked for: the pages are small, and inside a cluster the CPU is dearer than bytes.
 */
export function createTransport(options: TransportOptions): Transport {
  const agents = new Agents(options.connection, options.clock);
  const closing = new AbortController();

  const start = (request: Request): Attempt => {
    const signals = request.signal ? [closing.signal, request.signal] : [closing.signal];
    return new Attempt(options.clock, options.requestTimeoutMs ?? 20_000, signals);
  };
  const failure = (attempt: Attempt, error: unknown): unknown => {
    const shown = attempt.errorOf(error);
    if (shown instanceof TransportError && shown.kind === 'Unreachable') {
      agents.doubt();
    }
    return shown;
  };

  return {
    async request(request) {
      const attempt = start(request);
      try {
        return await readAnswer(
          await send(agents, 'api', { ...options, request, signal: attempt.signal }),
        );
      } catch (error) {
        throw failure(attempt, error);
      } finally {
        attempt.stopTimer();
      }
    },
    async stream(request) {
      const attempt = start(request);
      try {
        const response = await send(agents, 'watch', {
          ...options,
          request,
          signal: attempt.signal,
        });
        return isSuccess(response.statusCode)
          ? { chunks: readChunks(response.body, attempt) }
          : { refusal: await readAnswer(response) };
      } catch (error) {
        throw failure(attempt, error);
      } finally {
        attempt.stopTimer();
      }
    },
    async close() {
      closing.abort();
      await agents.destroy();
    },
  };
}

/** One try with its deadline: tells a timeout, a cancellation and a broken connection apart. */
class Attempt {
  readonly signal: AbortSignal;
  readonly stopTimer: () => void;
  readonly #cancellation: AbortSignal;
  readonly #deadline = new AbortController();

  constructor(clock: Clock, timeoutMs: number, signals: AbortSignal[]) {
    this.#cancellation = AbortSignal.any(signals);
    this.signal = AbortSignal.any([this.#cancellation, this.#deadline.signal]);
    this.stopTimer = clock.after(timeoutMs, () => this.#deadline.abort());
  }

  /** What to throw instead of an error that came up in this try. */
  errorOf(error: unknown): unknown {
    if (this.#cancellation.aborted) {
      return this.#cancellation.reason;
    }
    return this.#deadline.signal.aborted ? new TransportError('Timeout') : transportError(error);
  }
}

interface Sending extends TransportOptions {
  readonly request: Request;
  readonly signal: AbortSignal;
}

async function send(
  agents: Agents,
  kind: 'api' | 'watch',
  { connection, userAgent, request, signal }: Sending,
): Promise<Dispatcher.ResponseData> {
  signal.throwIfAborted();
  const auth = await orAbort(signal, connection.authHeaders().catch(asUnauthorized));
  await orAbort(signal, agents.refresh().catch(asUnauthorized));
  const query = new URLSearchParams(request.query).toString();
  return agents.pair[kind].request({
    origin: connection.server.origin,
    path: `${connection.server.pathname.replace(/\/$/, '')}${request.path}${query && `?${query}`}`,
    method: request.method,
    headers: {
      accept: request.accept ?? 'application/json',
      'user-agent': userAgent,
      ...(request.body && { 'content-type': request.body.contentType }),
      ...auth,
    },
    body: request.body === undefined ? null : JSON.stringify(request.body.json),
    signal,
  });
}

/** No credential: nothing was asked. An exec plugin's text is dropped, it may hold the token. */
function asUnauthorized(): never {
  throw new TransportError('Unauthorized');
}

/** The promise, or a rejection as soon as the signal aborts: an exec plugin may hang. */
async function orAbort<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(new TransportError('Timeout'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  const json = parseJson(await body.text());
  if (json === undefined && isSuccess(statusCode)) {
    throw new TransportError('ProtocolError');
  }
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds)
    ? { status: statusCode, retryAfterMs: seconds * 1000, json }
    : { status: statusCode, json };
}

/** undefined when it is not JSON. The parser's error is dropped: it quotes its input. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* readChunks(
  body: AsyncIterable<Uint8Array>,
  attempt: Attempt,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw attempt.errorOf(error);
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * Sorts what Node, its TLS and undici throw. Their texts are dropped, and so is the HTTPParserError's
 * `data`: it is the answer.
 */
function transportError(error: unknown): TransportError {
  if (error instanceof TransportError) {
    return error;
  }
  if (error instanceof errors.HTTPParserError) {
    return new TransportError('ProtocolError');
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return new TransportError('Unreachable', typeof code === 'string' ? code : undefined);
}
