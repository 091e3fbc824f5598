import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MirrorAuthSpec } from '../../../../src/api/mirrorauth.ts';
import { BASE_REGISTRY_KEYS, parseBaseConfig } from '../../../../src/core/buildkit/base-config.ts';
import { buildkitModel } from '../../../../src/core/buildkit/buildkit-model.ts';
import { renderBuildkitConfig } from '../../../../src/core/buildkit/buildkitd-toml.ts';
import { narrowBuildkitConfig } from '../../../../src/core/buildkit/narrow-buildkit-config.ts';
import { isTable, parseToml } from '../../../../src/core/buildkit/toml.ts';
import { anyModel, certificatesOf } from '../../../support/buildkit.ts';
import { CA_ONE, CA_TWO } from '../../../support/certificates.ts';
import { valueOf } from '../../../support/secrets.ts';

type Files = Readonly<Record<string, string>>;

const base = valueOf(
  parseBaseConfig(
    'root = "/r"\n[worker.oci]\ngc = true\n[registry."m.io"]\ntlsconfigdir = ["/m"]\n' +
      '[[registry."other.io".keypair]]\nkey = "k"\ncert = "c"\n',
    { configMap: 'base', key: 'buildkitd.toml' },
  ),
);

const render = (spec: MirrorAuthSpec): Files => {
  const model = buildkitModel(spec);
  const certificates = new Map(model.hosts.map(({ host }) => [host, [CA_ONE]]));
  return Object.fromEntries(renderBuildkitConfig(model, certificates, base));
};

const narrow = (live: Files, spec: MirrorAuthSpec): Files =>
  Object.fromEntries(
    narrowBuildkitConfig(new Map(Object.entries(live)), buildkitModel(withBase(spec))),
  );

const withBase = (spec: MirrorAuthSpec): MirrorAuthSpec => ({
  ...spec,
  buildkitConfig: { name: 'config', ...spec.buildkitConfig, baseRef: { name: 'base' } },
});

const mirrors = [{ origin: 'o.io', endpoints: ['m.io/x', 'n.io'] }];
const ca = (name: string): MirrorAuthSpec => ({
  registries: [{ host: 'm.io', tls: { caRef: { name } } }],
  mirrors,
});

/** The CA of m.io stays, that of n.io comes from another ConfigMap. */
const twoCas = (name: string): MirrorAuthSpec => ({
  registries: [
    { host: 'm.io', tls: { caRef: { name: 'corp' } } },
    { host: 'n.io', tls: { caRef: { name } } },
  ],
  mirrors,
});

