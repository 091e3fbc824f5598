import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  onTestFinished,
  vi,
} from 'vitest';
import { createClient } from '../../src/kube/client.ts';
import type { Client } from '../../src/kube/client.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { loadConnection } from '../../src/kube/connection.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { runLeaderElection } from '../../src/kube/leader-election.ts';
import type { Election } from '../../src/kube/leader-election.ts';
import { LEASES } from '../../src/kube/lease.ts';
import { parseObjectMeta } from '../../src/kube/object.ts';
import type { JsonObject, ObjectMeta, ObjectRef } from '../../src/kube/object.ts';
import { runReflector } from '../../src/kube/reflector.ts';
import type { Reflector, ReflectorOptions } from '../../src/kube/reflector.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { Store } from '../../src/kube/store.ts';
import type { Change, Stored } from '../../src/kube/store.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import type { AuditEvent } from '../../testbed/audit-log.ts';
import { MemoryLog } from '../support/memory-log.ts';

/** What the runtime assumes about an API server, asked of the real one. */

const CONFIG_MAPS: Resource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' };
const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
const NAMESPACES: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' };
const QUOTAS: Resource = {
  group: '',
  version: 'v1',
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
};
const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
};
const WIDGETS: Resource = { group: 'kube.test', version: 'v1', plural: 'widgets', kind: 'Widget' };
/** For what the server does in its own time. */
const PATIENCE = { timeout: 20_000 };
const MANAGER = { fieldManager: 'kube-test' };

const controlPlane = new ControlPlaneClient(inject('controlPlane'));
const userAgent = `kube-test/${randomUUID()}`;
const transports: Transport[] = [];
let client: Client;
let crd: ObjectMeta;
let namespace: string;

async function connect(kubeconfig: string, agent = userAgent): Promise<Client> {
  const connection = await loadConnection({ kubeconfig });
  const transport = createTransport({ connection, clock: systemClock, userAgent: agent });
  transports.push(transport);
  return createClient(transport);
}

beforeAll(async () => {
  client = await connect(controlPlane.details.kubeconfigPath);
  crd = metadataOf(await client.create(CRDS, '', WIDGET_CRD, MANAGER));
  await controlPlane.expectKubectl(['wait', '--for=condition=Established', `crd/${crd.name}`]);
});

afterAll(async () => {
  await client.delete(CRDS, crd, metadataOf(await client.get(CRDS, crd)));
  await Promise.all(transports.map((transport) => transport.close()));
});

beforeEach(async () => {
  namespace = await makeNamespace();
});

async function makeNamespace(): Promise<string> {
  const name = `kube-${randomUUID()}`;
  await client.create(NAMESPACES, '', { metadata: { name } }, MANAGER);
  return name;
}

function metadataOf(object: JsonObject): ObjectMeta {
  const metadata = parseObjectMeta(object['metadata']);
  if (metadata === undefined) {
    throw new Error('no metadata');
  }
  return metadata;
}

const create = async (resource: Resource, name: string, body: object = {}): Promise<ObjectMeta> =>
  metadataOf(await client.create(resource, namespace, { metadata: { name }, ...body }, MANAGER));

/** The kind of the KubeError that a call ends with. */
async function kindOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof KubeError) {
      return error.kind;
    }
    throw error;
  }
  return 'no error';
}

const configMapOf = (megabytes: number): object => ({
  data: { a: 'x'.repeat(megabytes * 2 ** 20) },
});

