import { configKeyOf } from './credential-key.ts';
import { repeatsKey } from './repeated-key.ts';
import type { Level } from './repeated-key.ts';
import { Redacted } from '../redacted.ts';
import { fail, ok } from '../result.ts';
import type { Result } from '../result.ts';

/** Docker's config.json and the older .dockercfg: what is read of them, and what is written. */

/** What one registry is logged in with. At least one of the three is there. */
export interface Credential {
  /** Padded standard base64 of `user:password`; absent where there are only tokens. */
  readonly auth?: Redacted<string>;
  /** OAuth refresh token, good at the registry's own token service only. */
  readonly identityToken?: Redacted<string>;
  /** Bearer token, good at the registry itself only. */
  readonly registryToken?: Redacted<string>;
}

/** One entry of a file, its value not looked at yet: a broken one must not disturb the others. */
export interface RawEntry {
  readonly key: string;
  readonly value: Redacted<unknown>;
}

export interface DockerConfig {
  readonly entries: readonly RawEntry[];
  /** Keys under credHelpers, and whether a helper is named there. */
  readonly helpers: ReadonlyMap<string, boolean>;
  /** Whether credsStore names a helper for all other keys. */
  readonly hasStore: boolean;
  /** Whether an object has a key twice, in whatever case where Go does not tell them apart. */
  readonly repeatsKey: boolean;
}

/** `config.json` holds its entries under `auths`; `.dockercfg` is flat. */
export type DockerConfigFormat = 'config.json' | '.dockercfg';

/**
 * Reads the outline of a file and none of its entries. Stricter than Go's decoder where other
 * readers than docker/cli refuse: a byte order mark, bytes that are not UTF-8, text after the value.
 *
 * @returns the problem SecretInvalid without a subject; it never holds text of the file
 */
export function parseDockerConfig(
  bytes: Redacted<Uint8Array>,
  format: DockerConfigFormat,
): Result<DockerConfig> {
  const text = decodeUtf8(bytes);
  const root = parseJson(text);
  if (!isRecord(root)) {
    return fail('SecretInvalid', `not a JSON object; write ${EXAMPLES[format]}`);
  }
  const outline = {
    helpers: new Map<string, boolean>(),
    hasStore: false,
    repeatsKey: repeatsKey(text, LEVELS[format]),
  };
  if (format === '.dockercfg') {
    return ok({ ...outline, entries: entriesOf(root) });
  }
  const auths = fieldOf(root, 'auths');
  const helpers = helpersOf(fieldOf(root, 'credHelpers'));
  const hasStore = namesHelper(fieldOf(root, 'credsStore'));
  // With a helper `auths` may well be absent: the helper is what is wrong with such a file.
  if (!isRecord(auths) && !hasStore && helpers.size === 0) {
    return fail('SecretInvalid', `has no object auths; write ${EXAMPLES[format]}`);
  }
  return ok({ ...outline, entries: isRecord(auths) ? entriesOf(auths) : [], helpers, hasStore });
}

/** The file, `auths`, and an entry. */
const LEVELS: Readonly<Record<DockerConfigFormat, readonly Level[]>> = {
  'config.json': ['Struct', 'Map', 'Struct'],
  '.dockercfg': ['Map', 'Struct'],
};

/** An entry as people are told to write it. */
export const ENTRY_EXAMPLE = '{"auth": "<base64 of user:password>"}';

/** The same for a whole file. */
export const EXAMPLES: Readonly<Record<DockerConfigFormat, string>> = {
  'config.json': `{"auths": {"<host>": ${ENTRY_EXAMPLE}}}`,
  '.dockercfg': `{"<host>": ${ENTRY_EXAMPLE}}`,
};

/**
 * Whether builders ask a credential helper for this key, and then nothing else (docker/cli v29.8.2
 * cli/config/configfile/file.go getConfiguredCredentialStore: an empty name means no helper).
 */
export function isHeldByHelper(config: DockerConfig, key: string): boolean {
  return config.helpers.get(key) ?? config.hasStore;
}

/**
 * The one form that BuildKit, kubelet, Podman, kaniko and DOCKER_AUTH_CONFIG all accept: only
 * `auths`, in each entry only `auth` (and its tokens), keys sorted by code unit, no newline at the
 * end. The same input gives the same bytes.
 */
export function serialiseDockerConfig(entries: ReadonlyMap<string, Credential>): Redacted<string> {
  const members = [...entries]
    .map(([host, credential]) => ({ key: configKeyOf(host), credential }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, credential }) => `${JSON.stringify(key)}:${serialiseEntry(credential).reveal()}`);
  // Joined by hand: an object would put keys that look like integers first.
  return new Redacted(`{"auths":{${members.join(',')}}}`);
}

/** The value of one entry, as {@link serialiseDockerConfig} writes it. */
export function serialiseEntry(credential: Credential): Redacted<string> {
  return new Redacted(
    JSON.stringify({
      auth: credential.auth?.reveal(),
      identitytoken: credential.identityToken?.reveal(),
      registrytoken: credential.registryToken?.reveal(),
    }),
  );
}

/** Narrows to a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The field of this name in any case, as Go's decoder takes it; the last one wins. `Object.entries`
 * shows own keys only, so a key called `__proto__` is a key like others.
 */
export function fieldOf(record: Readonly<Record<string, unknown>>, name: string): unknown {
  const wanted = name.toLowerCase();
  return Object.entries(record).findLast(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** Empty for what is no UTF-8. */
function decodeUtf8(bytes: Redacted<Uint8Array>): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.reveal());
  } catch {
    return '';
  }
}

/** Undefined for what is no JSON. The text of the parser's error quotes its input, so it is dropped. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function entriesOf(record: Readonly<Record<string, unknown>>): readonly RawEntry[] {
  return Object.entries(record).map(([key, value]) => ({ key, value: new Redacted(value) }));
}

function helpersOf(value: unknown): ReadonlyMap<string, boolean> {
  return new Map(
    isRecord(value)
      ? Object.entries(value).map(([key, helper]): [string, boolean] => [key, namesHelper(helper)])
      : [],
  );
}

function namesHelper(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
