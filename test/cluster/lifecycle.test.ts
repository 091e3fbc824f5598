import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { HUB } from '../support/secrets.ts';
import {
  CONFIG_MAPS,
  duplicate,
  MIRRORAUTHS,
  own,
  saidBy,
  SECRETS,
  World,
} from '../support/world.ts';

/** The outputs stay right whatever happens around them. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let operator: Operator;

beforeAll(async () => {
  world = await World.create(cluster, 'lifecycle');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
});

afterAll(async () => {
  await operator.stop();
  await world.close();
});

/** Docker Hub behind harbor.corp, which is given its login; outputs `<name>-pull` and `<name>-config`. */
function hubBehindHarbor(name: string): Record<string, unknown> {
  return {
    registries: [own('docker.io', `${name}-hub`), duplicate('harbor.corp', 'docker.io')],
    mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp/hub'] }],
    pullSecret: { name: `${name}-pull` },
    buildkitConfig: { name: `${name}-config` },
  };
}

async function start(name: string): Promise<void> {
  await world.login(`${name}-hub`, 'me', 'first');
  await world.apply(name, hubBehindHarbor(name));
  await world.ready(name);
}

const both = (password: string): Record<string, string> => ({
  [HUB]: `me:${password}`,
  'harbor.corp': `me:${password}`,
});

function untilLogins(secret: string, expected: Readonly<Record<string, string>>): Promise<unknown> {
  return world.until(
    `${secret} to have the right logins`,
    () => world.logins(secret),
    (found) => JSON.stringify(found) === JSON.stringify(expected),
  );
}

function untilGone(kind: typeof SECRETS, name: string): Promise<unknown> {
  return world.until(
    `${name} to be gone`,
    () => world.get(kind, name),
    (found) => found === undefined,
  );
}

describe('a source Secret', () => {
  test('that is rotated changes origin and mirror together, and not the ConfigMap', async () => {
    await start('rotated');
    const config = await world.version(CONFIG_MAPS, 'rotated-config');
    await world.rotate('rotated-hub', 'second');
    await untilLogins('rotated-pull', { 'harbor.corp': 'me:second', [HUB]: 'me:second' });
    expect(await world.version(CONFIG_MAPS, 'rotated-config')).toBe(config);
  });

  test('that comes late is waited for, and the ConfigMap does not wait', async () => {
    await world.apply('late', hubBehindHarbor('late'));
    const status = await world.ready('late', 'SecretNotFound');
    expect(saidBy(status, 'Reconciling')).toContain('Secret late-hub does not exist: create it');
    expect(saidBy(status, 'BuildkitConfigSynced')).toMatch(/^Synced/);
    expect(await world.get(SECRETS, 'late-pull')).toBeUndefined();
    await world.login('late-hub', 'me', 'here');
    await world.ready('late');
    expect(await world.logins('late-pull')).toEqual(both('here'));
  });

  test('that is broken leaves the last good login, says so, and is taken again once it is mended', async () => {
    await start('broken');
    await world.patch(SECRETS, 'broken-hub', { data: { password: null } });
    const status = await world.ready('broken', 'SecretInvalid');
    expect(status.pullSecret?.entries?.map(({ state }) => state)).toEqual(['Kept', 'Kept']);
    expect(await world.logins('broken-pull')).toEqual(both('first'));
    await world.rotate('broken-hub', 'mended');
    await world.ready('broken');
    expect(await world.logins('broken-pull')).toEqual(both('mended'));
  });

  test('that is replaced by delete and create is no trouble to tell of', async () => {
    await start('replaced');
    await world.delete(SECRETS, 'replaced-hub');
    await world.login('replaced-hub', 'me', 'second');
    await untilLogins('replaced-pull', { 'harbor.corp': 'me:second', [HUB]: 'me:second' });
    expect((await world.events('replaced')).join('\n')).not.toContain('SecretNotFound');
  });

  test('that is deleted is told of after its grace, and its login stays', async () => {
    await start('deleted');
    await world.delete(SECRETS, 'deleted-hub');
    const status = await world.ready('deleted', 'SecretNotFound');
    expect(status.pullSecret?.entries?.map(({ state }) => state)).toEqual(['Kept', 'Kept']);
    expect(await world.logins('deleted-pull')).toEqual(both('first'));
  });
});