describe('the kinds of failure', () => {
  it('tell absent, taken and stale objects apart', async () => {
    const ref = { namespace, name: 'a' };
    expect(await kindOf(client.get(CONFIG_MAPS, ref))).toBe('NotFound');
    const { uid, resourceVersion } = await create(CONFIG_MAPS, 'a');
    expect(await kindOf(create(CONFIG_MAPS, 'a'))).toBe('AlreadyExists');
    const patch = { metadata: { uid, resourceVersion }, data: { a: '1' } };
    expect(await client.mergePatch(CONFIG_MAPS, ref, patch, MANAGER)).toMatchObject({
      data: { a: '1' },
      metadata: { uid },
    });
    expect(await kindOf(client.mergePatch(CONFIG_MAPS, ref, patch, MANAGER))).toBe('Conflict');
    expect(await kindOf(client.delete(CONFIG_MAPS, ref, { uid, resourceVersion }))).toBe(
      'Conflict',
    );
  });

  it('tell a replaced object and one that is gone from the one that was read', async () => {
    const ref = { namespace, name: 'a' };
    const first = await create(CONFIG_MAPS, 'a');
    await client.delete(CONFIG_MAPS, ref, first);
    const { uid, resourceVersion } = first;
    const patch = { metadata: { uid, resourceVersion }, data: { a: '1' } };
    expect(await kindOf(client.mergePatch(CONFIG_MAPS, ref, patch, MANAGER))).toBe('NotFound');
    expect(await kindOf(client.delete(CONFIG_MAPS, ref, first))).toBe('NotFound');
    await create(CONFIG_MAPS, 'a');
    expect(await kindOf(client.mergePatch(CONFIG_MAPS, ref, patch, MANAGER))).toBe('Conflict');
    const uidOnly = { metadata: { uid }, data: { a: '1' } };
    expect(await kindOf(client.mergePatch(CONFIG_MAPS, ref, uidOnly, MANAGER))).toBe('Replaced');
    expect(await kindOf(client.delete(CONFIG_MAPS, ref, first))).toBe('Conflict');
    expect(await client.get(CONFIG_MAPS, ref)).not.toHaveProperty('data');
  });

  it('tell a namespace that is ending from one that is forbidden', async () => {
    const held = await create(CONFIG_MAPS, 'a', {
      metadata: { name: 'a', finalizers: ['kube.test/hold'] },
    });
    const ending = metadataOf(await client.get(NAMESPACES, { namespace: '', name: namespace }));
    await client.delete(NAMESPACES, ending, ending);
    expect(await kindOf(create(CONFIG_MAPS, 'b'))).toBe('NamespaceTerminating');
    await client.mergePatch(CONFIG_MAPS, held, { metadata: { finalizers: null } }, MANAGER);
  });

  it('tell a quota that is used up', async () => {
    await create(QUOTAS, 'q', { spec: { hard: { 'count/configmaps': '0' } } });
    await vi.waitFor(
      async () => expect(await kindOf(create(CONFIG_MAPS, randomUUID()))).toBe('QuotaExceeded'),
      PATIENCE,
    );
  });

  it('tell an object that is too large from a request that is too large', async () => {
    expect(await kindOf(create(CONFIG_MAPS, 'a', configMapOf(2)))).toBe('Invalid');
    expect(await kindOf(create(CONFIG_MAPS, 'a', configMapOf(4)))).toBe('RequestTooLarge');
  });

  it('tell who may not', async () => {
    await controlPlane.expectKubectl([
      'create',
      'serviceaccount',
      'nobody',
      `--namespace=${namespace}`,
    ]);
    const path = await controlPlane.kubeconfigFor({ serviceAccount: 'nobody', namespace });
    const nobody = await connect(path);
    expect(await kindOf(nobody.get(SECRETS, { namespace, name: 'a' }))).toBe('Forbidden');
  });

  it('tell a version that is too old', async () => {
    const aborter = new AbortController();
    onTestFinished(() => aborter.abort());
    const watch = async (): Promise<void> => {
      const selection = { resource: WIDGETS, scope: 'all', metadataOnly: true } as const;
      const options = { resourceVersion: '1', timeoutSeconds: 60, signal: aborter.signal };
      await client.watch(selection, options)[Symbol.asyncIterator]().next();
    };
    // TooManyRequests while the server still fills its watch cache for the new kind.
    await vi.waitFor(async () => expect(await kindOf(watch())).toBe('Expired'), PATIENCE);
  });
});

