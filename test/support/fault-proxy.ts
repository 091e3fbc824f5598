import { once } from 'node:events';
import {
  Agent as HttpAgent,
  createServer as createHttpServer,
  request as httpRequest,
} from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  Agent as HttpsAgent,
  createServer as createHttpsServer,
  request as httpsRequest,
} from 'node:https';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubeRequest, matches } from './kube-request.ts';
import type { Filter, KubeRequest } from './kube-request.ts';

/** What befalls a request. Made by the functions below, which say what each does. */
export type Fault =
  | { readonly kind: 'Pass' }
  | { readonly kind: 'Drop'; readonly when: 'BeforeOrigin' | 'AfterOrigin' }
  | { readonly kind: 'Delay'; readonly ms: number }
  | { readonly kind: 'Cut'; readonly bytes: number; readonly how: 'Reset' | 'End' }
  | {
      readonly kind: 'Answer';
      readonly status: number;
      readonly headers: Headers;
      readonly body: string;
    }
  | { readonly kind: 'Silence' }
  | { readonly kind: 'Lines'; readonly map: LineMap };

type Headers = Readonly<Record<string, string>>;
type LineMap = (line: string, index: number) => readonly string[];

/** Nothing befalls it; for an exception to an older rule. */
export const pass: Fault = { kind: 'Pass' };
/** A TCP reset before the origin hears of the request: it is not done. */
export const dropRequest: Fault = { kind: 'Drop', when: 'BeforeOrigin' };
/** A TCP reset in the place of the answer: it is done, and the client does not know. */
export const dropAnswer: Fault = { kind: 'Drop', when: 'AfterOrigin' };
/** Half open: the request is taken and there is never an answer, nor an end. */
export const silence: Fault = { kind: 'Silence' };
/** The request waits. */
export const delay = (ms: number): Fault => ({ kind: 'Delay', ms });
/** Of the answer's body so many bytes, and then a TCP reset or, with `End`, what looks like its end. */
export const cut = (bytes: number, how: 'Reset' | 'End' = 'Reset'): Fault => ({
  kind: 'Cut',
  bytes,
  how,
});
/** Other lines in the place of each line of the answer's body. The index counts from 0. */
export const lines = (map: LineMap): Fault => ({ kind: 'Lines', map });
/** That line of the answer's body is no JSON any more. */
export const garble = (index: number): Fault =>
  lines((line, at) => [at === index ? `{"type":"MOD\u0000${line.slice(20)}` : line]);
/** The origin does not hear of it; the answer is the Status that the API server would send. */
export const answer = (
  status: number,
  { reason = '', retryAfter }: { readonly reason?: string; readonly retryAfter?: number } = {},
): Fault => ({
  kind: 'Answer',
  status,
  headers: {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  },
  body: JSON.stringify({
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    reason,
    code: status,
  }),
});

/** A rule in force. */
export interface Rule {
  /** How many requests it befell. */
  readonly hits: number;
  lift(): void;
}

/** A point at which requests wait. */
export interface Hold {
  /** Resolves with the first request that waits here, or waited. */
  readonly reached: Promise<KubeRequest>;
  /** Lets them go on, and all later ones. */
  release(): void;
}

/** One request that came by. Times are places in the order of everything that the proxy saw. */
export interface Passage {
  readonly request: KubeRequest;
  readonly fault: Fault['kind'];
  readonly from: number;
  /** undefined while it is under way. */
  to: number | undefined;
  /** What the client was answered; undefined when it was not. */
  status: number | undefined;
}

