import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../src/kube/connection.ts';
import { TransportError, createTransport } from '../../../src/kube/transport.ts';
import type { Request, Transport } from '../../../src/kube/transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';

const GET: Request = { method: 'GET', path: '/p' };
const TIMEOUT_MS = 20_000;
const SOON = { interval: 1, timeout: 10_000 };

let server: ScriptedServer;
let clock: FakeClock;
let transport: Transport;

const make = (connection: Connection): Transport =>
  createTransport({ connection, clock, userAgent: 'test/1' });

beforeEach(async () => {
  server = await ScriptedServer.start();
  clock = new FakeClock();
  transport = make(server.connection());
});

afterEach(async () => {
  await transport.close();
  await server.stop();
});

/** What a promise was rejected with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

async function openStream(request: Request = GET): Promise<AsyncIterable<Uint8Array>> {
  const stream = await transport.stream(request);
  if ('refusal' in stream) {
    throw new Error('refused');
  }
  return stream.chunks;
}

describe('request', () => {
  it('sends what it was given and who it is, and returns the parsed answer', async () => {
    const answer = transport.request({
      method: 'PATCH',
      path: '/p/a%2Fb',
      query: { fieldSelector: 'type!=a/b', limit: '1' },
      accept: 'application/json;as=Table',
      body: { contentType: 'application/merge-patch+json', json: { a: 'é' } },
    });
    const exchange = await server.next();
    exchange.answer(200, { kind: 'Secret' });
    expect(await answer).toEqual({ status: 200, json: { kind: 'Secret' } });
    expect(exchange).toMatchObject({
      method: 'PATCH',
      path: '/p/a%2Fb',
      query: { fieldSelector: 'type!=a/b', limit: '1' },
      body: '{"a":"é"}',
      headers: {
        accept: 'application/json;as=Table',
        authorization: 'Bearer t',
        'content-type': 'application/merge-patch+json',
        'user-agent': 'test/1',
      },
    });
    expect(exchange.headers).not.toHaveProperty('accept-encoding');
  });

  it('puts the path of the server before its own', async () => {
    transport = make(server.connection('/k8s/clusters/c/'));
    const answer = transport.request(GET);
    const exchange = await server.next();
    exchange.answer(200, {});
    await answer;
    expect(exchange.path).toBe('/k8s/clusters/c/p');
  });

  it('keeps its connections for the calls that follow', async () => {
    for (let call = 0; call < 20; call += 1) {
      const answer = transport.request(GET);
      (await server.next()).answer(200, {});
      await answer;
    }
    // A call may find the connection of the one before not yet free.
    expect(server.connectionsSeen).toBeLessThan(4);
  });

  it('opens at most 16 connections for any number of calls at once', async () => {
    const answers = Array.from({ length: 100 }, () => transport.request(GET));
    for (let call = 0; call < 100; call += 1) {
      (await server.next()).answer(200, {});
    }
    expect(await Promise.all(answers)).toHaveLength(100);
    expect(server.connectionsSeen).toBe(16);
  });

  it('returns failures like any other answer, with the time to wait', async () => {
    const answer = transport.request(GET);
    (await server.next()).answer(429, { kind: 'Status' }, { 'retry-after': '3' });
    expect(await answer).toEqual({ status: 429, retryAfterMs: 3000, json: { kind: 'Status' } });
  });

  it('takes a failure that is not JSON, and a Retry-After that is no number, for what they are', async () => {
    const answer = transport.request(GET);
    (await server.next()).answer(404, '404 page not found', {
      'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT',
    });
    expect(await answer).toEqual({ status: 404, json: undefined });
  });

  it('does not follow a redirect, which would take the token elsewhere', async () => {
    const answer = transport.request(GET);
    (await server.next()).answer(302, '', { location: 'http://127.0.0.1:1/' });
    expect(await answer).toEqual({ status: 302, json: undefined });
  });

  it('refuses a success that is not JSON, without quoting it', async () => {
    const answer = transport.request(GET);
    (await server.next()).answer(200, '{"password":"hunter2"');
    const error = await failureOf(answer);
    expect(error).toMatchObject({ kind: 'ProtocolError', message: 'ProtocolError' });
    expect(error).not.toHaveProperty('cause');
  });

  it('is Unreachable when the connection is reset, before and within the answer', async () => {
    const before = transport.request(GET);
    (await server.next()).reset();
    expect(await failureOf(before)).toMatchObject({ kind: 'Unreachable' });
    const within = transport.request(GET);
    const exchange = await server.next();
    exchange.write('{"a":');
    exchange.reset();
    expect(await failureOf(within)).toMatchObject({ kind: 'Unreachable' });
  });

  it('is Unreachable, with the code, when nobody listens', async () => {
    const connection = server.connection();
    await server.stop();
    const error = await failureOf(make(connection).request(GET));
    expect(error).toMatchObject({ kind: 'Unreachable', message: 'Unreachable (ECONNREFUSED)' });
    server = await ScriptedServer.start();
  });

  it('is a ProtocolError when something else than HTTP answers', async () => {
    const other = createServer((socket) => socket.end('SSH-2.0-hunter2\r\n\r\n'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const connection = { ...server.connection(), server: new URL(`http://127.0.0.1:${port}`) };
    const error = await failureOf(make(connection).request(GET));
    expect(error).toMatchObject({ kind: 'ProtocolError' });
    expect(String(error)).not.toContain('hunter2');
    other.close();
  });

  it.each([
    ['no answer', (): void => {}],
    [
      'half an answer',
      (exchange: Awaited<ReturnType<ScriptedServer['next']>>) => exchange.write('{'),
    ],
  ])('is a Timeout when %s came in time, and gives the connection up', async (_name, begin) => {
    const failure = failureOf(transport.request(GET));
    const exchange = await server.next();
    begin(exchange);
    clock.advance(TIMEOUT_MS);
    expect(await failure).toMatchObject({ kind: 'Timeout' });
    await exchange.closed;
  });

  it('leaves no timer behind', async () => {
    const answer = transport.request(GET);
    (await server.next()).answer(200, {});
    await answer;
    expect(clock.waits()).toEqual([]);
  });

  it("throws the signal's reason when that aborts, before or during the call", async () => {
    const aborter = new AbortController();
    const failure = failureOf(transport.request({ ...GET, signal: aborter.signal }));
    const exchange = await server.next();
    const reason = new Error('stopped');
    aborter.abort(reason);
    expect(await failure).toBe(reason);
    await exchange.closed;
    expect(await failureOf(transport.request({ ...GET, signal: aborter.signal }))).toBe(reason);
    expect(server.waiting).toBe(0);
  });
});

const withAuth = (authHeaders: Connection['authHeaders']): Transport =>
  make({ ...server.connection(), authHeaders });

const never = (): Promise<never> => new Promise(() => {});

describe('the credential', () => {
  it('is asked for with every request', async () => {
    let calls = 0;
    transport = withAuth(() => {
      calls += 1;
      return Promise.resolve({ authorization: `Bearer ${calls}` });
    });
    for (const expected of ['Bearer 1', 'Bearer 2']) {
      const answer = transport.request(GET);
      const exchange = await server.next();
      exchange.answer(200, {});
      await answer;
      expect(exchange.headers.authorization).toBe(expected);
    }
  });

  it('that cannot be had is Unauthorized, and its text is dropped', async () => {
    const error = await failureOf(
      withAuth(() => Promise.reject(new Error('hunter2'))).request(GET),
    );
    expect(error).toMatchObject({ kind: 'Unauthorized', message: 'Unauthorized' });
    expect(error).not.toHaveProperty('cause');
  });

  it('that never comes is a Timeout', async () => {
    const failure = failureOf(withAuth(never).request(GET));
    clock.advance(TIMEOUT_MS);
    expect(await failure).toMatchObject({ kind: 'Timeout' });
  });

  it('is not waited for once the signal has aborted, before or meanwhile', async () => {
    const aborter = new AbortController();
    const request = { ...GET, signal: aborter.signal };
    const meanwhile = failureOf(withAuth(never).request(request));
    const reason = new Error('stopped');
    aborter.abort(reason);
    expect(await meanwhile).toBe(reason);
    expect(await failureOf(withAuth(never).request(request))).toBe(reason);
  });
});

describe('stream', () => {
  it('hands the bytes on as they come, for longer than a request may take', async () => {
    const opening = openStream();
    const exchange = await server.next();
    exchange.write('a');
    const reading = readAll(await opening);
    clock.advance(TIMEOUT_MS * 100);
    exchange.write('b');
    exchange.end();
    expect(await reading).toBe('ab');
    expect(clock.waits()).toEqual([]);
  });

  it('has a connection of its own each, beside the calls', async () => {
    const opening = Array.from({ length: 20 }, () => openStream());
    for (let stream = 0; stream < 20; stream += 1) {
      (await server.next()).write('a');
    }
    await Promise.all(opening);
    const answer = transport.request(GET);
    (await server.next()).answer(200, {});
    await answer;
    expect(server.openConnections).toBe(21);
  });

  it('returns a failure as an answer', async () => {
    const opening = transport.stream(GET);
    (await server.next()).answer(410, { code: 410 });
    expect(await opening).toEqual({ refusal: { status: 410, json: { code: 410 } } });
  });

  it('is a Timeout when its headers do not come in time', async () => {
    const failure = failureOf(transport.stream(GET));
    const exchange = await server.next();
    clock.advance(TIMEOUT_MS);
    expect(await failure).toMatchObject({ kind: 'Timeout' });
    await exchange.closed;
  });

  it('is Unreachable when it breaks', async () => {
    const opening = openStream();
    const exchange = await server.next();
    exchange.write('a');
    const failure = failureOf(readAll(await opening));
    exchange.reset();
    const error = await failure;
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ kind: 'Unreachable' });
  });

  it("throws the signal's reason to whoever reads, also when reading begins after it", async () => {
    const aborter = new AbortController();
    const request = { ...GET, signal: aborter.signal };
    const opening = [openStream(request), openStream(request)] as const;
    const exchanges = [await server.next(), await server.next()];
    exchanges.forEach((exchange) => exchange.write('a'));
    const [first, second] = await Promise.all(opening);
    const reason = new Error('stopped');
    const reading = failureOf(readAll(first));
    aborter.abort(reason);
    expect(await reading).toBe(reason);
    await Promise.all(exchanges.map(({ closed }) => closed));
    expect(await failureOf(readAll(second))).toBe(reason);
  });

  it('closes its connection when the reader leaves', async () => {
    const opening = openStream();
    const exchange = await server.next();
    exchange.write('a');
    for await (const chunk of await opening) {
      expect(String(chunk)).toBe('a');
      break;
    }
    await exchange.closed;
  });
});

describe('close', () => {
  it('cuts off what is under way, refuses what comes later, and leaves no connection', async () => {
    const call = failureOf(transport.request(GET));
    await server.next();
    const opening = openStream();
    (await server.next()).write('a');
    const reading = failureOf(readAll(await opening));
    const idle = transport.request(GET);
    (await server.next()).answer(200, {});
    await idle;
    await transport.close();
    for (const failure of [call, reading, failureOf(transport.request(GET))]) {
      expect(await failure).toMatchObject({ name: 'AbortError' });
    }
    await vi.waitFor(() => expect(server.openConnections).toBe(0), SOON);
    expect(clock.waits()).toEqual([]);
  });
});
