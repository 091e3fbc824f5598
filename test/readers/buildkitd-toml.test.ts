import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MirrorAuthSpec } from '../../src/api/mirrorauth.ts';
import { parseBaseConfig } from '../../src/core/buildkit/base-config.ts';
import { buildkitModel } from '../../src/core/buildkit/buildkit-model.ts';
import { registryTables } from '../../src/core/buildkit/buildkitd-toml.ts';
import { isTable, writeToml } from '../../src/core/buildkit/toml.ts';
import type { TomlTable, TomlValue } from '../../src/core/buildkit/toml.ts';
import { anyCase } from '../support/any-case.ts';
import { anyBase, tagged } from '../support/readers-base.ts';
import { expectedContacts, hostsCaseOf, rendered } from '../support/readers-render.ts';
import { useReaders } from '../support/readers.ts';
import type { RegistryTable } from '../support/readers.ts';

/** buildkitd.toml, in the hands of those that read it. */

const readers = useReaders();

/** What a spec says of BuildKit alone: no Secret is needed for it. */
const anySpec: fc.Arbitrary<MirrorAuthSpec> = anyCase.map(({ spec }) => ({
  registries: (spec.registries ?? []).map(({ host, protocol, tls }) => ({
    host,
    ...(protocol && { protocol }),
    ...(tls && { tls }),
  })),
  mirrors: spec.mirrors ?? [],
  buildkitConfig: spec.buildkitConfig ?? { name: 'ci-buildkitd' },
}));

const NOTHING: RegistryTable = {
  mirrors: null,
  http: null,
  insecure: null,
  ca: null,
  keypair: null,
  tlsconfigdir: null,
};

const tablesOf = (base: TomlTable): Readonly<Record<string, TomlTable>> => {
  const { registry } = base;
  return isTable(registry)
    ? Object.fromEntries(
        Object.entries(registry).flatMap(([host, table]) =>
          isTable(table) ? [[host, table]] : [],
        ),
      )
    : {};
};

/** The tables that model and base say together; an empty one says nothing and is left out. */
function expectedTables(
  spec: MirrorAuthSpec,
  base: TomlTable,
): Readonly<Record<string, TomlTable>> {
  const ofModel = Object.fromEntries(registryTables(buildkitModel(spec)));
  const ofBase = spec.buildkitConfig?.baseRef === undefined ? {} : tablesOf(base);
  return Object.fromEntries(
    Object.keys({ ...ofModel, ...ofBase })
      .map((host) => [host, { ...ofModel[host], ...ofBase[host] }] as const)
      .filter(([, table]) => Object.keys(table).length > 0),
  );
}

function expectedFile(spec: MirrorAuthSpec, base: TomlTable): TomlTable {
  const { registry: _, ...settings } = base;
  const tables = expectedTables(spec, base);
  return {
    ...(spec.buildkitConfig?.baseRef && settings),
    ...(Object.keys(tables).length > 0 && { registry: tables }),
  };
}

const asBuildkit = (tables: Readonly<Record<string, TomlTable>>) =>
  Object.fromEntries(
    Object.entries(tables).map(([host, table]) => [host, { ...NOTHING, ...table }]),
  );