describe('an output', () => {
  test('that is edited by hand is put right: changed, added and removed keys', async () => {
    await start('edited');
    const before = await world.files(SECRETS, 'edited-pull');
    await world.patch(SECRETS, 'edited-pull', {
      data: { 'config.json': null, extra: 'eA==', '.dockerconfigjson': 'e30=' },
    });
    await world.until(
      'the Secret to be as it was',
      () => world.files(SECRETS, 'edited-pull'),
      (files) => JSON.stringify(files) === JSON.stringify(before),
    );
    const config = await world.files(CONFIG_MAPS, 'edited-config');
    await world.patch(CONFIG_MAPS, 'edited-config', {
      data: { 'buildkitd.toml': 'debug = true', extra: 'x' },
      binaryData: { more: 'eA==' },
    });
    await world.until(
      'the ConfigMap to be as it was',
      () => world.get(CONFIG_MAPS, 'edited-config'),
      (object) =>
        JSON.stringify(object?.['data']) === JSON.stringify(config) &&
        object?.['binaryData'] === undefined,
    );
  });

  test('that lost its labels gets them back, and keeps those of others', async () => {
    await start('labels');
    await world.patch(SECRETS, 'labels-pull', {
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': null, theirs: 'x' },
        annotations: { theirs: 'y' },
      },
    });
    const metadata = await world.until(
      'the label',
      () => world.metadata(SECRETS, 'labels-pull'),
      (found) => found?.labels['app.kubernetes.io/managed-by'] === 'mirrorauth',
    );
    expect(metadata?.labels['theirs']).toBe('x');
    expect(metadata?.annotations['theirs']).toBe('y');
  });

  test('gets the labels of spec, and loses those that spec no longer has', async () => {
    await start('spec-labels');
    const spec = hubBehindHarbor('spec-labels');
    await world.apply('spec-labels', {
      ...spec,
      pullSecret: { name: 'spec-labels-pull', labels: { team: 'build', tier: 'ci' } },
    });
    const labelsAre = (expected: Record<string, string | undefined>): Promise<unknown> =>
      world.until(
        'the labels',
        () => world.metadata(SECRETS, 'spec-labels-pull'),
        (found) =>
          found?.labels['team'] === expected['team'] && found?.labels['tier'] === expected['tier'],
      );
    await labelsAre({ team: 'build', tier: 'ci' });
    await world.apply('spec-labels', {
      ...spec,
      pullSecret: { name: 'spec-labels-pull', labels: { team: 'run' } },
    });
    await labelsAre({ team: 'run' });
  });

  test('that is deleted by hand is made again', async () => {
    await start('removed');
    await world.delete(SECRETS, 'removed-pull');
    await world.delete(CONFIG_MAPS, 'removed-config');
    await untilLogins('removed-pull', { 'harbor.corp': 'me:first', [HUB]: 'me:first' });
    await world.until(
      'the ConfigMap',
      () => world.get(CONFIG_MAPS, 'removed-config'),
      (found) => found !== undefined,
    );
  });

  test('that somebody made immutable is replaced when it has to change', async () => {
    await start('immutable');
    await world.patch(SECRETS, 'immutable-pull', { immutable: true });
    await world.rotate('immutable-hub', 'second');
    await untilLogins('immutable-pull', { 'harbor.corp': 'me:second', [HUB]: 'me:second' });
  });

  test('that is renamed twice, with the status lost between, leaves nothing behind', async () => {
    await start('renamed');
    const renamed = (name: string): Promise<void> =>
      world.apply('renamed', { ...hubBehindHarbor('renamed'), pullSecret: { name } });
    await renamed('renamed-second');
    await world.kubectl([
      'patch',
      'mauth',
      'renamed',
      '--subresource=status',
      '--type=merge',
      '--patch={"status":{"pullSecret":null,"conditions":[]}}',
    ]);
    await renamed('renamed-third');
    await world.ready('renamed');
    await untilGone(SECRETS, 'renamed-pull');
    await untilGone(SECRETS, 'renamed-second');
    expect(await world.logins('renamed-third')).toEqual(both('first'));
  });

  test('that is renamed while a source is broken takes its last good logins along', async () => {
    await start('carried');
    await world.patch(SECRETS, 'carried-hub', { data: { password: null } });
    await world.ready('carried', 'SecretInvalid');
    await world.apply('carried', {
      ...hubBehindHarbor('carried'),
      pullSecret: { name: 'carried-away' },
    });
    await world.ready('carried', 'SecretInvalid');
    await untilGone(SECRETS, 'carried-pull');
    expect(await world.logins('carried-away')).toEqual(both('first'));
  });

  test('that spec no longer asks for is deleted', async () => {
    await start('dropped');
    const { pullSecret } = hubBehindHarbor('dropped');
    await world.apply('dropped', {
      registries: [own('docker.io', 'dropped-hub'), duplicate('harbor.corp', 'docker.io')],
      pullSecret,
    });
    await world.ready('dropped');
    await untilGone(CONFIG_MAPS, 'dropped-config');
    expect(await world.logins('dropped-pull')).toEqual(both('first'));
  });
});

