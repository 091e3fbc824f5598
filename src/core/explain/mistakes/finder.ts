import type { BuilderFiles, ImageReference, Step } from '../explanation.ts';
import type { ClientFiles } from '../docker-lookup.ts';
import type { RegistryTable } from '../buildkitd-toml-reader.ts';

/** By name; none where buildkitd does not start: that is to be mended first. */
export type RegistryTables = ReadonlyMap<string, RegistryTable>;

/** What the checks look at. */
export interface Scene {
  readonly image: ImageReference;
  readonly files: BuilderFiles;
  /** One for each host: what is found for it is the same, whatever path it is asked for. */
  readonly steps: readonly Step[];
  readonly tables: RegistryTables;
  /** Of the base, where mirrorauth makes the file. */
  readonly baseTables: RegistryTables;
  readonly client: ClientFiles;
}

export interface Finding {
  /** File and place in it. */
  readonly where: string;
  /** What is so; what to write instead. */
  readonly message: string;
}

/** One small check: all places where one mistake was made. */
export type Finder = (scene: Scene) => readonly Finding[];
