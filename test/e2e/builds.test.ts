import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { JsonObject } from '../../src/kube/object.ts';
import { ownAddress } from '../../testbed/addresses.ts';
import type { BuildResult } from '../../testbed/buildkit.ts';
import type { Authority } from '../../testbed/certs.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { MIRROR_USER } from '../../testbed/origin-and-mirror.ts';
import type { OriginAndMirror } from '../../testbed/origin-and-mirror.ts';
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
  restOfImageAs,
  served,
  wholeImageAs,
} from '../support/builds.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { Workplace } from '../support/workplace.ts';
import { duplicate, own, World } from '../support/world.ts';

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

/** buildkitd got it all from the mirror and asked nobody else; the mirror asked the origin itself. */
async function expectThroughMirror(
  result: BuildResult,
  { origin, mirror }: OriginAndMirror,
  expected: readonly string[],
): Promise<void> {
  await expectBuilt(result);
  expect(result.daemonLog).not.toContain('trying next host');
  expect(served(await mirror.requests())).toEqual(expected);
  const asked = await origin.requests();
  expect(byBuildkitd(asked)).toEqual([]);
  expect(asked.map(({ user }) => user)).toContain(MIRROR_USER);
}

async function forgetRequests({ origin, mirror }: OriginAndMirror): Promise<void> {
  await origin.clear();
  await mirror.clear();
}

test('a MirrorAuth sends a build through the mirror that it did not use before, and keeps it there when the password is rotated', async () => {
  const { place, builder } = await placeFor('rotated');
  const registries = await place.originAndMirror({
    origin: { users: { ci: 'first' } },
    mirror: { users: { ci: 'first' } },
  });
  const { origin, mirror } = registries;
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
  expect(byBuildkitd(await mirror.requests())).not.toEqual([]);
  expect(served(await mirror.requests())).toEqual([]);
  expect(served(await origin.requests())).toEqual(wholeImageAs('ci'));
  await forgetRequests(registries);

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
  await expectThroughMirror(withOutputs, registries, wholeImageAs('ci'));

  await origin.setPassword('ci', 'second');
  await mirror.setPassword('ci', 'second');
  expect((await buildkitd.build({ ...image('2'), dockerConfigDir })).code).not.toBe(0);
  await mirror.waitFor(({ credential, user }) => credential === 'refused' && user === 'ci');
  await forgetRequests(registries);

  await world.rotate('rotated-login', 'second');
  await world.until(
    'both logins to be new',
    () => world.logins('rotated-pull'),
    (logins) => logins?.[origin.host] === 'ci:second' && logins[mirror.host] === 'ci:second',
  );
  await builder.mountPullSecret();
  const rotated = await buildkitd.build({ ...image('2'), dockerConfigDir });
  await expectThroughMirror(rotated, registries, restOfImageAs('ci'));
});

test('a client gets the token of a mirror behind a private CA with the ca.crt of its Secret, and without it the build falls back in silence', async () => {
  const { place, builder } = await placeFor('token');
  const tls = await place.authority();
  const token = await place.tokenServer({ users: { puller: 'password' }, tls });
  const registries = await place.originAndMirror({
    origin: { users: { ci: 'origin-password' } },
    mirror: { token, tls },
  });
  const { origin, mirror } = registries;
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
  expect(served(await origin.requests())).toContain('GET blobs as ci');
  await buildkitd.prune();
  await forgetRequests(registries);

  const trusting = await build({ SSL_CERT_FILE: join(dockerConfigDir, 'ca.crt') });
  await expectThroughMirror(trusting, registries, wholeImageAs('puller'));
  expect(token.requests().map(({ user, status }) => `${status} ${user}`)).toEqual(['200 puller']);
});