const ref = (): ObjectRef => ({ namespace, name: 'a' });
const widget = (metadata: object, status?: object): JsonObject => ({
  apiVersion: 'kube.test/v1',
  kind: 'Widget',
  metadata: { name: 'a', ...metadata },
  ...(status && { status }),
});
const makeWidget = async (): Promise<ObjectMeta> =>
  metadataOf(await client.create(WIDGETS, namespace, widget({}), MANAGER));
const apply = (metadata: object, phase: string): Promise<JsonObject> =>
  client.applyStatus(WIDGETS, ref(), widget(metadata, { phase }), { ...MANAGER, force: true });

describe('applyStatus', () => {
  it('writes the status and nothing else, and nothing at all when it is there already', async () => {
    const { uid } = await makeWidget();
    const first = await apply({ labels: { a: 'b' } }, 'On');
    expect(first).toMatchObject({ status: { phase: 'On' }, metadata: { uid, generation: 1 } });
    expect(metadataOf(first).labels).toEqual({});
    const second = await apply({}, 'On');
    expect(metadataOf(second).resourceVersion).toBe(metadataOf(first).resourceVersion);
  });

  it('never creates an object', async () => {
    const { uid, resourceVersion } = await makeWidget();
    await client.delete(WIDGETS, ref(), { uid, resourceVersion });
    expect(await kindOf(apply({}, 'On'))).toBe('NotFound');
    expect(await kindOf(apply({ uid, resourceVersion }, 'On'))).toBe('NotFound');
  });

  it('is kept off another object of that name by the resourceVersion, and not by the uid', async () => {
    const { uid, resourceVersion } = await makeWidget();
    await client.delete(WIDGETS, ref(), { uid, resourceVersion });
    const replacement = await makeWidget();
    expect(await kindOf(apply({ uid, resourceVersion }, 'On'))).toBe('Conflict');
    expect(await client.get(WIDGETS, ref())).not.toHaveProperty('status');
    expect(await apply({ uid }, 'On')).toMatchObject({ metadata: { uid: replacement.uid } });
  });
});

describe('credentials', () => {
  it('of an exec plugin are good for the API server', async () => {
    const whole = await readFile(controlPlane.details.kubeconfigPath, 'utf8');
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: controlPlane.details.adminToken },
    };
    const folder = await mkdtemp(join(controlPlane.details.dir, 'exec-'));
    await writeFile(join(folder, 'credential'), JSON.stringify(credential));
    const exec = `exec: {apiVersion: client.authentication.k8s.io/v1, command: cat, args: [${join(folder, 'credential')}]}`;
    const withExec = whole.replace(/("?)token\1: *.*/, exec);
    expect(withExec).not.toContain(controlPlane.details.adminToken);
    await writeFile(join(folder, 'config'), withExec);
    const byPlugin = await connect(join(folder, 'config'));
    await expect(
      byPlugin.get(NAMESPACES, { namespace: '', name: 'default' }),
    ).resolves.toMatchObject({ kind: 'Namespace' });
  });
});

interface Running {
  readonly store: Store<Stored>;
  readonly changes: Change<Stored>[];
  readonly objects: JsonObject[];
  readonly log: MemoryLog;
  readonly reflector: Reflector;
  readonly stop: () => Promise<void>;
}

function start(options: Partial<ReflectorOptions<Stored>> = {}): Running {
  const store = new Store<Stored>({ indexes: {} });
  const changes: Change<Stored>[] = [];
  const objects: JsonObject[] = [];
  const log = new MemoryLog();
  const aborter = new AbortController();
  const reflector = runReflector<Stored>({
    client,
    resource: SECRETS,
    scope: { namespace },
    metadataOnly: true,
    project: (object, metadata) => {
      objects.push(object);
      return metadata;
    },
    store,
    onChange: (change) => changes.push(change),
    pageLimit: 2,
    clock: systemClock,
    random: Math.random,
    signal: aborter.signal,
    log,
    ...options,
  });
  const stop = (): Promise<void> => {
    aborter.abort();
    return reflector.stopped;
  };
  onTestFinished(stop);
  return { store, changes, objects, log, reflector, stop };
}

