import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSpec } from '../../../src/api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../../src/api/mirrorauth.ts';
import { hostOfEndpoint } from '../../../src/api/registry-host.ts';
import { isRecord } from '../../../src/core/docker/docker-config.ts';
import { anyCase, expectedLogins, filesOf, HOSTS, renderCase } from '../../support/any-case.ts';
import type { Case } from '../../support/any-case.ts';
import { Bench } from '../../support/bench.ts';
import { aDockerConfig, secretNamed } from '../../support/gen.ts';

/** What holds of every MirrorAuth, whatever it says. */

const hub = (host: string): string => (host === 'docker.io' ? 'https://index.docker.io/v1/' : host);

/** Key under `auths` to `user:password`, as the file holds them. */
function loginsOf(one: Case): Readonly<Record<string, string>> {
  const config: unknown = JSON.parse(filesOf(renderCase(one), 'Secret')['config.json'] ?? '{}');
  const auths = isRecord(config) && isRecord(config['auths']) ? config['auths'] : {};
  return Object.fromEntries(
    Object.entries(auths).map(([key, entry]) => {
      const auth = isRecord(entry) && typeof entry['auth'] === 'string' ? entry['auth'] : '';
      return [key, Buffer.from(auth, 'base64').toString()];
    }),
  );
}

const bytesOf = (one: Case): string => {
  const rendered = renderCase(one);
  return JSON.stringify([filesOf(rendered, 'Secret'), filesOf(rendered, 'ConfigMap')]);
};

/** The same wishes, written in another order where order has no meaning. */
const shuffled = ({ spec, logins }: Case, seed: number): Case => {
  const turn = <T>(list: readonly T[]): T[] => [
    ...list.slice(seed % (list.length || 1)),
    ...list.slice(0, seed % (list.length || 1)),
  ];
  return {
    spec: {
      ...spec,
      registries: turn(spec.registries ?? []),
      mirrors: turn(spec.mirrors ?? []).toReversed(),
    },
    logins: new Map(
      turn([...logins].map(([name, held]) => [name, new Map(turn([...held]))] as const)),
    ),
  };
};

describe('rendering', () => {
  it('gives each host the login that spec names for it, and no other host any', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const expected = Object.fromEntries(
          [...expectedLogins(one)].map(([host, login]) => [hub(host), login]),
        );
        expect(loginsOf(one)).toEqual(expected);
      }),
    );
  });

  it('gives the same bytes again', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        expect(bytesOf(one)).toBe(bytesOf(one));
      }),
    );
  });

  it('does not depend on the order of what has no order', () => {
    fc.assert(
      fc.property(anyCase, fc.nat(20), (one, seed) => {
        expect(bytesOf(shuffled(one, seed))).toBe(bytesOf(one));
      }),
    );
  });

  it("puts no origin's login under a host that spec does not give it", () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        for (const [key, login] of Object.entries(loginsOf(one))) {
          const host = key === hub('docker.io') ? 'docker.io' : key;
          const { credentials } = one.spec.registries?.find((r) => r.host === host) ?? {};
          const source = credentials?.duplicateOf ?? host;
          // The user of a login says which host it was written for.
          expect(login).toContain(`.${source.replace(':', '_')}:`);
        }
      }),
    );
  });

  it('names in the configuration the hosts that spec names, and no credential', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const toml = filesOf(renderCase(one), 'ConfigMap')['buildkitd.toml'] ?? '';
        const named = [...toml.matchAll(/^\[registry\."([^"]+)"\]$/gm)].map(([, host]) => host);
        const { registries = [], mirrors = [] } = one.spec;
        const known = new Set([
          ...registries.map(({ host }) => host),
          ...mirrors.flatMap(({ origin, endpoints }) => [origin, ...endpoints.map(hostOfEndpoint)]),
          'harbor.corp', // of the base
        ]);
        expect(named.filter((host) => !known.has(host ?? ''))).toEqual([]);
        const other = { ...one, logins: new Map() };
        expect(filesOf(renderCase(other), 'ConfigMap')).toEqual(
          filesOf(renderCase(one), 'ConfigMap'),
        );
      }),
    );
  });
});

describe('writing', () => {
  /** A namespace in which the Secret was written once. The ConfigMap is none of its business. */
  const written = (one: Case): Bench => {
    const { registries = [], mirrors = [], pullSecret } = one.spec;
    const bench = new Bench({
      registries: registries.map(({ tls, ...registry }) =>
        tls?.caRef === undefined ? { ...registry, ...(tls && { tls }) } : registry,
      ),
      mirrors,
      ...(pullSecret && { pullSecret }),
    });
    for (const [name, held] of one.logins) {
      const logins = Object.fromEntries([...held].map(([host, login]) => [hub(host), login]));
      bench.cluster.put(secretNamed(name), aDockerConfig(logins));
    }
    bench.reconcile();
    return bench;
  };

  it('what was written changes nothing when it is looked at again', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        expect(written(one).plan().plan.actions).toEqual([]);
      }),
    );
  });

  it("an origin's rotation changes its own entries alone", () => {
    fc.assert(
      fc.property(anyCase, fc.constantFrom(...HOSTS), (one, origin) => {
        const bench = written(one);
        const before = bench.logins('ci-pull') ?? {};
        const rotated = new Map(
          [...one.logins].map(([name, held]) => [name, new Map([...held, [origin, 'new:new']])]),
        );
        for (const [name, held] of rotated) {
          const logins = Object.fromEntries([...held].map(([host, login]) => [hub(host), login]));
          bench.cluster.put(secretNamed(name), aDockerConfig(logins));
        }
        bench.reconcile();
        const after = bench.logins('ci-pull') ?? {};
        expect(Object.keys(after)).toEqual(Object.keys(before));
        const given = new Set(
          (one.spec.registries ?? [])
            .filter(({ host, credentials }) => (credentials?.duplicateOf ?? host) === origin)
            .map(({ host }) => hub(host)),
        );
        for (const [key, login] of Object.entries(after)) {
          expect(login).toBe(given.has(key) ? 'new:new' : before[key]);
        }
      }),
    );
  });
});

describe('a hostile spec', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.constantFrom('__proto__', 'constructor', '\u0000', '\ud800', 'a'.repeat(300), 'docker.io'),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      text,
      fc.constantFrom(null, true, 5, -1, 1e300),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(
          text,
          fc.constantFrom(
            'registries',
            'mirrors',
            'host',
            'credentials',
            'type',
            'secretRef',
            'name',
            'endpoints',
            'origin',
            'pullSecret',
            'buildkitConfig',
            'labels',
          ),
        ),
        tie('value'),
        { maxKeys: 6 },
      ),
    ),
  }));

  it('is refused or read, and never a reason to throw', () => {
    fc.assert(
      fc.property(value, (spec) => {
        const parsed = parseSpec(spec);
        const accepted = 'valid' in parsed ? parsed.valid : {};
        expect(() => renderCase({ spec: accepted, logins: new Map() })).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('of a mebibyte is refused like any other', () => {
    const huge: MirrorAuthSpec[] = [
      { mirrors: [{ origin: 'a.io', endpoints: [`m.io/${'a/'.repeat(500_000)}a`] }] },
      { registries: [{ host: `${'a.'.repeat(500_000)}a` }] },
      { registries: Array.from({ length: 60_000 }, (_, n) => ({ host: `h${String(n)}.io` })) },
    ];
    for (const spec of huge) {
      expect(parseSpec({ ...spec, pullSecret: { name: 'p' } })).toHaveProperty('issues');
    }
  });
});
