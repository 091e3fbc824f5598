import { configKeyOf } from '../docker/credential-key.ts';
import { HUB_HOST } from './buildkitd-toml-reader.ts';
import { textOfBytes } from './docker-config-reader.ts';
import type { BuilderFiles, ImageReference, OtherReader, StepCredential } from './explanation.ts';
import {
  decodeStandard,
  distinct,
  foundCredential,
  NO_CREDENTIAL,
  NO_PARTS,
  withoutNuls,
} from './found-credential.ts';
import type { FoundCredential } from './found-credential.ts';
import { fits, mapField, parseWhole, stringField } from './go-json.ts';
import type { GoJson } from './go-json.ts';
import { cut } from './go-url.ts';
import { memoised } from './memoised.ts';
import { quoted } from './mistakes/shown.ts';
import { placeOf, whyUnresolved } from './reading.ts';
import type { Reading } from './reading.ts';
import { NO_SUCH_NAME, sameRoute } from './same-route.ts';

/** Podman, Buildah and CRI-O, with the file as --authfile (go.podman.io/image/v5 v5.42.0 pkg/docker/config/config.go). */

export interface PodmanFile {
  readonly auths: ReadonlyMap<string, GoJson>;
  /** The same by the registry that their keys are another writing of. */
  readonly byRegistry: ReadonlyMap<string, readonly (readonly [string, GoJson])[]>;
  /** Registries under credHelpers. */
  readonly helpers: ReadonlySet<string>;
}

/** One for each key that may be taken. */
export interface PodmanOutcome {
  readonly key: string;
  /** Undefined: its auth is no base64, for which the pull fails. */
  readonly credential: FoundCredential | undefined;
}

export function podmanReader(image: ImageReference, reading: Reading): OtherReader {
  const file = readPodmanFile(reading.files);
  const credentialOf = memoised((place) => podmanCredential(place, file, reading));
  return {
    name: 'Podman, Buildah, CRI-O',
    hosts: sameRoute(image, reading).map(({ host, name }) => ({
      host,
      credential:
        name === undefined || isRefused(name)
          ? NO_SUCH_NAME
          : credentialOf(placeOfName(name, file)),
    })),
    difference:
      'With the same mirrors in registries.conf and the file as authfile it looks up the ' +
      'repository at the mirror, then each path above it, then the host, so that paths of one ' +
      'host may have logins of their own. docker.io is a key too. Of an entry it reads auth and ' +
      'identitytoken, of helpers credHelpers; DOCKER_AUTH_CONFIG is nothing to it.',
  };
}

/** Its own copy of the grammar (docker/reference/regexp.go) knows no IPv6 addresses. */
function isRefused({ domain }: Pick<ImageReference, 'domain'>): boolean {
  return domain.startsWith('[');
}

function podmanCredential(
  place: string,
  file: PodmanFile | undefined,
  { files }: Reading,
): StepCredential {
  if (file === undefined) {
    return { kind: 'Unreadable', why: 'the file is no JSON of the right types: every pull fails' };
  }
  if (file.helpers.has(place)) {
    return { kind: 'Helper', why: `credHelpers names a helper for ${quoted(place)}` };
  }
  const found = outcomesAt(place, file);
  const [first] = found;
  if (first === undefined) {
    return {
      kind: 'Anonymous',
      why:
        whyUnresolved(configKeyOf(place), files) ??
        `no key is ${quoted(place)}, below it or another writing of it`,
    };
  }
  return { ...verdictOf(found), ...placeOf(first.key, files) };
}

/** Names of keys that are told at most. */
const MAX_KEYS = 5;

function verdictOf(found: readonly PodmanOutcome[]): Pick<StepCredential, 'kind' | 'why'> {
  if (found.some(({ credential }) => credential === undefined)) {
    return { kind: 'Unreadable', why: 'its auth is no base64: the pull fails' };
  }
  const credentials = found.map(({ credential = NO_CREDENTIAL }) => credential);
  const [{ kind } = NO_CREDENTIAL, ...others] = distinct(credentials);
  if (others.length > 0) {
    const keys = found.slice(0, MAX_KEYS).map(({ key }) => quoted(key));
    return { kind: 'Random', why: `another one in each run of ${keys.join(', ')}` };
  }
  return {
    kind,
    why:
      kind === 'Anonymous'
        ? 'it holds no auth with user and password'
        : 'it is the longest key that fits',
  };
}

/** Undefined: it is refused, and every pull fails. */
export function readPodmanFile({ config }: BuilderFiles): PodmanFile | undefined {
  const root = parseWhole(config === undefined ? '{}' : textOfBytes(config.bytes));
  const isTaken =
    root !== undefined &&
    fits(root, {
      struct: {
        auths: { mapOf: { struct: { auth: 'string', identitytoken: 'string' } } },
        credHelpers: { mapOf: 'string' },
      },
    });
  if (!isTaken) {
    return undefined;
  }
  const auths = mapField(root, 'auths');
  return {
    auths,
    byRegistry: Map.groupBy(auths, ([key]) => normalisedKey(key)),
    helpers: new Set(mapField(root, 'credHelpers').keys()),
  };
}

/** Where findCredentialsInFile ends: at a helper's registry, the longest key that fits, or the registry. */
export function placeOfName(
  { domain, path }: Pick<ImageReference, 'domain' | 'path'>,
  file: PodmanFile | undefined,
): string {
  const isKey = (key: string): boolean => file?.auths.has(key) === true;
  return file?.helpers.has(domain) === true
    ? domain
    : (keysAbove(`${domain}/${path}`).find(isKey) ?? domain);
}

/** The key itself, or other ways to write the registry. */
export function outcomesAt(place: string, file: PodmanFile): readonly PodmanOutcome[] {
  const exact = file.auths.get(place);
  const entries =
    exact === undefined
      ? (file.byRegistry.get(normalisedRegistry(place)) ?? [])
      : [[place, exact] as const];
  return entries.map(([key, value]) => ({ key, credential: decode(value) }));
}

/** Longest first; names of images have at most 255 characters. */
function keysAbove(name: string): readonly string[] {
  const segments = name.split('/');
  return segments.map((_, index) => segments.slice(0, segments.length - index).join('/'));
}

/** decodeDockerAuth: without a colon it is an empty entry. */
function decode(value: GoJson): FoundCredential | undefined {
  const decoded = decodeStandard(stringField(value, 'auth'));
  if (decoded === undefined) {
    return undefined;
  }
  const [user, password] = cut(decoded, ':');
  const identityToken = stringField(value, 'identitytoken');
  return password === undefined
    ? NO_CREDENTIAL
    : foundCredential({ ...NO_PARTS, user, password: withoutNuls(password), identityToken });
}

/** normalizeAuthFileKey: a path is cut off only behind a scheme. */
function normalisedKey(key: string): string {
  const withoutHttp = key.startsWith('http://') ? key.slice('http://'.length) : key;
  const stripped = withoutHttp.startsWith('https://')
    ? withoutHttp.slice('https://'.length)
    : withoutHttp;
  return normalisedRegistry(stripped === key ? key : cut(stripped, '/')[0]);
}

function normalisedRegistry(registry: string): string {
  return registry === HUB_HOST || registry === 'docker.io' ? 'index.docker.io' : registry;
}
