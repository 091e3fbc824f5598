import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../../src/kube/client.ts';
import { OutageLog } from '../../../src/kube/outage-log.ts';
import { runReflector } from '../../../src/kube/reflector.ts';
import type { Reflector, ReflectorOptions } from '../../../src/kube/reflector.ts';
import { Store } from '../../../src/kube/store.ts';
import type { Change, Stored } from '../../../src/kube/store.ts';
import { createTransport } from '../../../src/kube/transport.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';
import type { Exchange } from '../../support/scripted-server.ts';

interface Item extends Stored {
  readonly color: string | undefined;
}

const SECRETS = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
const SOON = { interval: 1, timeout: 10_000 };
/** Longer than every backoff, so that a test can tell a timer's purpose by its length. */
const REQUEST_TIMEOUT_MS = 77_777;
const LONGEST_BACKOFF_MS = 30_000;

const object = (name: string, resourceVersion: string, extra: object = {}): object => ({
  metadata: {
    namespace: 'n',
    name,
    uid: `uid-${name}`,
    resourceVersion,
    annotations: { canary: 'hunter2' },
    ...extra,
  },
});
const line = (type: string, event: object): string =>
  `${JSON.stringify({ type, object: event })}\n`;
const bookmark = (resourceVersion: string): string =>
  line('BOOKMARK', { metadata: { resourceVersion } });
/** Ends the initial events of a streamed list. */
const initialEventsEnd = (resourceVersion: string): string =>
  line('BOOKMARK', {
    metadata: { resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } },
  });
const errorEvent = (reason: string, code: number): string =>
  line('ERROR', { kind: 'Status', reason, code, message: 'hunter2' });
let server: ScriptedServer;
let clock: FakeClock;
let transport: Transport;
let aborter: AbortController;
let store: Store<Item>;
let changes: Change<Item>[];
let log: MemoryLog;

beforeEach(async () => {
  server = await ScriptedServer.start();
  clock = new FakeClock();
  transport = createTransport({
    connection: server.connection(),
    clock,
    userAgent: 'test',
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  });
  aborter = new AbortController();
  store = new Store({ indexes: {} });
  changes = [];
  log = new MemoryLog();
});

afterEach(async () => {
  aborter.abort();
  await transport.close();
  await server.stop();
});

function start(options: Partial<ReflectorOptions<Item>> = {}): Reflector {
  return runReflector<Item>({ ...defaults(), ...options });
}

function defaults(): ReflectorOptions<Item> {
  return {
    client: createClient(transport),
    resource: SECRETS,
    scope: 'all',
    metadataOnly: true,
    project: (_object, { namespace, name, uid, resourceVersion, labels }) => ({
      namespace,
      name,
      uid,
      resourceVersion,
      color: labels['color'],
    }),
    store,
    onChange: (change) => changes.push(change),
    clock,
    random: () => 0,
    // Long, so that no backoff is taken for what is left of a watch.
    timeoutSeconds: () => 300,
    signal: aborter.signal,
    log,
  };
}

/** Answers the list and returns the watch that follows, open. */
async function listed(items: readonly object[] = [], resourceVersion = '5'): Promise<Exchange> {
  bring(await nextList(), items, resourceVersion);
  return nextWatch();
}

async function nextList(): Promise<Exchange> {
  const list = await server.next();
  expect(list.query['sendInitialEvents']).toBe('true');
  return list;
}

function bring(list: Exchange, items: readonly object[], resourceVersion: string): void {
  list.write(...items.map((item) => line('ADDED', item)), initialEventsEnd(resourceVersion));
}

async function nextWatch(): Promise<Exchange> {
  const watch = await server.next();
  expect(isWatchFrom(watch)).toBeDefined();
  watch.write();
  // The reflector has the headers when the timer of its request is gone.
  await vi.waitFor(() => expect(clock.waits()).not.toContain(REQUEST_TIMEOUT_MS), SOON);
  return watch;
}

