import { configFaults } from '../buildkit/config-faults.ts';
import { isTable, parseToml, plainKey } from '../buildkit/toml.ts';
import type { TomlTable, TomlValue } from '../buildkit/toml.ts';
import type { BuildkitdTomlFile } from './explanation.ts';
import { cleanPath, isLoopbackHost, parseGoUrl } from './go-url.ts';

/** What buildkitd makes of its registry tables (moby/buildkit v0.34.2 util/resolver). */

/** One table, by util/resolver/config/config.go. */
export interface RegistryTable {
  readonly mirrors: readonly string[];
  readonly http: boolean | undefined;
  readonly insecure: boolean | undefined;
  readonly ca: readonly string[];
  readonly keypair: readonly { readonly key: string; readonly cert: string }[];
  readonly tlsconfigdir: readonly string[];
}

/** What is said of a host that has none. */
export const NO_TABLE: RegistryTable = {
  mirrors: [],
  http: undefined,
  insecure: undefined,
  ca: [],
  keypair: [],
  tlsconfigdir: [],
};

/**
 * The tables by their names, of which none has a host that is looked up in any other form.
 *
 * @param file undefined: there is none, which is as good as an empty one
 * @returns undefined where buildkitd does not start
 */
export function readRegistryTables(
  file: BuildkitdTomlFile | undefined,
): ReadonlyMap<string, RegistryTable> | undefined {
  const parsed = parseToml(file?.text ?? '');
  if (!parsed.ok || configFaults(parsed.table).some(({ kind }) => kind === 'WrongType')) {
    return undefined;
  }
  const tables = new Map<string, RegistryTable>();
  for (const [host, settings] of below(parsed.table, 'registry')) {
    tables.set(host, fill(tables.get(host) ?? NO_TABLE, settings));
  }
  return tables;
}

/** Members of a table whose own name may be in any case, and so may stand there several times. */
function below(table: TomlTable, name: string): readonly (readonly [string, TomlValue])[] {
  return Object.entries(table).flatMap(([key, value]) =>
    plainKey(key) === name && isTable(value) ? Object.entries(value) : [],
  );
}

/** Of a key in several spellings the last one counts; of tables, the spelling that came in last. */
function fill(table: RegistryTable, settings: TomlValue): RegistryTable {
  const values = new Map(
    Object.entries(isTable(settings) ? settings : {}).map(([key, value]) => [plainKey(key), value]),
  );
  const list = <T>(key: string, read: (item: TomlValue) => T): readonly T[] | undefined => {
    const value = values.get(key);
    return value === undefined ? undefined : itemsOf(value).map(read);
  };
  return {
    mirrors: list('mirrors', textOf) ?? table.mirrors,
    http: booleanOf(values.get('http')) ?? table.http,
    insecure: booleanOf(values.get('insecure')) ?? table.insecure,
    ca: list('ca', textOf) ?? table.ca,
    keypair: list('keypair', keypairOf) ?? table.keypair,
    tlsconfigdir: list('tlsconfigdir', textOf) ?? table.tlsconfigdir,
  };
}

function itemsOf(value: TomlValue): readonly TomlValue[] {
  return Array.isArray(value) ? value : [value];
}

function textOf(value: TomlValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function booleanOf(value: TomlValue | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function keypairOf(value: TomlValue): RegistryTable['keypair'][number] {
  const files = new Map(
    Object.entries(isTable(value) ? value : {}).map(([key, file]) => [plainKey(key), file]),
  );
  return { key: textOf(files.get('key')), cert: textOf(files.get('cert')) };
}

/** One host that is asked. */
export interface RouteHost {
  readonly role: 'mirror' | 'origin';
  /** As it stands in the URL. */
  readonly host: string;
  /** Before the repository: `/v2`, `/v2/dockerhub`. */
  readonly path: string;
  /** The mirror's own path: ``, `/dockerhub`. */
  readonly mirrorPath: string;
  readonly scheme: 'http' | 'https';
  /** HTTPS is tried first, and plain HTTP when it fails. */
  readonly fallsBackToHttp: boolean;
  /** Name of the table that says how to speak to it, whether there is one or not. */
  readonly tableName: string;
  readonly table: RegistryTable;
}

/** The host of Docker Hub's registry, which images of docker.io are asked of. */
export const HUB_HOST = 'registry-1.docker.io';

/** Mirrors as they are listed, and the origin last of all (resolver.go NewRegistryConfig). */
export function routeOf(
  domain: string,
  tables: ReadonlyMap<string, RegistryTable>,
): readonly RouteHost[] {
  const mirrors = (tables.get(domain)?.mirrors ?? []).map((mirror): RouteHost => {
    const { host, path } = splitMirror(mirror);
    const named = { tableName: host, table: tables.get(host) ?? NO_TABLE };
    return { role: 'mirror', mirrorPath: path, ...named, ...addressOf(host, path, named.table) };
  });
  const host = domain === 'docker.io' ? HUB_HOST : domain;
  const table = tables.get(domain) ?? NO_TABLE;
  return [
    ...mirrors,
    { role: 'origin', mirrorPath: '', tableName: domain, table, ...addressOf(host, '', table) },
  ];
}

/** utils.go extractMirrorHostAndPath: scheme, user, query and fragment are dropped. */
function splitMirror(mirror: string): { readonly host: string; readonly path: string } {
  const whole = parseGoUrl(mirror);
  const url = whole === undefined || whole.host === '' ? parseGoUrl(`//${mirror}`) : whole;
  return url === undefined || url.host === ''
    ? { host: mirror, path: '' }
    : { host: url.host, path: withoutLastSlashes(url.path) };
}

function withoutLastSlashes(path: string): string {
  let end = path.length;
  while (path.endsWith('/', end)) {
    end -= 1;
  }
  return path.slice(0, end);
}

/** resolver.go fillInsecureOpts */
function addressOf(
  host: string,
  mirrorPath: string,
  { http, insecure }: RegistryTable,
): Pick<RouteHost, 'host' | 'path' | 'scheme' | 'fallsBackToHttp'> {
  const isHttp = http ?? isLoopbackHost(host);
  return {
    host,
    path: cleanPath(`/v2/${mirrorPath}`),
    scheme: isHttp && insecure !== true ? 'http' : 'https',
    fallsBackToHttp: isHttp && insecure === true,
  };
}