/** A list comes as a watch that begins with everything. */
const isStreamedList = ({ requestURI }: AuditEvent): boolean =>
  new URLSearchParams(requestURI).get('sendInitialEvents') === 'true';

const names = (store: Store<Stored>): readonly string[] =>
  store
    .list()
    .map(({ name }) => name)
    .toSorted();

describe('the reflector', () => {
  it('lists, follows, and never sees more than metadata', async () => {
    const secret = { data: { password: Buffer.from('hunter2').toString('base64') } };
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await create(SECRETS, name, secret);
    }
    const { store, changes, objects, log, reflector } = start();
    expect(await reflector.hasSynced).toBe(true);
    expect(names(store)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const requests = await controlPlane.auditEvents({ resource: 'secrets', namespace });
    expect(requests.filter(({ verb }) => verb === 'list')).toEqual([]);
    expect(requests.filter(isStreamedList).length).toBeGreaterThan(0);

    const live = metadataOf(await client.get(SECRETS, { namespace, name: 'a' }));
    await client.mergePatch(SECRETS, live, { metadata: { labels: { a: 'b' } } }, MANAGER);
    const labelled = metadataOf(await client.get(SECRETS, live));
    await client.delete(SECRETS, labelled, labelled);
    const again = await create(SECRETS, 'a', secret);
    await vi.waitFor(() => expect(store.get(again)?.uid).toBe(again.uid), PATIENCE);
    expect(changes.slice(5).map(({ type }) => type)).toEqual(['updated', 'deleted', 'added']);
    expect(store.get(again)?.resourceVersion).toBe(again.resourceVersion);

    expect(objects.filter((object) => 'data' in object)).toEqual([]);
    expect(JSON.stringify(objects)).not.toContain(secret.data.password);
    expect(log.lines).toEqual([]);
  });

  it('lists in pages where the server does not stream', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await create(SECRETS, name);
    }
    const { store, reflector, log } = start({
      client: {
        list: (selection, page) => client.list(selection, page),
        watch: (selection, options) => {
          if (options.resourceVersion === undefined) {
            throw new KubeError({ verb: 'watch', resource: SECRETS }, 'Invalid', { status: 422 });
          }
          return client.watch(selection, options);
        },
      },
    });
    expect(await reflector.hasSynced).toBe(true);
    expect(names(store)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const requests = await controlPlane.auditEvents({ resource: 'secrets', namespace });
    expect(requests.filter(({ verb }) => verb === 'list')).toHaveLength(3);
    await create(SECRETS, 'f');
    await vi.waitFor(() => expect(names(store)).toContain('f'), PATIENCE);
    expect(log.lines).toEqual([]);
  });

  it('selects by field', async () => {
    await create(SECRETS, 'a');
    await create(SECRETS, 'b', { type: 'kube.test/other' });
    const { store, reflector } = start({ fieldSelector: 'type!=kube.test/other' });
    await reflector.hasSynced;
    expect(names(store)).toEqual(['a']);
    await create(SECRETS, 'c', { type: 'kube.test/other' });
    await create(SECRETS, 'd');
    await vi.waitFor(() => expect(names(store)).toEqual(['a', 'd']), PATIENCE);
  });

  it('feeds one store from several namespaces', async () => {
    const other = await makeNamespace();
    const scopes = [{ namespace }, { namespace: other }];
    const store = new Store<Stored>({ indexes: {}, scopes });
    await create(SECRETS, 'a');
    const running = scopes.map((scope) => start({ store, scope }));
    await Promise.all(running.map(({ reflector }) => reflector.hasSynced));
    expect(store.hasSynced()).toBe(true);
    await client.create(SECRETS, other, { metadata: { name: 'b' } }, MANAGER);
    await vi.waitFor(() => expect(names(store)).toEqual(['a', 'b']), PATIENCE);
  });

  it('renews a watch from its last bookmark, without a list', async () => {
    const agent = `kube-test/${randomUUID()}`;
    const { store, log, reflector, stop } = start({
      client: await connect(controlPlane.details.kubeconfigPath, agent),
      timeoutSeconds: () => 5,
    });
    await reflector.hasSynced;
    const requests = async (): Promise<readonly AuditEvent[]> => {
      const events = await controlPlane.auditEvents({ resource: 'secrets', namespace });
      return events.filter(
        ({ userAgent, stage, verb }) =>
          userAgent === agent && (verb === 'list' || stage === 'ResponseStarted'),
      );
    };
    const elsewhere = await makeNamespace();
    await vi.waitFor(
      async () => {
        // Moves the server's version on, of which this watch hears by bookmarks only.
        await client.create(SECRETS, elsewhere, { metadata: { generateName: 'a-' } }, MANAGER);
        expect((await requests()).length).toBeGreaterThanOrEqual(4);
      },
      { timeout: 30_000, interval: 200 },
    );
    expect((await requests()).map(isStreamedList).slice(0, 4)).toEqual([true, false, false, false]);
    const positions = (await requests())
      .slice(1, 4)
      .map(({ requestURI }) => new URLSearchParams(requestURI).get('resourceVersion'));
    expect(new Set(positions).size).toBe(3);

    const created = await create(SECRETS, 'late');
    await vi.waitFor(() => expect(store.get(created)).toBeDefined(), PATIENCE);
    await stop();
    expect(log.lines).toEqual([]);
  });
});