/** Lets the backoff pass that the reflector is about to begin. Returns how long it was. */
async function backOff(): Promise<number> {
  const ms = await clock.waitFor((wait) => wait <= LONGEST_BACKOFF_MS);
  clock.advance(ms);
  return ms;
}

/** The versions that the store shows, by name. */
const versions = (): Readonly<Record<string, string>> =>
  Object.fromEntries(store.list().map(({ name, resourceVersion }) => [name, resourceVersion]));

const isWatchFrom = (exchange: Exchange): string | undefined =>
  exchange.query['watch'] === 'true' ? exchange.query['resourceVersion'] : undefined;

describe('the list', () => {
  it('is shown as a whole, and the watch goes on from there', async () => {
    const seen: string[] = [];
    const { hasSynced } = start({
      fieldSelector: 'type!=a/b',
      project: (_object, metadata) => {
        seen.push(metadata.name);
        return { ...metadata, color: undefined };
      },
    });
    const list = await nextList();
    expect(list.query).toMatchObject({ fieldSelector: 'type!=a/b' });
    list.write(line('ADDED', object('a', '1')), line('ADDED', object('b', '2')));
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b']), SOON);
    expect([store.hasSynced(), store.list()]).toEqual([false, []]);
    list.write(initialEventsEnd('5'));
    expect(await hasSynced).toBe(true);
    expect(store.hasSynced()).toBe(true);
    expect(changes.map(({ type }) => type)).toEqual(['added', 'added']);
    const watch = await nextWatch();
    expect(watch.query).toMatchObject({ resourceVersion: '5', fieldSelector: 'type!=a/b' });
    await list.closed;
  });

  it('is begun anew when it has expired', async () => {
    const { hasSynced } = start();
    (await nextList()).write(line('ADDED', object('a', '1')), errorEvent('Expired', 410));
    await backOff();
    bring(await nextList(), [object('b', '7')], '8');
    await hasSynced;
    expect(versions()).toEqual({ b: '7' });
  });

  it('is tried again for ever, ever more slowly', async () => {
    const { hasSynced } = start();
    const waits: number[] = [];
    for (let failure = 0; failure < 10; failure += 1) {
      const exchange = await server.next();
      if (failure % 2 === 0) {
        exchange.answer(500, 'hunter2');
      } else {
        exchange.reset();
      }
      waits.push(await backOff());
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
    await listed([object('a', '1')]);
    expect(await hasSynced).toBe(true);
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
  });

  it('of one namespace leaves the others in the same store alone', async () => {
    store = new Store({ indexes: {}, scopes: [{ namespace: 'n' }, { namespace: 'm' }] });
    const elsewhere = { namespace: 'm', name: 'a', uid: 'U', resourceVersion: '1', color: 'red' };
    store.replace([elsewhere], { namespace: 'm' });
    const { hasSynced } = start({ scope: { namespace: 'n' } });
    const list = await nextList();
    expect(list.path).toBe('/api/v1/namespaces/n/secrets');
    bring(list, [], '5');
    await hasSynced;
    expect(store.list()).toEqual([elsewhere]);
  });
});

describe('events', () => {
  it('are shown as they come', async () => {
    start();
    const watch = await listed([object('a', '1'), object('b', '2')]);
    watch.write(
      line('ADDED', object('c', '6')),
      line('MODIFIED', object('a', '7')),
      line('DELETED', object('b', '8')),
    );
    await vi.waitFor(() => expect(versions()).toEqual({ a: '7', c: '6' }), SOON);
    expect(changes.slice(2).map(({ type }) => type)).toEqual(['added', 'updated', 'deleted']);
  });

  it('may be cut anywhere, within a character too', async () => {
    start();
    const watch = await listed();
    const bytes = Buffer.from(line('ADDED', object('é', '6', { labels: { color: 'rosé\u2028' } })));
    for (const byte of bytes) {
      watch.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(versions()).toEqual({ é: '6' }), SOON);
    expect(store.list()[0]?.color).toBe('rosé\u2028');
  });

  it('of a delete and create under one name are two changes', async () => {
    start();
    const watch = await listed([object('a', '1')]);
    watch.write(line('MODIFIED', object('a', '6', { uid: 'another' })));
    await vi.waitFor(() => expect(versions()).toEqual({ a: '6' }), SOON);
    expect(changes.map(({ type }) => type)).toEqual(['added', 'deleted', 'added']);
  });

  it('that make an object uninteresting take it out', async () => {
    start({
      project: (_object, metadata) =>
        metadata.labels['color'] === 'red' ? { ...metadata, color: 'red' } : undefined,
    });
    const watch = await listed([object('a', '1', { labels: { color: 'red' } }), object('b', '2')]);
    expect(versions()).toEqual({ a: '1' });
    watch.write(line('MODIFIED', object('a', '6')));
    await vi.waitFor(() => expect(versions()).toEqual({}), SOON);
  });
});

describe('user code that throws', () => {
  it('in project costs that object and nothing else', async () => {
    start({
      project: (_object, metadata) => {
        if (metadata.name === 'poison') {
          throw new Error('hunter2');
        }
        return { ...metadata, color: undefined };
      },
    });
    const watch = await listed([object('poison', '1'), object('a', '2')]);
    watch.write(line('ADDED', object('poison', '6')), line('ADDED', object('b', '7')));
    await vi.waitFor(() => expect(versions()).toEqual({ a: '2', b: '7' }), SOON);
    expect(log.lines).toMatchObject([
      { level: 'error', fields: { namespace: 'n', name: 'poison', error: 'Error' } },
      { level: 'error', fields: { namespace: 'n', name: 'poison', error: 'Error' } },
    ]);
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
  });

  it('in onChange keeps no other change back', async () => {
    start({
      onChange: (change) => {
        changes.push(change);
        throw new Error('hunter2');
      },
    });
    const watch = await listed([object('a', '1'), object('b', '2')]);
    watch.write(line('DELETED', object('a', '6')));
    await vi.waitFor(() => expect(changes).toHaveLength(3), SOON);
    expect(versions()).toEqual({ b: '2' });
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
  });
});

describe('a watch that lasted its full time', () => {
  it('is renewed at once, from the last event or bookmark, without a list', async () => {
    start();
    let watch = await listed();
    watch.write(line('ADDED', object('a', '6')), bookmark('9'));
    await vi.waitFor(() => expect(versions()).toEqual({ a: '6' }), SOON);
    clock.advance(300_000);
    watch.end();
    watch = await nextWatch();
    expect(isWatchFrom(watch)).toBe('9');
    clock.advance(300_000);
    watch.end();
    expect(isWatchFrom(await nextWatch())).toBe('9');
  });

  it('forgives the failures before it', async () => {
    start();
    (await listed()).reset();
    await backOff();
    (await nextWatch()).reset();
    expect(await backOff()).toBe(200);
    const watch = await nextWatch();
    clock.advance(300_000);
    watch.end();
    (await nextWatch()).reset();
    expect(await backOff()).toBe(100);
  });

  it.each([
    [0, '30'],
    [0.999_999, '50'],
  ])('lasts 30 to 50 seconds: random %f gives %s', async (random, seconds) => {
    const { timeoutSeconds: _, ...byDefault } = defaults();
    runReflector({ ...byDefault, random: () => random });
    expect((await listed()).query['timeoutSeconds']).toBe(seconds);
  });

  it('lasts as long as it is told, and at least a second', async () => {
    const timeouts = [7, 0];
    start({ timeoutSeconds: () => timeouts.shift() ?? 1 });
    const watch = await listed();
    expect(watch.query['timeoutSeconds']).toBe('7');
    clock.advance(7000);
    watch.end();
    expect((await nextWatch()).query['timeoutSeconds']).toBe('1');
  });
});

describe('a watch that ends otherwise', () => {
  it.each<[string, (watch: Exchange) => void]>([
    ['is reset', (watch) => watch.reset()],
    ['ends cleanly but early', (watch) => watch.end()],
    ['brings an ERROR event', (watch) => watch.write(errorEvent('InternalError', 500))],
    ['brings a line that is not JSON', (watch) => watch.write('hunter2\n')],
    [
      'ends within a line',
      (watch) => (watch.write('{"type":"ADDED","object":{"hunter2'), watch.end()),
    ],
    ['brings an event without a version', (watch) => watch.write(line('ADDED', { metadata: {} }))],
  ])('because it %s goes on from where it was, after a pause', async (_name, breakIt) => {
    start();
    const watch = await listed([object('a', '1')]);
    watch.write(line('MODIFIED', object('a', '6')));
    await vi.waitFor(() => expect(versions()).toEqual({ a: '6' }), SOON);
    breakIt(watch);
    await watch.closed;
    expect(await backOff()).toBe(100);
    const resumed = await nextWatch();
    expect(isWatchFrom(resumed)).toBe('6');
    resumed.write(line('MODIFIED', object('a', '7')));
    await vi.waitFor(() => expect(versions()).toEqual({ a: '7' }), SOON);
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
  });

  it.each([
    ['429', 429, 'TooManyRequests'],
    ['500', 500, 'InternalError'],
    ['401', 401, 'Unauthorized'],
    ['403', 403, 'Forbidden'],
  ])('because HTTP %s refuses it goes on from where it was', async (_name, code, reason) => {
    start();
    (await listed()).reset();
    await backOff();
    (await server.next()).answer(code, { kind: 'Status', reason, code });
    expect(await backOff()).toBe(200);
    expect(isWatchFrom(await nextWatch())).toBe('5');
  });

  it('is never hot, not even when each ends cleanly at once', async () => {
    start();
    const waits: number[] = [];
    let watch = await listed();
    for (let end = 0; end < 12; end += 1) {
      watch.end();
      waits.push(await backOff());
      watch = await nextWatch();
    }
    expect(waits.slice(0, 3)).toEqual([100, 200, 400]);
    expect(waits.slice(-3)).toEqual([15_000, 15_000, 15_000]);
  });

  it('begins a new row of failures when it held for long', async () => {
    start();
    (await listed()).end();
    await backOff();
    (await nextWatch()).end();
    expect(await backOff()).toBe(200);
    const watch = await nextWatch();
    clock.advance(LONGEST_BACKOFF_MS);
    watch.reset();
    expect(await backOff()).toBe(100);
  });

  it('early is one that the server ended before nine tenths of its time', async () => {
    start();
    const watch = await listed();
    clock.advance(269_000);
    watch.end();
    expect(await backOff()).toBe(100);
  });

  it('because it is dead is cut off 10 seconds after its time', async () => {
    start();
    const watch = await listed();
    await vi.waitFor(() => expect(clock.waits()).toEqual([310_000]), SOON);
    clock.advance(310_000);
    await watch.closed;
    expect(await backOff()).toBe(100);
    expect(isWatchFrom(await nextWatch())).toBe('5');
  });
});

describe('a server that asks for time', () => {
  it.each([
    ['is given it', '7', 7_000],
    ['is given a minute at most', '3600', 60_000],
    ['is given no less than its backoff', '0', 100],
  ])('%s: Retry-After %s', async (_name, retryAfter, ms) => {
    start();
    const list = await server.next();
    list.answer(429, { kind: 'Status', code: 429 }, { 'retry-after': retryAfter });
    await vi.waitFor(() => expect(log.lines).toHaveLength(1), SOON);
    await vi.waitFor(() => expect(clock.waits()).toEqual([ms]), SOON);
    clock.advance(ms);
    await listed();
  });
});

describe('the pulse', () => {
  const now = (reflector: Reflector): readonly unknown[] => {
    const { heardAt, steppedAt, isSynced } = reflector.pulse();
    return [heardAt, steppedAt, isSynced];
  };

  it('names what is watched', () => {
    const { pulse } = start({ scope: { namespace: 'n' } });
    expect(pulse()).toMatchObject({ resource: 'secrets', namespace: 'n' });
    expect(start().pulse()).toMatchObject({ resource: 'secrets', namespace: '' });
  });

  it('is heard at each object of a list, however long that takes', async () => {
    const reflector = start();
    const list = await nextList();
    clock.advance(1_000);
    list.write(line('ADDED', object('a', '1')));
    await vi.waitFor(() => expect(now(reflector)).toEqual([1_000, 1_000, false]), SOON);
  });

  it('is heard at the list, the accepted watch, and every event and bookmark', async () => {
    const reflector = start();
    expect(now(reflector)).toEqual([undefined, 0, false]);
    clock.advance(1_000);
    bring(await nextList(), [], '5');
    const watch = await server.next();
    expect(now(reflector)).toEqual([1_000, 1_000, true]);
    clock.advance(1_000);
    watch.write();
    await vi.waitFor(() => expect(now(reflector)).toEqual([2_000, 2_000, true]), SOON);
    clock.advance(1_000);
    watch.write(bookmark('6'));
    await vi.waitFor(() => expect(now(reflector)).toEqual([3_000, 3_000, true]), SOON);
    clock.advance(1_000);
    watch.write(line('ADDED', object('a', '7')));
    await vi.waitFor(() => expect(now(reflector)).toEqual([4_000, 4_000, true]), SOON);
  });

  it('goes on by steps, unheard, while the server is away', async () => {
    const reflector = start();
    (await listed()).reset();
    for (let failure = 0; failure < 5; failure += 1) {
      const before = reflector.pulse().steppedAt;
      await backOff();
      (await server.next()).reset();
      await vi.waitFor(() => expect(reflector.pulse().steppedAt).toBeGreaterThan(before), SOON);
    }
    expect(reflector.pulse().heardAt).toBe(0);
  });

  it('stands still when the watch hangs and its own watchdog with it', async () => {
    const reflector = start({
      client: {
        list: () => new Promise(() => {}),
        watch: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
      },
    });
    clock.advance(1_000_000);
    await new Promise(setImmediate);
    expect(now(reflector)).toEqual([undefined, 0, false]);
  });
});

describe('an outage', () => {
  it('that several watches meet is told once, and once when all work again', async () => {
    const outages = new OutageLog(log, clock);
    start({ outages });
    const first = await nextList();
    start({ outages, scope: { namespace: 'n' } });
    const second = await nextList();
    first.answer(500, 'hunter2');
    second.answer(500, 'hunter2');
    await vi.waitFor(() => expect(log.lines).toHaveLength(2), SOON);
    clock.advance(100);
    for (let request = 0; request < 4; request += 1) {
      const exchange = await server.next();
      if (isWatchFrom(exchange) === undefined) {
        bring(exchange, [], '5');
      } else {
        exchange.write();
      }
    }
    await vi.waitFor(() => {
      const loud = log.lines.filter(({ level }) => level !== 'debug');
      expect(loud.map(({ level }) => level)).toEqual(['warn', 'info']);
      expect(loud[1]?.fields).toMatchObject({ failures: 2 });
    }, SOON);
  });
});

describe('a new list', () => {
  it.each<[string, (watch: Exchange) => void]>([
    ['an ERROR event 410', (watch) => watch.write(errorEvent('Expired', 410))],
    ['an ERROR event Gone', (watch) => watch.write(errorEvent('Gone', 410))],
  ])('follows %s, and finds what was missed', async (_name, expire) => {
    start();
    expire(await listed([object('a', '1'), object('b', '2')]));
    expect(await backOff()).toBe(100);
    const watch = await listed([object('b', '2'), object('c', '8', { uid: 'U' })], '9');
    expect(isWatchFrom(watch)).toBe('9');
    expect(versions()).toEqual({ b: '2', c: '8' });
    expect(changes.map(({ type }) => type)).toEqual(['added', 'added', 'deleted', 'added']);
  });

  it.each([
    ['410', 410, 'Expired'],
    ['404', 404, 'NotFound'],
  ])('follows HTTP %s on a watch', async (_name, code, reason) => {
    start();
    (await listed()).reset();
    await backOff();
    (await server.next()).answer(code, { kind: 'Status', reason, code });
    await backOff();
    expect(isWatchFrom(await server.next())).toBeUndefined();
  });

  it('follows soon where the 410 is what ends an outage, however long that was', async () => {
    start();
    (await listed()).reset();
    for (let failure = 0; failure < 6; failure += 1) {
      await backOff();
      (await server.next()).reset();
    }
    expect(await backOff()).toBe(6_400);
    (await server.next()).answer(410, { kind: 'Status', reason: 'Expired', code: 410 });
    expect(await backOff()).toBe(100);
    expect(isWatchFrom(await server.next())).toBeUndefined();
  });

  it('does not end the backing off: list and 410 in turn are not hot', async () => {
    start();
    const waits: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      (await listed()).write(errorEvent('Expired', 410));
      waits.push(await backOff());
    }
    expect(waits).toEqual([100, 200, 400, 800]);
  });

  it('that fails is tried again ever more slowly, however long the watch before it held', async () => {
    start();
    const watch = await listed();
    clock.advance(LONGEST_BACKOFF_MS);
    watch.write(errorEvent('Expired', 410));
    const waits = [await backOff()];
    for (let failure = 0; failure < 3; failure += 1) {
      (await server.next()).reset();
      waits.push(await backOff());
    }
    expect(waits).toEqual([100, 200, 400, 800]);
  });

  it('follows the second protocol error in a row', async () => {
    start();
    (await listed()).write('garbage\n');
    await backOff();
    (await nextWatch()).write('garbage\n');
    await backOff();
    expect(isWatchFrom(await server.next())).toBeUndefined();
  });

  it('does not follow protocol errors between which the watch went on', async () => {
    start();
    (await listed()).write(bookmark('6'), 'garbage\n');
    await backOff();
    (await nextWatch()).write(bookmark('7'), 'garbage\n');
    await backOff();
    expect(isWatchFrom(await nextWatch())).toBe('7');
  });

  it('leaves an object out whose metadata make no sense, and says so', async () => {
    start();
    await listed([{ metadata: { name: 'a' } }, object('b', '2')]);
    expect(versions()).toEqual({ b: '2' });
    expect(log.lines).toMatchObject([{ level: 'error', fields: { resource: 'secrets' } }]);
  });
});

