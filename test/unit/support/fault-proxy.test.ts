import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  answer,
  cut,
  delay,
  dropAnswer,
  dropRequest,
  FaultProxy,
  garble,
  lines,
  pass,
  silence,
} from '../../support/fault-proxy.ts';
import { isWrite, nameOfRequest } from '../../support/kube-request.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';

let origin: ScriptedServer;
let proxy: FaultProxy;

beforeEach(async () => {
  origin = await ScriptedServer.start();
  proxy = await FaultProxy.start({ origin: { url: origin.connection().server.href } });
});

afterEach(async () => {
  await proxy.stop();
  await origin.stop();
});

const SECRET = '/api/v1/namespaces/builds/secrets/pull';
const WATCH = '/api/v1/namespaces/builds/secrets?watch=true';

const ask = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${proxy.url}${path}`, init);

/** Asks, and has the origin answer it. */
async function askAndAnswer(path: string, body: unknown, init?: RequestInit): Promise<Response> {
  const response = ask(path, init);
  (await origin.next()).answer(200, body);
  return response;
}

/** What comes of the body, part by part; undefined at its end. */
function partsOf({ body }: Response): () => Promise<string | undefined> {
  const parts = body?.pipeThrough(new TextDecoderStream()).values();
  return async () => {
    const part = await parts?.next();
    return part?.done === false ? part.value : undefined;
  };
}

const whatFailed = async (response: Promise<unknown>): Promise<unknown> =>
  response.then(
    () => 'nothing',
    (error: unknown) =>
      error instanceof Error && error.cause instanceof Error && 'code' in error.cause
        ? error.cause.code
        : error,
  );

describe('a proxy that is told nothing', () => {
  it('passes on what is asked and what is answered, the bearer token too', async () => {
    const response = ask(`${SECRET}?fieldManager=me`, {
      method: 'PATCH',
      headers: { authorization: 'Bearer t', 'content-type': 'application/merge-patch+json' },
      body: '{"data":{}}',
    });
    const exchange = await origin.next();
    expect(exchange).toMatchObject({
      method: 'PATCH',
      path: SECRET,
      query: { fieldManager: 'me' },
      headers: { authorization: 'Bearer t', 'content-type': 'application/merge-patch+json' },
      body: '{"data":{}}',
    });
    exchange.answer(422, { kind: 'Status' }, { 'retry-after': '3' });
    const { status, headers } = await response;
    expect([status, headers.get('retry-after')]).toEqual([422, '3']);
    expect(await (await response).json()).toEqual({ kind: 'Status' });
  });

  it('passes each event of a watch on as it comes, and ends with it', async () => {
    const response = ask(WATCH);
    const exchange = await origin.next();
    exchange.write('one\n');
    const next = partsOf(await response);
    expect(await next()).toBe('one\n');
    exchange.write('two\n');
    expect(await next()).toBe('two\n');
    exchange.end();
    expect(await next()).toBeUndefined();
  });

  it('lets go of the origin when the client goes', async () => {
    const client = new AbortController();
    const response = ask(WATCH, { signal: client.signal });
    const exchange = await origin.next();
    exchange.write('one\n');
    await response;
    client.abort();
    await exchange.closed;
    expect(proxy.passages[0]?.to).toBeDefined();
  });

  it('breaks the connection when the origin does', async () => {
    const response = ask(SECRET);
    (await origin.next()).reset();
    expect(await whatFailed(response)).toBe('ECONNRESET');
  });
});

describe('requests are named in the words of the API', () => {
  const create = { method: 'POST', body: '{"metadata":{"labels":{"a":"b"},"name":"new"}}' };
  it.each<readonly [says: string, path: string, init: RequestInit]>([
    ['get secrets/pull', SECRET, {}],
    ['list secrets', '/api/v1/secrets?limit=3', {}],
    ['watch secrets', WATCH, {}],
    ['list secrets', `${WATCH}&sendInitialEvents=true`, {}],
    ['create configmaps/new', '/api/v1/namespaces/builds/configmaps', create],
    ['delete secrets/pull', SECRET, { method: 'DELETE' }],
    ['get namespaces/builds', '/api/v1/namespaces/builds', {}],
    ['other', '/version', {}],
    [
      'patch mirrorauths/ci/status',
      '/apis/mirrorauth.dev/v1alpha1/namespaces/builds/mirrorauths/ci/status',
      { method: 'PATCH', body: '{}' },
    ],
  ])('%s', async (says, path, init) => {
    await askAndAnswer(path, {}, init);
    expect(proxy.passages.map(({ request }) => nameOfRequest(request))).toEqual([says]);
  });
});

describe('a fault', () => {
  it('befalls requests that fit, as often as was said', async () => {
    const rule = proxy.on({ verb: 'get', name: 'pull' }, answer(503), { times: 2 });
    expect((await ask(SECRET)).status).toBe(503);
    expect((await askAndAnswer('/api/v1/secrets', {})).status).toBe(200);
    expect((await ask(SECRET)).status).toBe(503);
    expect((await askAndAnswer(SECRET, {})).status).toBe(200);
    expect(rule.hits).toBe(2);
  });

  it('is that of the newest rule, until it is lifted', async () => {
    proxy.on({}, answer(500));
    const exception = proxy.on(({ name }) => name === 'pull', pass);
    expect((await askAndAnswer(SECRET, {})).status).toBe(200);
    exception.lift();
    expect((await ask(SECRET)).status).toBe(500);
    proxy.letGo();
    expect((await askAndAnswer(SECRET, {})).status).toBe(200);
  });

  it('answer: with the Status and the Retry-After of an API server', async () => {
    proxy.on({}, answer(429, { reason: 'TooManyRequests', retryAfter: 7 }));
    const response = await ask(SECRET);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toMatchObject({ kind: 'Status', code: 429, status: 'Failure' });
    expect(origin.waiting).toBe(0);
  });

  it('dropRequest: the origin does not hear of it', async () => {
    proxy.on({}, dropRequest);
    expect(await whatFailed(ask(SECRET))).toBe('ECONNRESET');
    expect(origin.waiting).toBe(0);
  });

  it('dropAnswer: the origin has done it', async () => {
    proxy.on({}, dropAnswer);
    const response = whatFailed(ask(SECRET));
    (await origin.next()).answer(200, {});
    expect(await response).toBe('ECONNRESET');
  });

  it('delay: the origin hears of it later', async () => {
    proxy.on({}, delay(1));
    expect((await askAndAnswer(SECRET, {})).status).toBe(200);
  });

  it('cut: so many bytes and a reset', async () => {
    proxy.on({}, cut(4));
    const response = await askAndAnswer(SECRET, '0123456789');
    expect(await whatFailed(response.text())).toBe('ECONNRESET');
  });

  it('cut: so many bytes and what looks like an end', async () => {
    proxy.on({}, cut(4, 'End'));
    expect(await (await askAndAnswer(SECRET, '0123456789')).text()).toBe('0123');
  });

  it('garble: that line and no other is no JSON', async () => {
    proxy.on({}, garble(1));
    const line = JSON.stringify({ type: 'ADDED', object: { kind: 'Secret' } });
    const body = await (await askAndAnswer(WATCH, `${line}\n${line}\n${line}\n`)).text();
    const isJson = body.split('\n').map((one) => {
      try {
        return JSON.parse(one) !== undefined;
      } catch {
        return false;
      }
    });
    expect(isJson).toEqual([true, false, true, false]);
  });

  it('lines: each by what was made of it', async () => {
    proxy.on(
      {},
      lines((line) => (line === 'b' ? [] : [line, line])),
    );
    expect(await (await askAndAnswer(WATCH, 'a\nb\nc\n')).text()).toBe('a\na\nc\nc\n');
  });

  it('silence: the request is taken, and nothing comes, not even an end', async () => {
    proxy.on({ verb: 'get' }, silence);
    const response = whatFailed(ask(SECRET));
    await askAndAnswer('/version', {});
    expect(proxy.passages[0]).toMatchObject({ status: undefined, to: undefined });
    proxy.letGo();
    expect(await response).toBe('ECONNRESET');
  });
});

describe('an open watch', () => {
  async function openWatch() {
    const response = ask(WATCH);
    const exchange = await origin.next();
    exchange.write('one\n');
    const next = partsOf(await response);
    expect(await next()).toBe('one\n');
    return { exchange, next };
  }

  it('waits at a hold, and loses nothing', async () => {
    const { exchange, next } = await openWatch();
    const hold = proxy.hold({ verb: 'watch' }, 'Answer');
    exchange.write('two\n');
    expect(await hold.reached).toMatchObject({ verb: 'watch', resource: 'secrets' });
    hold.release();
    expect(await next()).toBe('two\n');
  });

  it('that is silenced stays open, and what the origin says is lost', async () => {
    const { exchange, next } = await openWatch();
    expect(proxy.silence({ verb: 'watch' })).toBe(1);
    const rest = whatFailed(next());
    exchange.write('two\n');
    exchange.end();
    await exchange.closed;
    expect(proxy.passages[0]?.to).toBeUndefined();
    proxy.letGo();
    expect(await rest).not.toBe('nothing');
  });

  it('can be reset', async () => {
    const { exchange, next } = await openWatch();
    expect(proxy.reset({ verb: 'get' })).toBe(0);
    expect(proxy.reset({ verb: 'watch' })).toBe(1);
    expect(await whatFailed(next())).not.toBe('nothing');
    await exchange.closed;
  });
});

describe('a hold', () => {
  it('keeps a request from the origin until it is released', async () => {
    const hold = proxy.hold(isWrite);
    const response = ask(SECRET, { method: 'DELETE' });
    expect(nameOfRequest(await hold.reached)).toBe('delete secrets/pull');
    expect(origin.waiting).toBe(0);
    hold.release();
    (await origin.next()).answer(200, {});
    expect((await response).status).toBe(200);
  });

  it('keeps an answer from the client: the origin has done it', async () => {
    const hold = proxy.hold(isWrite, 'Answer');
    const response = ask(SECRET, { method: 'DELETE' });
    (await origin.next()).answer(200, {});
    await hold.reached;
    expect(proxy.passages[0]?.status).toBeUndefined();
    hold.release();
    expect((await response).status).toBe(200);
  });

  it('does not send the request of a client that has gone meanwhile', async () => {
    const hold = proxy.hold({ verb: 'delete' });
    const client = new AbortController();
    const response = whatFailed(ask(SECRET, { method: 'DELETE', signal: client.signal }));
    await hold.reached;
    client.abort();
    await response;
    await expect.poll(() => proxy.passages[0]?.to).toBeDefined();
    hold.release();
    await askAndAnswer('/version', {});
    expect(origin.waiting).toBe(0);
  });

  it('of everything is a frost, which can thaw', async () => {
    const frost = proxy.freeze();
    const response = ask(SECRET);
    await frost.reached;
    expect(origin.waiting).toBe(0);
    frost.release();
    (await origin.next()).answer(200, {});
    expect((await response).status).toBe(200);
  });
});