describe('what spec no longer wants goes', () => {
  test('a host that is removed while the base is broken, out of both outputs', async () => {
    await world.create(CONFIG_MAPS, 'narrow-base', {
      data: { 'buildkitd.toml': 'debug = true\n' },
    });
    await world.login('narrow-hub', 'me', 'first');
    const spec = (endpoints: readonly string[]): Record<string, unknown> => ({
      registries: [
        own('docker.io', 'narrow-hub'),
        ...endpoints.map((host) => duplicate(host, 'docker.io')),
      ],
      mirrors: [{ origin: 'docker.io', endpoints }],
      pullSecret: { name: 'narrow-pull' },
      buildkitConfig: { name: 'narrow-config', baseRef: { name: 'narrow-base' } },
    });
    await world.apply('narrow', spec(['a.corp', 'b.corp']));
    await world.ready('narrow');
    await world.patch(CONFIG_MAPS, 'narrow-base', { data: { 'buildkitd.toml': 'debug = = true' } });
    await world.ready('narrow', 'BaseConfigInvalid');
    await world.apply('narrow', spec(['b.corp', 'c.corp']));
    await world.ready('narrow', 'BaseConfigInvalid');
    expect(Object.keys((await world.logins('narrow-pull')) ?? {})).toEqual([
      'b.corp',
      'c.corp',
      HUB,
    ]);
    const toml = (await world.files(CONFIG_MAPS, 'narrow-config'))?.['buildkitd.toml'];
    expect(toml).toContain('debug = true');
    expect(toml).toContain('"b.corp"');
    expect(toml).not.toContain('a.corp');
    expect(toml).not.toContain('c.corp');
  });

  test('the old login of a duplicate that is switched to a Secret that is not there yet', async () => {
    await start('switched');
    await world.apply('switched', {
      ...hubBehindHarbor('switched'),
      registries: [own('docker.io', 'switched-hub'), own('harbor.corp', 'switched-robot')],
    });
    const status = await world.ready('switched', 'SecretNotFound');
    expect(await world.logins('switched-pull')).toEqual({ [HUB]: 'me:first' });
    expect(status.pullSecret?.entries?.map(({ state }) => state)).toEqual(['Current', 'Missing']);
    await world.login('switched-robot', 'robot', 'r');
    await world.ready('switched');
    expect(await world.logins('switched-pull')).toEqual({
      'harbor.corp': 'robot:r',
      [HUB]: 'me:first',
    });
  });
});

