import { describe, expect, it } from 'vitest';
import type { MirrorAuthSpec, Registry } from '../../../../src/api/mirrorauth.ts';
import { specWarnings } from '../../../../src/core/plan/spec-warnings.ts';

/** The messages of these warnings are held by test/unit/core/edge-cases/. */

/** Each as `Reason a.b.0`. */
const found = (spec: MirrorAuthSpec): readonly string[] =>
  specWarnings(spec).map(({ warning, path }) => `${warning.reason} ${path.join('.')}`);

const login: Registry['credentials'] = { type: 'SecretRef', secretRef: { name: 'hub' } };
const pullSecret = { name: 'ci-pull' };

describe('a host of the pod itself is told of at the first field that names it', () => {
  it.each<[string, MirrorAuthSpec]>([
    ['spec.registries.1.host', { registries: [{ host: 'a.corp' }, { host: 'localhost:5000' }] }],
    ['spec.mirrors.0.origin', { mirrors: [{ origin: 'localhost:5000', endpoints: ['a.corp'] }] }],
    [
      'spec.mirrors.1.endpoints.1',
      {
        mirrors: [
          { origin: 'docker.io', endpoints: ['a.corp'] },
          { origin: 'ghcr.io', endpoints: ['a.corp', 'localhost:5000/x'] },
        ],
      },
    ],
  ])('%s', (path, spec) => {
    expect(found(spec)).toEqual([`PodLocalHost ${path}`]);
  });

  it('and once, however often it is named', () => {
    const [only, ...others] = specWarnings({
      registries: [{ host: 'localhost:5000' }],
      mirrors: [{ origin: 'docker.io', endpoints: ['localhost:5000'] }],
    });
    expect(only?.warning.message).toMatch(/^localhost:5000: /);
    expect(others).toEqual([]);
  });
});

describe('a credential that goes in the clear is told of', () => {
  const overHttp = (more: Partial<Registry>): MirrorAuthSpec => ({
    registries: [{ host: 'a.corp', protocol: 'HTTP', ...more }],
    pullSecret,
  });

  it('at the protocol', () => {
    expect(found(overHttp({ credentials: login }))).toEqual([
      'UnprotectedCredential spec.registries.0.protocol',
    ]);
  });

  it('at the TLS that is not verified', () => {
    const tls = { insecureSkipVerify: true };
    expect(
      found({ registries: [{ host: 'a.corp', tls, credentials: login }], pullSecret }),
    ).toEqual(['UnprotectedCredential spec.registries.0.tls.insecureSkipVerify']);
  });

  it('but not where there is none', () => {
    expect(found(overHttp({}))).toEqual([]);
    expect(found(overHttp({ credentials: { type: 'Anonymous' } }))).toEqual([]);
  });

  it('nor where no pull Secret holds it', () => {
    const { registries = [] } = overHttp({ credentials: login });
    expect(found({ registries })).toEqual([]);
    expect(found(overHttp({ credentials: login, pullSecretEntry: 'Omit' }))).toEqual([]);
  });
});

it('a second path on one host is told of where it stands', () => {
  const endpoints = ['a.corp/one', 'b.corp', 'a.corp/two'];
  expect(found({ mirrors: [{ origin: 'docker.io', endpoints }] })).toEqual([
    'TokenScopeReuse spec.mirrors.0.endpoints.2',
  ]);
});
