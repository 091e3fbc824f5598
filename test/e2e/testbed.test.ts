import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ownAddress } from '../../testbed/addresses.ts';
import { startBuildkitd } from '../../testbed/buildkit.ts';
import type { Buildkitd, BuildResult } from '../../testbed/buildkit.ts';
import { makeAuthority } from '../../testbed/certs.ts';
import { startRegistry } from '../../testbed/registry.ts';
import type { Registry, RegistryOptions } from '../../testbed/registry.ts';
import type { RegistryRequest } from '../../testbed/registry/log.ts';
import { seedImages } from '../../testbed/seed-images.ts';
import { temporaryDirectory } from '../../testbed/temporary-directory.ts';
import { startTokenServer } from '../../testbed/token-server.ts';

/** Facts that the product stands on, shown with the real parts and hand-written configuration. */

const FALLBACK = 'trying next host after status: 401 Unauthorized';
const HELLO = { 'hello.txt': 'from the origin' };
const IMAGES = {
  'team/base:1': { ...HELLO, 'second.txt': 'another layer' },
  'team/base:2': { ...HELLO, 'second.txt': 'which the mirror has never seen' },
};

/** A folder of its own for one test, with starters whose products end with the test. */
async function workplace() {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const dir = directory.path;
  return {
    dir,
    registry: async (options: Omit<RegistryOptions, 'dir'>): Promise<Registry> => {
      const registry = await startRegistry({ ...options, dir });
      onTestFinished(() => registry.stop());
      return registry;
    },
    buildkitd: async (toml: string): Promise<Buildkitd> => {
      const configPath = join(dir, 'buildkitd.toml');
      await writeFile(configPath, toml);
      const buildkitd = await startBuildkitd({ dir: join(dir, 'buildkit'), configPath });
      onTestFinished(() => buildkitd.stop());
      return buildkitd;
    },
    /** Writes a config.json; credentials are `user:password` by host. */
    dockerConfig: async (credentials: Readonly<Record<string, string>>): Promise<string> => {
      const folder = join(dir, 'docker');
      const auths: Record<string, { auth: string }> = {};
      for (const [host, credential] of Object.entries(credentials)) {
        auths[host] = { auth: Buffer.from(credential).toString('base64') };
      }
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
      return folder;
    },
  };
}

function from(image: string) {
  return { dockerfile: `FROM ${image}\nCOPY own.txt /\n`, files: { 'own.txt': 'x' } };
}

function byBuildkit(requests: readonly RegistryRequest[]) {
  return requests.filter((request) => request.userAgent.startsWith('buildkit/'));
}

/** `GET manifests 200 mu`: what is asked for, and who was accepted. */
function inShort(requests: readonly RegistryRequest[]): string[] {
  return byBuildkit(requests).map(
    ({ method, path, status, user = 'nobody' }) =>
      `${method} ${path.split('/').at(-2)} ${status} ${user}`,
  );
}

async function expectBuilt(result: BuildResult) {
  if (result.code !== 0) throw new Error(`the build failed:\n${result.progress}`);
  expect(await readFile(join(result.rootfs, 'hello.txt'), 'utf8')).toBe('from the origin');
}

async function originAndMirror() {
  const place = await workplace();
  const origin = await place.registry({
    name: 'origin',
    users: { ci: 'origin-password', robot: 'robot-password' },
  });
  const mirror = await place.registry({
    name: 'mirror',
    users: { puller: 'mirror-password' },
    proxy: { remoteurl: origin.url, username: 'robot', password: 'robot-password' },
  });
  await seedImages(origin, IMAGES);
  const buildkitd = await place.buildkitd(
    `[registry."${origin.host}"]\nmirrors = ["${mirror.host}"]\n`,
  );
  return { ...place, origin, mirror, buildkitd, image: `${origin.host}/team/base:1` };
}