test('a path mirror stands in for docker.io with no login but its own, and without any internet', async () => {
  const { place, builder } = await placeFor('hub');
  const mirror = await place.registry({ name: 'mirror', users: { puller: 'password' } });
  await seedImages(mirror, { 'dockerhub/library/alpine-like:1': HELLO });
  await world.kubectl([
    'create',
    'secret',
    'docker-registry',
    'hub-mirror',
    `--docker-server=${mirror.host}`,
    '--docker-username=puller',
    '--docker-password=password',
  ]);
  await world.apply('hub', {
    registries: [own(mirror.host, 'hub-mirror', HTTP)],
    mirrors: [{ origin: 'docker.io', endpoints: [`${mirror.host}/dockerhub`] }],
    ...builder.outputs,
  });
  await world.ready('hub');
  await builder.mountPullSecret();
  const buildkitd = await builder.startBuildkitd();

  const result = await buildkitd.build({
    ...from('alpine-like:1'),
    dockerConfigDir: builder.dockerConfigDir,
  });

  await expectBuilt(result);
  expect(await world.logins('hub-pull')).toEqual({ [mirror.host]: 'puller:password' });
  const asked = byBuildkitd(await mirror.requests()).filter(({ status }) => status === 200);
  expect(asked[0]?.path).toBe('/v2/dockerhub/library/alpine-like/manifests/1');
  expect(new Set(asked.map(({ user, query }) => `${query.get('ns')} as ${user}`))).toEqual(
    new Set(['docker.io as puller']),
  );
});

test('an origin behind a private CA is pulled from through its mirror, and pushed to itself', async () => {
  const { place, builder } = await placeFor('push');
  const tls = await place.authority();
  const { origin, mirror } = await place.originAndMirror({
    origin: { users: { ci: 'origin-password' }, tls },
    mirror: { users: { puller: 'password' } },
  });
  await seedImages(origin, IMAGES);
  await world.login('push-origin', 'ci', 'origin-password');
  await world.login('push-mirror', 'puller', 'password');
  await world.apply('push', {
    registries: [
      own(origin.host, 'push-origin', await trust('push-ca', tls)),
      own(mirror.host, 'push-mirror', HTTP),
    ],
    mirrors: [{ origin: origin.host, endpoints: [mirror.host] }],
    ...builder.outputs,
  });
  await world.ready('push');
  await builder.mountPullSecret();
  const buildkitd = await builder.startBuildkitd();

  const result = await buildkitd.build({
    ...from(`${origin.host}/team/base:1`),
    dockerConfigDir: builder.dockerConfigDir,
    output: `type=image,name=${origin.host}/team/app:1,push=true`,
  });

  expectSuccess(result);
  expect(served(await mirror.requests())).toEqual(wholeImageAs('puller'));
  const asked = served(await origin.requests());
  expect(asked).toContain('PUT manifests as ci');
  expect(asked.filter((request) => request.startsWith('GET'))).toEqual([]);
});

test.skipIf(ownAddress() === undefined)(
  'registries on an address that is not loopback are spoken to in plain HTTP where the MirrorAuth says so',
  async () => {
    const address = ownAddress() ?? '';
    const { place, builder } = await placeFor('address');
    const { origin, mirror } = await place.originAndMirror({
      origin: { users: { ci: 'password' }, address },
      mirror: { users: { ci: 'password' }, address },
    });
    await seedImages(origin, IMAGES);
    await world.login('address-login', 'ci', 'password');
    await world.apply('address', {
      registries: [
        own(origin.host, 'address-login', HTTP),
        duplicate(mirror.host, origin.host, HTTP),
      ],
      mirrors: [{ origin: origin.host, endpoints: [mirror.host] }],
      ...builder.outputs,
    });
    await world.ready('address');
    await builder.mountPullSecret();
    const buildkitd = await builder.startBuildkitd();

    const pulled = await buildkitd.build({
      ...from(`${origin.host}/team/base:1`),
      dockerConfigDir: builder.dockerConfigDir,
      output: `type=image,name=${origin.host}/team/app:1,push=true`,
    });

    expectSuccess(pulled);
    expect(served(await mirror.requests())).toEqual(wholeImageAs('ci'));
    expect(served(await origin.requests())).toContain('PUT manifests as ci');
  },
);
