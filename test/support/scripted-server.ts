import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Connection } from '../../src/kube/connection.ts';

/** One request that arrived, to be answered by the test. */
export class Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Resolves when the connection's use for this request is over, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, body: string, response: ServerResponse) {
    const url = new URL(request.url ?? '/', 'http://any');
    this.method = request.method ?? '';
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.headers = request.headers;
    this.body = body;
    this.#response = response;
    this.closed = new Promise((resolve) => {
      response.once('close', resolve);
    });
  }

  /** Answers in whole, with JSON unless the body is a string. */
  answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(status, headers);
    this.#response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  /** Sends headers and these bytes, and leaves the answer open. */
  write(...chunks: readonly (string | Uint8Array)[]): void {
    this.#response.flushHeaders();
    for (const chunk of chunks) {
      this.#response.write(chunk);
    }
  }

  /** Ends an open answer cleanly. */
  end(): void {
    this.#response.end();
  }

  /** Breaks the connection with a TCP reset. */
  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }
}

/** A plain HTTP server on loopback whose every answer the test gives by hand. */
export class ScriptedServer {
  readonly #server = createServer();
  readonly #sockets = new Set<Socket>();
  readonly #exchanges: Exchange[] = [];
  readonly #takers: ((exchange: Exchange) => void)[] = [];
  connectionsSeen = 0;

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  private constructor() {
    this.#server.on('connection', (socket: Socket) => {
      this.connectionsSeen += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void text(request).then((body) => this.#take(new Exchange(request, body, response)));
    });
  }

  /** The next request, in the order in which they arrived. */
  next(): Promise<Exchange> {
    const exchange = this.#exchanges.shift();
    return exchange === undefined
      ? new Promise((resolve) => {
          this.#takers.push(resolve);
        })
      : Promise.resolve(exchange);
  }

  /** Requests that arrived and were not taken. */
  get waiting(): number {
    return this.#exchanges.length;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Plain HTTP, which `loadConnection` would refuse. */
  connection(path = ''): Connection {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('not listening');
    }
    return {
      server: new URL(`http://127.0.0.1:${address.port}${path}`),
      namespace: undefined,
      tls: () => Promise.resolve({}),
      authHeaders: () => Promise.resolve({ authorization: 'Bearer t' }),
    };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(exchange: Exchange): void {
    const taker = this.#takers.shift();
    if (taker === undefined) {
      this.#exchanges.push(exchange);
    } else {
      taker(exchange);
    }
  }
}