describe('a mirror that asks for a login', () => {
  test('serves nothing to a config.json without its own entry, and the build is still green', async () => {
    const { buildkitd, dockerConfig, image, mirror, origin } = await originAndMirror();
    const dockerConfigDir = await dockerConfig({ [origin.host]: 'ci:origin-password' });

    const result = await buildkitd.build({ ...from(image), dockerConfigDir });

    await expectBuilt(result);
    expect(result.daemonLog).toContain(FALLBACK);
    const asked = await mirror.requests();
    expect(asked.map(({ status, credential }) => `${status} ${credential}`)).toEqual(
      asked.map(() => '401 none'),
    );
    expect(inShort(await origin.requests())).toContain('GET blobs 200 ci');
  });

  test('serves manifests and every blob to its own entry, and nobody else is asked', async () => {
    const { buildkitd, dockerConfig, image, mirror, origin } = await originAndMirror();
    const dockerConfigDir = await dockerConfig({
      [origin.host]: 'ci:origin-password',
      [mirror.host]: 'puller:mirror-password',
    });

    const result = await buildkitd.build({ ...from(image), dockerConfigDir });

    await expectBuilt(result);
    expect(result.progress).toContain(`[auth] sharing credentials for ${mirror.host}`);
    expect(result.daemonLog).not.toContain('trying next host');
    expect(inShort(await mirror.requests())).toEqual([
      'HEAD manifests 401 nobody',
      'HEAD manifests 200 puller',
      'GET manifests 200 puller',
      'GET blobs 200 puller',
      'GET blobs 200 puller',
      'GET blobs 200 puller',
    ]);
    expect(byBuildkit(await origin.requests())).toEqual([]);
    expect((await origin.requests()).filter(({ user }) => user === 'robot')).not.toEqual([]);
  });

  test('takes passwords that change at both ends while everything runs', async () => {
    const { buildkitd, dockerConfig, mirror, origin } = await originAndMirror();
    const build = async (tag: string, password: string) => {
      const dockerConfigDir = await dockerConfig({ [mirror.host]: `puller:${password}` });
      await mirror.clear();
      return buildkitd.build({ ...from(`${origin.host}/team/base:${tag}`), dockerConfigDir });
    };
    await expectBuilt(await build('1', 'mirror-password'));

    await origin.setPassword('robot', 'robot-password-2');
    await mirror.setUpstreamPassword('robot-password-2');
    await mirror.setPassword('puller', 'mirror-password-2');

    expect((await build('2', 'mirror-password')).code).not.toBe(0);
    await mirror.waitFor(({ credential, user }) => credential === 'refused' && user === 'puller');
    await expectBuilt(await build('2', 'mirror-password-2'));
    expect(inShort(await mirror.requests())).toContain('GET blobs 200 puller');
  });
});

test('a path mirror stands in for docker.io without any internet', async () => {
  const place = await workplace();
  const mirror = await place.registry({ name: 'mirror', users: { puller: 'password' } });
  await seedImages(mirror, { 'dockerhub/library/base:1': HELLO });
  const buildkitd = await place.buildkitd(
    `[registry."docker.io"]\nmirrors = ["${mirror.host}/dockerhub"]\n`,
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
    const place = await workplace();
    const tls = await makeAuthority(join(place.dir, 'ca'));
    const token = await startTokenServer({
      dir: join(place.dir, 'token'),
      users: { puller: 'password' },
      tls,
      address,
    });
    onTestFinished(() => token.stop());
    const mirror = await place.registry({ name: 'mirror', token, tls, address });
    await seedImages(mirror, { 'dockerhub/library/base:1': HELLO });
    const buildkitd = await place.buildkitd(
      `[registry."docker.io"]\nmirrors = ["${mirror.host}/dockerhub"]\n` +
        `[registry."${mirror.host}"]\nca = ["${tls.certPath}"]\n`,
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
    expect(inShort(await mirror.requests())).toContain('GET blobs 200 puller');
  },
);
