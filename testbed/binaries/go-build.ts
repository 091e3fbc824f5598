import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BINARIES, moduleFolder, pinnedVersion } from './catalog.ts';
import type { BinaryName, GoModule } from './catalog.ts';
import { moduleCache } from './cache.ts';
import { withBuildLock } from './build-lock.ts';
import { goEnvironment } from './go-toolchain.ts';
import type { Progress } from '../progress.ts';
import { run } from '../run.ts';
import { UserError } from '../user-error.ts';

const HEARTBEAT_MS = 15_000;

/**
 * Builds the named binaries of one module into its cache folder, those that are not there yet.
 * Each appears whole: it is built in a temporary folder and renamed.
 * Errors: {@link UserError} with the end of Go's output when the build fails.
 */
export async function buildBinaries(
  module: GoModule,
  names: readonly BinaryName[],
  progress: Progress,
): Promise<void> {
  const cache = moduleCache(module, process.env);
  await mkdir(cache, { recursive: true });
  const lock = join(dirname(cache), `${basename(cache)}.lock`);
  const onWait = (pid: number): void =>
    progress(`waiting for process ${pid}, which is building ${names.join(', ')}`);
  await withBuildLock(lock, onWait, async () => {
    const missing = await absent(cache, names);
    if (missing.length > 0) await build(module, missing, progress);
  });
}

async function absent(cache: string, names: readonly BinaryName[]): Promise<BinaryName[]> {
  const present = new Set(await readdir(cache));
  return names.filter((name) => !present.has(name));
}

async function build(
  module: GoModule,
  names: readonly BinaryName[],
  progress: Progress,
): Promise<void> {
  const version = pinnedVersion(module);
  const what = `${names.join(', ')}${version === '' ? '' : ` ${version}`}`;
  progress(`building ${what} with Go, once (usually ${module.usually} on 2 cores)`);
  const started = performance.now();
  const counter = new OutputCounter();
  const heartbeat = setInterval(
    () => progress(`  ${seconds(started)} s: ${counter.describe()}`),
    HEARTBEAT_MS,
  );
  const cache = moduleCache(module, process.env);
  const folder = await mkdtemp(`${cache}.building-`);
  try {
    await goBuild(module, names, { folder, counter });
    for (const name of names) await rename(join(folder, name), join(cache, name));
  } finally {
    clearInterval(heartbeat);
    await rm(folder, { recursive: true, force: true });
  }
  progress(`built ${what} in ${seconds(started)} s`);
}

/** One `go build` per binary: etcd's package is called `v3`, so that the output must be named. */
async function goBuild(
  module: GoModule,
  names: readonly BinaryName[],
  { folder, counter }: { folder: string; counter: OutputCounter },
): Promise<void> {
  for (const name of names) {
    const args = ['build', '-v', '-trimpath', '-ldflags', module.ldflags(pinnedVersion(module))];
    const { code, stderr } = await run(
      'go',
      [...args, '-o', join(folder, name), BINARIES[name].package],
      {
        cwd: moduleFolder(module),
        env: goEnvironment(process.env),
        onStderr: (text) => counter.add(text),
      },
    );
    if (code === 0) continue;
    const end = stderr.trimEnd().split('\n').slice(-15).join('\n');
    throw new UserError(`building ${name} failed: go build ended with code ${code}:\n${end}`);
  }
}

/** Counts what `go build -v` says: a line for each downloaded module and each compiled package. */
class OutputCounter {
  #downloaded = 0;
  #compiled = 0;

  add(text: string): void {
    for (const line of text.split('\n')) {
      if (line.startsWith('go: downloading ')) this.#downloaded += 1;
      else if (/^[\w.\-/]+$/.test(line)) this.#compiled += 1;
    }
  }

  describe(): string {
    const downloads = this.#downloaded > 0 ? `${this.#downloaded} modules downloaded, ` : '';
    return `${downloads}${this.#compiled} packages compiled`;
  }
}

function seconds(started: number): string {
  return Math.round((performance.now() - started) / 1000).toString();
}
