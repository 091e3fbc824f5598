import type { CaSource } from '../ca-bundle.ts';
import { configFaults } from './config-faults.ts';
import type { ConfigFault, UnknownKey } from './config-faults.ts';
import { isListShape } from './config-keys.ts';
import type { Scalar, Shape } from './config-keys.ts';
import { about, fail, firstProblem, ok } from '../result.ts';
import type { Check, Result } from '../result.ts';
import { isTable, parseToml, plainKey } from './toml.ts';
import type { TomlFault, TomlTable, TomlValue } from './toml.ts';

/**
 * The user's own buildkitd.toml, into which the registries are merged. It may say what a MirrorAuth
 * cannot, and nothing that a MirrorAuth says: two authors of one setting would be a guess.
 */
export interface BaseConfig {
  /** All but the registries, in the order of the text. */
  readonly settings: TomlTable;
  /** Tables of {@link BASE_REGISTRY_KEYS} by host. */
  readonly registries: ReadonlyMap<string, TomlTable>;
  /** Keys of the settings that buildkitd does not read. */
  readonly unread: readonly UnknownKey[];
}

/** What a base may set for a registry: client certificates, and folders that hold them. */
export const BASE_REGISTRY_KEYS: readonly string[] = ['keypair', 'tlsconfigdir'];

/** The other settings of a registry (moby/buildkit v0.34.2 util/resolver/config/config.go). */
const SPEC_FIELDS = {
  mirrors: 'spec.mirrors',
  http: 'spec.registries[].protocol',
  insecure: 'spec.registries[].tls.insecureSkipVerify',
  ca: 'spec.registries[].tls.caRef',
};

interface Setting {
  readonly key: string;
  readonly value: TomlValue;
}

const spellingIsNotPlain: Check<Setting> = {
  finds: ({ key }) => key !== plainKey(key),
  reason: 'BaseConfigConflict',
  message: 'buildkitd reads this key in any case; write it in lower case',
};
const settingsOfSpec: readonly Check<Setting>[] = Object.entries(SPEC_FIELDS).map(
  ([name, field]) => ({
    finds: ({ key }) => key === name,
    reason: 'BaseConfigConflict',
    message: `is the MirrorAuth's to say; write it under ${field} and take it out of the base`,
  }),
);
const keyIsUnknown: Check<Setting> = {
  finds: ({ key }) => !BASE_REGISTRY_KEYS.includes(key),
  reason: 'BaseConfigConflict',
  message: `a base may set ${BASE_REGISTRY_KEYS.join(' and ')} for a registry, nothing else; take it out`,
};
const keypairIsMisshapen: Check<Setting> = {
  finds: ({ key, value }) => key === 'keypair' && !isListOf(value, isKeypair),
  reason: 'BaseConfigInvalid',
  message: 'is no list of pairs; write [[registry."<host>".keypair]] with key and cert',
};
const tlsConfigDirIsMisshapen: Check<Setting> = {
  finds: ({ key, value }) => key === 'tlsconfigdir' && !isListOf(value, isString),
  reason: 'BaseConfigInvalid',
  message: 'is no list of folders; write tlsconfigdir = ["<folder>"]',
};

const SETTING_CHECKS: readonly Check<Setting>[] = [
  spellingIsNotPlain,
  ...settingsOfSpec,
  keyIsUnknown,
  keypairIsMisshapen,
  tlsConfigDirIsMisshapen,
];

/**
 * Reads a base. Headers, dotted keys and inline tables are the same table here; whatever spelling
 * BuildKit's reader takes for `registry` or a key below it, beside the plain one, is refused.
 *
 * @returns BaseConfigInvalid where buildkitd would not start, BaseConfigConflict where the base says
 *   what is the MirrorAuth's
 */
export function parseBaseConfig(text: string, source: CaSource): Result<BaseConfig> {
  const parsed = parseToml(text);
  return about(
    `ConfigMap ${source.configMap}, key ${source.key}`,
    parsed.ok ? baseOf(parsed.table) : fail('BaseConfigInvalid', faultText(parsed.fault)),
  );
}

