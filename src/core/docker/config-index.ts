import { hasWildcard, hostOfConfigKey } from './credential-key.ts';
import type { DockerConfig, RawEntry } from './docker-config.ts';
import { stopsDocker } from './docker-reader.ts';

/**
 * A Docker config that is asked for many hosts. What concerns the file as a whole is worked out once,
 * when it is first asked for: a file may have ten thousand entries, and a spec 64 hosts.
 */
export class ConfigIndex {
  readonly config: DockerConfig;
  #byKey: ReadonlyMap<string, RawEntry> | undefined;
  #byHost: ReadonlyMap<string | undefined, readonly RawEntry[]> | undefined;
  #broken: readonly RawEntry[] | undefined;
  #hasWildcardKey: boolean | undefined;

  constructor(config: DockerConfig) {
    this.config = config;
  }

  entry(key: string): RawEntry | undefined {
    this.#byKey ??= new Map(this.config.entries.map((entry) => [entry.key, entry]));
    return this.#byKey.get(key);
  }

  /** Entries whose keys speak of this host, in the order of the file. */
  entriesOf(host: string): readonly RawEntry[] {
    this.#byHost ??= Map.groupBy(this.config.entries, ({ key }) => hostOfConfigKey(key));
    return this.#byHost.get(host) ?? [];
  }

  /** Whether docker stops at an entry that is none of these. */
  hasBrokenEntryBeside(taken: ReadonlySet<RawEntry>): boolean {
    this.#broken ??= this.config.entries.filter(({ value }) => stopsDocker(value));
    return this.#broken.some((entry) => !taken.has(entry));
  }

  get hasWildcardKey(): boolean {
    this.#hasWildcardKey ??= this.config.entries.some(({ key }) => hasWildcard(key));
    return this.#hasWildcardKey;
  }
}