export interface FaultProxyOptions {
  readonly origin: {
    readonly url: string;
    /** PEM; absent: plain HTTP. */
    readonly ca?: string;
  };
  /** Absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/**
 * An HTTP proxy on loopback between a client and an API server, which does to requests what the test
 * says. It ends TLS and passes everything else on, the bearer token too. One that is told nothing
 * changes nothing.
 */
export class FaultProxy {
  readonly passages: Passage[] = [];
  readonly #options: FaultProxyOptions;
  readonly #server: Server | HttpsServer;
  readonly #agent: HttpAgent;
  /** TCP connections by the client's port: below TLS, where a reset has to be made. */
  readonly #sockets = new Map<number, Socket>();
  readonly #open = new Set<Exchange>();
  /** The newest first. */
  readonly #rules: ActiveRule[] = [];
  readonly #holds = new Set<ActiveHold>();
  #time = 0;

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#server = options.tls === undefined ? createHttpServer() : createHttpsServer(options.tls);
    const { ca } = options.origin;
    this.#agent =
      ca === undefined
        ? new HttpAgent({ keepAlive: true })
        : new HttpsAgent({ keepAlive: true, ca });
    // Only the test ends anything here.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
    this.#server.on('connection', (socket: Socket) => {
      const port = socket.remotePort ?? 0;
      this.#sockets.set(port, socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(port));
    });
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    });
  }

  get url(): string {
    const address = this.#server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://127.0.0.1:${String(port)}`;
  }

  /**
   * From now on this befalls requests that fit, also before older rules.
   *
   * @param times how many; absent: all, until it is lifted
   */
  on(filter: Filter, fault: Fault, { times = Infinity }: { readonly times?: number } = {}): Rule {
    const rule = new ActiveRule(filter, fault, times);
    this.#rules.unshift(rule);
    return rule;
  }

  /**
   * Requests that fit wait, before the origin hears of them (`Request`) or with its answer (`Answer`).
   * An open watch that fits waits with its next event, and nothing of it is lost.
   */
  hold(filter: Filter, at: 'Request' | 'Answer' = 'Request'): Hold {
    const hold = new ActiveHold(filter, at);
    this.#holds.add(hold);
    return hold;
  }

  /** Nothing goes through in either direction. Release it to thaw. */
  freeze(): Hold {
    const holds = [this.hold({}, 'Request'), this.hold({}, 'Answer')];
    return {
      reached: Promise.race(holds.map(({ reached }) => reached)),
      release: () => holds.forEach((hold) => hold.release()),
    };
  }

  /** Open answers that fit go half open: whatever else comes is lost, and there is no end. */
  silence(filter: Filter): number {
    const open = this.#openThatFit(filter);
    for (const exchange of open) {
      exchange.isSilent = true;
    }
    return open.length;
  }

  /** Resets the connections of open answers that fit. */
  reset(filter: Filter): number {
    const open = this.#openThatFit(filter);
    for (const { response } of open) {
      this.#reset(response);
    }
    return open.length;
  }

  /** Lifts all rules and holds; what is half open is reset, so that its client notices. */
  letGo(): void {
    this.#rules.length = 0;
    for (const hold of this.#holds) {
      hold.release();
    }
    this.#holds.clear();
    for (const { isSilent, response } of this.#open) {
      if (isSilent) {
        this.#reset(response);
      }
    }
  }

  /** Serves with another certificate; connections that are open stay. */
  setCertificate(tls: { readonly cert: string; readonly key: string }): void {
    if ('setSecureContext' in this.#server) {
      this.#server.setSecureContext(tls);
    }
  }

  /** Resets all connections, those that wait for a request too. */
  resetAll(): void {
    for (const socket of this.#sockets.values()) {
      socket.resetAndDestroy();
    }
  }

  async stop(): Promise<void> {
    this.letGo();
    this.resetAll();
    this.#agent.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #openThatFit(filter: Filter): readonly Exchange[] {
    return [...this.#open].filter(({ request }) => matches(filter, request));
  }

  #reset({ socket }: ServerResponse): void {
    this.#sockets.get(socket?.remotePort ?? 0)?.resetAndDestroy();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming).catch(() => undefined);
    if (body === undefined) {
      return;
    }
    const request = kubeRequest(incoming, body.toString());
    const fault = this.#faultFor(request);
    const passage = this.#note(request, fault);
    const exchange: Exchange = {
      request,
      response,
      incoming,
      body,
      passage,
      closed: once(response, 'close'),
      isSilent: false,
    };
    response.once('close', () => {
      this.#open.delete(exchange);
      passage.to = this.#tick();
    });
    this.#open.add(exchange);
    try {
      await this.#befall(exchange, fault);
    } catch {
      this.#reset(response);
    }
  }

  #note(request: KubeRequest, { kind }: Fault): Passage {
    const from = this.#tick();
    const passage: Passage = { request, fault: kind, from, to: undefined, status: undefined };
    this.passages.push(passage);
    return passage;
  }

  #tick(): number {
    this.#time += 1;
    return this.#time;
  }

  #faultFor(request: KubeRequest): Fault {
    return this.#rules.find((rule) => rule.takes(request))?.fault ?? pass;
  }

  async #befall(exchange: Exchange, fault: Fault): Promise<void> {
    await this.#wait(exchange, 'Request');
    switch (fault.kind) {
      case 'Silence':
        exchange.isSilent = true;
        return;
      case 'Answer':
        exchange.passage.status = fault.status;
        exchange.response.writeHead(fault.status, fault.headers).end(fault.body);
        return;
      case 'Drop':
        if (fault.when === 'AfterOrigin') {
          await buffer(await this.#ask(exchange));
        }
        this.#reset(exchange.response);
        return;
      case 'Delay':
        await sleep(fault.ms);
        await this.#forward(exchange, pass);
        return;
      case 'Cut':
      case 'Lines':
      case 'Pass':
        await this.#forward(exchange, fault);
    }
  }

  async #forward(exchange: Exchange, fault: Fault): Promise<void> {
    const { response, passage } = exchange;
    const origin = await this.#ask(exchange);
    response.once('close', () => origin.destroy());
    await this.#wait(exchange, 'Answer');
    passage.status = origin.statusCode;
    if (exchange.isSilent) {
      return;
    }
    response.writeHead(origin.statusCode ?? 502, headersToPass(origin.headers, fault));
    response.flushHeaders();
    for await (const chunk of changed(origin, fault)) {
      await this.#wait(exchange, 'Answer');
      if (!exchange.isSilent) {
        response.write(chunk);
      }
    }
    if (exchange.isSilent) {
      return;
    }
    if (fault.kind === 'Cut' && fault.how === 'Reset') {
      this.#reset(response);
    } else {
      response.end();
    }
  }

  /** @throws when there is no answer, or the client has gone meanwhile */
  async #ask({ incoming, body, response }: Exchange): Promise<IncomingMessage> {
    const { url, ca } = this.#options.origin;
    const { method, headers } = incoming;
    const send = ca === undefined ? httpRequest : httpsRequest;
    const request = send(new URL(incoming.url ?? '/', url), {
      method,
      headers: { ...headers, host: new URL(url).host },
      agent: this.#agent,
    });
    response.once('close', () => request.destroy());
    request.end(body);
    const answered = Promise.withResolvers<IncomingMessage>();
    request.once('response', answered.resolve);
    request.on('error', answered.reject);
    return answered.promise;
  }

  /** @throws when the client has gone meanwhile: then the origin is not to hear of it either */
  async #wait({ request, response, closed }: Exchange, at: 'Request' | 'Answer'): Promise<void> {
    for (const hold of this.#holds) {
      if (hold.at === at && matches(hold.filter, request)) {
        await Promise.race([hold.wait(request), closed]);
      }
    }
    if (response.destroyed) {
      throw new Error('the client has gone');
    }
  }
}

