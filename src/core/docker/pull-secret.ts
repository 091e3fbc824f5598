import { Buffer } from 'node:buffer';
import { DOCKER_HUB } from '../../api/registry-host.ts';
import { readCaFile, renderCaFile } from '../ca-bundle.ts';
import type { CaSection } from '../ca-bundle.ts';
import { configKeyOf } from './credential-key.ts';
import { readEntry } from './auth-entry.ts';
import {
  isRecord,
  parseDockerConfig,
  serialiseDockerConfig,
  serialiseEntry,
} from './docker-config.ts';
import type { Credential, RawEntry } from './docker-config.ts';
import { Redacted } from '../redacted.ts';

/** The files of a pull Secret, as a build client mounts them at DOCKER_CONFIG. */
export interface PullSecret {
  /** By host, as a MirrorAuth names it. */
  readonly entries: ReadonlyMap<string, Credential>;
  readonly cas: readonly CaSection[];
}

/** The key that the Secret's type demands. */
const DOCKER_CONFIG_KEY = '.dockerconfigjson';
/** The same bytes under the name that clients look for, so that mounting the whole Secret works. */
const CLIENT_CONFIG_KEY = 'config.json';
/** For clients, which fetch the tokens: `SSL_CERT_FILE=$DOCKER_CONFIG/ca.crt`. */
const CA_KEY = 'ca.crt';

export function renderPullSecret({
  entries,
  cas,
}: PullSecret): ReadonlyMap<string, Redacted<Uint8Array>> {
  const config = toBytes(serialiseDockerConfig(entries).reveal());
  return new Map([
    [DOCKER_CONFIG_KEY, config],
    [CLIENT_CONFIG_KEY, config],
    ...(cas.length > 0 ? [[CA_KEY, toBytes(renderCaFile(cas))] as const] : []),
  ]);
}

/**
 * What a live Secret holds in the form of {@link renderPullSecret}; everything else is left out.
 * Rendering it again gives the bytes that were rendered before.
 */
export function readPullSecret(data: ReadonlyMap<string, Redacted<Uint8Array>>): PullSecret {
  const bytes = data.get(DOCKER_CONFIG_KEY) ?? new Redacted(new Uint8Array());
  const config = parseDockerConfig(bytes, 'config.json');
  const cas = data.get(CA_KEY)?.reveal() ?? new Uint8Array();
  return {
    entries: new Map(config.ok ? config.value.entries.flatMap(readOwnEntry) : []),
    cas: readCaFile(Buffer.from(cas).toString()),
  };
}

function readOwnEntry({ key, value }: RawEntry): readonly (readonly [string, Credential])[] {
  const host = key === configKeyOf(DOCKER_HUB) ? DOCKER_HUB : key;
  const read = readEntry(value);
  return configKeyOf(host) === key && read.ok && isWrittenAs(read.value.credential, value)
    ? [[host, read.value.credential]]
    : [];
}

function isWrittenAs(credential: Credential, value: Redacted<unknown>): boolean {
  const entry = value.reveal();
  return (
    isRecord(entry) &&
    // Deep values would overflow the stack of JSON.stringify.
    Object.values(entry).every((field) => typeof field === 'string') &&
    JSON.stringify(entry) === serialiseEntry(credential).reveal()
  );
}

function toBytes(text: string): Redacted<Uint8Array> {
  return new Redacted(Buffer.from(text));
}