function faultText(fault: TomlFault | undefined): string {
  return fault === undefined
    ? 'is nested too deeply or too large to be written again; write it shorter'
    : `is not TOML at line ${fault.line}, column ${fault.column}; correct it there`;
}

function baseOf(table: TomlTable): Result<BaseConfig> {
  if (Object.keys(table).some((key) => key !== REGISTRY && plainKey(key) === REGISTRY)) {
    return fail(
      'BaseConfigConflict',
      'buildkitd reads registry in any case; write [registry."<host>"] in lower case',
    );
  }
  const { [REGISTRY]: registries = {}, ...settings } = table;
  if (!isTable(registries)) {
    return fail('BaseConfigInvalid', 'registry is no table; write [registry."<host>"]');
  }
  const read = Object.entries(registries).map(readRegistry);
  const broken = read.find((result) => !result.ok);
  const faults = configFaults(settings);
  return (
    broken ??
    wrongType(faults) ??
    ok({
      settings,
      unread: faults.filter((fault) => fault.kind === 'UnknownKey'),
      registries: new Map(read.flatMap((result) => (result.ok ? result.value : []))),
    })
  );
}

/** The first setting of a type that buildkitd does not start with, if there is one. */
function wrongType(faults: readonly ConfigFault[]): Result<never> | undefined {
  const fault = faults.find((one) => one.kind === 'WrongType');
  if (fault === undefined) {
    return undefined;
  }
  const { path, wanted } = fault;
  const place = path.every(isPrintable) ? path.join('.') : 'a setting';
  return fail(
    'BaseConfigInvalid',
    `${place} is of a type with which buildkitd does not start; write ${wordsFor(wanted)}`,
  );
}

function wordsFor(shape: Shape): string {
  if (typeof shape === 'string') {
    return WORDS[shape];
  }
  return isListShape(shape) ? 'a list' : 'a table';
}

const WORDS: Readonly<Record<Scalar, string>> = {
  boolean: 'true or false',
  integer: 'a whole number',
  natural: 'a whole number that is not below 0',
  string: 'text in quotes',
  duration: 'a duration such as "48h"',
  size: 'a size such as "10GB"',
  any: 'another value',
};

/** None for an empty table, which says nothing. */
function readRegistry([host, value]: [string, TomlValue]): Result<
  readonly (readonly [string, TomlTable])[]
> {
  const header = isPrintable(host) ? `[registry."${host}"]` : 'a table under registry';
  if (!isTable(value)) {
    return fail('BaseConfigInvalid', `${header} is no single table; write [registry."<host>"]`);
  }
  if (host !== plainKey(host)) {
    return fail(
      'BaseConfigConflict',
      `${header} names its host in upper case, which buildkitd looks up byte for byte; write it in lower case`,
    );
  }
  for (const [key, setting] of Object.entries(value)) {
    const problem = firstProblem({ key, value: setting }, SETTING_CHECKS);
    if (problem !== undefined) {
      const subject = isPrintable(key) ? `${header} ${key}` : header;
      return about(subject, { ok: false, problem });
    }
  }
  return ok(Object.keys(value).length === 0 ? [] : [[host, value]]);
}

/** The table of buildkitd.toml that holds one table for each host. */
const REGISTRY = 'registry';

/** Fit for a message: conditions are ASCII, and nobody needs to read a name of a mile's length. */
export function isPrintable(name: string): boolean {
  return /^[!-~]{1,255}$/.test(name);
}

function isListOf(value: TomlValue, isItem: (item: TomlValue) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isString(value: TomlValue): boolean {
  return typeof value === 'string';
}

function isKeypair(value: TomlValue): boolean {
  return (
    isTable(value) &&
    Object.keys(value).toSorted().join() === 'cert,key' &&
    Object.values(value).every(isString)
  );
}
