import { readRegistryTables } from './buildkitd-toml-reader.ts';
import { MISTAKE_NAMES } from './explanation.ts';
import type { ImageReference, Mistake, MistakeName, Step } from './explanation.ts';
import * as config from './mistakes/config-mistakes.ts';
import * as variable from './mistakes/docker-auth-config.ts';
import type { Finder, Finding } from './mistakes/finder.ts';
import * as faults from './mistakes/toml-faults.ts';
import * as toml from './mistakes/toml-mistakes.ts';
import type { Reading } from './reading.ts';

/** In config.json and in the variable. */
const both =
  (...finders: readonly Finder[]): Finder =>
  (scene) =>
    finders.flatMap((find) => find(scene));

/** One check for each name. */
const FINDERS: Readonly<Record<MistakeName, Finder>> = {
  ConfigUnreadable: config.configUnreadable,
  EntriesOutsideAuths: config.entriesOutsideAuths,
  EntryUnreadable: config.entryUnreadable,
  HubKeyNotLookedUp: both(config.hubKeyNotLookedUp, variable.hubKeyNotLookedUp),
  KeyNotTheHost: both(config.keyNotTheHost, variable.keyNotTheHost),
  PathKeysCollide: config.pathKeysCollide,
  PathKeyIsHostWide: config.pathKeyIsHostWide,
  MirrorEntryMissing: config.mirrorEntryMissing,
  HelperForHost: config.helperForHost,
  PasswordEmpty: both(config.passwordEmpty, variable.passwordEmpty),
  PasswordEndsInNewline: both(config.passwordEndsInNewline, variable.passwordEndsInNewline),
  TokenForMirror: config.tokenForMirror,
  DockerAuthConfigUnreadable: variable.dockerAuthConfigUnreadable,
  DockerAuthConfigShadows: variable.dockerAuthConfigShadows,
  TomlInvalid: faults.tomlInvalid,
  UnknownKey: faults.unknownKey,
  TableNotLookedUp: toml.tableNotLookedUp,
  PathInTableName: toml.pathInTableName,
  SchemeInMirror: toml.schemeInMirror,
  SpaceInMirror: toml.spaceInMirror,
  V2InMirror: toml.v2InMirror,
  UpperCaseInMirror: toml.upperCaseInMirror,
  MirrorIsOrigin: toml.mirrorIsOrigin,
  HttpUnderOrigin: toml.httpUnderOrigin,
  CaUnderOrigin: toml.caUnderOrigin,
  HttpAndInsecure: toml.httpAndInsecure,
  LoopbackIsHttp: toml.loopbackIsHttp,
  TokenScopeReuse: toml.tokenScopeReuse,
};

/**
 * The classic mistakes in these files, as far as they touch the image, in the order of
 * {@link MISTAKE_NAMES}. Texts hold names and hosts, never a value.
 *
 * @param steps the route of the image, as BuildKit takes it with these files
 */
export function findMistakes(
  image: ImageReference,
  { files, client, tables = new Map() }: Reading,
  steps: readonly Step[],
): readonly Mistake[] {
  const byHost = new Map(steps.map((step) => [`${step.role} ${step.host}`, step]));
  const baseTables = readRegistryTables(files.made?.base) ?? new Map();
  const scene = { image, files, client, tables, baseTables, steps: [...byHost.values()] };
  return MISTAKE_NAMES.flatMap((name) =>
    firstOf(FINDERS[name](scene)).map((found) => ({ name, ...found })),
  );
}

/** Nobody mends more than these in one go, and a file may have very many. */
const MAX_FINDINGS = 20;

function firstOf(findings: readonly Finding[]): readonly Finding[] {
  const rest = findings.length - MAX_FINDINGS;
  const more = {
    where: `and ${String(rest)} more`,
    message: 'the same there. Write those above anew, and explain again',
  };
  return rest > 0 ? [...findings.slice(0, MAX_FINDINGS), more] : findings;
}
