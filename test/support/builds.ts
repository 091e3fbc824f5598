import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BuildResult } from '../../testbed/buildkit.ts';
import { isFromBuildkitd } from '../../testbed/registry/log.ts';
import type { RegistryRequest } from '../../testbed/registry/log.ts';

/** What buildkitd says when a mirror asks it for a login that it does not have. */
export const FALLBACK = 'trying next host after status: 401 Unauthorized';

export const HELLO = { 'hello.txt': 'from the origin' };

/** Two images that share a layer. Each is a configuration and two layers: three blobs. */
export const IMAGES = {
  'team/base:1': { ...HELLO, 'second.txt': 'another layer' },
  'team/base:2': { ...HELLO, 'second.txt': 'which the mirror has never seen' },
};

/** A build on top of an image. */
export function from(image: string) {
  return { dockerfile: `FROM ${image}\nCOPY own.txt /\n`, files: { 'own.txt': 'x' } };
}

/** The build succeeded, and what it made has the file of {@link HELLO}. */
export async function expectBuilt(result: BuildResult): Promise<void> {
  expectSuccess(result);
  expect(await readFile(join(result.rootfs, 'hello.txt'), 'utf8')).toBe('from the origin');
}

export function expectSuccess({ code, progress }: BuildResult): void {
  if (code !== 0) throw new Error(`the build failed:\n${progress}`);
}

export function byBuildkitd(requests: readonly RegistryRequest[]): readonly RegistryRequest[] {
  return requests.filter(isFromBuildkitd);
}

/** What a registry gave buildkitd, and to whom: `GET manifests as puller`. */
export function served(requests: readonly RegistryRequest[]): readonly string[] {
  return byBuildkitd(requests)
    .filter(({ status }) => status < 400)
    .map(({ method, path, user = 'nobody' }) => `${method} ${path.split('/').at(-2)} as ${user}`);
}

/** What has to be served for a whole image of {@link IMAGES}. */
export function wholeImageAs(user: string): readonly string[] {
  const asked = ['HEAD manifests', 'GET manifests', 'GET blobs', 'GET blobs', 'GET blobs'];
  return asked.map((what) => `${what} as ${user}`);
}

/** The same of a second image, whose first layer is here already. */
export function restOfImageAs(user: string): readonly string[] {
  return wholeImageAs(user).slice(0, -1);
}
