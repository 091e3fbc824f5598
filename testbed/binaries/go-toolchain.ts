import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goLine, moduleFolder } from './catalog.ts';
import type { GoModule } from './catalog.ts';
import { run } from '../run.ts';
import { UserError } from '../user-error.ts';

const HOW_TO_GET_IT = 'get it from https://go.dev/dl/ and put its bin folder on PATH';

/**
 * The environment of `go` for our builds: one result whatever the person has set for other work.
 * The toolchain is the machine's own: a download of another one would be a surprise of 100 MB.
 */
export function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', GOTOOLCHAIN: 'local' };
}

/** Errors: {@link UserError} when Go is missing or older than the `go` line of a module's go.mod. */
export async function requireGo(
  modules: readonly GoModule[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const needed = modules
    .map((module) => goLine(readFileSync(join(moduleFolder(module), 'go.mod'), 'utf8')) ?? '1.0')
    .toSorted(compareVersions)
    .at(-1);
  if (needed === undefined) return;
  const found = await goVersion(env);
  if (found === undefined) {
    throw new UserError(
      `Go is missing: Go ${needed} or newer is needed to build the testbed's binaries; ${HOW_TO_GET_IT}.`,
    );
  }
  if (compareVersions(found, needed) < 0) {
    throw new UserError(
      `Go ${found} is too old: Go ${needed} or newer is needed to build the testbed's binaries; ${HOW_TO_GET_IT}.`,
    );
  }
}

async function goVersion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { code, stdout } = await run('go', ['version'], { env: goEnvironment(env) });
    return code === 0 ? parseGoVersion(stdout) : undefined;
  } catch {
    return undefined;
  }
}

/** `1.26.8` of `go version go1.26.8 linux/amd64`; a release candidate counts as its release. */
export function parseGoVersion(output: string): string | undefined {
  return /\bgo(\d+(?:\.\d+)*)/.exec(output.replace(/^go version /, ''))?.[1];
}

/** Orders dotted numbers; a missing part is 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
