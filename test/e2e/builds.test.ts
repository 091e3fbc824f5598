import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { JsonObject } from '../../src/kube/object.ts';
import { ownAddress } from '../../testbed/addresses.ts';
import type { Authority } from '../../testbed/certs.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { MIRROR_USER } from '../../testbed/origin-and-mirror.ts';
import { seedImages } from '../../testbed/seed-images.ts';
import { Builder } from '../support/builder.ts';
import {
  byBuildkitd,
  expectBuilt,
  expectSuccess,
  FALLBACK,
  from,
  HELLO,
  IMAGES,
  inShort,
  wholeImageAs,
} from '../support/builds.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { Workplace } from '../support/workplace.ts';
import { CONFIG_MAPS, duplicate, own, SECRETS, World } from '../support/world.ts';

/** From `kubectl apply` to a build that goes through the mirror: who was asked, and as whom. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let operator: Operator;

beforeAll(async () => {
  world = await World.create(cluster, 'builds');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
});

afterAll(async () => {
  await operator.stop();
  await world.close();
});

/** A workplace, and the builder that mounts the outputs `<name>-pull` and `<name>-buildkitd`. */
async function placeFor(name: string): Promise<{ place: Workplace; builder: Builder }> {
  const place = await Workplace.create();
  const { namespace } = world;
  return { place, builder: new Builder({ cluster, namespace, place, name }) };
}

/** A ConfigMap with the certificate of a private CA, and `tls` that refers to it. */
async function trust(name: string, authority: Authority): Promise<JsonObject> {
  await world.kubectl(['create', 'configmap', name, `--from-file=ca.crt=${authority.certPath}`]);
  return { tls: { caRef: { name } } };
}

const HTTP = { protocol: 'HTTP' };

test('a MirrorAuth sends a build through the mirror that it did not use before, and keeps it there when the password is rotated', async () => {
  const { place, builder } = await placeFor('rotated');
  const { origin, mirror } = await place.originAndMirror({
    origin: { users: { ci: 'first' } },
    mirror: { users: { ci: 'first' } },
  });
  await seedImages(origin, IMAGES);
  const image = (tag: string) => from(`${origin.host}/team/base:${tag}`);
  const { dockerConfigDir } = builder;

  const handmade = await place.buildkitd(
    await place.buildkitdToml(`[registry."${origin.host}"]\nmirrors = ["${mirror.host}"]\n`),
  );
  const without = await handmade.build({
    ...image('1'),
    dockerConfigDir: await place.dockerConfig({ [origin.host]: 'ci:first' }),
  });
  await expectBuilt(without);
  expect(without.daemonLog).toContain(FALLBACK);
  expect(inShort(await mirror.requests())).toEqual(['HEAD manifests 401 nobody']);
  expect(inShort(await origin.requests())).toEqual(wholeImageAs('ci'));
  await mirror.clear();
  await origin.clear();

  await world.login('rotated-login', 'ci', 'first');
  await world.apply('rotated', {
    registries: [
      own(origin.host, 'rotated-login', HTTP),
      duplicate(mirror.host, origin.host, HTTP),
    ],
    mirrors: [{ origin: origin.host, endpoints: [mirror.host] }],
    ...builder.outputs,
  });
  await world.ready('rotated');
  await builder.mountPullSecret();
  const buildkitd = await builder.startBuildkitd();
  const withOutputs = await buildkitd.build({ ...image('1'), dockerConfigDir });
  await expectBuilt(withOutputs);
  expect(withOutputs.daemonLog).not.toContain('trying next host');
  expect(inShort(await mirror.requests())).toEqual(wholeImageAs('ci'));
  await mirror.clear();

  await origin.setPassword('ci', 'second');
  await mirror.setPassword('ci', 'second');
  expect((await buildkitd.build({ ...image('2'), dockerConfigDir })).code).not.toBe(0);
  await mirror.waitFor(({ credential, user }) => credential === 'refused' && user === 'ci');
  const refused = byBuildkitd(await origin.requests());
  expect(refused.map(({ credential }) => credential)).not.toContain('accepted');
  await mirror.clear();
  await origin.clear();

  await world.rotate('rotated-login', 'second');
  await world.until(
    'both logins to be new',
    () => world.logins('rotated-pull'),
    (logins) => logins?.[origin.host] === 'ci:second' && logins[mirror.host] === 'ci:second',
  );
  await builder.mountPullSecret();
  const rotated = await buildkitd.build({ ...image('2'), dockerConfigDir });
  await expectBuilt(rotated);
  expect(rotated.daemonLog).not.toContain('trying next host');
  // The layer that both images have is here already.
  expect(inShort(await mirror.requests())).toEqual(wholeImageAs('ci').slice(0, -1));
  const asked = await origin.requests();
  expect(byBuildkitd(asked)).toEqual([]);
  expect(asked.map(({ user }) => user)).toContain(MIRROR_USER);
});

test('a client gets the token of a mirror behind a private CA with the ca.crt of its Secret, and without it the build falls back in silence', async () => {
  const { place, builder } = await placeFor('token');
  const tls = await place.authority();
  const token = await place.tokenServer({ users: { puller: 'password' }, tls });
  const { origin, mirror } = await place.originAndMirror({
    origin: { users: { ci: 'origin-password' } },
    mirror: { token, tls },
  });
  await seedImages(origin, IMAGES);
  await world.login('token-origin', 'ci', 'origin-password');
  await world.login('token-mirror', 'puller', 'password');
  await world.apply('token', {
    registries: [
      own(origin.host, 'token-origin', HTTP),
      own(mirror.host, 'token-mirror', await trust('token-ca', tls)),
    ],
    mirrors: [{ origin: origin.host, endpoints: [mirror.host] }],
    ...builder.outputs,
  });
  await world.ready('token');
  await builder.mountPullSecret();
  const buildkitd = await builder.startBuildkitd();
  const { dockerConfigDir } = builder;
  const build = (env: NodeJS.ProcessEnv) =>
    buildkitd.build({ ...from(`${origin.host}/team/base:1`), dockerConfigDir, env });

  const silent = await build({});
  await expectBuilt(silent);
  expect(silent.daemonLog).toContain('certificate signed by unknown authority');
  expect(token.requests()).toEqual([]);
  expect(inShort(await origin.requests())).toContain('GET blobs 200 ci');
  await buildkitd.prune();
  await origin.clear();
  await mirror.clear();

  const trusting = await build({ SSL_CERT_FILE: join(dockerConfigDir, 'ca.crt') });
  await expectBuilt(trusting);
  expect(trusting.daemonLog).not.toContain('trying next host');
  expect(token.requests().map(({ user, status }) => `${status} ${user}`)).toEqual(['200 puller']);
  expect(inShort(await mirror.requests())).toEqual(wholeImageAs('puller'));
  expect(byBuildkitd(await origin.requests())).toEqual([]);
});
