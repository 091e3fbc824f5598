import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { moduleFolder, pinnedVersion } from './catalog.ts';
import type { GoModule } from './catalog.ts';

/**
 * The folder where built binaries stay: `MIRRORAUTH_CACHE`, else `mirrorauth` in the user's cache
 * folder (XDG Base Directory Specification 0.8: a relative `XDG_CACHE_HOME` counts as unset).
 */
export function cacheRoot(env: NodeJS.ProcessEnv): string {
  const own = env['MIRRORAUTH_CACHE'];
  if (own !== undefined && own !== '') return own;
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg?.startsWith('/') === true ? xdg : join(homedir(), '.cache'), 'mirrorauth');
}

export interface CacheKeyParts {
  /** The module's files (go.mod, go.sum, own sources): name to text. */
  readonly files: Readonly<Record<string, string>>;
  readonly ldflags: string;
  /** As Node names them. */
  readonly platform: string;
  readonly arch: string;
}

/**
 * What the bytes of a build depend on, as 16 hex digits. The Go version is left out on purpose:
 * a binary stays good when the machine's Go is updated or removed.
 */
export function cacheKey(parts: CacheKeyParts): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(parts.files).toSorted()) {
    hash.update(`${name}\0${parts.files[name]}\0`);
  }
  hash.update(`${parts.ldflags}\0${parts.platform}\0${parts.arch}`);
  return hash.digest('hex').slice(0, 16);
}

/** What `go build` reads; tests in TypeScript may stand beside it. */
const GO_FILE = /\.go$|^go\.(?:mod|sum)$/;

/** The cache folder of one Go module in its present state. */
export function moduleCache(module: GoModule, env: NodeJS.ProcessEnv): string {
  const folder = moduleFolder(module);
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder).filter((name) => GO_FILE.test(name))) {
    files[name] = readFileSync(join(folder, name), 'utf8');
  }
  const key = cacheKey({
    files,
    ldflags: module.ldflags(pinnedVersion(module)),
    platform: process.platform,
    arch: process.arch,
  });
  return join(cacheRoot(env), `${basename(module.folder)}-${key}`);
}
