import { DOCKER_HUB, DOCKER_HUB_ALIASES } from '../../api/registry-host.ts';

/**
 * Under which key of a Docker config the credential of a host stands.
 *
 * Builders look it up by host[:port], byte for byte, and Docker Hub by one historic URL alone
 * (moby/buildkit v0.34.2 session/auth/authprovider/authconfigprovider.go); people write it down in
 * many more ways.
 */

/** The one key under which every builder finds Docker Hub, the slash at its end included. */
const DOCKER_HUB_CONFIG_KEY = 'https://index.docker.io/v1/';

/** The key under `auths` for a registry host as a MirrorAuth names it. */
export function configKeyOf(host: string): string {
  return host === DOCKER_HUB ? DOCKER_HUB_CONFIG_KEY : host;
}

const NAME = '[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?';
const KEY = new RegExp(
  `^(?:(?<scheme>https?)://(?:[^/?#@]*@)?)?(?<name>${NAME})(?::(?<port>[1-9][0-9]{0,4}))?(?:[/?#].*)?$`,
  'is',
);

/** Ports that builders leave out; a key without a scheme is read as https. */
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * The host that a key found in somebody's file speaks of, as a MirrorAuth names it: lower case,
 * Docker Hub as docker.io, without scheme, user, path and default port. Undefined for globs (which
 * kubelet alone reads), IPv6 literals and whatever is no host.
 *
 * Wider than docker/cli v29.8.2 cli/config/credentials/file_store.go ConvertToHostname, which keeps
 * case and default ports: a key that no builder finds is still what its author meant.
 */
export function hostOfConfigKey(key: string): string | undefined {
  const found = KEY.exec(key)?.groups;
  if (found?.['name'] === undefined) {
    return undefined;
  }
  const scheme = (found['scheme'] ?? 'https').toLowerCase();
  const port = found['port'] === DEFAULT_PORTS[scheme] ? undefined : found['port'];
  const name = found['name'].toLowerCase();
  const host = port === undefined ? name : `${name}:${port}`;
  return DOCKER_HUB_ALIASES.includes(host) ? DOCKER_HUB : host;
}

const WHOLE_HOST = /^(?:https?:\/\/)?[^/]*(?:\/(?:v[12]\/?)?)?$/i;

/**
 * Whether a key speaks of its host as a whole rather than of a path on it: `ghcr.io` and
 * `https://ghcr.io/v2/`, not `ghcr.io/team`.
 */
export function namesWholeHost(key: string): boolean {
  return WHOLE_HOST.test(key);
}

/**
 * Whether the host part has a wildcard, which kubelet alone matches (k8s.io/kubernetes v1.37
 * pkg/credentialprovider/keyring.go); {@link hostOfConfigKey} knows no host of such a key.
 */
export function hasWildcard(key: string): boolean {
  return /^(?:https?:\/\/)?[^/]*\*/i.test(key);
}

/**
 * Hosts that buildx, and it alone, gives Docker Hub's credential when they have none of their own
 * (docker/buildx v0.36 util/dockerutil/dockerconfig/configprovider.go).
 */
export const HUB_DEPENDANTS: readonly string[] = ['dhi.io', 'registry.scout.docker.com'];
