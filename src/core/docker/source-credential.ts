import { configKeyOf, hostOfConfigKey } from './credential-key.ts';
import { loginCredential, readEntry } from './auth-entry.ts';
import { isHeldByHelper, parseDockerConfig, serialiseEntry } from './docker-config.ts';
import type { Credential, DockerConfig, DockerConfigFormat, RawEntry } from './docker-config.ts';
import type { Redacted } from '../redacted.ts';
import { about, fail, firstProblem, ok } from '../result.ts';
import type { Check, Result } from '../result.ts';

/**
 * Takes the credential of one host out of a Secret that a MirrorAuth names. Whoever may read the
 * MirrorAuth sees the messages, so they tell that the Secret exists and what kind of fault it has,
 * never a value, an entry's name or a size found in it.
 */

/** A Secret that spec names. */
export interface SourceSecret {
  readonly name: string;
  readonly type: string;
  /** Key to decoded bytes. */
  readonly data: ReadonlyMap<string, Redacted<Uint8Array>>;
  /** Whether a MirrorAuth controls it. */
  readonly isOutput: boolean;
}

/** What spec wants of the Secret: `secretRef` and the host that it stands at. */
export interface WantedCredential {
  readonly host: string;
  /** Key of an Opaque Secret that holds a config.json. */
  readonly key?: string;
  /** Key under `auths` to take among several of this host. */
  readonly entry?: string;
}

interface Lookup {
  readonly secret: SourceSecret;
  readonly wanted: WantedCredential;
}

const DOCKER_CONFIG_JSON = 'kubernetes.io/dockerconfigjson';
const DOCKERCFG = 'kubernetes.io/dockercfg';
const BASIC_AUTH = 'kubernetes.io/basic-auth';
const OPAQUE = 'Opaque';

/** By type of Secret (kubernetes.io "Secrets", Types of Secret). */
const READERS: ReadonlyMap<string, (lookup: Lookup) => Result<Credential>> = new Map([
  [DOCKER_CONFIG_JSON, (lookup) => fromDockerConfig(lookup, '.dockerconfigjson', 'config.json')],
  [DOCKERCFG, (lookup) => fromDockerConfig(lookup, '.dockercfg', '.dockercfg')],
  [OPAQUE, (lookup) => fromDockerConfig(lookup, lookup.wanted.key ?? '', 'config.json')],
  [BASIC_AUTH, fromBasicAuth],
]);

const sourceIsOutput: Check<Lookup> = {
  finds: ({ secret }) => secret.isOutput,
  reason: 'SourceIsOutput',
  message: 'is itself an output of a MirrorAuth; name the Secret that its credential comes from',
};
const keyIsMissing: Check<Lookup> = {
  finds: ({ secret, wanted }) => secret.type === OPAQUE && wanted.key === undefined,
  reason: 'UnsupportedCredential',
  message: `is of type ${OPAQUE}; name the key that holds a config.json in secretRef.key`,
};
const keyIsSuperfluous: Check<Lookup> = {
  finds: ({ secret, wanted }) => secret.type !== OPAQUE && wanted.key !== undefined,
  reason: 'UnsupportedCredential',
  message: `is not of type ${OPAQUE}: its type says the key; leave secretRef.key out`,
};
const entryIsSuperfluous: Check<Lookup> = {
  finds: ({ secret, wanted }) => secret.type === BASIC_AUTH && wanted.entry !== undefined,
  reason: 'UnsupportedCredential',
  message: `is of type ${BASIC_AUTH}, which has no entries; leave secretRef.entry out`,
};
/** Another host's credential is duplicated in the open or not at all. */
const entryIsOfAnotherHost: Check<Lookup> = {
  finds: ({ wanted: { entry, host } }) => entry !== undefined && !speaksOf(entry, host),
  reason: 'UnsupportedCredential',
  message:
    'secretRef.entry speaks of another host; name an entry of this one, or write credentials: {type: DuplicateOf}',
};

const LOOKUP_CHECKS: readonly Check<Lookup>[] = [
  sourceIsOutput,
  keyIsMissing,
  keyIsSuperfluous,
  entryIsSuperfluous,
  entryIsOfAnotherHost,
];