describe('an election', () => {
  const ref = (): ObjectRef => ({ namespace, name: 'leader' });
  const TIMES = { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 500 };
  const specOf = async (): Promise<unknown> => (await client.get(LEASES, ref()))['spec'];

  function candidate(identity: string): Election {
    const election = runLeaderElection({
      client,
      lease: ref(),
      identity,
      ...MANAGER,
      clock: systemClock,
      random: Math.random,
      log: new MemoryLog(),
      times: TIMES,
    });
    onTestFinished(() => election.resign());
    return election;
  }

  it('gives the lease to one, who keeps it, and to the next when that one resigns', async () => {
    const first = candidate('first');
    expect(await first.elected).toBe(true);
    const second = candidate('second');
    const before = await specOf();
    await vi.waitFor(async () => expect(await specOf()).not.toEqual(before), PATIENCE);
    expect(await specOf()).toMatchObject({
      holderIdentity: 'first',
      leaseDurationSeconds: 3,
      leaseTransitions: 0,
    });
    expect([first.mayWrite(), second.mayWrite()]).toEqual([true, false]);
    await first.resign();
    expect(await second.elected).toBe(true);
    expect(await specOf()).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 });
  });

  it('goes on for the leader whose lease was deleted, and for nobody else', async () => {
    const first = candidate('first');
    await first.elected;
    const second = candidate('second');
    await vi.waitFor(() => expect(second.leader()).toBe('first'), PATIENCE);
    const lease = metadataOf(await client.get(LEASES, ref()));
    await controlPlane.expectKubectl(['delete', 'lease/leader', `--namespace=${namespace}`]);
    await vi.waitFor(async () => {
      const { uid } = metadataOf(await client.get(LEASES, ref()));
      expect(uid).not.toBe(lease.uid);
    }, PATIENCE);
    expect(await specOf()).toMatchObject({ holderIdentity: 'first' });
    expect([first.mayWrite(), second.mayWrite()]).toEqual([true, false]);
  });

  it('asks for nothing but get, create and update of the one lease', async () => {
    const only = candidate('only');
    await only.elected;
    const before = await specOf();
    await vi.waitFor(async () => expect(await specOf()).not.toEqual(before), PATIENCE);
    await only.resign();
    const events = await controlPlane.auditEvents({ resource: 'leases', namespace });
    const verbs = events.filter((event) => event.userAgent === userAgent).map(({ verb }) => verb);
    expect([...new Set(verbs)].toSorted()).toEqual(['create', 'get', 'update']);
  });
});

const WIDGET_CRD = {
  metadata: { name: 'widgets.kube.test' },
  spec: {
    group: 'kube.test',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};
