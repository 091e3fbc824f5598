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

/** `GET manifests 200 puller`: what buildkitd asked for, and as whom. */
export function inShort(requests: readonly RegistryRequest[]): readonly string[] {
  return byBuildkitd(requests).map(
    ({ method, path, status, user = 'nobody' }) =>
      `${method} ${path.split('/').at(-2)} ${status} ${user}`,
  );
}

/** What buildkitd asks for to get a whole image of {@link IMAGES} with this login. */
export function wholeImageAs(user: string): readonly string[] {
  return [
    'HEAD manifests 401 nobody',
    `HEAD manifests 200 ${user}`,
    `GET manifests 200 ${user}`,
    `GET blobs 200 ${user}`,
    `GET blobs 200 ${user}`,
    `GET blobs 200 ${user}`,
  ];
}
