import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AuditEvent, AuditMark } from '../../testbed/audit-log.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { CONFIG_MAPS, duplicate, own, SECRETS, World } from '../support/world.ts';

/** What the operator asks of the API server, by the API server's own audit log. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let operator: Operator;

beforeAll(async () => {
  world = await World.create(cluster, 'quiet');
  // Watches that last a second are renewed before the eyes of the test.
  operator = await startOperator(cluster, {
    namespaces: [world.namespace],
    watchTimeoutSeconds: () => 1,
  });
  await world.create(CONFIG_MAPS, 'base', { data: { 'buildkitd.toml': 'debug = true\n' } });
  await world.login('hub', 'me', 'first');
  await world.apply('ci', {
    registries: [own('docker.io', 'hub'), duplicate('harbor.corp', 'docker.io')],
    mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp/hub'] }],
    pullSecret: { name: 'pull' },
    buildkitConfig: { name: 'config', baseRef: { name: 'base' } },
  });
  await world.ready('ci');
  await settled();
});

afterAll(async () => {
  await operator.stop();
  await world.close();
});

/** The operator's requests since a mark, as `verb resource/name`; its watches apart. */
async function requests(since: AuditMark): Promise<{
  readonly calls: readonly string[];
  readonly watches: readonly AuditEvent[];
}> {
  const all = await cluster.auditEvents({
    user: operator.user,
    namespace: world.namespace,
    since,
  });
  return {
    calls: all
      .filter(({ verb, stage }) => verb !== 'watch' && stage === 'ResponseComplete')
      .map(describeCall),
    watches: all.filter(({ verb, stage }) => verb === 'watch' && stage === 'ResponseStarted'),
  };
}

function describeCall({ verb, resource, subresource, name }: AuditEvent): string {
  return `${verb} ${[resource, name, subresource].filter((part) => part !== undefined).join('/')}`;
}

/** Waits until each kind's watch was renewed, so that every echo has come and was looked at. */
async function renewed(since: AuditMark): Promise<readonly string[]> {
  const { calls } = await world.until(
    'each watch to be renewed twice',
    () => requests(since),
    ({ watches }) =>
      ['secrets', 'configmaps', 'mirrorauths'].every(
        (kind) => watches.filter(({ resource }) => resource === kind).length >= 2,
      ),
  );
  return calls;
}

async function settled(): Promise<void> {
  await renewed(await cluster.auditMark());
}

/** Calls but for the events that tell people of a change. */
const withoutEvents = (calls: readonly string[]): readonly string[] =>
  calls.filter((call) => !call.startsWith('create events'));

describe('in steady state', () => {
  test('nothing is read and nothing is written while the watches are renewed', async () => {
    const mark = await cluster.auditMark();
    expect(await renewed(mark)).toEqual([]);
  });

  test('changes of objects that no MirrorAuth names cost nothing', async () => {
    await world.login('unrelated', 'x', 'y');
    await settled();
    const mark = await cluster.auditMark();
    await world.rotate('unrelated', 'z');
    await world.create(CONFIG_MAPS, 'unrelated', { data: { a: 'b' } });
    expect(await renewed(mark)).toEqual([]);
  });

  test('an annotation that somebody puts on the MirrorAuth costs nothing', async () => {
    const mark = await cluster.auditMark();
    await world.kubectl(['annotate', 'mauth', 'ci', 'example.com/note=x']);
    expect(await renewed(mark)).toEqual([]);
  });
});

describe('a change costs', () => {
  test('one read and one write when a source Secret is rotated', async () => {
    const config = await world.version(CONFIG_MAPS, 'config');
    const mark = await cluster.auditMark();
    await world.rotate('hub', 'second');
    const calls = await renewed(mark);
    expect(withoutEvents(calls)).toEqual(['get secrets/hub', 'patch secrets/pull']);
    expect(await world.logins('pull')).toEqual({
      'harbor.corp': 'me:second',
      'https://index.docker.io/v1/': 'me:second',
    });
    expect(await world.version(CONFIG_MAPS, 'config')).toBe(config);
  });

  test('one read and no write when a source Secret is touched and says the same', async () => {
    const before = await world.version(SECRETS, 'pull');
    const mark = await cluster.auditMark();
    await world.patch(SECRETS, 'hub', { metadata: { labels: { touched: 'yes' } } });
    expect(await renewed(mark)).toEqual(['get secrets/hub']);
    expect(await world.version(SECRETS, 'pull')).toBe(before);
  });

  test('one read and one write, and a new revision in status, when the base changes', async () => {
    const mark = await cluster.auditMark();
    await world.patch(CONFIG_MAPS, 'base', { data: { 'buildkitd.toml': 'debug = false\n' } });
    expect(withoutEvents(await renewed(mark))).toEqual([
      'get configmaps/base',
      'patch configmaps/config',
      'patch mirrorauths/ci/status',
    ]);
  });

  test('the reads of what it is made of and one write when an output is edited by hand', async () => {
    const mark = await cluster.auditMark();
    await world.patch(SECRETS, 'pull', { data: { extra: 'eA==' } });
    expect(withoutEvents(await renewed(mark))).toEqual([
      'get secrets/hub',
      'get secrets/pull',
      'patch secrets/pull',
    ]);
  });
});

describe('a Secret that many MirrorAuths use', () => {
  const names = ['one', 'two', 'three', 'four', 'five'];

  test('is read once for all of them', async () => {
    await world.login('shared', 'me', 'first');
    await Promise.all(
      names.map((name) =>
        world.apply(name, {
          registries: [own('ghcr.io', 'shared')],
          pullSecret: { name: `${name}-pull` },
        }),
      ),
    );
    await Promise.all(names.map((name) => world.ready(name)));
    await settled();
    const mark = await cluster.auditMark();
    await world.rotate('shared', 'second');
    const calls = withoutEvents(await renewed(mark));
    expect(calls.filter((call) => call.startsWith('patch')).toSorted()).toEqual(
      names.map((name) => `patch secrets/${name}-pull`).toSorted(),
    );
    expect(calls.filter((call) => call.startsWith('get'))).toEqual(['get secrets/shared']);
  });
});

describe('a restart', () => {
  test('reads what there is once and writes nothing', async () => {
    await operator.stop();
    const mark = await cluster.auditMark();
    operator = await startOperator(cluster, {
      namespaces: [world.namespace],
      watchTimeoutSeconds: () => 1,
    });
    const calls = await renewed(mark);
    expect(calls.filter((call) => !/^(list|get) /.test(call))).toEqual([]);
    const reads = calls.filter((call) => call.startsWith('get'));
    expect(new Set(reads).size).toBe(reads.length);
  });
});