describe('buildkitd.toml', () => {
  it('is read back by both readers that BuildKit ever had as what model and base say', async () => {
    await fc.assert(
      fc.asyncProperty(anySpec, anyBase, async (spec, base) => {
        const { files } = rendered({ spec, base: writeToml(base) });
        const answer = await readers().toml(files['buildkitd.toml'] ?? '');
        const registries = asBuildkit(expectedTables(spec, base));
        const reading = { loads: true, table: tagged(expectedFile(spec, base)), registries };
        expect(answer).toEqual({ loads: true, registries, v1: reading, v2: reading });
      }),
      { numRuns: 1500 },
    );
  });

  it('makes BuildKit contact the mirrors in their order as spec says, and the origin last', async () => {
    const base = 'debug = true\n[registry."harbor.corp"]\ntlsconfigdir = ["/no/such/folder"]\n';
    await fc.assert(
      fc.asyncProperty(anySpec, async (spec) => {
        const input = hostsCaseOf(spec, rendered({ spec, base }));
        expect(await readers().hosts(input)).toEqual(
          input.origins.map((origin) => ({ failed: false, hosts: expectedContacts(spec, origin) })),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

const SOURCE = { configMap: 'base', key: 'buildkitd.toml' };

/** What mirrorauth says of a base, and what BuildKit's loader does with it. */
async function verdictsOn(toml: string) {
  const parsed = parseBaseConfig(toml, SOURCE);
  const { loads, registries } = await readers().toml(toml);
  return { verdict: parsed.ok ? 'taken' : parsed.problem.reason, loads, registries };
}

describe('a base that says what is the MirrorAuth’s', () => {
  const MIRRORS = { 'docker.io': { ...NOTHING, mirrors: ['m.corp'] } };

  it.each([
    ['a header', '[registry."docker.io"]\nmirrors = ["m.corp"]'],
    ['a header in single quotes', "[registry.'docker.io']\nmirrors = ['m.corp']"],
    ['a header with spaces', '[ registry . "docker.io" ]\nmirrors = ["m.corp"]'],
    ['a quoted registry', '["registry"."docker.io"]\n"mirrors" = ["m.corp"]'],
    ['an escape', '["r\\u0065gistry"."docker.io"]\n"\\u006dirrors" = ["m.corp"]'],
    ['dotted keys', 'registry."docker.io".mirrors = ["m.corp"]'],
    ['an inline table', 'registry = { "docker.io" = { mirrors = ["m.corp"] } }'],
    ['a half inline table', '[registry]\n"docker.io" = { mirrors = ["m.corp"] }'],
    ['capitals in the header', '[Registry."docker.io"]\nmirrors = ["m.corp"]'],
    ['capitals in the setting', '[registry."docker.io"]\nMirrors = ["m.corp"]'],
    ['nothing but capitals', '[REGISTRY."docker.io"]\nMIRRORS = ["m.corp"]'],
    ['a dotted capital I', '["reg\u0130stry"."docker.io"]\n"m\u0130rrors" = ["m.corp"]'],
    ['carriage returns', '[registry."docker.io"]\r\nmirrors = ["m.corp"]\r\n'],
  ])('written with %s is taken by BuildKit and refused here', async (_name, toml) => {
    expect(await verdictsOn(toml)).toEqual({
      verdict: 'BaseConfigConflict',
      loads: true,
      registries: MIRRORS,
    });
  });

  it.each([
    ['HTTP = true', { http: true }],
    ['http = false', { http: false }],
    ['inSecure = true', { insecure: true }],
    ['ca = ["/ca.crt"]', { ca: ['/ca.crt'] }],
    ['CA = []', { ca: [] }],
    ['KeyPair = [{ key = "k", cert = "c" }]', { keypair: [{ key: 'k', cert: 'c' }] }],
    ['"\u212AeyPair" = [{ key = "k", cert = "c" }]', { keypair: [{ key: 'k', cert: 'c' }] }],
    ['TLSConfigDir = ["/d"]', { tlsconfigdir: ['/d'] }],
    ['mirror = ["m.corp"]', {}],
  ])('%s under a host is taken by BuildKit and refused here', async (line, read) => {
    expect(await verdictsOn(`[registry."h.corp"]\n${line}`)).toEqual({
      verdict: 'BaseConfigConflict',
      loads: true,
      registries: { 'h.corp': { ...NOTHING, ...read } },
    });
  });

  it('in any case of its letters is taken by BuildKit and refused here', async () => {
    const settings: Readonly<Record<string, TomlValue>> = {
      mirrors: ['m.corp'],
      http: true,
      insecure: true,
      ca: ['/ca.crt'],
      keypair: [{ key: 'k', cert: 'c' }],
      tlsconfigdir: ['/d'],
    };
    const cased = (word: string): fc.Arbitrary<string> =>
      fc
        .tuple(...word.split('').map((letter) => fc.constantFrom(letter, letter.toUpperCase())))
        .map((letters) => letters.join(''));
    const spelled = fc
      .constantFrom(...Object.keys(settings))
      .chain((key) => fc.tuple(cased('registry'), fc.constant(key), cased(key)))
      .filter(([root, key, spelling]) => root !== 'registry' || key !== spelling);
    await fc.assert(
      fc.asyncProperty(spelled, async ([root, key, spelling]) => {
        const value = settings[key] ?? true;
        expect(
          await verdictsOn(writeToml({ [root]: { 'h.corp': { [spelling]: value } } })),
        ).toEqual({
          verdict: 'BaseConfigConflict',
          loads: true,
          registries: { 'h.corp': { ...NOTHING, [key]: value } },
        });
      }),
      { numRuns: 500 },
    );
  });

  it('for a host in capitals is taken by BuildKit, for nobody, and refused here', async () => {
    const toml = '[registry."H.corp"]\ntlsconfigdir = ["/d"]';
    expect(await verdictsOn(toml)).toMatchObject({ verdict: 'BaseConfigConflict', loads: true });
    const [h] = await readers().hosts({ toml, mountPath: '/', files: {}, origins: ['h.corp'] });
    const [nobody] = await readers().hosts({
      toml: '',
      mountPath: '/',
      files: {},
      origins: ['h.corp'],
    });
    expect(h).toEqual(nobody);
  });

  it('client certificates of a host are taken by both', async () => {
    const toml =
      '[registry."h.corp"]\ntlsconfigdir = ["/d"]\n[[registry."h.corp".keypair]]\nkey = "k"\ncert = "c"\n';
    expect(await verdictsOn(toml)).toEqual({
      verdict: 'taken',
      loads: true,
      registries: {
        'h.corp': { ...NOTHING, tlsconfigdir: ['/d'], keypair: [{ key: 'k', cert: 'c' }] },
      },
    });
  });
});
