import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The registry that a pull-through mirror asks for what it does not have. */
export interface Upstream {
  /** `http://127.0.0.1:5000`, without a path. */
  readonly remoteurl: string;
  readonly username: string;
  readonly password: string;
  /** PEM of the CA that its certificate is from, instead of the system's. */
  readonly caPath?: string;
}

/** The files of one registry. */
export interface RegistryFiles {
  readonly configPath: string;
  readonly storageDir: string;
  readonly htpasswdPath: string;
  /** The upstream credential, as docker-credential-helpers print it. */
  readonly upstreamPath: string;
  readonly helperPath: string;
}

export function filesIn(dir: string, storageDir = join(dir, 'storage')): RegistryFiles {
  return {
    configPath: join(dir, 'config.yml'),
    storageDir,
    htpasswdPath: join(dir, 'htpasswd'),
    upstreamPath: join(dir, 'upstream.json'),
    helperPath: join(dir, 'docker-credential-upstream'),
  };
}

/** Writes the credential that a mirror shows upstream; whole, because the mirror may be reading it. */
export async function writeUpstream(files: RegistryFiles, upstream: Upstream): Promise<void> {
  const credential = { Username: upstream.username, Secret: upstream.password };
  await writeFile(`${files.upstreamPath}.new`, JSON.stringify(credential), { mode: 0o600 });
  await rename(`${files.upstreamPath}.new`, files.upstreamPath);
}

/**
 * Writes the credential helper that prints it. distribution reads `proxy.username` and
 * `proxy.password` once, but asks a helper for every request, so that the password can change
 * while the mirror runs (v3.1.2 registry/proxy/proxyauth_exec.go).
 */
export async function writeHelper(files: RegistryFiles): Promise<void> {
  await writeFile(files.helperPath, `#!/bin/sh\nexec cat '${files.upstreamPath}'\n`);
  await chmod(files.helperPath, 0o755);
}
