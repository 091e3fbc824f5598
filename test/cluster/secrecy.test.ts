import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { CONFIG_MAPS, duplicate, MIRRORAUTHS, own, SECRETS, World } from '../support/world.ts';

/** A canary credential is found nowhere but in Secrets. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let operator: Operator;

const PASSWORD = 'canary-7d1f"\\<b@d>-Pa55';
const BROKEN = 'canary-broken-9e2c';

beforeAll(async () => {
  world = await World.create(cluster, 'secrecy');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
});

afterAll(async () => {
  await operator.stop();
  await world.close();
});

/** A Secret made by client-side `kubectl apply`: its whole payload stands in an annotation too. */
async function applySecret(
  name: string,
  stringData: Record<string, string>,
  type = 'Opaque',
): Promise<void> {
  await world.kubectl(['apply', '--filename=-'], {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    type,
    stringData,
  });
}

/** The forms in which a credential could leak. */
function formsOf(secret: string): readonly string[] {
  const login = `canary-user:${secret}`;
  return [secret, login].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(Buffer.from(text).toString('base64')).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('hex'),
  ]);
}

describe('a canary credential', () => {
  beforeAll(async () => {
    await applySecret(
      'hub',
      { username: 'canary-user', password: PASSWORD },
      'kubernetes.io/basic-auth',
    );
    await applySecret('broken', { 'config.json': BROKEN });
    await applySecret('half-broken', {
      'config.json': JSON.stringify({ auths: { 'bad.corp': { auth: `%%${BROKEN}%%` } } }),
    });
    await world.apply('good', {
      registries: [own('docker.io', 'hub'), duplicate('harbor.corp', 'docker.io')],
      mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp/hub'] }],
      pullSecret: { name: 'good-pull' },
      buildkitConfig: { name: 'good-config' },
    });
    await world.ready('good');
    await Promise.all(
      ['broken', 'half-broken'].map((name) =>
        world.apply(name, {
          registries: [
            {
              host: 'bad.corp',
              credentials: { type: 'SecretRef', secretRef: { name, key: 'config.json' } },
            },
          ],
          pullSecret: { name: `${name}-pull` },
        }),
      ),
    );
    await world.ready('broken', 'SecretInvalid');
    await world.ready('half-broken', 'SecretInvalid');

    // Every kind of trouble that quotes objects in the API server's texts.
    await world.patch(SECRETS, 'good-pull', { data: { extra: 'eA==' } });
    await applySecret('foreign', { password: PASSWORD });
    await world.apply('refused', {
      registries: [own('docker.io', 'hub')],
      pullSecret: { name: 'foreign' },
    });
    await world.ready('refused', 'TargetNotOwned');
    await world.apply('gone', {
      registries: [own('docker.io', 'hub')],
      pullSecret: { name: 'gone-pull' },
    });
    await world.ready('gone');
    await world.delete(MIRRORAUTHS, 'gone');
    await applySecret(
      'hub',
      { username: 'canary-user', password: `${PASSWORD}2` },
      'kubernetes.io/basic-auth',
    );
    await world.until(
      'the rotation',
      () => world.logins('good-pull'),
      (found) => found?.['harbor.corp'] === `canary-user:${PASSWORD}2`,
    );
  });

  const places: readonly (readonly [string, () => Promise<string>])[] = [
    ['logs at the most verbose level', async () => Promise.resolve(operator.logged())],
    [
      'MirrorAuths, their status and their messages',
      () => world.kubectl(['get', 'mauth', '--output=json']),
    ],
    ['events', () => world.kubectl(['get', 'events.events.k8s.io', '--output=json'])],
    ['ConfigMaps', () => world.kubectl(['get', 'configmaps', '--output=json'])],
    [
      'metadata of the outputs',
      async () =>
        JSON.stringify([
          await world.metadata(SECRETS, 'good-pull'),
          await world.metadata(CONFIG_MAPS, 'good-config'),
        ]),
    ],
    ['what `kubectl describe` shows', () => world.kubectl(['describe', 'mauth'])],
    ["the API server's own logs", apiServerLogs],
  ];

  test.each(places)('is not in %s', async (_place, read) => {
    const text = await read();
    expect(text.length).toBeGreaterThan(0);
    const leaked = [...formsOf(PASSWORD), ...formsOf(BROKEN)].filter((form) => text.includes(form));
    expect(leaked).toEqual([]);
  });

  test('is in the Secret, where it belongs', async () => {
    const text = await world.kubectl(['get', 'secret', 'good-pull', '--output=json']);
    expect(formsOf(`${PASSWORD}2`).some((form) => text.includes(form))).toBe(true);
  });
});

async function apiServerLogs(): Promise<string> {
  const { dir, auditLogPath } = cluster.details;
  const logs = (await readdir(dir))
    .filter((name) => name.endsWith('.log'))
    .map((name) => join(dir, name));
  const texts = await Promise.all(
    [...new Set([auditLogPath, ...logs])].map((path) => readFile(path, 'utf8')),
  );
  return texts.join('\n');
}
