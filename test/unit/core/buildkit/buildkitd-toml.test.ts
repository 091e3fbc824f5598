import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MirrorAuthSpec } from '../../../../src/api/mirrorauth.ts';
import { parseBaseConfig } from '../../../../src/core/buildkit/base-config.ts';
import { buildkitModel } from '../../../../src/core/buildkit/buildkit-model.ts';
import {
  caFileName,
  renderBuildkitConfig,
  revisionOf,
} from '../../../../src/core/buildkit/buildkitd-toml.ts';
import { anyModel, certificatesOf } from '../../../support/buildkit.ts';
import { CA_ONE } from '../../../support/certificates.ts';
import { valueOf } from '../../../support/secrets.ts';

/** buildkitd.toml of a spec without the comment at its top. */
const tomlOf = (spec: MirrorAuthSpec, base = ''): string => {
  const model = buildkitModel(spec);
  const parsed = valueOf(parseBaseConfig(base, { configMap: 'base', key: 'buildkitd.toml' }));
  const certificates = new Map(model.hosts.map(({ host }) => [host, [CA_ONE]]));
  const files = renderBuildkitConfig(model, certificates, parsed);
  return files.get('buildkitd.toml')?.replace(/^(#[^\n]*\n)+\n/, '') ?? '';
};

describe('buildkitModel', () => {
  it('knows each host that a build could ask, once', () => {
    const model = buildkitModel({
      registries: [{ host: 'm.io' }, { host: 'push.io' }],
      mirrors: [{ origin: 'o.io', endpoints: ['m.io/x', 'n.io:5000/y', 'n.io:5000'] }],
    });
    expect(model.hosts.map(({ host }) => host)).toEqual(['m.io', 'push.io', 'o.io', 'n.io:5000']);
  });

  it('takes a host that is no registry of the spec for one that is spoken to by HTTPS', () => {
    const { hosts } = buildkitModel({ mirrors: [{ origin: 'o.io', endpoints: ['n.io'] }] });
    expect(hosts).toEqual([
      { host: 'o.io', protocol: 'HTTPS', insecureSkipVerify: false },
      { host: 'n.io', protocol: 'HTTPS', insecureSkipVerify: false },
    ]);
  });

  it('fills in what is absent', () => {
    const model = buildkitModel({
      registries: [{ host: 'm.io', tls: { caRef: { name: 'corp' } } }],
    });
    expect(model).toEqual({
      mirrors: [],
      hosts: [
        {
          host: 'm.io',
          protocol: 'HTTPS',
          insecureSkipVerify: false,
          ca: { configMap: 'corp', key: 'ca.crt' },
        },
      ],
      hasBase: false,
      mountPath: '/etc/buildkit',
    });
  });
});

describe('buildkitd.toml', () => {
  it('says nothing of hosts that are spoken to by HTTPS as ever', () => {
    expect(tomlOf({ registries: [{ host: 'a.io' }, { host: 'docker.io' }] })).toBe('\n');
  });

  it.each<[string, NonNullable<MirrorAuthSpec['registries']>[number], string]>([
    ['plain HTTP', { host: 'a.io:80', protocol: 'HTTP' }, 'http = true'],
    ['no verification', { host: 'a.io:80', tls: { insecureSkipVerify: true } }, 'insecure = true'],
    [
      'a CA',
      { host: 'a.io:80', tls: { caRef: { name: 'corp' } } },
      'ca = [ "/etc/buildkit/a.io_80.crt" ]',
    ],
  ])("says %s in the host's own table", (_, registry, line) => {
    expect(tomlOf({ registries: [registry] })).toBe(`[registry."a.io:80"]\n${line}\n`);
  });

  it.each(['localhost', 'localhost:5000', '127.0.0.1', '127.8.8.8:5000', '127.255.10.254'])(
    'says http = false for %s, where BuildKit would take HTTP by itself',
    (host) => {
      expect(tomlOf({ registries: [{ host }] })).toBe(
        `[registry."${host}"]\nhttp = false\n`.replace('"localhost"', 'localhost'),
      );
      expect(tomlOf({ registries: [{ host, protocol: 'HTTP' }] })).toContain('http = true\n');
      expect(tomlOf({ registries: [{ host, tls: { insecureSkipVerify: true } }] })).toContain(
        'http = false\ninsecure = true\n',
      );
    },
  );

  it.each(['localhost.io', '128.0.0.1', 'a.localhost', '127.io'])('leaves %s alone', (host) => {
    expect(tomlOf({ registries: [{ host }] })).toBe('\n');
  });

  it('has a table for a loopback endpoint that is not under registries', () => {
    const mirrors = [{ origin: 'ghcr.io', endpoints: ['localhost:5000/ghcr'] }];
    expect(tomlOf({ mirrors })).toBe(
      '[registry."ghcr.io"]\nmirrors = [ "localhost:5000/ghcr" ]\n\n[registry."localhost:5000"]\nhttp = false\n',
    );
  });

  it('keeps the order of mirrors and sorts the tables', () => {
    expect(
      tomlOf({
        mirrors: [
          { origin: 'z.io', endpoints: ['m.io/b', 'm.io/a'] },
          { origin: 'a.io', endpoints: ['m.io'] },
        ],
      }),
    ).toBe(
      '[registry."a.io"]\nmirrors = [ "m.io" ]\n\n[registry."z.io"]\nmirrors = [ "m.io/b", "m.io/a" ]\n',
    );
  });

  it('puts how an origin is spoken to beside its mirrors', () => {
    expect(
      tomlOf({
        registries: [{ host: 'o.io', protocol: 'HTTP' }],
        mirrors: [{ origin: 'o.io', endpoints: ['m.io'] }],
      }),
    ).toBe('[registry."o.io"]\nmirrors = [ "m.io" ]\nhttp = true\n');
  });

  it('takes the base first and merges its registries', () => {
    const base = [
      '# my settings',
      'root = "/r"',
      '[registry."a.io"]',
      'tlsconfigdir = ["/a"]',
      '[registry."z.io"]',
      'tlsconfigdir = ["/z"]',
      '[worker.oci]',
      'gc = true',
    ].join('\n');
    expect(tomlOf({ registries: [{ host: 'a.io', protocol: 'HTTP' }] }, base)).toBe(
      'root = "/r"\n\n[worker.oci]\ngc = true\n\n[registry."a.io"]\nhttp = true\ntlsconfigdir = [ "/a" ]\n\n[registry."z.io"]\ntlsconfigdir = [ "/z" ]\n',
    );
  });

  it('says at its top how it is mounted', () => {
    const model = { mirrors: [], hosts: [], hasBase: false, mountPath: '/cfg' };
    const comment = renderBuildkitConfig(model, new Map()).get('buildkitd.toml');
    expect(comment).toContain('# Mount the whole ConfigMap at /cfg, never a subPath');
    expect(comment).toContain('--config /cfg/buildkitd.toml\n');
  });
});

describe('a CA file', () => {
  it('stands beside the TOML under the name that the TOML says, with its origin', () => {
    const model = buildkitModel({
      registries: [{ host: 'a.io:5000', tls: { caRef: { name: 'corp', key: 'root.pem' } } }],
    });
    const files = renderBuildkitConfig(model, new Map([['a.io:5000', [CA_ONE]]]));
    expect([...files.keys()]).toEqual(['buildkitd.toml', 'a.io_5000.crt']);
    expect(files.get('a.io_5000.crt')).toBe(`# ConfigMap corp, key root.pem\n${CA_ONE}`);
  });

  it('of each host comes in the order of the hosts, not of the spec', () => {
    const model = buildkitModel({
      registries: ['b.io', 'c.io', 'a.io'].map((host) => ({
        host,
        tls: { caRef: { name: 'corp' } },
      })),
    });
    const certificates = new Map(model.hosts.map(({ host }) => [host, [CA_ONE]]));
    expect([...renderBuildkitConfig(model, certificates).keys()]).toEqual([
      'buildkitd.toml',
      'a.io.crt',
      'b.io.crt',
      'c.io.crt',
    ]);
  });

  it('that the caller forgot is an error of the caller', () => {
    const model = buildkitModel({
      registries: [{ host: 'a.io', tls: { caRef: { name: 'corp' } } }],
    });
    expect(() => renderBuildkitConfig(model, new Map())).toThrow('a.io');
  });

  it('has a name that is a legal ConfigMap key, for the longest host too', () => {
    const longest = `${'a.'.repeat(122)}io:1`.slice(-249);
    expect(caFileName(longest)).toMatch(/^[-._a-zA-Z0-9]{1,253}$/);
  });
});

describe('rendering', () => {
  it('does not depend on the order of hosts and origins', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        const turned = {
          ...model,
          hosts: model.hosts.toReversed(),
          mirrors: model.mirrors.toReversed(),
        };
        expect([...renderBuildkitConfig(turned, certificatesOf(model))]).toEqual([
          ...renderBuildkitConfig(model, certificatesOf(model)),
        ]);
      }),
    );
  });
});

describe('revisionOf', () => {
  const files = new Map([
    ['a', 'x'],
    ['b', 'y'],
  ]);

  it('is eight hex digits that do not depend on order', () => {
    expect(revisionOf(files)).toMatch(/^[0-9a-f]{8}$/);
    expect(revisionOf(new Map([...files].toReversed()))).toBe(revisionOf(files));
  });

  it.each([
    [
      'a byte',
      [
        ['a', 'x'],
        ['b', 'z'],
      ],
    ],
    [
      'a name',
      [
        ['a', 'x'],
        ['c', 'y'],
      ],
    ],
    ['a file less', [['a', 'x']]],
    [
      'the same bytes cut elsewhere',
      [
        ['a', 'xb'],
        ['', 'y'],
      ],
    ],
  ] as const)('changes with %s', (_, changed) => {
    expect(revisionOf(new Map(changed))).not.toBe(revisionOf(files));
  });
});
