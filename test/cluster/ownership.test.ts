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

/** Whose an object is, and what may be done with it. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let operator: Operator;

beforeAll(async () => {
  world = await World.create(cluster, 'ownership');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
  await world.login('hub', 'me', 'first');
});

afterAll(async () => {
  await operator.stop();
  await world.close();
});

const spec = (secret: string, config?: string): Record<string, unknown> => ({
  registries: [own('docker.io', 'hub'), duplicate('harbor.corp', 'docker.io')],
  mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp/hub'] }],
  pullSecret: { name: secret },
  ...(config !== undefined && { buildkitConfig: { name: config } }),
});

const handWritten = (...hosts: readonly string[]): string =>
  JSON.stringify({
    auths: Object.fromEntries(hosts.map((host) => [host, { auth: btoa('old:login') }])),
  });

function createHandWritten(
  name: string,
  annotations: Record<string, string> = {},
): Promise<unknown> {
  return world.create(SECRETS, name, {
    metadata: { annotations, labels: { theirs: 'x' } },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': handWritten('docker.io', 'old.corp') },
  });
}

describe('a Secret that somebody else made', () => {
  test('is left alone, and the message says how to hand it over', async () => {
    await createHandWritten('foreign');
    const before = await world.version(SECRETS, 'foreign');
    await world.apply('stranger', spec('foreign'));
    const status = await world.ready('stranger', 'TargetNotOwned');
    expect(saidBy(status, 'Stalled')).toContain(
      'annotate it with mirrorauth.dev/adopt=MirrorAuth/stranger to hand it over',
    );
    expect(await world.version(SECRETS, 'foreign')).toBe(before);
  });

  test('is taken over by consent on it, and an event tells which hosts it loses', async () => {
    await createHandWritten('consenting', { 'mirrorauth.dev/adopt': 'MirrorAuth/adopter' });
    const before = await world.metadata(SECRETS, 'consenting');
    await world.apply('adopter', spec('consenting'));
    await world.ready('adopter');
    const after = await world.metadata(SECRETS, 'consenting');
    expect(after?.uid).toBe(before?.uid);
    expect(after?.labels['theirs']).toBe('x');
    expect(await world.logins('consenting')).toEqual({
      'harbor.corp': 'me:first',
      [HUB]: 'me:first',
    });
    await world.until(
      'the event',
      () => world.events('adopter'),
      (notes) =>
        notes.includes(
          'Normal Adopted: took Secret consenting over: it loses the entries of old.corp',
        ),
    );
  });

  test('is taken over as soon as consent is written on it', async () => {
    await createHandWritten('hesitant');
    await world.apply('patient', spec('hesitant'));
    await world.ready('patient', 'TargetNotOwned');
    await world.kubectl([
      'annotate',
      'secret',
      'hesitant',
      'mirrorauth.dev/adopt=MirrorAuth/patient',
    ]);
    await world.ready('patient');
    expect(await world.logins('hesitant')).toEqual({
      'harbor.corp': 'me:first',
      [HUB]: 'me:first',
    });
  });

  test('is not taken over while one of its new entries cannot be resolved', async () => {
    await createHandWritten('waiting', { 'mirrorauth.dev/adopt': 'MirrorAuth/unready' });
    const before = await world.version(SECRETS, 'waiting');
    await world.apply('unready', {
      registries: [own('docker.io', 'hub'), own('harbor.corp', 'not-yet')],
      pullSecret: { name: 'waiting' },
    });
    await world.ready('unready', 'SecretNotFound');
    expect(await world.version(SECRETS, 'waiting')).toBe(before);
  });

  test.each([
    [
      'of another type',
      { type: 'Opaque', stringData: { a: 'b' } },
      'its type is not kubernetes.io/dockerconfigjson',
    ],
    [
      'that is immutable',
      {
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': '{"auths":{}}' },
        immutable: true,
      },
      'it is immutable',
    ],
  ])('%s is not taken over even by consent', async (what, body, says) => {
    const name = what.replaceAll(' ', '-');
    await world.create(SECRETS, name, {
      ...body,
      metadata: { annotations: { 'mirrorauth.dev/adopt': `MirrorAuth/${name}` } },
    });
    const before = await world.version(SECRETS, name);
    await world.apply(name, spec(name));
    expect(saidBy(await world.ready(name, 'TargetNotOwned'), 'PullSecretSynced')).toContain(says);
    expect(await world.version(SECRETS, name)).toBe(before);
  });

  test('is written once it is out of the way', async () => {
    await createHandWritten('in-the-way');
    await world.apply('hopeful', spec('in-the-way'));
    await world.ready('hopeful', 'TargetNotOwned');
    await world.delete(SECRETS, 'in-the-way');
    await world.ready('hopeful');
    expect(await world.logins('in-the-way')).toEqual({
      'harbor.corp': 'me:first',
      [HUB]: 'me:first',
    });
  });
});

describe('a ConfigMap that somebody else made', () => {
  test('is taken over by consent on it', async () => {
    await world.create(CONFIG_MAPS, 'their-config', {
      metadata: { annotations: { 'mirrorauth.dev/adopt': 'MirrorAuth/config-adopter' } },
      data: { 'buildkitd.toml': 'debug = true', extra: 'x' },
    });
    await world.apply('config-adopter', spec('config-adopter-pull', 'their-config'));
    await world.ready('config-adopter');
    expect(Object.keys((await world.files(CONFIG_MAPS, 'their-config')) ?? {})).toEqual([
      'buildkitd.toml',
    ]);
  });
});

describe('a Secret and a ConfigMap that consent at the same moment', () => {
  test.each(Array.from({ length: 8 }, (_, i) => `twin-${String(i)}`))(
    'are both taken over: %s',
    async (name) => {
      await createHandWritten(name);
      await world.create(CONFIG_MAPS, name, { data: { 'buildkitd.toml': '' } });
      await world.apply(name, spec(name, name));
      await world.ready(name, 'TargetNotOwned');
      await world.kubectl([
        'annotate',
        `secret/${name}`,
        `configmap/${name}`,
        `mirrorauth.dev/adopt=MirrorAuth/${name}`,
      ]);
      expect(saidBy(await world.ready(name), 'BuildkitConfigSynced')).toMatch(/^Synced/);
    },
  );
});

describe('a Secret that the operator does not watch', () => {
  test('is found in the way all the same, and left alone', async () => {
    await world.create(SECRETS, 'sh.helm.release.v1.x', { type: 'helm.sh/release.v1' });
    await world.apply('helm', spec('sh.helm.release.v1.x'));
    const status = await world.ready('helm', 'TargetNotOwned');
    expect(saidBy(status, 'PullSecretSynced')).toContain('was not made for this MirrorAuth');
  });
});

describe('two MirrorAuths that want one output', () => {
  test('that nobody could make yet: the older one may, and when it no longer wants to, the other', async () => {
    await world.apply('a-older', {
      registries: [own('docker.io', 'not-there')],
      pullSecret: { name: 'wanted-twice' },
    });
    await world.ready('a-older', 'SecretNotFound');
    await world.apply('b-younger', spec('wanted-twice'));
    await world.ready('b-younger', 'TargetConflict');
    await world.apply('a-older', {
      registries: [own('docker.io', 'not-there')],
      pullSecret: { name: 'something-else' },
    });
    await world.ready('b-younger');
  });

  test('the one that has it keeps it, the other is told and takes over when it may', async () => {
    await world.apply('z-first', spec('contested'));
    await world.ready('z-first');
    await world.apply('a-second', {
      registries: [own('ghcr.io', 'hub')],
      pullSecret: { name: 'contested' },
    });
    const status = await world.ready('a-second', 'TargetConflict');
    expect(saidBy(status, 'Stalled')).toContain('Secret contested is kept by MirrorAuth z-first');
    expect(Object.keys((await world.logins('contested')) ?? {})).toEqual(['harbor.corp', HUB]);

    await world.apply('z-first', spec('another-name'));
    await world.ready('a-second');
    expect(await world.logins('contested')).toEqual({ 'ghcr.io': 'me:first' });
    await world.ready('z-first');
  });

  test('the other takes over when the one that has it is deleted', async () => {
    await world.apply('owner', spec('inherited'));
    await world.ready('owner');
    await world.apply('heir', {
      registries: [own('ghcr.io', 'hub')],
      pullSecret: { name: 'inherited' },
    });
    await world.ready('heir', 'TargetConflict');
    await world.delete(MIRRORAUTHS, 'owner');
    await world.ready('heir', 'Synced');
    expect(await world.logins('inherited')).toEqual({ 'ghcr.io': 'me:first' });
  });
});

describe('an output as a source', () => {
  test('of another MirrorAuth is refused', async () => {
    await world.apply('producer', spec('produced'));
    await world.ready('producer');
    await world.apply('consumer', {
      registries: [own('harbor.corp', 'produced')],
      pullSecret: { name: 'consumed' },
    });
    const status = await world.ready('consumer', 'SourceIsOutput');
    expect(saidBy(status, 'Stalled')).toContain('Secret produced');
    expect(status.pullSecret?.entries).toMatchObject([{ host: 'harbor.corp', state: 'Refused' }]);
  });
});

describe('an output that somebody else keeps rewriting', () => {
  test('is given up for a while, and said so', async () => {
    await world.apply('besieged', spec('besieged-pull'));
    await world.ready('besieged');
    await world.until(
      'Contended',
      async () => {
        // Somebody who undoes every repair.
        await world.patch(SECRETS, 'besieged-pull', {
          data: { extra: btoa(String(Math.random())) },
        });
        return world.status('besieged');
      },
      (status) => saidBy(status, 'PullSecretSynced').startsWith('Contended'),
    );
    const before = await world.version(SECRETS, 'besieged-pull');
    await world.rotate('hub', 'first');
    expect(saidBy(await world.ready('besieged', 'Contended'), 'Stalled')).toContain(
      'find the other writer',
    );
    expect(await world.version(SECRETS, 'besieged-pull')).toBe(before);
  });
});
