import {
  bytesOfText,
  decodeStandard,
  foundCredential,
  NO_PARTS,
  withoutNuls,
} from './found-credential.ts';
import type { CredentialParts, FoundCredential } from './found-credential.ts';
import { fits, isField, mapField, membersOf, NULL, parseFirst, stringField } from './go-json.ts';
import type { FirstValue, GoJson, JsonShape } from './go-json.ts';
import { cut, hostnameAndPort, joinHostPort, parseGoUrl } from './go-url.ts';
import type { Redacted } from '../redacted.ts';

/**
 * A config.json as docker/cli v29.9.0 cli/config/configfile/file.go loads it, broken or not. The
 * reading of sources in src/core/docker is another one: it takes what was meant.
 */
export interface ReadDockerConfig {
  /**
   * `NotJson`: it is no object of JSON. `WrongType`: somewhere in it a value has the wrong type, for
   * which no `auth` is decoded at all.
   */
  readonly fault: 'NotJson' | 'WrongType' | undefined;
  readonly entries: ReadonlyMap<string, ReadEntry>;
  /** Entries by the host that is left of their key; among several Go's map order decides. */
  readonly byHostname: ReadonlyMap<string, readonly ReadEntry[]>;
  /** Keys whose `auth` cannot be decoded: reading stops at the first of them, in map order. */
  readonly malformed: readonly string[];
  /** Keys under credHelpers, and whether a helper is named there. */
  readonly helpers: ReadonlyMap<string, boolean>;
  /** Whether credsStore names one for all other keys. */
  readonly hasStore: boolean;
}

export interface ReadEntry {
  readonly key: string;
  /** What it holds before its `auth` is decoded. */
  readonly literal: FoundCredential;
  /** What it holds afterwards; undefined: `auth` is malformed. */
  readonly decoded: FoundCredential | undefined;
  /** Whether the wrong type is in this entry. */
  readonly hasWrongType: boolean;
}

const ENTRY_SHAPE: JsonShape = {
  struct: {
    username: 'string',
    password: 'string',
    auth: 'string',
    serveraddress: 'string',
    identitytoken: 'string',
    registrytoken: 'string',
  },
};
const STRINGS: JsonShape = { mapOf: 'string' };

/** The struct ConfigFile; what it does not have may be of any type. */
const CONFIG_SHAPE: JsonShape = {
  struct: {
    auths: { mapOf: ENTRY_SHAPE },
    HttpHeaders: STRINGS,
    psFormat: 'string',
    imagesFormat: 'string',
    networksFormat: 'string',
    pluginsFormat: 'string',
    volumesFormat: 'string',
    statsFormat: 'string',
    detachKeys: 'string',
    credsStore: 'string',
    credHelpers: STRINGS,
    serviceInspectFormat: 'string',
    servicesFormat: 'string',
    tasksFormat: 'string',
    secretFormat: 'string',
    configFormat: 'string',
    nodesFormat: 'string',
    pruneFilters: { listOf: 'string' },
    proxies: {
      mapOf: {
        struct: {
          httpProxy: 'string',
          httpsProxy: 'string',
          noProxy: 'string',
          ftpProxy: 'string',
          allProxy: 'string',
        },
      },
    },
    currentContext: 'string',
    cliPluginsExtraDirs: { listOf: 'string' },
    plugins: { mapOf: STRINGS },
    aliases: STRINGS,
    features: STRINGS,
  },
};

/** Bytes as Go's decoder takes them: what is no UTF-8 becomes a sign of its own, and a BOM stays. */
export function textOfBytes(bytes: Redacted<Uint8Array>): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.reveal());
}

/** @param bytes undefined: there is no file, which is as good as an empty one */
export function readDockerConfig(bytes: Redacted<Uint8Array> | undefined): ReadDockerConfig {
  const root = parseFirst(bytes === undefined ? '' : textOfBytes(bytes));
  const value = root?.value ?? NULL;
  const entries = [...mapField(value, 'auths')].map(([key, entry]) => readEntry(key, entry));
  const helpers = [...mapField(value, 'credHelpers')];
  return {
    fault: root === undefined ? 'NotJson' : faultOf(value),
    entries: new Map(entries.map((entry) => [entry.key, entry])),
    byHostname: Map.groupBy(entries, ({ key }) => convertToHostname(key)),
    malformed: entries.filter(({ decoded }) => decoded === undefined).map(({ key }) => key),
    helpers: new Map(
      helpers.map(([key, helper]) => [key, helper.kind === 'String' && helper.text !== '']),
    ),
    hasStore: stringField(value, 'credsStore') !== '',
  };
}

