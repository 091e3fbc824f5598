import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startBuildkitd } from '../../testbed/buildkit.ts';
import type { Buildkitd } from '../../testbed/buildkit.ts';
import { makeAuthority } from '../../testbed/certs.ts';
import type { Authority } from '../../testbed/certs.ts';
import { startOriginAndMirror } from '../../testbed/origin-and-mirror.ts';
import type { OriginAndMirror, OriginAndMirrorOptions } from '../../testbed/origin-and-mirror.ts';
import { startRegistry } from '../../testbed/registry.ts';
import type { Registry, RegistryOptions } from '../../testbed/registry.ts';
import { temporaryDirectory } from '../../testbed/temporary-directory.ts';
import { startTokenServer } from '../../testbed/token-server.ts';
import type { TokenServer, TokenServerOptions } from '../../testbed/token-server.ts';

/** A folder of its own for one test, with starters whose products end with the test. */
export class Workplace {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async create(): Promise<Workplace> {
    const directory = await temporaryDirectory();
    onTestFinished(() => directory.remove());
    return new Workplace(directory.path);
  }

  async registry(options: Omit<RegistryOptions, 'dir'>): Promise<Registry> {
    return ended(await startRegistry({ ...options, dir: this.dir }));
  }

  async originAndMirror(options: Omit<OriginAndMirrorOptions, 'dir'>): Promise<OriginAndMirror> {
    const { origin, mirror } = await startOriginAndMirror({ ...options, dir: this.dir });
    return { origin: ended(origin), mirror: ended(mirror) };
  }

  async tokenServer(options: Omit<TokenServerOptions, 'dir'>): Promise<TokenServer> {
    return ended(await startTokenServer({ ...options, dir: join(this.dir, 'token') }));
  }

  authority(): Promise<Authority> {
    return makeAuthority(join(this.dir, 'ca'));
  }

  /** A buildkitd with this buildkitd.toml and nothing in store. */
  async buildkitd(configPath: string): Promise<Buildkitd> {
    const dir = await mkdtemp(join(this.dir, 'buildkit-'));
    return ended(await startBuildkitd({ dir, configPath }));
  }

  /** Writes a buildkitd.toml by hand; returns its path. */
  async buildkitdToml(text: string): Promise<string> {
    const path = join(this.dir, 'buildkitd.toml');
    await writeFile(path, text);
    return path;
  }

  /** Writes a config.json by hand, `user:password` by host; returns its folder. */
  async dockerConfig(credentials: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(this.dir, 'docker');
    const auths = Object.entries(credentials).map(
      ([host, credential]) => [host, { auth: Buffer.from(credential).toString('base64') }] as const,
    );
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ auths: Object.fromEntries(auths) }),
    );
    return folder;
  }
}

function ended<T extends { stop(): Promise<void> }>(started: T): T {
  onTestFinished(() => started.stop());
  return started;
}
