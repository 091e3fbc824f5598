import { DOCKER_HUB } from '../../api/registry-host.ts';
import { configKeyOf } from '../docker/credential-key.ts';
import { NO_CREDENTIAL } from './found-credential.ts';
import type { FoundCredential } from './found-credential.ts';
import { readDockerAuthConfig, readDockerConfig } from './docker-config-reader.ts';
import type { ReadDockerConfig, ReadEntry } from './docker-config-reader.ts';
import type { BuilderFiles } from './explanation.ts';

/**
 * Under which key docker's own reader, which BuildKit's clients and kaniko share, finds what
 * (docker/cli v29.9.0 cli/config/configfile/file.go GetAuthConfig).
 */

export interface ClientFiles {
  readonly config: ReadDockerConfig;
  /** What DOCKER_AUTH_CONFIG holds; undefined: it is not set, or left aside. */
  readonly variable: ReadonlyMap<string, FoundCredential> | undefined;
}

export function readClientFiles({ config, dockerAuthConfig }: BuilderFiles): ClientFiles {
  return {
    config: readDockerConfig(config?.bytes),
    variable: dockerAuthConfig && readDockerAuthConfig(dockerAuthConfig),
  };
}

export type Lookup =
  | { readonly place: 'Variable'; readonly key: string; readonly credential: FoundCredential }
  | {
      readonly place: 'Helper';
      readonly key: string;
      readonly setting: 'credHelpers' | 'credsStore';
    }
  | FileLookup;

export interface FileLookup {
  readonly place: 'File';
  /** What was asked for, and the key that this stands for. */
  readonly wanted: string;
  readonly key: string;
  /** Each is one that some run may have. */
  readonly outcomes: readonly [Outcome, ...Outcome[]];
  /** Those that the key leads to. */
  readonly entries: readonly ReadEntry[];
}

export interface Outcome {
  /** Undefined: none was found. */
  readonly key: string | undefined;
  readonly credential: FoundCredential;
}

/** The one key of Docker Hub, by which two of its names are replaced. */
export const HUB_KEY = configKeyOf(DOCKER_HUB);

/** The variable first, then a helper, and `auths` only if there is neither. */
export function lookUp({ config, variable }: ClientFiles, wanted: string): Lookup {
  const key = keyFor(wanted);
  const credential = variable?.get(key);
  if (credential !== undefined) {
    return { place: 'Variable', key, credential };
  }
  if (config.helpers.get(key) ?? config.hasStore) {
    const setting = config.helpers.has(key) ? 'credHelpers' : 'credsStore';
    return { place: 'Helper', key, setting };
  }
  return { wanted, ...lookUpAuths(config, key) };
}

/** getAuthConfigKey, since docker/cli v29.5.0 and so since BuildKit 0.31. */
export function keyFor(wanted: string): string {
  return wanted === 'docker.io' || wanted === 'index.docker.io' ? HUB_KEY : wanted;
}

/** The exact key, or else all whose host it is. */
function lookUpAuths(config: ReadDockerConfig, key: string): Omit<FileLookup, 'wanted'> {
  const exact = config.entries.get(key);
  const entries = exact === undefined ? (config.byHostname.get(key) ?? []) : [exact];
  const [first = NOT_FOUND, ...others] = entries.flatMap((entry) => outcomesOf(entry, config));
  return { place: 'File', key, outcomes: [first, ...others], entries };
}

const NOT_FOUND: Outcome = { key: undefined, credential: NO_CREDENTIAL };

/** Two where reading may stop before this entry, at another one; that of a whole reading first. */
function outcomesOf(
  { key, literal, decoded }: ReadEntry,
  { fault, malformed }: ReadDockerConfig,
): readonly Outcome[] {
  if (fault !== undefined || decoded === undefined) {
    return [{ key, credential: literal }];
  }
  return [decoded, ...(malformed.length > 0 ? [literal] : [])].map((credential) => ({
    key,
    credential,
  }));
}