describe('a MirrorAuth', () => {
  test('that is deleted takes its outputs with it', async () => {
    await start('gone');
    await world.delete(MIRRORAUTHS, 'gone');
    await world.until(
      'the Secret to be collected',
      () => world.get(SECRETS, 'gone-pull'),
      (found) => found === undefined,
    );
    await untilGone(CONFIG_MAPS, 'gone-config');
  });

  test('that is deleted and created again at once ends with outputs of its own', async () => {
    await start('again');
    const before = await world.metadata(MIRRORAUTHS, 'again');
    await world.delete(MIRRORAUTHS, 'again');
    await world.apply('again', hubBehindHarbor('again'));
    const after = await world.metadata(MIRRORAUTHS, 'again');
    expect(after?.uid).not.toBe(before?.uid);
    await world.until(
      'the Secret of the second',
      () => world.metadata(SECRETS, 'again-pull'),
      (found) => found?.ownerReferences[0]?.uid === after?.uid,
    );
    await world.ready('again');
    expect(await world.logins('again-pull')).toEqual(both('first'));
  });

  test('that is on its way out is not written for any more', async () => {
    await start('leaving');
    await world.patch(MIRRORAUTHS, 'leaving', { metadata: { finalizers: ['example.com/hold'] } });
    await world.delete(MIRRORAUTHS, 'leaving');
    await world.apply('staying', {
      ...hubBehindHarbor('leaving'),
      pullSecret: { name: 'staying-pull' },
      buildkitConfig: undefined,
    });
    await world.ready('staying');
    await world.delete(SECRETS, 'leaving-pull');
    await world.rotate('leaving-hub', 'second');
    await untilLogins('staying-pull', { 'harbor.corp': 'me:second', [HUB]: 'me:second' });
    expect(await world.get(SECRETS, 'leaving-pull')).toBeUndefined();
    await world.patch(MIRRORAUTHS, 'leaving', { metadata: { finalizers: null } });
  });

  test('whose status somebody else overwrote has its own again', async () => {
    await start('overwritten');
    const before = await world.status('overwritten');
    await world.kubectl([
      'patch',
      'mauth',
      'overwritten',
      '--subresource=status',
      '--type=merge',
      '--patch={"status":{"pullSecret":null,"buildkitConfig":{"revision":"00000000"}}}',
    ]);
    await world.until(
      'the status as it was',
      () => world.status('overwritten'),
      (status) => JSON.stringify(status) === JSON.stringify(before),
    );
  });

  test('that is asked for a full look says that it had one', async () => {
    await start('asked');
    await world.kubectl([
      'annotate',
      'mauth',
      'asked',
      'mirrorauth.dev/reconcile-requested-at=today',
    ]);
    await world.until(
      'the answer',
      () => world.status('asked'),
      ({ lastHandledReconcileAt }) => lastHandledReconcileAt === 'today',
    );
  });
});

describe('a base or a CA', () => {
  test('that changes changes the ConfigMap, and the base not the Secret', async () => {
    await world.create(CONFIG_MAPS, 'base', {
      data: { 'buildkitd.toml': '[worker.oci]\ngc = true\n' },
    });
    await world.login('base-hub', 'me', 'first');
    await world.apply('base', {
      ...hubBehindHarbor('base'),
      buildkitConfig: { name: 'base-config', baseRef: { name: 'base' } },
    });
    await world.ready('base');
    const secret = await world.version(SECRETS, 'base-pull');
    await world.patch(CONFIG_MAPS, 'base', {
      data: { 'buildkitd.toml': '[worker.oci]\ngc = false\n' },
    });
    await world.until(
      'the new base',
      () => world.files(CONFIG_MAPS, 'base-config'),
      (files) => files?.['buildkitd.toml']?.includes('gc = false') === true,
    );
    expect(await world.version(SECRETS, 'base-pull')).toBe(secret);
  });
});
