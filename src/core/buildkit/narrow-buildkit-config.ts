import { hostOfEndpoint } from '../../api/registry-host.ts';
import { BASE_REGISTRY_KEYS } from './base-config.ts';
import type { BuildkitModel } from './buildkit-model.ts';
import {
  BUILDKITD_TOML,
  caFileName,
  registryTables,
  renderBuildkitConfig,
  withRegistries,
} from './buildkitd-toml.ts';
import { readCaFile, renderCaFile } from '../ca-bundle.ts';
import { isSame, isTable, parseToml, plainKey, writeToml } from './toml.ts';
import type { TomlTable, TomlValue } from './toml.ts';

type Files = ReadonlyMap<string, string>;

/** What of the live files may stay. */
interface Keepable {
  /** Whether what a base said may stay. */
  readonly hasBase: boolean;
  readonly tables: ReadonlyMap<string, TomlTable>;
  /** Certificates by host, of the CA files that hold the CA that is wanted for it. */
  readonly certificates: ReadonlyMap<string, readonly string[]>;
}

/**
 * The live files without what `wanted` does not want; nothing is added and what stays, stays byte
 * for byte. For when the wanted files cannot be made and removal must not wait.
 *
 * An endpoint that is still wanted stays when its CA must go: it then has to prove itself to the
 * public CAs, which is less trust and not more. The `ca` line goes with its file, because a missing
 * file fails every pull of the origin.
 *
 * A live TOML that cannot be read is written from `wanted`, without the base and without endpoints
 * whose CA is not there.
 */
export function narrowBuildkitConfig(live: Files, wanted: BuildkitModel): Files {
  const certificates = keptCertificates(live, wanted);
  const text = live.get(BUILDKITD_TOML);
  const parsed = text === undefined ? undefined : parseToml(text);
  if (text === undefined || parsed?.ok !== true) {
    return renderBuildkitConfig(withoutMissingCas(wanted, certificates), certificates);
  }
  const narrowed = narrowTable(parsed.table, {
    hasBase: wanted.hasBase,
    tables: registryTables(wanted),
    certificates,
  });
  const names = new Set([...certificates.keys()].map(caFileName));
  return new Map([
    [
      BUILDKITD_TOML,
      isSame(narrowed, parsed.table) ? text : `${commentOf(text)}${writeToml(narrowed)}`,
    ],
    ...[...live].filter(([name]) => names.has(name)),
  ]);
}

function keptCertificates(live: Files, wanted: BuildkitModel): Keepable['certificates'] {
  return new Map(
    wanted.hosts.flatMap(({ host, ca }) => {
      const text = live.get(caFileName(host)) ?? '';
      const [section] = readCaFile(text);
      const isWanted =
        section !== undefined &&
        section.configMap === ca?.configMap &&
        section.key === ca.key &&
        renderCaFile([section]) === text;
      return isWanted ? [[host, section.certificates] as const] : [];
    }),
  );
}

function narrowTable(table: TomlTable, keepable: Keepable): TomlTable {
  const settings = Object.fromEntries(
    Object.entries(table).filter(([key]) => keepable.hasBase && plainKey(key) !== 'registry'),
  );
  const registries = isTable(table['registry']) ? Object.entries(table['registry']) : [];
  return withRegistries(
    settings,
    new Map(registries.map(([host, value]) => [host, narrowRegistry(host, value, keepable)])),
  );
}

function narrowRegistry(host: string, value: TomlValue, keepable: Keepable): TomlTable {
  return Object.fromEntries(
    Object.entries(isTable(value) ? value : {}).flatMap(([key, setting]) => {
      const kept = narrowSetting({ host, key, setting }, keepable);
      return kept === undefined ? [] : [[key, kept]];
    }),
  );
}

interface LiveSetting {
  readonly host: string;
  readonly key: string;
  readonly setting: TomlValue;
}

/** What stays of one setting; undefined: nothing. */
function narrowSetting(live: LiveSetting, keepable: Keepable): TomlValue | undefined {
  const { host, key, setting } = live;
  const wanted = ownSetting(keepable.tables.get(host) ?? {}, key);
  if (BASE_REGISTRY_KEYS.includes(key)) {
    return keepable.hasBase ? setting : undefined;
  }
  if (key === 'mirrors') {
    return narrowMirrors(setting, wanted);
  }
  const stays =
    key === 'ca'
      ? keepable.certificates.has(host) && namesCaFile(setting, host)
      : isSame(setting, wanted);
  return stays ? setting : undefined;
}

/** Not what a plain object inherits: a live key may be called __proto__. */
function ownSetting(table: TomlTable, key: string): TomlValue | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function narrowMirrors(live: TomlValue, wanted: TomlValue | undefined): TomlValue | undefined {
  const endpoints =
    Array.isArray(live) && Array.isArray(wanted) ? live.filter((one) => wanted.includes(one)) : [];
  return endpoints.length === 0 ? undefined : endpoints;
}

/** In whatever folder: pods that run have it where it was mounted when they were made. */
function namesCaFile(setting: TomlValue, host: string): boolean {
  const [path, ...others] = Array.isArray(setting) ? setting : [];
  return typeof path === 'string' && path.endsWith(`/${caFileName(host)}`) && others.length === 0;
}

/** The comment lines that a TOML begins with. */
function commentOf(text: string): string {
  return /^(#[^\n]*\n|\n)*/.exec(text)?.[0] ?? '';
}

function withoutMissingCas(
  wanted: BuildkitModel,
  certificates: Keepable['certificates'],
): BuildkitModel {
  const lacksCa = new Set(
    wanted.hosts.flatMap(({ host, ca }) => (ca && !certificates.has(host) ? host : [])),
  );
  return {
    ...wanted,
    mirrors: wanted.mirrors.flatMap(({ origin, endpoints }) => {
      const usable = endpoints.filter((endpoint) => !lacksCa.has(hostOfEndpoint(endpoint)));
      return usable.length === 0 ? [] : [{ origin, endpoints: usable }];
    }),
    hosts: wanted.hosts.map(({ ca, ...host }) =>
      ca === undefined || lacksCa.has(host.host) ? host : { ...host, ca },
    ),
  };
}
