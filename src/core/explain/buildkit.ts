import { HUB_HOST, routeOf } from './buildkitd-toml-reader.ts';
import type { RegistryTable, RouteHost } from './buildkitd-toml-reader.ts';
import { clientCredential } from './client-credential.ts';
import { HUB_KEY, lookUp } from './docker-lookup.ts';
import type { ImageReference, Step } from './explanation.ts';
import { cleanPath } from './go-url.ts';
import { memoised } from './memoised.ts';
import { shown, tableHeader } from './mistakes/shown.ts';
import type { Reading } from './reading.ts';

/** BuildKit: buildkitd asks hosts, and its client looks up what each is sent. */

/** None where buildkitd does not start. */
export function buildkitSteps(image: ImageReference, reading: Reading): readonly Step[] {
  const route = reading.tables === undefined ? [] : routeOf(image.domain, reading.tables);
  const credentialOf = memoised((key) => clientCredential(lookUp(reading.client, key), reading));
  return route.map((host, index) => ({
    host: host.host,
    role: host.role,
    url: urlOf(host, image),
    scheme: { value: host.scheme, why: whyScheme(host) },
    tls: tlsOf(host, image),
    credential: credentialOf(credentialKeyOf(host.host)),
    onUnauthorized: afterUnauthorized(route[index + 1]),
  }));
}

/**
 * moby/buildkit v0.34.2 session/auth/authprovider/authconfigprovider.go; net/http drops a colon
 * without a port before that.
 */
export function credentialKeyOf(host: string): string {
  const asked = host.endsWith(':') ? host.slice(0, -1) : host;
  return asked === HUB_HOST ? HUB_KEY : asked;
}

/** containerd v2.4.2 core/remotes/docker/resolver.go: a digest stands before a tag. */
function urlOf({ host, scheme, path }: RouteHost, image: ImageReference): string {
  const { domain, path: repository, tag = 'latest', digest = tag } = image;
  const isOwn = host === domain || (host === HUB_HOST && domain === 'docker.io');
  const query = isOwn ? '' : `?ns=${encodeURIComponent(domain)}`;
  const manifest = cleanPath(`${path}/${repository}/manifests/${digest}`);
  return `${scheme}://${host}${encodeURI(manifest.toWellFormed())}${query}`;
}

function whyScheme({ host, scheme, fallsBackToHttp, tableName, table }: RouteHost): string {
  const header = tableHeader(tableName);
  if (fallsBackToHttp) {
    return `${header} has insecure, with which plain HTTP is asked only when HTTPS fails, and then the login goes in the clear`;
  }
  if (table.http !== undefined) {
    return `${header} has http = ${String(table.http)}`;
  }
  return scheme === 'http'
    ? `${shown(host)} is the builder itself, and ${header} has no http = false`
    : `${header} has no http = true`;
}

function tlsOf({ scheme, tableName, table }: RouteHost, { domain }: ImageReference): Step['tls'] {
  const header = tableHeader(tableName);
  const settings = ['ca' as const, 'keypair' as const, 'tlsconfigdir' as const].filter(
    (name) => table[name].length > 0,
  );
  const named = `${settings.join(', ')} of ${header}`;
  const risk =
    settings.length === 0
      ? ''
      : `; a file of ${named} that cannot be read fails every pull from ${domain}`;
  if (isBroken(table)) {
    return {
      value: 'Broken',
      why: `${named} has an empty path, which fails every pull from ${domain}`,
    };
  }
  if (scheme === 'http') {
    return { value: 'NotUsed', why: `whoever listens on the way can read what is sent${risk}` };
  }
  if (table.insecure === true) {
    return {
      value: 'NotVerified',
      why: `${header} has insecure: whoever answers is believed${risk}`,
    };
  }
  return table.ca.length > 0 || table.tlsconfigdir.length > 0
    ? { value: 'PrivateCA', why: `CAs of its own beside the public ones${risk}` }
    : { value: 'PublicCAs', why: `${header} has no ca${risk}` };
}

/** A path that no file has; whether others can be read, only the builder knows. */
function isBroken({ ca, keypair }: RegistryTable): boolean {
  return [...ca, ...keypair.flatMap(({ key, cert }) => [key, cert])].includes('');
}

function afterUnauthorized(next: RouteHost | undefined): string {
  return next === undefined
    ? 'the build fails, as nobody is left to be asked'
    : `${shown(next.host)} is asked next; only the log of buildkitd says so, and the build goes on`;
}