describe('narrowing', () => {
  it('leaves every byte alone when nothing must go, even what it would write otherwise', () => {
    const live = render(ca('corp'));
    const edited = { ...live, 'buildkitd.toml': `# mine\n\n${live['buildkitd.toml']}\n# end` };
    expect(narrow(live, ca('corp'))).toEqual(live);
    expect(narrow(edited, ca('corp'))).toEqual(edited);
  });

  it('takes out endpoints and origins, keeps the order of the rest, and adds none', () => {
    const live = render({
      mirrors: [
        { origin: 'o.io', endpoints: ['a.io', 'm.io/x', 'n.io'] },
        { origin: 'p.io', endpoints: ['a.io'] },
      ],
    });
    const wanted = { mirrors: [{ origin: 'o.io', endpoints: ['n.io', 'new.io', 'm.io/x'] }] };
    expect(narrow(live, wanted)).toEqual(render({ mirrors }));
  });

  it.each<[string, MirrorAuthSpec]>([
    ['http = true', { registries: [{ host: 'm.io', protocol: 'HTTP' }] }],
    ['insecure = true', { registries: [{ host: 'm.io', tls: { insecureSkipVerify: true } }] }],
    ['a CA and its file', { registries: [{ host: 'm.io', tls: { caRef: { name: 'corp' } } }] }],
  ])('takes out %s', (_, spec) => {
    expect(narrow(render(spec), {})).toEqual(render({}));
    expect(narrow(render(spec), { registries: [{ host: 'm.io' }] })).toEqual(render({}));
  });

  it('does not add http, insecure or a CA', () => {
    expect(narrow(render({ mirrors }), ca('corp'))).toEqual(render({ mirrors }));
    const open = { registries: [{ host: 'm.io', tls: { insecureSkipVerify: true } }], mirrors };
    expect(narrow(render({ mirrors }), open)).toEqual(render({ mirrors }));
  });

  it('takes a CA of another ConfigMap out with its line and keeps the endpoint', () => {
    expect(narrow(render(ca('old')), ca('new'))).toEqual(render({ mirrors }));
  });

  it('takes a CA of another key out', () => {
    const wanted = {
      ...ca('corp'),
      registries: [{ host: 'm.io', tls: { caRef: { name: 'corp', key: 'other' } } }],
    };
    expect(narrow(render(ca('corp')), wanted)).toEqual(render({ mirrors }));
  });

  it('keeps the CA of one host when that of another goes', () => {
    expect(narrow(render(twoCas('old')), twoCas('new'))).toEqual(render(ca('corp')));
  });

  it.each([
    ['edited', `# ConfigMap corp, key ca.crt\n${CA_ONE}${CA_TWO}extra\n`],
    ['without its header', CA_ONE],
    ['with text before it', `mine\n# ConfigMap corp, key ca.crt\n${CA_ONE}`],
    [
      'with a second section',
      `# ConfigMap corp, key ca.crt\n${CA_ONE}\n# ConfigMap x, key y\n${CA_TWO}`,
    ],
  ])('takes a CA file that was %s out with its line', (_, text) => {
    const live = { ...render(ca('corp')), 'm.io.crt': text };
    expect(narrow(live, ca('corp'))).toEqual(render({ mirrors }));
  });

  it('takes a line out whose file is gone, since a missing file fails every pull', () => {
    const { 'm.io.crt': _, ...live } = render(ca('corp'));
    expect(narrow(live, ca('corp'))).toEqual(render({ mirrors }));
  });

  it('takes out files that nobody asked for', () => {
    const live = { ...render({ mirrors }), 'a.io.crt': CA_ONE, 'notes.txt': 'x' };
    expect(narrow(live, { mirrors })).toEqual(render({ mirrors }));
  });

  it('keeps a CA under the path where running builders have it mounted', () => {
    const live = render(ca('corp'));
    const moved = { ...ca('corp'), buildkitConfig: { name: 'c', mountPath: '/elsewhere' } };
    expect(narrow(live, moved)).toEqual(live);
  });

  it.each([
    ['mirrors in another spelling', '[registry."o.io"]\nMirrors = ["evil.io"]\n'],
    ['registry in another spelling', '[Registry."o.io"]\nmirrors = ["evil.io"]\n'],
    ['mirrors that are no list', '[registry."o.io"]\nmirrors = "m.io/x"\n'],
    ['an endpoint that is no text', '[registry."o.io"]\nmirrors = [["m.io/x"]]\n'],
    ['a registry that is no table', 'registry = 5\n'],
    ['a host that is no table', '[registry]\n"o.io" = 5\n'],
    ['a CA of a folder of its own', '[registry."m.io"]\nca = ["/evil.crt"]\n'],
    ['a CA that is no text', '[registry."m.io"]\nca = [5]\n'],
    ['a CA that is no list', '[registry."m.io"]\nca = "/etc/buildkit/m.io.crt"\n'],
    ['two CAs', '[registry."m.io"]\nca = ["/etc/buildkit/m.io.crt", "/evil.crt"]\n'],
    ['a setting that nobody knows', '[registry."m.io"]\nx = 1\n'],
    ['a setting that is __proto__', '[registry."m.io"]\n__proto__ = {}\n'],
    ['an origin that is __proto__', '[registry.__proto__]\nmirrors = ["m.io/x"]\n'],
  ])('takes out what somebody wrote there by hand: %s', (_, text) => {
    const live = { ...render(ca('corp')), 'buildkitd.toml': text };
    expect(narrow(live, ca('corp'))['buildkitd.toml']).toBe('\n');
  });

  it('takes out all that the base said when spec no longer names one', () => {
    const dropped = { ...ca('corp'), buildkitConfig: { name: 'config' } };
    const narrowed = narrowBuildkitConfig(
      new Map(Object.entries(render(ca('corp')))),
      buildkitModel(dropped),
    );
    expect(Object.fromEntries(narrowed)).toEqual(without(ca('corp')));
  });

  it('keeps http = false where BuildKit would take HTTP by itself', () => {
    const spec = { registries: [{ host: 'localhost:5000' }] };
    expect(narrow(render(spec), spec)).toEqual(render(spec));
  });
});

const without = (spec: MirrorAuthSpec): Files =>
  Object.fromEntries(renderBuildkitConfig(buildkitModel(spec), new Map([['m.io', [CA_ONE]]])));

