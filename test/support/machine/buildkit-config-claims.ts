import { parse } from 'smol-toml';
import { expect } from 'vitest';
import type { MirrorAuthSpec, Registry } from '../../../src/api/mirrorauth.ts';
import { objectId } from '../../../src/core/plan/references.ts';
import { isObject } from '../../../src/kube/object.ts';
import type { JsonObject } from '../../../src/kube/object.ts';
import { filesOf } from '../bench.ts';
import { configMapNamed } from '../gen.ts';
import type { Stored } from '../memory-cluster.ts';
import { casOf, presentCa } from './pull-secret-claims.ts';
import { isKept, isOurs } from './scene.ts';
import type { Scene } from './scene.ts';
import { rootOf } from './sources.ts';

/** What holds of buildkitd ConfigMaps. What spec wants is worked out here anew, apart from src/core. */

/** Whole when all that goes into it is there; else what was there of what is still wanted. */
export function expectBuildkitConfig(scene: Scene): void {
  const { bench } = scene;
  const { buildkitConfig } = bench.spec;
  if (buildkitConfig === undefined) {
    return;
  }
  const target = configMapNamed(buildkitConfig.name);
  const after = bench.cluster.get(target);
  const root = presentRoot(scene);
  const cas = casOf(bench.spec).map((name) => presentCa(scene, name));
  const isWhole = root !== undefined && cas.every((certificate) => certificate !== undefined);
  if (after === undefined) {
    const isDenied = bench.denied.has(objectId(target));
    expect(!isWhole || bench.rivals.length > 0 || isDenied).toBe(true);
  }
  if (isKept(after, bench)) {
    const registries = wantedRegistries(bench.spec);
    if (isWhole) {
      const hasSome = Object.keys(registries).length > 0;
      expect(tomlOf(after)).toEqual({
        ...(root !== '' && { root }),
        ...(hasSome && { registry: registries }),
      });
    } else {
      expectNarrowed(scene, after);
    }
  }
}

/** All that was there of what is still wanted is there yet, in its order. */
function expectNarrowed({ bench, before }: Scene, after: Stored): void {
  const was = before.get(`ConfigMap/${after.metadata.name}`);
  expect(isOurs(was, bench)).toBe(true);
  const earlier = was && tomlOf(was);
  if (earlier === undefined) {
    return;
  }
  const wanted = mirrorsIn(wantedRegistries(bench.spec));
  const left = Object.entries(mirrorsIn(registriesIn(earlier))).flatMap(([origin, endpoints]) => {
    const stay = endpoints.filter((one) => wanted[origin]?.includes(one));
    return stay.length === 0 ? [] : [[origin, stay]];
  });
  expect(mirrorsIn(registriesIn(tomlOf(after)))).toEqual(Object.fromEntries(left));
}

/** No mirror, no trust and no file in a ConfigMap of ours that spec does not name, under old names neither. */
export function expectNoOtherMirrors(stored: Stored, spec: MirrorAuthSpec): void {
  const wanted = wantedRegistries(spec);
  for (const [host, table] of Object.entries(registriesIn(tomlOf(stored)))) {
    expectNoWider(table, wanted[host] ?? {});
  }
  const files = Object.entries(wanted).flatMap(([host, { ca }]) =>
    ca === undefined ? [] : [fileOf(host)],
  );
  expect(['buildkitd.toml', ...files]).toEqual(expect.arrayContaining([...stored.data.keys()]));
  expect(stored.binaryKeys).toEqual([]);
}

function expectNoWider(table: JsonObject, { mirrors, ca, ...wanted }: JsonObject): void {
  const { mirrors: liveMirrors = [], ca: liveCa, ...live } = table;
  expect(mirrors ?? []).toEqual(
    expect.arrayContaining(Array.isArray(liveMirrors) ? liveMirrors : []),
  );
  // The folder may be one of an earlier spec.
  expect(liveCa === undefined || ca !== undefined).toBe(true);
  expect(wanted).toMatchObject(live);
}

/** The setting of the base that spec names; empty when it names none, undefined when it is not there. */
function presentRoot({ people, bench }: Scene): string | undefined {
  const name = bench.spec.buildkitConfig?.baseRef?.name;
  if (name === undefined) {
    return '';
  }
  const state = people.configMaps.get(name);
  return state?.kind !== 'Good' || bench.denied.has(`ConfigMap/${name}`)
    ? undefined
    : rootOf(name, state);
}

type Tables = Readonly<Record<string, JsonObject>>;

/** The tables of `registry` that spec asks for. */
function wantedRegistries({
  mirrors = [],
  registries = [],
  buildkitConfig,
}: MirrorAuthSpec): Tables {
  const folder = buildkitConfig?.mountPath ?? '/etc/buildkit';
  const endpoints = new Map(mirrors.map((one) => [one.origin, one.endpoints]));
  const known = new Map(registries.map((one) => [one.host, one]));
  const tables = [...new Set([...known.keys(), ...endpoints.keys()])].map(
    (host) =>
      [
        host,
        {
          ...(endpoints.has(host) && { mirrors: endpoints.get(host) }),
          ...transportOf(known.get(host), folder),
        },
      ] as const,
  );
  return Object.fromEntries(tables.filter(([, table]) => Object.keys(table).length > 0));
}

function transportOf(registry: Registry | undefined, folder: string): JsonObject {
  if (registry?.protocol === 'HTTP') {
    return { http: true };
  }
  const { caRef, insecureSkipVerify } = registry?.tls ?? {};
  return {
    ...(insecureSkipVerify === true && { insecure: true }),
    ...(caRef && registry && { ca: [`${folder}/${fileOf(registry.host)}`] }),
  };
}

function fileOf(host: string): string {
  return `${host.replace(':', '_')}.crt`;
}

/** Undefined for what is no TOML. */
function tomlOf(stored: Stored): unknown {
  const text = filesOf(stored)['buildkitd.toml'];
  try {
    return text === undefined ? undefined : parse(text);
  } catch {
    return undefined;
  }
}

function registriesIn(toml: unknown): Tables {
  const registry = isObject(toml) ? toml['registry'] : undefined;
  return Object.fromEntries(
    Object.entries(isObject(registry) ? registry : {}).map(([host, table]) => [
      host,
      isObject(table) ? table : {},
    ]),
  );
}

function mirrorsIn(tables: Tables): Readonly<Record<string, readonly unknown[]>> {
  return Object.fromEntries(
    Object.entries(tables).flatMap(([host, { mirrors }]) =>
      Array.isArray(mirrors) ? [[host, mirrors]] : [],
    ),
  );
}
