import { createHash } from 'node:crypto';
import type { BaseConfig } from './base-config.ts';
import type { BuildkitModel, HostConfig } from './buildkit-model.ts';
import { renderCaFile } from '../ca-bundle.ts';
import { writeToml } from './toml.ts';
import type { TomlTable } from './toml.ts';

/**
 * The files that buildkitd is given: buildkitd.toml, and beside it one CA file for each host that
 * has one. Nothing in them depends on a credential.
 */

export const BUILDKITD_TOML = 'buildkitd.toml';

/**
 * The files of a model. Registry tables are sorted by host, mirrors keep their order, the base's own
 * settings come first in theirs; the same input gives the same bytes.
 *
 * @param certificates PEM by host, for each host of the model that has a CA
 * @throws Error when they lack a host: a bug of the caller
 */
export function renderBuildkitConfig(
  model: BuildkitModel,
  certificates: ReadonlyMap<string, readonly string[]>,
  base: BaseConfig = { settings: {}, registries: new Map(), unread: [] },
): ReadonlyMap<string, string> {
  const tables = mergeTables(registryTables(model), base.registries);
  const table = withRegistries(base.settings, tables);
  return new Map([
    [BUILDKITD_TOML, `${commentFor(model.mountPath)}\n${writeToml(table)}`],
    ...model.hosts
      .toSorted((a, b) => (a.host < b.host ? -1 : 1))
      .flatMap((host) => caFileOf(host, certificates)),
  ]);
}

/** The TOML of other settings and these registries; the table `registry` is left out when empty. */
export function withRegistries(
  settings: TomlTable,
  registries: ReadonlyMap<string, TomlTable>,
): TomlTable {
  const sorted = [...registries]
    .filter(([, table]) => Object.keys(table).length > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? settings : { ...settings, registry: Object.fromEntries(sorted) };
}

/**
 * What a model says of each host. A host's own table holds how it is spoken to, for origins and
 * mirrors alike; BuildKit looks nowhere else (moby/buildkit v0.34.2 util/resolver/resolver.go).
 */
export function registryTables(model: BuildkitModel): ReadonlyMap<string, TomlTable> {
  const mirrors = new Map(model.mirrors.map(({ origin, endpoints }) => [origin, endpoints]));
  return new Map(
    model.hosts.map((config) => {
      const endpoints = mirrors.get(config.host);
      return [
        config.host,
        {
          ...(endpoints && { mirrors: [...endpoints] }),
          ...transportOf(config),
          ...(config.ca && { ca: [`${model.mountPath}/${caFileName(config.host)}`] }),
        },
      ];
    }),
  );
}

function transportOf({ host, protocol, insecureSkipVerify }: HostConfig): TomlTable {
  if (protocol === 'HTTP') {
    return { http: true };
  }
  return {
    // Without it BuildKit speaks plain HTTP there, or falls back to it.
    ...(isLoopback(host) && { http: false }),
    ...(insecureSkipVerify && { insecure: true }),
  };
}

/** containerd v2.4.2 core/remotes/docker/registry.go MatchLocalhost; hosts here are never IPv6. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.[0-9]+){3})(:[0-9]+)?$/.test(host);
}

/**
 * Name of a host's CA file: a legal ConfigMap key, readable, and another one for each host, since
 * hosts have no underscore.
 */
export function caFileName(host: string): string {
  return `${host.replace(':', '_')}.crt`;
}

function caFileOf(
  { host, ca }: HostConfig,
  certificates: ReadonlyMap<string, readonly string[]>,
): readonly (readonly [string, string])[] {
  if (ca === undefined) {
    return [];
  }
  const found = certificates.get(host);
  if (found === undefined) {
    throw new Error(`no certificates were given for ${host}`);
  }
  return [[caFileName(host), renderCaFile([{ ...ca, certificates: found }])]];
}

function mergeTables(
  first: ReadonlyMap<string, TomlTable>,
  second: ReadonlyMap<string, TomlTable>,
): ReadonlyMap<string, TomlTable> {
  return new Map(
    [...first.keys(), ...second.keys()].map((host) => [
      host,
      { ...first.get(host), ...second.get(host) },
    ]),
  );
}

function commentFor(mountPath: string): string {
  return [
    '# Written by mirrorauth for buildkitd. Edits are overwritten: change the MirrorAuth instead.',
    `# Mount the whole ConfigMap at ${mountPath}, never a subPath of it (a subPath is not updated),`,
    `# and start buildkitd with --config ${mountPath}/${BUILDKITD_TOML}`,
    '# buildkitd reads this file once: restart it after a change.',
    '',
  ].join('\n');
}

/** Eight hex digits that change with any name or byte of the files. No secret is in them. */
export function revisionOf(files: ReadonlyMap<string, string>): string {
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 8);
}
