import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { startBuildkitd } from './buildkit.ts';
import type { Buildkitd } from './buildkit.ts';
import { startRegistry } from './registry.ts';
import type { Registry } from './registry.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Files by path, for each image by its repository and tag: `{'team/base:1': {'hello.txt': 'hi'}}`. */
export type SeedImages = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Puts images of one layer per file into a registry that runs, without a trace of it: they are built
 * by a buildkitd of their own (so that no other one knows their content) and pushed to a second
 * registry process without login and TLS on the same storage (so that the registry's own log has no
 * request of it). Not for a pull-through mirror, which takes only what it pulls.
 * Errors: what buildctl says.
 */
export async function seedImages(registry: Registry, images: SeedImages): Promise<void> {
  const directory = await temporaryDirectory();
  const dir = directory.path;
  const stops: (() => Promise<void>)[] = [() => directory.remove()];
  try {
    const door = await startRegistry({ name: 'door', dir, storageDir: registry.storageDir });
    stops.push(() => door.stop());
    const configPath = join(dir, 'buildkitd.toml');
    await writeFile(configPath, '');
    const buildkitd = await startBuildkitd({ dir: join(dir, 'buildkit'), configPath });
    stops.push(() => buildkitd.stop());
    for (const image of Object.keys(images)) {
      await push(buildkitd, `${door.host}/${image}`, images[image] ?? {});
    }
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

async function push(
  buildkitd: Buildkitd,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const copies = Object.keys(files).map((path) => `COPY ${path} /${path}`);
  const { code, progress } = await buildkitd.build({
    dockerfile: ['FROM scratch', ...copies].join('\n'),
    files,
    output: `type=image,name=${name},push=true`,
  });
  if (code !== 0) throw new Error(`${name} was not pushed:\n${progress}`);
}