interface Exchange {
  readonly request: KubeRequest;
  readonly incoming: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
  readonly passage: Passage;
  readonly closed: Promise<unknown>;
  isSilent: boolean;
}

class ActiveRule implements Rule {
  readonly fault: Fault;
  readonly #filter: Filter;
  #left: number;
  hits = 0;

  constructor(filter: Filter, fault: Fault, times: number) {
    this.#filter = filter;
    this.fault = fault;
    this.#left = times;
  }

  lift(): void {
    this.#left = 0;
  }

  /** Whether this befalls the request; counts it then. */
  takes(request: KubeRequest): boolean {
    if (this.#left <= 0 || !matches(this.#filter, request)) {
      return false;
    }
    this.#left -= 1;
    this.hits += 1;
    return true;
  }
}

class ActiveHold implements Hold {
  readonly filter: Filter;
  readonly at: 'Request' | 'Answer';
  readonly #reached = Promise.withResolvers<KubeRequest>();
  readonly #released = Promise.withResolvers<void>();

  constructor(filter: Filter, at: 'Request' | 'Answer') {
    this.filter = filter;
    this.at = at;
  }

  get reached(): Promise<KubeRequest> {
    return this.#reached.promise;
  }

  release(): void {
    this.#released.resolve();
  }

  wait(request: KubeRequest): Promise<void> {
    this.#reached.resolve(request);
    return this.#released.promise;
  }
}

/** Lengths are no longer right where bytes change; and an end that comes early must not show. */
function headersToPass(headers: IncomingHttpHeaders, { kind }: Fault): IncomingHttpHeaders {
  const {
    'content-length': length,
    connection: _connection,
    'transfer-encoding': _encoding,
    ...rest
  } = headers;
  return kind === 'Pass' && length !== undefined ? { ...rest, 'content-length': length } : rest;
}

/** The answer's body with what the fault does to it. */
async function* changed(body: AsyncIterable<Uint8Array>, fault: Fault): AsyncGenerator<Uint8Array> {
  switch (fault.kind) {
    case 'Cut':
      yield* firstBytes(body, fault.bytes);
      return;
    case 'Lines':
      yield* mappedLines(body, fault.map);
      return;
    case 'Pass':
    case 'Drop':
    case 'Delay':
    case 'Answer':
    case 'Silence':
      yield* body;
  }
}

async function* firstBytes(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  if (left === 0) {
    return;
  }
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) {
      return;
    }
  }
}

async function* mappedLines(
  body: AsyncIterable<Uint8Array>,
  map: LineMap,
): AsyncGenerator<Uint8Array> {
  let rest = '';
  let index = 0;
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      const mapped = map(line, index);
      index += 1;
      if (mapped.length > 0) {
        yield Buffer.from(`${mapped.join('\n')}\n`);
      }
    }
  }
  if (rest !== '') {
    yield Buffer.from(map(rest, index).join('\n'));
  }
}