function faultOf(value: GoJson): ReadDockerConfig['fault'] {
  if (value.kind !== 'Object' && value.kind !== 'Null') {
    return 'NotJson';
  }
  return fits(value, CONFIG_SHAPE) ? undefined : 'WrongType';
}

function readEntry(key: string, value: GoJson): ReadEntry {
  const literal: CredentialParts = {
    user: bytesOfText(stringField(value, 'username')),
    password: bytesOfText(stringField(value, 'password')),
    identityToken: stringField(value, 'identitytoken'),
    registryToken: stringField(value, 'registrytoken'),
  };
  const auth = stringField(value, 'auth');
  const login = auth === '' ? literal : decodeAuth(auth);
  return {
    key,
    literal: foundCredential(literal),
    decoded: login && foundCredential({ ...literal, user: login.user, password: login.password }),
    hasWrongType: !fits(value, ENTRY_SHAPE),
  };
}

/** file.go decodeAuth: padded base64 of the standard alphabet, a user and a colon. */
export function decodeAuth(auth: string): Pick<CredentialParts, 'user' | 'password'> | undefined {
  const [user, password] = cut(decodeStandard(auth) ?? '', ':');
  return user === '' || password === undefined
    ? undefined
    : { user, password: withoutNuls(password) };
}

/** cli/config/credentials/file_store.go ConvertToHostname */
export function convertToHostname(key: string): string {
  if (key.includes('://')) {
    const { name, port } = hostnameAndPort(parseGoUrl(key)?.host ?? '');
    if (name !== '') {
      return port === '' ? name : joinHostPort(name, port);
    }
    const fallback = hostOfRefusedUrl(key);
    if (fallback !== '') {
      return fallback;
    }
  }
  return cut(key, '/')[0];
}

/** file_store.go hostFromURLFallback: IPv6 addresses without brackets. */
function hostOfRefusedUrl(key: string): string {
  const [, rest = ''] = cut(key, '://');
  const [host] = cut(rest, '/');
  const isBare = !host.startsWith('[');
  const parts = isBare ? /^(?<address>.+):(?<port>[0-9]+)$/s.exec(host)?.groups : undefined;
  return parts === undefined ? host : joinHostPort(parts['address'] ?? '', parts['port'] ?? '');
}

/**
 * DOCKER_AUTH_CONFIG as file.go parseEnvConfig takes it: nothing but `auths`, in each entry nothing
 * but `auth`, and one broken entry spoils all.
 *
 * @returns undefined for one that is left aside
 */
export function readDockerAuthConfig(
  text: Redacted<string>,
): ReadonlyMap<string, FoundCredential> | undefined {
  const root = parseFirst(text.reveal());
  const logins = [...mapField(root?.value ?? NULL, 'auths')].map(
    ([key, entry]) => [key, decodeAuth(stringField(entry, 'auth'))] as const,
  );
  const decoded = logins.flatMap(([key, login]) =>
    login === undefined ? [] : [[key, foundCredential({ ...NO_PARTS, ...login })] as const],
  );
  return root !== undefined && isPlain(root) && decoded.length === logins.length
    ? new Map(decoded)
    : undefined;
}

/** One object of known fields; a bracket that closes nothing may follow (Decoder.More). */
function isPlain({ value, rest }: FirstValue): boolean {
  return (
    fits(value, { struct: { auths: { mapOf: { struct: { auth: 'string' } } } } }) &&
    membersOf(value).every(
      (member) =>
        isField(member, 'auths') &&
        membersOf(member.value).every((entry) =>
          membersOf(entry.value).every((field) => isField(field, 'auth')),
        ),
    ) &&
    /^[ \t\r\n]*(?:$|[\]}])/.test(rest)
  );
}
