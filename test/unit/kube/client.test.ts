import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../../../src/kube/client.ts';
import type { Client } from '../../../src/kube/client.ts';
import type { WatchEvent } from '../../../src/kube/list-watch.ts';
import { createTransport } from '../../../src/kube/transport.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';

const secrets = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
const widgets = { group: 'example.org', version: 'v1', plural: 'widgets', kind: 'Widget' };
const ref = { namespace: 'n', name: 'a' };
const stored = { kind: 'Secret', metadata: { name: 'a' } };
const NEVER = new AbortController().signal;

let server: ScriptedServer;
let transport: Transport;
let client: Client;

beforeEach(async () => {
  server = await ScriptedServer.start();
  transport = createTransport({
    connection: server.connection(),
    clock: new FakeClock(),
    userAgent: 'test',
  });
  client = createClient(transport);
});

afterEach(async () => {
  await transport.close();
  await server.stop();
});

describe('each verb asks what it says', () => {
  const options = { fieldManager: 'm' };
  const body = { metadata: { name: 'a' } };

  it.each([
    [
      'get',
      () => client.get(secrets, ref),
      { method: 'GET', path: '/api/v1/namespaces/n/secrets/a', query: {}, body: '' },
    ],
    [
      'create',
      () => client.create(secrets, 'n', body, options),
      {
        method: 'POST',
        path: '/api/v1/namespaces/n/secrets',
        query: { fieldManager: 'm' },
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
    ],
    [
      'create of a cluster-scoped kind',
      () => client.create(widgets, '', body, options),
      { path: '/apis/example.org/v1/widgets' },
    ],
    [
      'mergePatch',
      () => client.mergePatch(secrets, ref, body, options),
      {
        method: 'PATCH',
        path: '/api/v1/namespaces/n/secrets/a',
        query: { fieldManager: 'm' },
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify(body),
      },
    ],
    [
      'applyStatus',
      () => client.applyStatus(widgets, ref, body, { ...options, force: true }),
      {
        method: 'PATCH',
        path: '/apis/example.org/v1/namespaces/n/widgets/a/status',
        query: { fieldManager: 'm', force: 'true' },
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: JSON.stringify(body),
      },
    ],
  ])('%s', async (_verb, call, request) => {
    const answer = call();
    const exchange = await server.next();
    exchange.answer(200, stored);
    expect(await answer).toEqual(stored);
    expect(exchange).toMatchObject(request);
  });

  it('delete, with its preconditions', async () => {
    const answer = client.delete(secrets, ref, { uid: 'U1', resourceVersion: '7' });
    const exchange = await server.next();
    exchange.answer(200, { kind: 'Status', status: 'Success' });
    await answer;
    expect(exchange).toMatchObject({ method: 'DELETE', path: '/api/v1/namespaces/n/secrets/a' });
    expect(JSON.parse(exchange.body)).toMatchObject({
      preconditions: { uid: 'U1', resourceVersion: '7' },
      propagationPolicy: 'Background',
    });
  });
});

describe('a failure', () => {
  it('is named after what was asked', async () => {
    const failure = client.create(secrets, 'n', { metadata: { name: 'a' } }, { fieldManager: 'm' });
    (await server.next()).answer(409, { kind: 'Status', reason: 'AlreadyExists', code: 409 });
    await expect(failure).rejects.toThrow('create secrets n/a: AlreadyExists (HTTP 409)');
  });

  it('of the transport is one of ours as well', async () => {
    const failure = client.get(secrets, ref);
    (await server.next()).reset();
    await expect(failure).rejects.toThrow(/^get secrets n\/a: Unreachable \([A-Z_]+\)$/);
  });

  it('is also an answer that is JSON but no object', async () => {
    const failure = client.get(secrets, ref);
    (await server.next()).answer(200, '"hunter2"');
    await expect(failure).rejects.toThrow('get secrets n/a: ProtocolError');
  });
});

describe('list', () => {
  const selection = { resource: secrets, scope: 'all', metadataOnly: true } as const;

  it('asks for a page of metadata, and for the next by its token', async () => {
    const first = client.list(
      { ...selection, fieldSelector: 'type!=a/b' },
      { limit: 2, signal: NEVER },
    );
    const exchange = await server.next();
    exchange.answer(200, { metadata: { resourceVersion: '5', continue: 't' }, items: [stored] });
    expect(await first).toEqual({ items: [stored], resourceVersion: '5', continueToken: 't' });
    expect(exchange).toMatchObject({
      path: '/api/v1/secrets',
      query: { limit: '2', fieldSelector: 'type!=a/b' },
      headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
    });

    const last = client.list(
      { ...selection, scope: { namespace: 'n' }, metadataOnly: false },
      { limit: 2, signal: NEVER, continueToken: 't' },
    );
    const next = await server.next();
    next.answer(200, { metadata: { resourceVersion: '5', continue: '' }, items: null });
    expect(await last).toEqual({ items: [], resourceVersion: '5' });
    expect(next).toMatchObject({
      path: '/api/v1/namespaces/n/secrets',
      query: { limit: '2', continue: 't' },
      headers: { accept: 'application/json' },
    });
  });

  it.each([
    ['items that are no list', { metadata: { resourceVersion: '5' }, items: {} }],
    ['items that are no objects', { metadata: { resourceVersion: '5' }, items: [1] }],
    ['no resourceVersion', { metadata: {}, items: [] }],
    ['no metadata', { items: [] }],
  ])('refuses %s', async (_name, answer) => {
    const failure = client.list(selection, { limit: 2, signal: NEVER });
    (await server.next()).answer(200, answer);
    await expect(failure).rejects.toThrow('list secrets: ProtocolError');
  });
});

describe('watch', () => {
  const options = { resourceVersion: '5', timeoutSeconds: 300, signal: NEVER };

  async function watch(events: WatchEvent[]): Promise<void> {
    const selection = { resource: secrets, scope: { namespace: 'n' }, metadataOnly: true };
    for await (const event of client.watch(selection, options)) {
      events.push(event);
    }
  }

  it('asks for bookmarks and metadata, and ends with the stream', async () => {
    const events: WatchEvent[] = [];
    const watching = watch(events);
    const exchange = await server.next();
    const sent = [
      { type: 'ADDED', object: stored },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } },
    ];
    exchange.write(...sent.map((event) => `${JSON.stringify(event)}\n`));
    exchange.end();
    await watching;
    expect(events).toEqual(sent);
    expect(exchange).toMatchObject({
      path: '/api/v1/namespaces/n/secrets',
      query: {
        watch: 'true',
        resourceVersion: '5',
        allowWatchBookmarks: 'true',
        timeoutSeconds: '300',
      },
      headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' },
    });
  });

  it.each([
    [
      'an ERROR event',
      { type: 'ERROR', object: { kind: 'Status', code: 410 } },
      'Expired (HTTP 410)',
    ],
    ['an event of an unknown type', { type: 'MOVED', object: {} }, 'ProtocolError'],
    ['an event without an object', { type: 'ADDED' }, 'ProtocolError'],
    ['a line that is no object', 'hunter2', 'ProtocolError'],
  ])('throws for %s', async (_name, line, message) => {
    const watching = watch([]);
    const exchange = await server.next();
    exchange.write(`${JSON.stringify(line)}\n`);
    await expect(watching).rejects.toMatchObject({ message: `watch secrets n/*: ${message}` });
    await exchange.closed;
  });

  it('throws for an answer that is no success', async () => {
    const watching = watch([]);
    (await server.next()).answer(403, { kind: 'Status', reason: 'Forbidden', code: 403 });
    await expect(watching).rejects.toThrow('watch secrets n/*: Forbidden (HTTP 403)');
  });
});
