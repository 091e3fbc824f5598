import { expect, describe, test } from 'vitest';
import { ownAddress } from '../../testbed/addresses.ts';
import { MIRROR_USER } from '../../testbed/origin-and-mirror.ts';
import { seedImages } from '../../testbed/seed-images.ts';
import {
  byBuildkitd,
  expectBuilt,
  FALLBACK,
  from,
  HELLO,
  IMAGES,
  served,
  wholeImageAs,
} from '../support/builds.ts';
import { Workplace } from '../support/workplace.ts';

/** Facts that the product stands on, shown with the real parts and hand-written configuration. */

async function originAndMirror() {
  const place = await Workplace.create();
  const { origin, mirror } = await place.originAndMirror({
    origin: { users: { ci: 'origin-password' } },
    mirror: { users: { puller: 'mirror-password' } },
  });
  await seedImages(origin, IMAGES);
  const buildkitd = await place.buildkitd(
    await place.buildkitdToml(`[registry."${origin.host}"]\nmirrors = ["${mirror.host}"]\n`),
  );
  return { place, origin, mirror, buildkitd, image: `${origin.host}/team/base:1` };
}

describe('a mirror that asks for a login', () => {
  test('serves nothing to a config.json without its own entry, and the build is still green', async () => {
    const { place, buildkitd, image, mirror, origin } = await originAndMirror();
    const dockerConfigDir = await place.dockerConfig({ [origin.host]: 'ci:origin-password' });

    const result = await buildkitd.build({ ...from(image), dockerConfigDir });

    await expectBuilt(result);
    expect(result.daemonLog).toContain(FALLBACK);
    const asked = await mirror.requests();
    expect(asked.map(({ status, credential }) => `${status} ${credential}`)).toEqual(
      asked.map(() => '401 none'),
    );
    expect(served(await origin.requests())).toContain('GET blobs as ci');
  });

  test('serves manifests and every blob to its own entry, and nobody else is asked', async () => {
    const { place, buildkitd, image, mirror, origin } = await originAndMirror();
    const dockerConfigDir = await place.dockerConfig({
      [origin.host]: 'ci:origin-password',
      [mirror.host]: 'puller:mirror-password',
    });

    const result = await buildkitd.build({ ...from(image), dockerConfigDir });

    await expectBuilt(result);
    expect(result.progress).toContain(`[auth] sharing credentials for ${mirror.host}`);
    expect(result.daemonLog).not.toContain('trying next host');
    expect(served(await mirror.requests())).toEqual(wholeImageAs('puller'));
    const asked = await origin.requests();
    expect(byBuildkitd(asked)).toEqual([]);
    expect(asked.filter(({ user }) => user === MIRROR_USER)).not.toEqual([]);
  });

  test('takes passwords that change at both ends while everything runs', async () => {
    const { place, buildkitd, mirror, origin } = await originAndMirror();
    const build = async (tag: string, password: string) => {
      const dockerConfigDir = await place.dockerConfig({ [mirror.host]: `puller:${password}` });
      await mirror.clear();
      return buildkitd.build({ ...from(`${origin.host}/team/base:${tag}`), dockerConfigDir });
    };
    await expectBuilt(await build('1', 'mirror-password'));

    await origin.setPassword(MIRROR_USER, 'robot-password-2');
    await mirror.setUpstreamPassword('robot-password-2');
    await mirror.setPassword('puller', 'mirror-password-2');

    expect((await build('2', 'mirror-password')).code).not.toBe(0);
    await mirror.waitFor(({ credential, user }) => credential === 'refused' && user === 'puller');
    await expectBuilt(await build('2', 'mirror-password-2'));
    expect(served(await mirror.requests())).toContain('GET blobs as puller');
  });
});

test('a path mirror stands in for docker.io without any internet', async () => {
  const place = await Workplace.create();
  const mirror = await place.registry({ name: 'mirror', users: { puller: 'password' } });
  await seedImages(mirror, { 'dockerhub/library/base:1': HELLO });
  const buildkitd = await place.buildkitd(
    await place.buildkitdToml(`[registry."docker.io"]\nmirrors = ["${mirror.host}/dockerhub"]\n`),
  );
  const dockerConfigDir = await place.dockerConfig({ [mirror.host]: 'puller:password' });

  const result = await buildkitd.build({ ...from('base:1'), dockerConfigDir });

  await expectBuilt(result);
  const manifest = (await mirror.requests()).find(({ status }) => status === 200);
  expect(manifest).toMatchObject({
    path: '/v2/dockerhub/library/base/manifests/1',
    user: 'puller',
  });
  expect(manifest?.query.get('ns')).toBe('docker.io');
});

test.skipIf(ownAddress() === undefined)(
  'a Bearer mirror with a private CA on an address that is not loopback: the client asks for the token',
  async () => {
    const address = ownAddress() ?? '';
    const place = await Workplace.create();
    const tls = await place.authority();
    const token = await place.tokenServer({ users: { puller: 'password' }, tls, address });
    const mirror = await place.registry({ name: 'mirror', token, tls, address });
    await seedImages(mirror, { 'dockerhub/library/base:1': HELLO });
    const buildkitd = await place.buildkitd(
      await place.buildkitdToml(
        `[registry."docker.io"]\nmirrors = ["${mirror.host}/dockerhub"]\n` +
          `[registry."${mirror.host}"]\nca = ["${tls.certPath}"]\n`,
      ),
    );
    const dockerConfigDir = await place.dockerConfig({ [mirror.host]: 'puller:password' });
    const build = (env: NodeJS.ProcessEnv) =>
      buildkitd.build({ ...from('base:1'), dockerConfigDir, env });

    expect((await build({})).daemonLog).toContain('certificate signed by unknown authority');
    expect(token.requests()).toEqual([]);

    await expectBuilt(await build({ SSL_CERT_FILE: tls.certPath }));
    const scopes = ['repository:dockerhub/library/base:pull', 'repository:library/base:pull'];
    expect(token.requests()[0]).toMatchObject({
      method: 'POST',
      user: 'puller',
      status: 200,
      scopes,
    });
    expect(served(await mirror.requests())).toContain('GET blobs as puller');
  },
);
