import { readRegistryTables } from './buildkitd-toml-reader.ts';
import { readClientFiles } from './docker-lookup.ts';
import { MISTAKE_NAMES } from './explanation.ts';
import type { BuilderFiles, ImageReference, Mistake, MistakeName, Step } from './explanation.ts';
import * as config from './mistakes/config-mistakes.ts';
import * as variable from './mistakes/docker-auth-config.ts';
import type { Finder } from './mistakes/finder.ts';
import * as faults from './mistakes/toml-faults.ts';
import * as toml from './mistakes/toml-mistakes.ts';

/** One check for each name. */
const FINDERS: Readonly<Record<MistakeName, Finder>> = {
  ConfigUnreadable: config.configUnreadable,
  EntriesOutsideAuths: config.entriesOutsideAuths,
  EntryUnreadable: config.entryUnreadable,
  HubKeyNotLookedUp: config.hubKeyNotLookedUp,
  KeyNotTheHost: config.keyNotTheHost,
  PathKeysCollide: config.pathKeysCollide,
  PathKeyIsHostWide: config.pathKeyIsHostWide,
  MirrorEntryMissing: config.mirrorEntryMissing,
  HelperForHost: config.helperForHost,
  PasswordEmpty: config.passwordEmpty,
  PasswordEndsInNewline: config.passwordEndsInNewline,
  TokenForMirror: config.tokenForMirror,
  DockerAuthConfigUnreadable: variable.dockerAuthConfigUnreadable,
  DockerAuthConfigShadows: variable.dockerAuthConfigShadows,
  TomlInvalid: faults.tomlInvalid,
  UnknownKey: faults.unknownKey,
  TableNotLookedUp: toml.tableNotLookedUp,
  PathInTableName: toml.pathInTableName,
  SchemeInMirror: toml.schemeInMirror,
  V2InMirror: toml.v2InMirror,
  UpperCaseInMirror: toml.upperCaseInMirror,
  MirrorIsOrigin: toml.mirrorIsOrigin,
  HttpUnderOrigin: toml.httpUnderOrigin,
  CaUnderOrigin: toml.caUnderOrigin,
  HttpAndInsecure: toml.httpAndInsecure,
  LoopbackIsHttp: toml.loopbackIsHttp,
};

/**
 * The classic mistakes in these files, as far as they touch the image, in the order of
 * {@link MISTAKE_NAMES}. Texts hold names and hosts, never a value.
 *
 * @param steps the route of the image, as BuildKit takes it with these files
 */
export function findMistakes(
  image: ImageReference,
  files: BuilderFiles,
  steps: readonly Step[],
): readonly Mistake[] {
  const scene = {
    image,
    files,
    steps,
    tables: readRegistryTables(files.buildkitdToml) ?? new Map(),
    client: readClientFiles(files),
  };
  return MISTAKE_NAMES.flatMap((name) => FINDERS[name](scene).map((found) => ({ name, ...found })));
}