describe('a live TOML that cannot be read', () => {
  it.each([
    ['no TOML', { 'buildkitd.toml': '[registry' }],
    ['not there', {}],
    ['too deep', { 'buildkitd.toml': `${'a.'.repeat(100)}a = 1` }],
  ])('is written without the base when it is %s', (_, live) => {
    expect(narrow(live, { mirrors })).toEqual(without({ mirrors }));
  });

  it('is written with the CAs that are there', () => {
    const live = { ...render(ca('corp')), 'buildkitd.toml': '[' };
    expect(narrow(live, ca('corp'))).toEqual(without(ca('corp')));
  });

  it('is written without endpoints whose CA is not there', () => {
    expect(narrow({ 'buildkitd.toml': '[' }, ca('corp'))).toEqual(
      without({ mirrors: [{ origin: 'o.io', endpoints: ['n.io'] }] }),
    );
  });

  it('is written without an origin that has no such endpoint', () => {
    const one = { ...ca('corp'), mirrors: [{ origin: 'o.io', endpoints: ['m.io/x'] }] };
    expect(narrow({}, one)).toEqual(without({}));
  });

  it('is written with the mirrors of an origin whose own CA is not there', () => {
    const spec = { registries: [{ host: 'o.io', tls: { caRef: { name: 'corp' } } }], mirrors };
    expect(narrow({}, spec)).toEqual(without({ mirrors }));
  });
});

const filesOf = (model: Parameters<typeof certificatesOf>[0]): ReadonlyMap<string, string> =>
  renderBuildkitConfig(model, certificatesOf(model), base);

describe('whatever is live and wanted', () => {
  it('narrowing to what is there changes nothing, and narrowing twice is narrowing once', () => {
    fc.assert(
      fc.property(anyModel, anyModel, (live, wanted) => {
        expect([...narrowBuildkitConfig(filesOf(live), live)]).toEqual([...filesOf(live)]);
        const once = narrowBuildkitConfig(filesOf(live), wanted);
        expect([...narrowBuildkitConfig(once, wanted)]).toEqual([...once]);
      }),
    );
  });

  it('what stays was there and is wanted', () => {
    fc.assert(
      fc.property(anyModel, anyModel, (live, wanted) => {
        const narrowed = narrowBuildkitConfig(filesOf(live), {
          ...wanted,
          mountPath: live.mountPath,
        });
        const facts = factsOf(narrowed);
        const wantedFacts = factsOf(filesOf({ ...wanted, mountPath: live.mountPath }));
        const liveFacts = factsOf(filesOf(live));
        expect(facts.filter((fact) => !liveFacts.includes(fact))).toEqual([]);
        expect(facts.filter((fact) => !wantedFacts.includes(fact))).toEqual([]);
        // And nothing that is both is lost.
        expect(
          liveFacts.filter((fact) => wantedFacts.includes(fact) && !facts.includes(fact)),
        ).toEqual([]);
      }),
    );
  });

  it('a CA line and its file stand there together or not at all', () => {
    fc.assert(
      fc.property(anyModel, anyModel, (live, wanted) => {
        const narrowed = narrowBuildkitConfig(filesOf(live), wanted);
        const named = [
          ...(narrowed.get('buildkitd.toml') ?? '').matchAll(/ca = \[ "[^"]*\/([^"/]+)" \]/g),
        ];
        const files = [...narrowed.keys()].filter((name) => name !== 'buildkitd.toml');
        expect(new Set(named.map(([, name]) => name))).toEqual(new Set(files));
      }),
    );
  });

  it('nothing throws, whatever is live', () => {
    const name = fc.constantFrom('buildkitd.toml', 'a.io.crt', 'b.io_5000.crt', 'x');
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'registry = []',
        '[[registry]]',
        '[registry."a.io"]\nca = [5]',
        `# ConfigMap one, key ca.crt\n${CA_ONE}`,
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text)), anyModel, (live, wanted) => {
        expect(() => narrowBuildkitConfig(new Map(live), wanted)).not.toThrow();
      }),
    );
  });
});

/** One line for each thing that the files say of a registry, what the base says left out. */
function factsOf(files: ReadonlyMap<string, string>): readonly string[] {
  const parsed = parseToml(files.get('buildkitd.toml') ?? '');
  const registries = parsed.ok ? parsed.table['registry'] : undefined;
  return Object.entries(isTable(registries) ? registries : {}).flatMap(([host, table]) =>
    Object.entries(isTable(table) ? table : {})
      .filter(([key]) => !BASE_REGISTRY_KEYS.includes(key))
      .flatMap(([key, value]) => {
        const items = Array.isArray(value) ? value : [value];
        return items.map((item) => {
          const text = typeof item === 'string' ? item : JSON.stringify(item);
          const file = key === 'ca' ? files.get(text.replace(/^.*\//, '')) : '';
          return `${host} ${key} ${text} ${file}`;
        });
      }),
  );
}
