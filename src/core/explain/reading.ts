import { readRegistryTables } from './buildkitd-toml-reader.ts';
import type { RegistryTable } from './buildkitd-toml-reader.ts';
import { readClientFiles } from './docker-lookup.ts';
import type { ClientFiles } from './docker-lookup.ts';
import type { BuilderFiles, StepCredential } from './explanation.ts';
import { shown } from './mistakes/shown.ts';

/** The files of a build, read once for all hosts that are asked. */
export interface Reading {
  readonly files: BuilderFiles;
  readonly client: ClientFiles;
  /** Undefined: buildkitd does not start, or its file could not be made. */
  readonly tables: ReadonlyMap<string, RegistryTable> | undefined;
}

export function readFiles(files: BuilderFiles): Reading {
  return {
    files,
    client: readClientFiles(files),
    tables:
      files.made?.notMade.buildkitdToml === undefined
        ? readRegistryTables(files.buildkitdToml)
        : undefined,
  };
}

/** Why a key is not there that mirrorauth was to write. */
export function whyUnresolved(key: string, { made }: BuilderFiles): string | undefined {
  const why = made?.unresolved.get(key);
  return why && `spec wants a login here, and ${why}; in a cluster the last good entry is kept`;
}

/** The key of config.json under which something was found, and where that came from. */
export function placeOf(
  key: string | undefined,
  { config }: BuilderFiles,
): Pick<StepCredential, 'key' | 'from'> {
  return key === undefined || config === undefined
    ? {}
    : { key: shown(key), from: config.origins.get(key) ?? config.name };
}
