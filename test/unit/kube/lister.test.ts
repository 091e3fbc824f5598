import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../../src/kube/client.ts';
import { Lister } from '../../../src/kube/lister.ts';
import { createTransport } from '../../../src/kube/transport.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';

const SECRETS = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
const STREAM = {
  watch: 'true',
  sendInitialEvents: 'true',
  resourceVersionMatch: 'NotOlderThan',
  allowWatchBookmarks: 'true',
  timeoutSeconds: '50',
  fieldSelector: 'type!=a/b',
};
const PAGE = { limit: '1', fieldSelector: 'type!=a/b' };

let server: ScriptedServer;
let clock: FakeClock;
let transport: Transport;
let aborter: AbortController;
let unusable: number;
let lister: Lister<string>;

beforeEach(async () => {
  server = await ScriptedServer.start();
  clock = new FakeClock();
  aborter = new AbortController();
  unusable = 0;
  transport = createTransport({ connection: server.connection(), clock, userAgent: 'test' });
  lister = new Lister({
    client: createClient(transport),
    selection: {
      resource: SECRETS,
      scope: 'all',
      fieldSelector: 'type!=a/b',
      metadataOnly: true,
    },
    project: (_object, { name, resourceVersion }) =>
      name === 'dull' ? undefined : `${name}@${resourceVersion}`,
    onUnusable: () => {
      unusable += 1;
    },
    pageLimit: 1,
    clock,
    signal: aborter.signal,
  });
});

afterEach(async () => {
  await transport.close();
  await server.stop();
});

const object = (name: string, resourceVersion: string, namespace = 'n'): object => ({
  metadata: { namespace, name, uid: `uid-${name}`, resourceVersion },
});
const line = (type: string, event: object): string =>
  `${JSON.stringify({ type, object: event })}\n`;
const bookmark = (resourceVersion: string, annotations: object = {}): string =>
  line('BOOKMARK', { metadata: { resourceVersion, annotations } });
const END = { 'k8s.io/initial-events-end': 'true' };
const page = (resourceVersion: string, items: readonly object[], token = ''): object => ({
  metadata: { resourceVersion, continue: token },
  items,
});
const status = (reason: string, code: number): object => ({ kind: 'Status', reason, code });

describe('a streamed list', () => {
  it('is asked for first, and is whole when its initial events are over', async () => {
    const state = lister.list();
    const list = await server.next();
    expect(list.query).toEqual(STREAM);
    list.write(
      line('ADDED', object('a', '1')),
      bookmark('4'),
      line('ADDED', object('a', '2', 'm')),
      bookmark('5', END),
    );
    expect(await state).toEqual({ items: ['a@1', 'a@2'], resourceVersion: '5' });
    await list.closed;
    expect(clock.waits()).toEqual([]);
  });

  it('takes what changes while it comes', async () => {
    const state = lister.list();
    (await server.next()).write(
      line('ADDED', object('a', '1')),
      line('ADDED', object('b', '2')),
      line('ADDED', object('dull', '3')),
      line('MODIFIED', object('a', '6')),
      line('DELETED', object('b', '7')),
      line('ADDED', object('c', '8')),
      bookmark('9', END),
    );
    expect(await state).toEqual({ items: ['a@6', 'c@8'], resourceVersion: '9' });
  });

  it('leaves out what has no usable metadata, and says so', async () => {
    const state = lister.list();
    (await server.next()).write(
      line('ADDED', { metadata: { name: 'a' } }),
      line('ADDED', object('b', '2')),
      bookmark('5', END),
    );
    expect((await state).items).toEqual(['b@2']);
    expect(unusable).toBe(1);
  });

  it.each([
    ['401', 401, 'Unauthorized'],
    ['403', 403, 'Forbidden'],
    ['429', 429, 'TooManyRequests'],
    ['500', 500, 'InternalError'],
  ])('that is answered %s is the next time streamed again', async (_name, code, reason) => {
    const failed = lister.list();
    (await server.next()).answer(code, status(reason, code));
    await expect(failed).rejects.toMatchObject({ name: 'KubeError', status: code });
    const again = lister.list();
    const list = await server.next();
    expect(list.query).toEqual(STREAM);
    list.write(bookmark('5', END));
    await again;
  });

  it('ends with the reason of its signal', async () => {
    const state = lister.list();
    (await server.next()).write(line('ADDED', object('a', '1')));
    aborter.abort(new Error('enough'));
    await expect(state).rejects.toThrow('enough');
    expect(clock.waits()).toEqual([]);
  });
});

describe('a list in pages', () => {
  it.each<[string, (list: Awaited<ReturnType<ScriptedServer['next']>>) => void]>([
    ['refuses to stream', (list) => list.answer(422, status('Invalid', 422))],
    ['finds the request bad', (list) => list.answer(400, status('BadRequest', 400))],
    ['ends the stream too early', (list) => (list.write(bookmark('4')), list.end())],
    ['sends something else', (list) => list.write('hunter2\n')],
    [
      'knows no version',
      (list) => list.write(line('BOOKMARK', { metadata: { annotations: END } })),
    ],
  ])('is what a server gets that %s, then and later', async (_name, fail) => {
    const state = lister.list();
    fail(await server.next());
    const first = await server.next();
    expect(first.query).toEqual(PAGE);
    first.answer(200, page('5', [object('a', '1')], 'token'));
    const second = await server.next();
    expect(second.query).toEqual({ ...PAGE, continue: 'token' });
    second.answer(200, page('5', [object('dull', '2'), object('b', '3')]));
    expect(await state).toEqual({ items: ['a@1', 'b@3'], resourceVersion: '5' });

    const later = lister.list();
    const list = await server.next();
    expect(list.query).toEqual(PAGE);
    list.answer(200, page('6', [{ metadata: { name: 'a' } }]));
    expect(await later).toEqual({ items: [], resourceVersion: '6' });
    expect(unusable).toBe(1);
  });

  it('is what follows a stream that says nothing for too long', async () => {
    const state = lister.list();
    const silent = await server.next();
    silent.write(line('ADDED', object('a', '1')));
    // The timer of the request itself is gone when its headers are there.
    await vi.waitFor(() => expect(clock.waits()).toEqual([60_000]), { interval: 1 });
    clock.advance(60_000);
    const list = await server.next();
    await silent.closed;
    expect(list.query).toEqual(PAGE);
    list.answer(200, page('5', []));
    expect((await state).items).toEqual([]);
  });

  it('fails when a page has expired', async () => {
    const state = lister.list();
    (await server.next()).answer(422, status('Invalid', 422));
    (await server.next()).answer(200, page('5', [object('a', '1')], 'token'));
    (await server.next()).answer(410, status('Expired', 410));
    await expect(state).rejects.toMatchObject({ kind: 'Expired' });
  });
});
