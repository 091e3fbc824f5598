import { startRegistry } from './registry.ts';
import type { Registry, RegistryOptions } from './registry.ts';

/** The mirror's own user at the origin: by it the origin's log tells the mirror from everybody else. */
export const MIRROR_USER = 'mirror-robot';

export interface OriginAndMirrorOptions {
  /** The parent folder of everything they have. */
  readonly dir: string;
  readonly origin: Pick<RegistryOptions, 'users' | 'tls' | 'address'>;
  readonly mirror: Pick<RegistryOptions, 'users' | 'token' | 'tls' | 'address'>;
}

export interface OriginAndMirror {
  readonly origin: Registry;
  readonly mirror: Registry;
}

/** Starts an origin that asks for a login, and a pull-through mirror of it. Both are empty. */
export async function startOriginAndMirror({
  dir,
  ...options
}: OriginAndMirrorOptions): Promise<OriginAndMirror> {
  const password = 'mirror-robot-password';
  const users = { ...options.origin.users, [MIRROR_USER]: password };
  const origin = await startRegistry({ ...options.origin, users, name: 'origin', dir });
  const { tls } = options.origin;
  const upstream = { remoteurl: origin.url, username: MIRROR_USER, password };
  const proxy = { ...upstream, ...(tls === undefined ? {} : { caPath: tls.certPath }) };
  const mirror = await startRegistry({ ...options.mirror, proxy, name: 'mirror', dir });
  return { origin, mirror };
}
