import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { moduleCache } from './binaries/cache.ts';
import { BINARIES, BINARY_NAMES, pinnedVersion } from './binaries/catalog.ts';
import type { BinaryName, GoModule } from './binaries/catalog.ts';
import { buildBinaries } from './binaries/go-build.ts';
import { requireGo } from './binaries/go-toolchain.ts';
import { printProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { run } from './run.ts';
import { runScript } from './user-error.ts';
import { versionOf } from './binaries/version-output.ts';

/**
 * Finds each binary, and builds those that are nowhere. In this order: the folder
 * `KUBEBUILDER_ASSETS`; PATH, in exactly the pinned version; the cache, built from the Go module.
 * Nothing is printed unless something is built.
 * Errors: {@link UserError} when Go is missing, too old, or fails.
 */
export async function ensureBinaries<Name extends BinaryName>(
  names: readonly Name[],
  { progress = printProgress }: { progress?: Progress } = {},
): Promise<Readonly<Record<Name, string>>> {
  const found = await Promise.all(names.map(async (name) => [name, await find(name)] as const));
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => name);
  await buildMissing(missing, progress);
  const paths: Partial<Record<Name, string>> = {};
  for (const [name, path] of found) paths[name] = path ?? cachedPath(name);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the loop above sets every name
  return paths as Record<Name, string>;
}

async function find(name: BinaryName): Promise<string | undefined> {
  return (await inKubebuilderAssets(name)) ?? (await onPath(name)) ?? (await inCache(name));
}

async function inKubebuilderAssets(name: BinaryName): Promise<string | undefined> {
  const folder = process.env['KUBEBUILDER_ASSETS'];
  if (folder === undefined || folder === '' || !BINARIES[name].inKubebuilderAssets) {
    return undefined;
  }
  return existing(join(folder, name));
}

async function onPath(name: BinaryName): Promise<string | undefined> {
  const { versionArgs, module } = BINARIES[name];
  if (versionArgs === undefined) return undefined;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = folder === '' ? undefined : await existing(join(folder, name));
    if (
      path !== undefined &&
      (await asksVersion(name, path, versionArgs)) === pinnedVersion(module)
    ) {
      return path;
    }
  }
  return undefined;
}

async function asksVersion(
  name: BinaryName,
  path: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    return versionOf(name, (await run(path, args, { timeoutMs: 5000 })).stdout);
  } catch {
    return undefined;
  }
}

function cachedPath(name: BinaryName): string {
  return join(moduleCache(BINARIES[name].module, process.env), name);
}

function inCache(name: BinaryName): Promise<string | undefined> {
  return existing(cachedPath(name));
}

async function existing(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** One module after the other: two Go builds side by side only take turns on the same cores. */
async function buildMissing(missing: readonly BinaryName[], progress: Progress): Promise<void> {
  const byModule = Map.groupBy(missing, (name): GoModule => BINARIES[name].module);
  await requireGo([...byModule.keys()], process.env);
  for (const [module, names] of byModule) await buildBinaries(module, names, progress);
}

async function main(): Promise<void> {
  const paths = await ensureBinaries(BINARY_NAMES);
  for (const [name, path] of Object.entries(paths)) process.stdout.write(`${name} ${path}\n`);
}

if (import.meta.main) await runScript(main);