/**
 * The credential that `secret` holds for `wanted.host`, checked and in the form that is written.
 *
 * @returns SourceIsOutput, UnsupportedCredential, SecretInvalid, AmbiguousCredential, or
 *   CredentialNotFound, which alone may still come right by itself
 */
export function readSourceCredential(
  secret: SourceSecret,
  wanted: WantedCredential,
): Result<Credential> {
  return about(`Secret ${secret.name}`, read({ secret, wanted }));
}

function read(lookup: Lookup): Result<Credential> {
  const reader = READERS.get(lookup.secret.type);
  if (reader === undefined) {
    return fail(
      'UnsupportedCredential',
      `its type holds no registry credential; use ${DOCKER_CONFIG_JSON}, ${DOCKERCFG}, ${BASIC_AUTH}, or ${OPAQUE} with secretRef.key`,
    );
  }
  const problem = firstProblem(lookup, LOOKUP_CHECKS);
  return problem === undefined ? reader(lookup) : { ok: false, problem };
}

/**
 * The same credential, if another host may be given it. Tokens are good at the token service that
 * issued them; handing on user and password alone would not be what the entry says.
 */
export function duplicable(credential: Credential, secretName: string): Result<Credential> {
  return credential.identityToken === undefined && credential.registryToken === undefined
    ? ok(credential)
    : fail(
        'UnsupportedCredential',
        `Secret ${secretName}: holds an identitytoken or registrytoken, which no other host accepts; log in with user and password, or give the mirror a credential of its own`,
      );
}

function fromBasicAuth({ secret }: Lookup): Result<Credential> {
  const user = secret.data.get('username');
  const password = secret.data.get('password');
  return user === undefined || password === undefined
    ? fail('SecretInvalid', 'lacks username or password; write both keys')
    : loginCredential(user, password);
}

function fromDockerConfig(
  { secret, wanted }: Lookup,
  key: string,
  format: DockerConfigFormat,
): Result<Credential> {
  const bytes = secret.data.get(key);
  if (bytes === undefined) {
    return fail('CredentialNotFound', `has no key ${key}; write a ${format} there`);
  }
  const config = about(`key ${key}`, parseDockerConfig(bytes, format));
  return config.ok ? entryOf(config.value, wanted) : config;
}

function entryOf(config: DockerConfig, wanted: WantedCredential): Result<Credential> {
  const { host } = wanted;
  if (isHeldByHelper(config, configKeyOf(host))) {
    return fail(
      'UnsupportedCredential',
      `a credential helper holds the credential of ${host}; write auth under auths and take credsStore and credHelpers out`,
    );
  }
  const exact = config.entries.find(({ key }) => key === (wanted.entry ?? configKeyOf(host)));
  if (exact !== undefined) {
    return about(`entry of ${host}`, readEntry(exact.value));
  }
  return wanted.entry === undefined
    ? readAlike(
        config.entries.filter(({ key }) => hostOfConfigKey(key) === host),
        host,
      )
    : fail('CredentialNotFound', 'has no entry as in secretRef.entry; correct one of the two');
}

/** Builders take any of several entries at random, which does no harm while all say the same. */
function readAlike([first, ...others]: readonly RawEntry[], host: string): Result<Credential> {
  if (first === undefined) {
    return fail(
      'CredentialNotFound',
      `has no entry of ${host}; log in to that host, or name another Secret`,
    );
  }
  const credential = readEntry(first.value);
  const text = textOf(credential);
  return others.every(({ value }) => textOf(readEntry(value)) === text)
    ? about(`entry of ${host}`, credential)
    : fail(
        'AmbiguousCredential',
        `several entries of ${host} differ, of which builders take one at random; write one under the host alone, or name one in secretRef.entry`,
      );
}

function textOf(credential: Result<Credential>): string | undefined {
  return credential.ok ? serialiseEntry(credential.value).reveal() : undefined;
}

function speaksOf(key: string, host: string): boolean {
  return key === configKeyOf(host) || hostOfConfigKey(key) === host;
}