/** Stops, and returns what is left open or set when the reflector says that it has stopped. */
async function stop({ stopped }: Reflector): Promise<{ timers: number; complaints: number }> {
  aborter.abort();
  await stopped;
  return { timers: clock.waits().length, complaints: log.lines.length };
}
const NOTHING = { timers: 0, complaints: 0 };

describe('stopping', () => {
  it('cuts a list off that is under way', async () => {
    const reflector = start();
    const list = await server.next();
    expect(await stop(reflector)).toEqual(NOTHING);
    await list.closed;
    expect(await reflector.hasSynced).toBe(false);
  });

  it('cuts a watch off that has no headers yet', async () => {
    const reflector = start();
    bring(await nextList(), [], '5');
    const watch = await server.next();
    expect(await stop(reflector)).toEqual(NOTHING);
    await watch.closed;
    expect(await reflector.hasSynced).toBe(true);
  });

  it('cuts an open watch off', async () => {
    const reflector = start();
    const watch = await listed();
    expect(await stop(reflector)).toEqual(NOTHING);
    await watch.closed;
  });

  it('ends a pause', async () => {
    const reflector = start();
    (await listed()).end();
    await clock.waitFor((ms) => ms === 100);
    expect(await stop(reflector)).toMatchObject({ timers: 0 });
    expect(server.waiting).toBe(0);
  });

  it('before the start asks for nothing', async () => {
    aborter.abort();
    expect(await stop(start())).toEqual(NOTHING);
    expect(server.connectionsSeen).toBe(0);
  });
});
