import { loginCredential } from './auth-entry.ts';
import { aboutCredential } from './checked-credential.ts';
import type { CheckedCredential } from './checked-credential.ts';
import { ConfigIndex } from './config-index.ts';
import { parseDockerConfig } from './docker-config.ts';
import type { DockerConfigFormat } from './docker-config.ts';
import { credentialOfHost, speaksOf } from './host-entry.ts';
import type { WantedEntry } from './host-entry.ts';
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
export interface WantedCredential extends WantedEntry {
  /** Key of an Opaque Secret that holds a config.json. */
  readonly key?: string;
}

/** What was found there, and what people should look at all the same. */
export type SourceCredential = CheckedCredential;

/** Gives the credential of one host after another. */
export type SourceReader = (wanted: WantedCredential) => Result<SourceCredential>;

interface Lookup {
  readonly secret: SourceSecret;
  readonly wanted: WantedCredential;
  /** The Docker config under a key of the Secret, read once. */
  readonly config: (key: string, format: DockerConfigFormat) => Result<ConfigIndex>;
}

const DOCKER_CONFIG_JSON = 'kubernetes.io/dockerconfigjson';
const DOCKERCFG = 'kubernetes.io/dockercfg';
const BASIC_AUTH = 'kubernetes.io/basic-auth';
const OPAQUE = 'Opaque';

/** The key under which a Secret of this type has its Docker config. */
const CONFIG_KEYS: ReadonlyMap<string, string> = new Map([
  [DOCKER_CONFIG_JSON, '.dockerconfigjson'],
  [DOCKERCFG, '.dockercfg'],
]);

/**
 * The key of the Secret that a credential is read from; undefined where there is none, or several.
 *
 * @param key as spec names it
 */
export function configKey({ type }: SourceSecret, key: string | undefined): string | undefined {
  return type === OPAQUE ? key : CONFIG_KEYS.get(type);
}

/** By type of Secret (kubernetes.io "Secrets", Types of Secret). */
const READERS: ReadonlyMap<string, (lookup: Lookup) => Result<SourceCredential>> = new Map([
  [DOCKER_CONFIG_JSON, (lookup) => fromDockerConfig(lookup, 'config.json')],
  [DOCKERCFG, (lookup) => fromDockerConfig(lookup, '.dockercfg')],
  [OPAQUE, (lookup) => fromDockerConfig(lookup, 'config.json')],
  [BASIC_AUTH, fromBasicAuth],
]);

const sourceIsOutput: Check<Lookup> = {
  finds: ({ secret }) => secret.isOutput,
  reason: 'SourceIsOutput',
  message: 'is itself an output of a MirrorAuth; name the Secret that its credential comes from',
};
const loginHasNoType: Check<Lookup> = {
  finds: ({ secret: { type, data }, wanted }) =>
    type === OPAQUE && wanted.key === undefined && data.has('username') && data.has('password'),
  reason: 'UnsupportedCredential',
  message: `is of type ${OPAQUE}; write type: ${BASIC_AUTH} for its username and password, or name a key that holds a config.json in secretRef.key`,
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
  loginHasNoType,
  keyIsMissing,
  keyIsSuperfluous,
  entryIsSuperfluous,
  entryIsOfAnotherHost,
];

/**
 * Reads the credential that `secret` holds for a host, checked and in the form that is written. The
 * files in it are parsed once, however many hosts are asked for.
 *
 * @returns SourceIsOutput, UnsupportedCredential, SecretInvalid, AmbiguousCredential, or
 *   CredentialNotFound, which alone may still come right by itself
 */
export function sourceReader(secret: SourceSecret): SourceReader {
  const configs = new Map<string, Result<ConfigIndex>>();
  const config: Lookup['config'] = (key, format) => {
    const parsed = configs.get(key) ?? readConfig(secret, key, format);
    configs.set(key, parsed);
    return parsed;
  };
  return (wanted) => aboutCredential(`Secret ${secret.name}`, read({ secret, wanted, config }));
}

function readConfig(
  { type, data }: SourceSecret,
  key: string,
  format: DockerConfigFormat,
): Result<ConfigIndex> {
  const bytes = data.get(key);
  if (bytes === undefined) {
    const cure = type === OPAQUE ? 'correct secretRef.key, or write' : 'write';
    return fail('CredentialNotFound', `has no key ${key}; ${cure} a ${format} there`);
  }
  const parsed = about(`key ${key}`, parseDockerConfig(bytes, format));
  return parsed.ok ? ok(new ConfigIndex(parsed.value)) : parsed;
}

function read(lookup: Lookup): Result<SourceCredential> {
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
export function duplicable(source: SourceCredential, secretName: string): Result<SourceCredential> {
  const { credential } = source;
  return credential.identityToken === undefined && credential.registryToken === undefined
    ? ok(source)
    : fail(
        'UnsupportedCredential',
        `Secret ${secretName}: holds an identitytoken or registrytoken, which no other host accepts; log in with user and password, or give the mirror a credential of its own`,
      );
}

function fromBasicAuth({ secret }: Lookup): Result<SourceCredential> {
  const user = secret.data.get('username');
  const password = secret.data.get('password');
  return user === undefined || password === undefined
    ? fail('SecretInvalid', 'lacks username or password; write both keys')
    : loginCredential(user, password);
}

function fromDockerConfig(
  { secret, wanted, config }: Lookup,
  format: DockerConfigFormat,
): Result<SourceCredential> {
  const read = config(configKey(secret, wanted.key) ?? '', format);
  return read.ok ? credentialOfHost(read.value, wanted) : read;
}
