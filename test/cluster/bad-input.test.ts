import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { JsonObject } from '../../src/kube/object.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { CONFIG_MAPS, own, saidBy, SECRETS, World } from '../support/world.ts';

/** Bad input: the reason, what to do, what becomes of the live output, and that nobody else suffers. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let operator: Operator;

beforeAll(async () => {
  world = await World.create(cluster, 'bad-input');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
  await world.login('bystander', 'by', 'stander');
  await world.apply('bystander', {
    registries: [own('good.corp', 'bystander')],
    pullSecret: { name: 'bystander-pull' },
  });
  await world.ready('bystander');
});

afterAll(async () => {
  // After all the bad input the good MirrorAuth still does its work.
  await world.rotate('bystander', 'still-here');
  await world.until(
    'the bystander',
    () => world.logins('bystander-pull'),
    (found) => found?.['good.corp'] === 'by:still-here',
  );
  await operator.stop();
  await world.close();
});

const config = (auths: object): JsonObject => ({
  type: 'kubernetes.io/dockerconfigjson',
  stringData: { '.dockerconfigjson': JSON.stringify({ auths }) },
});

const entry = (login: string): object => ({ auth: btoa(login) });

const badSecrets: readonly {
  readonly what: string;
  readonly body: JsonObject;
  readonly reason: string;
  readonly says: string;
  readonly state: string;
}[] = [
  {
    what: 'is not JSON',
    body: { stringData: { 'config.json': 'hunter2-not-json' } },
    reason: 'SecretInvalid',
    says: 'not a JSON object; write {"auths"',
    state: 'Missing',
  },
  {
    what: 'has no entry for the registry',
    body: {
      stringData: { 'config.json': JSON.stringify({ auths: { 'other.corp': entry('a:b') } }) },
    },
    reason: 'CredentialNotFound',
    says: 'bad.corp',
    state: 'Missing',
  },
  {
    what: 'has two entries that collide',
    body: {
      stringData: {
        'config.json': JSON.stringify({
          auths: { 'bad.corp/one': entry('a:one'), 'bad.corp/two': entry('a:two') },
        }),
      },
    },
    reason: 'AmbiguousCredential',
    says: 'secretRef.entry',
    state: 'Refused',
  },
  {
    what: 'is of a type that holds no registry login',
    body: { type: 'kubernetes.io/tls', stringData: { 'tls.crt': '', 'tls.key': '' } },
    reason: 'UnsupportedCredential',
    says: 'kubernetes.io/dockerconfigjson',
    state: 'Refused',
  },
  {
    what: 'has an auth that is not base64',
    body: { stringData: { 'config.json': '{"auths":{"bad.corp":{"auth":"%%%"}}}' } },
    reason: 'SecretInvalid',
    says: 'base64',
    state: 'Missing',
  },
];

describe('a source Secret', () => {
  test.each(badSecrets)('that $what: $reason', async ({ what, body, reason, says, state }) => {
    const name = what.replaceAll(' ', '-').toLowerCase();
    await world.create(SECRETS, name, body);
    const isOpaque = body['type'] === undefined;
    await world.apply(name, {
      registries: [
        {
          host: 'bad.corp',
          credentials: {
            type: 'SecretRef',
            secretRef: { name, ...(isOpaque && { key: 'config.json' }) },
          },
        },
        own('fine.corp', 'bystander'),
      ],
      pullSecret: { name: `${name}-pull` },
    });
    const status = await world.ready(name, reason);
    const said = saidBy(status, 'CredentialsResolved');
    expect(said).toContain(`bad.corp: Secret ${name}`);
    expect(said).toContain(says);
    expect(status.pullSecret?.entries?.map((one) => one.state)).toEqual([state, 'Current']);
    expect(await world.logins(`${name}-pull`)).toHaveProperty(['fine.corp']);
  });

  test('that goes bad keeps the last good login, and lets go of a host that spec drops', async () => {
    await world.create(SECRETS, 'goes-bad', config({ 'bad.corp': entry('a:good') }));
    const spec = (...more: readonly JsonObject[]): JsonObject => ({
      registries: [own('bad.corp', 'goes-bad'), ...more],
      pullSecret: { name: 'goes-bad-pull' },
    });
    await world.apply('goes-bad', spec(own('fine.corp', 'bystander')));
    await world.ready('goes-bad');
    await world.patch(SECRETS, 'goes-bad', { stringData: { '.dockerconfigjson': '{"auths":5}' } });
    await world.ready('goes-bad', 'SecretInvalid');
    await world.apply('goes-bad', spec());
    await world.ready('goes-bad', 'SecretInvalid');
    await world.until(
      'the dropped host to be gone',
      () => world.logins('goes-bad-pull'),
      (found) => JSON.stringify(found) === JSON.stringify({ 'bad.corp': 'a:good' }),
    );
  });
});

const badBases: readonly {
  readonly what: string;
  readonly toml: string;
  readonly reason: string;
  readonly says: string;
}[] = [
  { what: 'is no TOML', toml: 'a = 1\nb = = 2\n', reason: 'BaseConfigInvalid', says: 'line 2' },
  {
    what: 'has the mirrors of the origin',
    toml: '[registry."ghcr.io"]\nmirrors = ["x"]\n',
    reason: 'BaseConfigConflict',
    says: 'spec.mirrors',
  },
  {
    what: 'has them as a dotted key',
    toml: 'registry."ghcr.io".mirrors = ["x"]\n',
    reason: 'BaseConfigConflict',
    says: 'spec.mirrors',
  },
  {
    what: 'has them in an inline table',
    toml: 'registry = {"ghcr.io" = {mirrors = ["x"]}}\n',
    reason: 'BaseConfigConflict',
    says: 'spec.mirrors',
  },
  {
    what: 'has them in another case',
    toml: '[Registry."ghcr.io"]\nMirrors = ["x"]\n',
    reason: 'BaseConfigConflict',
    says: 'egistry',
  },
  {
    what: 'has plain HTTP for a host',
    toml: '[registry."mirror.corp"]\nhttp = true\n',
    reason: 'BaseConfigConflict',
    says: 'protocol',
  },
];

const mirrored = (base: string, endpoints: readonly string[] = ['mirror.corp']): JsonObject => ({
  mirrors: [{ origin: 'ghcr.io', endpoints }],
  buildkitConfig: { name: `${base}-config`, baseRef: { name: base } },
});

describe('a base configuration', () => {
  test.each(badBases)('that $what: $reason', async ({ what, toml, reason, says }) => {
    const name = what.replaceAll(' ', '-').toLowerCase();
    await world.create(CONFIG_MAPS, name, { data: { 'buildkitd.toml': toml } });
    await world.apply(name, mirrored(name));
    const said = saidBy(await world.ready(name, reason), 'BuildkitConfigSynced');
    expect(said).toContain(`ConfigMap ${name}`);
    expect(said).toContain(says);
    expect(await world.get(CONFIG_MAPS, `${name}-config`)).toBeUndefined();
  });

  test('that goes bad leaves the live configuration but for what spec drops', async () => {
    await world.create(CONFIG_MAPS, 'base-goes-bad', {
      data: { 'buildkitd.toml': 'debug = true\n' },
    });
    await world.apply('base-goes-bad', mirrored('base-goes-bad', ['one.corp', 'two.corp']));
    await world.ready('base-goes-bad');
    const before = await world.files(CONFIG_MAPS, 'base-goes-bad-config');
    await world.delete(CONFIG_MAPS, 'base-goes-bad');
    await world.ready('base-goes-bad', 'BaseConfigNotFound');
    expect(await world.files(CONFIG_MAPS, 'base-goes-bad-config')).toEqual(before);
    await world.apply('base-goes-bad', mirrored('base-goes-bad', ['two.corp']));
    await world.until(
      'the dropped mirror to be gone',
      () => world.files(CONFIG_MAPS, 'base-goes-bad-config'),
      (files) =>
        files?.['buildkitd.toml'] === before?.['buildkitd.toml']?.replace('"one.corp", ', ''),
    );
  });
});

describe('a CA', () => {
  test.each([
    ['is not PEM', 'no certificate at all', 'CaInvalid'],
    [
      'is a private key',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      'CaInvalid',
    ],
  ])('that %s: %s', async (what, pem, reason) => {
    const name = what.replaceAll(' ', '-').toLowerCase();
    await world.create(CONFIG_MAPS, name, { data: { 'ca.crt': pem } });
    await world.apply(name, {
      registries: [own('private.corp', 'bystander', { tls: { caRef: { name } } })],
      pullSecret: { name: `${name}-pull` },
      buildkitConfig: { name: `${name}-config` },
    });
    const status = await world.ready(name, reason);
    expect(saidBy(status, 'BuildkitConfigSynced')).toContain(`ConfigMap ${name}`);
    expect(await world.logins(`${name}-pull`)).toEqual({
      'private.corp': expect.any(String) as unknown,
    });
    expect(await world.get(CONFIG_MAPS, `${name}-config`)).toBeUndefined();
  });

  test('that is missing is waited for', async () => {
    await world.apply('no-ca', {
      registries: [{ host: 'private.corp', tls: { caRef: { name: 'no-ca' } } }],
      buildkitConfig: { name: 'no-ca-config' },
    });
    const status = await world.ready('no-ca', 'CaNotFound');
    expect(saidBy(status, 'Reconciling')).toContain(
      'ConfigMap no-ca does not exist: create it, or correct tls.caRef.name',
    );
  });
});

describe('an output over 1 MiB', () => {
  test('is not written, and the live one is narrowed', async () => {
    await world.login('grows', 'me', 'small');
    const spec = (count: number): JsonObject => ({
      registries: [
        own('a.corp', 'grows'),
        ...Array.from({ length: count }, (_, i) => ({
          host: `m${String(i)}.corp`,
          credentials: { type: 'DuplicateOf', duplicateOf: 'a.corp' },
        })),
      ],
      pullSecret: { name: 'grows-pull' },
    });
    await world.apply('grows', spec(3));
    await world.ready('grows');
    await world.rotate('grows', 'x'.repeat(200_000));
    const status = await world.ready('grows', 'TooLarge');
    expect(saidBy(status, 'Stalled')).toContain('Secret grows-pull would exceed the 1 MiB');
    expect((await world.logins('grows-pull'))?.['m2.corp']).toBe('me:small');
    await world.apply('grows', spec(2));
    await world.until(
      'the dropped host to be gone',
      () => world.logins('grows-pull'),
      (found) => found !== undefined && !('m2.corp' in found) && found['m1.corp'] === 'me:small',
    );
  });
});

describe('a namespace', () => {
  test('whose quota is used up is waited for, and said so', async () => {
    const crowded = await World.create(cluster, 'crowded');
    const there = await startOperator(cluster, { namespaces: [crowded.namespace] });
    await crowded.login('hub', 'me', 'x');
    await crowded.kubectl(['create', 'quota', 'full', '--hard=secrets=1']);
    await crowded.until(
      'the quota to be counted',
      () => crowded.kubectl(['get', 'quota', 'full', '--output=jsonpath={.status.used.secrets}']),
      (used) => used === '1',
    );
    await crowded.apply('ci', { registries: [own('a.corp', 'hub')], pullSecret: { name: 'pull' } });
    const status = await crowded.ready('ci', 'QuotaExceeded');
    expect(saidBy(status, 'Reconciling')).toContain('a ResourceQuota of the namespace is used up');
    await crowded.kubectl(['delete', 'quota', 'full']);
    await crowded.ready('ci', 'Synced');
    await there.stop();
    await crowded.close();
  });
});
