import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { isObject } from '../../src/kube/object.ts';
import type { JsonObject } from '../../src/kube/object.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { CA_ONE } from '../support/certificates.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { CONFIG_MAPS, duplicate, own, saidBy, SECRETS, World } from '../support/world.ts';

/** What is written for what spec, on a real API server. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let operator: Operator;

beforeAll(async () => {
  world = await World.create(cluster, 'outputs');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
});

afterAll(async () => {
  await operator.stop();
  await world.close();
});

const anonymous = (host: string, more: JsonObject = {}): JsonObject => ({
  host,
  credentials: { type: 'Anonymous' },
  ...more,
});

describe('a spec with everything in it', () => {
  const spec = {
    registries: [
      own('docker.io', 'dockerhub'),
      duplicate('harbor.corp', 'docker.io', { tls: { caRef: { name: 'corp-ca' } } }),
      own('ghcr.harbor.corp', 'robot'),
      anonymous('cache.corp:5000', { protocol: 'HTTP' }),
      own('registry.corp:5000', 'push', { tls: { insecureSkipVerify: true } }),
      {
        host: 'secret.corp',
        credentials: {
          type: 'SecretRef',
          secretRef: { name: 'push-elsewhere', key: 'config.json' },
        },
        pullSecretEntry: 'Omit',
      },
      duplicate('mirror.secret.corp', 'secret.corp'),
    ],
    mirrors: [
      { origin: 'docker.io', endpoints: ['harbor.corp/dockerhub', 'cache.corp:5000'] },
      { origin: 'ghcr.io', endpoints: ['ghcr.harbor.corp/ghcr'] },
      { origin: 'secret.corp', endpoints: ['mirror.secret.corp'] },
    ],
    pullSecret: { name: 'pull', labels: { team: 'build' } },
    buildkitConfig: {
      name: 'config',
      baseRef: { name: 'base', key: 'toml' },
      labels: { tier: 'ci' },
    },
  };

  beforeAll(async () => {
    const config = (host: string, login: string): string =>
      JSON.stringify({ auths: { [host]: { auth: Buffer.from(login).toString('base64') } } });
    await world.login('dockerhub', 'hub', 'h');
    await world.create(SECRETS, 'robot', {
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': config('https://ghcr.harbor.corp/v2/', 'robot:r') },
    });
    await world.create(SECRETS, 'push', {
      type: 'kubernetes.io/dockercfg',
      stringData: { '.dockercfg': '{"registry.corp:5000":{"username":"pusher","password":"p"}}' },
    });
    await world.create(SECRETS, 'push-elsewhere', {
      stringData: { 'config.json': config('secret.corp', 'other:o') },
    });
    await world.create(CONFIG_MAPS, 'corp-ca', { data: { 'ca.crt': CA_ONE } });
    await world.create(CONFIG_MAPS, 'base', { data: { toml: '[worker.oci]\ngc = true\n' } });
    await world.apply('all', spec);
    await world.ready('all');
  });

  test('gives the client a login for each host that has one, and no other', async () => {
    expect(await world.logins('pull')).toEqual({
      'ghcr.harbor.corp': 'robot:r',
      'harbor.corp': 'hub:h',
      'https://index.docker.io/v1/': 'hub:h',
      'mirror.secret.corp': 'other:o',
      'registry.corp:5000': 'pusher:p',
    });
  });

  test('writes the Secret as kubelet and docker read it, with the CAs beside it', async () => {
    const files = await world.files(SECRETS, 'pull');
    expect(Object.keys(files ?? {}).toSorted()).toEqual([
      '.dockerconfigjson',
      'ca.crt',
      'config.json',
    ]);
    expect(files?.['config.json']).toBe(files?.['.dockerconfigjson']);
    expect(files?.['ca.crt']).toContain('BEGIN CERTIFICATE');
    expect((await world.get(SECRETS, 'pull'))?.['type']).toBe('kubernetes.io/dockerconfigjson');
  });

  test('gives buildkitd its mirrors in order, each host its transport, and the base', async () => {
    const files = await world.files(CONFIG_MAPS, 'config');
    expect(Object.keys(files ?? {}).toSorted()).toEqual(['buildkitd.toml', 'harbor.corp.crt']);
    expect(files?.['buildkitd.toml']?.replace(/^(#.*\n)*\n?/, '')).toBe(`[worker.oci]
gc = true

[registry."cache.corp:5000"]
http = true

[registry."docker.io"]
mirrors = [ "harbor.corp/dockerhub", "cache.corp:5000" ]

[registry."ghcr.io"]
mirrors = [ "ghcr.harbor.corp/ghcr" ]

[registry."harbor.corp"]
ca = [ "/etc/buildkit/harbor.corp.crt" ]

[registry."registry.corp:5000"]
insecure = true

[registry."secret.corp"]
mirrors = [ "mirror.secret.corp" ]
`);
  });

  test('marks both as its own, and records where each entry came from by names alone', async () => {
    const secret = await world.metadata(SECRETS, 'pull');
    expect(secret?.labels).toEqual({
      'app.kubernetes.io/managed-by': 'mirrorauth',
      'mirrorauth.dev/owner-kind': 'MirrorAuth',
      'mirrorauth.dev/owner-name': 'all',
      team: 'build',
    });
    expect(secret?.ownerReferences).toMatchObject([
      { kind: 'MirrorAuth', name: 'all', controller: true, blockOwnerDeletion: false },
    ]);
    expect(JSON.parse(secret?.annotations['mirrorauth.dev/entries'] ?? '')).toContainEqual({
      host: 'mirror.secret.corp',
      type: 'DuplicateOf',
      duplicateOf: 'secret.corp',
      secretName: 'push-elsewhere',
      key: 'config.json',
    });
    const config = await world.metadata(CONFIG_MAPS, 'config');
    expect(config?.labels).toMatchObject({ tier: 'ci', 'mirrorauth.dev/owner-name': 'all' });
  });

  test('tells in status which host is given which credential', async () => {
    const status = await world.ready('all');
    expect(status.pullSecret?.entries).toEqual([
      { host: 'docker.io', type: 'SecretRef', secretName: 'dockerhub', state: 'Current' },
      {
        host: 'harbor.corp',
        type: 'DuplicateOf',
        duplicateOf: 'docker.io',
        secretName: 'dockerhub',
        state: 'Current',
      },
      { host: 'ghcr.harbor.corp', type: 'SecretRef', secretName: 'robot', state: 'Current' },
      { host: 'cache.corp:5000', type: 'Anonymous', state: 'Anonymous' },
      { host: 'registry.corp:5000', type: 'SecretRef', secretName: 'push', state: 'Current' },
      { host: 'secret.corp', type: 'SecretRef', secretName: 'push-elsewhere', state: 'Omitted' },
      {
        host: 'mirror.secret.corp',
        type: 'DuplicateOf',
        duplicateOf: 'secret.corp',
        secretName: 'push-elsewhere',
        state: 'Current',
      },
    ]);
    expect(status.buildkitConfig).toEqual({
      name: 'config',
      revision: expect.stringMatching(/^[0-9a-f]{8}$/) as unknown,
    });
    expect(status.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'CredentialsResolved Resolved',
      'MirrorsTrusted TrustNotRequired',
      'PullSecretSynced Synced',
      'BuildkitConfigSynced Synced',
      'Ready Synced',
    ]);
  });

  test('tells a person in two columns whether it is fine', async () => {
    const table = await world.kubectl(['get', 'mauth', 'all', '--no-headers']);
    expect(table.split(/\s+/).slice(0, 4)).toEqual(['all', 'True', 'Synced', 'pull']);
    await world.until(
      'the event',
      () => world.events('all'),
      (notes) => notes.includes('Normal Created: created Secret pull'),
    );
  });
});

describe('either output alone', () => {
  test('a Secret without a ConfigMap', async () => {
    await world.login('alone', 'me', 'x');
    await world.apply('secret-only', {
      registries: [own('a.corp', 'alone')],
      pullSecret: { name: 'secret-only' },
    });
    const status = await world.ready('secret-only');
    expect(saidBy(status, 'BuildkitConfigSynced')).toBe('NotRequested: spec does not ask for it');
    expect(await world.logins('secret-only')).toEqual({ 'a.corp': 'me:x' });
  });

  test('a ConfigMap without a Secret, with a mount path of its own', async () => {
    await world.create(CONFIG_MAPS, 'alone-ca', { data: { 'root.pem': CA_ONE } });
    await world.apply('config-only', {
      registries: [{ host: 'm.corp', tls: { caRef: { name: 'alone-ca', key: 'root.pem' } } }],
      mirrors: [
        { origin: 'quay.io', endpoints: ['m.corp/quay', 'localhost:5000'] },
        { origin: 'ghcr.io', endpoints: ['m.corp/ghcr'] },
      ],
      buildkitConfig: { name: 'config-only', mountPath: '/home/user/.config/buildkit' },
    });
    const status = await world.ready('config-only');
    expect(saidBy(status, 'CredentialsResolved')).toBe('NotRequested: spec does not ask for it');
    const toml = (await world.files(CONFIG_MAPS, 'config-only'))?.['buildkitd.toml'] ?? '';
    expect(toml).toContain('ca = [ "/home/user/.config/buildkit/m.corp.crt" ]');
    // BuildKit would take plain HTTP by itself on loopback.
    expect(toml).toContain('[registry."localhost:5000"]\nhttp = false\n');
  });

  test('a Secret with nothing in it, when nothing is wanted in it', async () => {
    await world.apply('empty', { pullSecret: { name: 'empty' } });
    await world.ready('empty');
    expect((await world.files(SECRETS, 'empty'))?.['config.json']).toBe('{"auths":{}}');
  });
});

describe('tokens', () => {
  test('stay in the entry of their own registry', async () => {
    const auths = { 'acr.example': { auth: 'MDAwMDo=', identitytoken: 'refresh' } };
    await world.create(SECRETS, 'acr', {
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify({ auths }) },
    });
    await world.apply('acr', {
      registries: [own('acr.example', 'acr')],
      pullSecret: { name: 'acr-pull' },
    });
    await world.ready('acr');
    const files = await world.files(SECRETS, 'acr-pull');
    const config: unknown = JSON.parse(files?.['config.json'] ?? '');
    expect(isObject(config) && config['auths']).toMatchObject({
      'acr.example': { identitytoken: 'refresh' },
    });
  });
});
