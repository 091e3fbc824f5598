import { describe, expect, test } from 'vitest';
import { parseSpec } from '../../../../src/api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../../../src/api/mirrorauth.ts';
import type { StatusWarning } from '../../../../src/api/status.ts';
import { Bench } from '../../../support/bench.ts';
import { CA_ONE } from '../../../support/certificates.ts';
import {
  aConfigMap,
  aDockerConfig,
  aSecret,
  configMapNamed,
  consentTo,
  controlledBy,
  secretNamed,
} from '../../../support/gen.ts';

/** Hosts, mirrors and outputs that people really have, by the numbers of the list that they are from. */

const OWN = { type: 'SecretRef', secretRef: { name: 'own' } } as const;
const HUB = {
  host: 'docker.io',
  credentials: { type: 'SecretRef', secretRef: { name: 'hub' } },
} as const;
const ANONYMOUS = { type: 'Anonymous' } as const;
const DUPLICATE_OF_HUB = { type: 'DuplicateOf', duplicateOf: 'docker.io' } as const;
const OUTPUTS = {
  pullSecret: { name: 'ci-pull' },
  buildkitConfig: { name: 'ci-buildkitd' },
} as const;

/** The namespace after one look at a MirrorAuth with both outputs. */
function outcomeOf(spec: MirrorAuthSpec, prepare: (bench: Bench) => void = () => {}) {
  const bench = new Bench({ ...OUTPUTS, ...spec });
  bench.cluster.put(secretNamed('hub'), aDockerConfig({ 'https://index.docker.io/v1/': 'hub:pw' }));
  prepare(bench);
  bench.reconcile();
  return {
    bench,
    logins: bench.logins('ci-pull'),
    toml: bench.files(configMapNamed('ci-buildkitd'))?.['buildkitd.toml'] ?? '',
    warnings: bench.status.warnings ?? [],
  };
}

/** One mirror of Docker Hub that is given Docker Hub's login. */
const mirroredBy = (endpoint: string, registry: Partial<Registry> = {}): MirrorAuthSpec => ({
  registries: [
    HUB,
    { host: endpoint.split('/')[0] ?? '', credentials: DUPLICATE_OF_HUB, ...registry },
  ],
  mirrors: [{ origin: 'docker.io', endpoints: [endpoint] }],
});
type Registry = NonNullable<MirrorAuthSpec['registries']>[number];

/** What the API says of an endpoint of ghcr.io. */
const refusalOf = (endpoint: string): string =>
  issuesOf({
    mirrors: [{ origin: 'ghcr.io', endpoints: [endpoint] }],
    buildkitConfig: { name: 'out' },
  });

function issuesOf(spec: unknown): string {
  const parsed = parseSpec(spec);
  return 'issues' in parsed ? parsed.issues.join('\n') : 'accepted';
}

/** `reason subject`: what the warnings are and what they speak of. */
const subjects = (warnings: readonly StatusWarning[]): readonly string[] =>
  warnings.map(({ reason, message }) => `${reason} ${message.split(': ')[0] ?? ''}`);

const reasons = (warnings: readonly StatusWarning[]): readonly string[] =>
  warnings.map(({ reason }) => reason);

describe('spelling of mirrors', () => {
  test('row 7: a path goes into the configuration, the host alone into the credentials', () => {
    const { logins, toml } = outcomeOf(mirroredBy('harbor.corp/dockerhub'));
    expect(logins).toEqual({ 'https://index.docker.io/v1/': 'hub:pw', 'harbor.corp': 'hub:pw' });
    expect(toml).toContain('mirrors = [ "harbor.corp/dockerhub" ]');
  });

  test('row 8: a port is kept in both files, and a slash at the end is refused', () => {
    const { logins, toml } = outcomeOf(mirroredBy('harbor.corp:8443/dockerhub'));
    expect(logins).toHaveProperty(['harbor.corp:8443']);
    expect(toml).toContain('mirrors = [ "harbor.corp:8443/dockerhub" ]');
    expect(refusalOf('harbor.corp:8443/dockerhub/')).toContain('leave the trailing slash out');
  });

  test.each([
    ['row 9: a scheme', 'https://harbor.corp/p', 'leave the scheme out'],
    ['row 9: the default port', 'harbor.corp:443/p', 'leave the default port :443 out'],
    ['row 10: the scheme of plain HTTP', 'http://m.corp:5000', 'protocol: HTTP on the registry'],
    ['row 12: user and password', 'u:p@m.corp', 'they belong in a Secret'],
    ['row 13: a query', 'm.corp/p?x', 'write host[:port][/path]'],
    ['row 13: a fragment', 'm.corp/p#f', 'write host[:port][/path]'],
    ['row 14: /v2', 'm.corp/v2', 'BuildKit puts it before the path by itself'],
    ['row 14: /v2 before a project', 'm.corp/v2/proj', 'BuildKit puts it before the path'],
    ['row 15: nothing', '', 'is empty'],
    ['row 15: a path alone', '/path', 'write host[:port][/path]'],
    ['row 15: a scheme alone', 'https://', 'leave the scheme out'],
    ['row 16: a path upwards', 'm.corp/..', 'write host[:port][/path]'],
    ['row 16: an empty part of a path', 'm.corp/a//b', 'write host[:port][/path]'],
    ['row 16: an escape', 'm.corp/a%2fb', 'write host[:port][/path]'],
    ['row 16: a space', 'm.corp/a b', 'printable ASCII'],
    ['row 16: upper case in the path', 'm.corp/Proj', 'write it in lower case'],
    ['row 17: upper case in the host', 'M.CORP', 'write it in lower case'],
    ['row 18: letters beyond ASCII', 'bücher.example', 'xn--'],
    ['row 19: an IPv6 literal', '[fd00::1]:5000/p', 'write a DNS name'],
    ['row 20: an IPv6 literal without brackets', 'fd00::1', 'write a DNS name'],
    ['row 31: Docker Hub', 'docker.io', 'Docker Hub cannot be a mirror'],
    ['row 31: a name of Docker Hub', 'index.docker.io', 'Docker Hub cannot be a mirror'],
    ['row 31: another name of it', 'registry-1.docker.io', 'Docker Hub cannot be a mirror'],
    ['row 61: a quotation mark', 'm.corp/"', 'write host[:port][/path]'],
    ['row 61: a backslash', 'm.corp/\\', 'write host[:port][/path]'],
    ['row 61: a newline', 'm.corp/a\nb', 'printable ASCII'],
  ])('%s is refused, with what to write instead', (_name, endpoint, says) => {
    expect(refusalOf(endpoint)).toContain(says);
  });

  test('row 19: an IPv6 literal is refused as a host too', () => {
    const registries = [{ host: '[fd00::1]:5000' }];
    expect(issuesOf({ registries, buildkitConfig: { name: 'out' } })).toContain('write a DNS name');
  });

  test('row 22: an origin that is its own mirror is refused', () => {
    expect(refusalOf('ghcr.io')).toContain('an origin is not its own mirror');
  });

  test('row 74: a path in an origin is refused, because BuildKit looks up hosts alone', () => {
    const mirrors = [{ origin: 'ghcr.io/org', endpoints: ['m.corp'] }];
    expect(issuesOf({ mirrors, buildkitConfig: { name: 'out' } })).toContain('leave the path out');
  });

  test.each(['*', '*.corp'])('row 75: the wildcard origin %s is refused', (origin) => {
    const mirrors = [{ origin, endpoints: ['m.corp'] }];
    expect(issuesOf({ mirrors, buildkitConfig: { name: 'out' } })).toContain('wildcards');
  });

  test('row 75: _default, which is no host, is refused', () => {
    const mirrors = [{ origin: '_default', endpoints: ['m.corp'] }];
    expect(issuesOf({ mirrors, buildkitConfig: { name: 'out' } })).toContain('write host[:port]');
  });

  test('row 76: a mirror that is listed twice is refused', () => {
    const mirrors = [{ origin: 'ghcr.io', endpoints: ['m.corp', 'n.corp', 'm.corp'] }];
    expect(issuesOf({ mirrors, buildkitConfig: { name: 'out' } })).toContain('written once');
  });
});

describe('transport', () => {
  test('row 10: a credential over plain HTTP is written as told, with a warning', () => {
    const { toml, warnings } = outcomeOf(mirroredBy('m.corp:5000', { protocol: 'HTTP' }));
    expect(toml).toMatch(/\[registry\."m\.corp:5000"\]\nhttp = true/);
    expect(subjects(warnings)).toEqual(['UnprotectedCredential m.corp:5000']);
  });

  test('a credential over TLS that is not verified is written as told, with a warning', () => {
    const tls = { insecureSkipVerify: true };
    const { warnings } = outcomeOf(mirroredBy('m.corp', { tls }));
    expect(reasons(warnings)).toEqual(['UnprotectedCredential']);
    expect(warnings[0]?.message).toContain('not verified');
  });

  test('row 11: plain HTTP without a credential has a table and no entry, and nobody is warned', () => {
    const { logins, toml, warnings } = outcomeOf(
      mirroredBy('m.corp:5000', { protocol: 'HTTP', credentials: ANONYMOUS }),
    );
    expect(toml).toMatch(/\[registry\."m\.corp:5000"\]\nhttp = true/);
    expect(Object.keys(logins ?? {})).toEqual(['https://index.docker.io/v1/']);
    expect(warnings).toEqual([]);
  });

  test('an entry that is left out of the Secret is sent to nobody, and nobody is warned', () => {
    const { warnings } = outcomeOf(
      mirroredBy('m.corp:5000', { protocol: 'HTTP', pullSecretEntry: 'Omit' }),
    );
    expect(warnings).toEqual([]);
  });

  test.each(['localhost:5000', '127.0.0.1', '127.9.9.9:5000'])(
    'row 21: %s is the pod itself: people are warned, and its scheme is always written',
    (host) => {
      const https = outcomeOf(mirroredBy(`${host}/p`));
      expect(https.toml).toContain(`[registry."${host}"]\nhttp = false`);
      expect(reasons(https.warnings)).toEqual(['PodLocalHost']);
      const http = outcomeOf(mirroredBy(`${host}/p`, { protocol: 'HTTP' }));
      expect(http.toml).toContain(`[registry."${host}"]\nhttp = true`);
      expect(reasons(http.warnings)).toEqual(['PodLocalHost', 'UnprotectedCredential']);
    },
  );

  test('row 21: an origin may be the pod itself too', () => {
    const { warnings } = outcomeOf({
      registries: [{ host: 'm.corp', credentials: ANONYMOUS }],
      mirrors: [{ origin: 'localhost:5000', endpoints: ['m.corp'] }],
    });
    expect(reasons(warnings)).toEqual(['PodLocalHost']);
  });

  test('row 62: plain HTTP and TLS that is not verified cannot be written together', () => {
    const registries = [{ host: 'm.corp', protocol: 'HTTP', tls: { insecureSkipVerify: true } }];
    expect(issuesOf({ registries, buildkitConfig: { name: 'out' } })).toContain(
      'protocol: HTTP has no tls',
    );
  });

  test('row 63: the CA that the configuration names stands beside it', () => {
    const { bench, toml } = outcomeOf(
      mirroredBy('m.corp', { tls: { caRef: { name: 'corp-ca' } } }),
      ({ cluster }) => cluster.put(configMapNamed('corp-ca'), aConfigMap({ 'ca.crt': CA_ONE })),
    );
    expect(toml).toContain('ca = [ "/etc/buildkit/m.corp.crt" ]');
    expect(bench.files(configMapNamed('ci-buildkitd'))).toHaveProperty(['m.corp.crt']);
  });

  test('row 64: a CA that is no PEM is refused', () => {
    const { bench } = outcomeOf(
      mirroredBy('m.corp', { tls: { caRef: { name: 'corp-ca' } } }),
      ({ cluster }) => cluster.put(configMapNamed('corp-ca'), aConfigMap({ 'ca.crt': 'no PEM' })),
    );
    expect(bench.condition('BuildkitConfigSynced')?.reason).toBe('CaInvalid');
  });

  test('row 65: a client certificate in a base needs its key', () => {
    const base = '[[registry."m.corp".keypair]]\ncert = "/c.pem"\n';
    const { bench } = outcomeOf(
      {
        ...mirroredBy('m.corp'),
        buildkitConfig: { name: 'ci-buildkitd', baseRef: { name: 'base' } },
      },
      ({ cluster }) => cluster.put(configMapNamed('base'), aConfigMap({ 'buildkitd.toml': base })),
    );
    const condition = bench.condition('BuildkitConfigSynced');
    expect(condition?.reason).toBe('BaseConfigInvalid');
    expect(condition?.message).toContain('key and cert');
  });

  test('row 77: a base that defines a table of the MirrorAuth is refused, never overwritten', () => {
    const base = '[registry."m.corp"]\nhttp = true\n';
    const { bench } = outcomeOf(
      {
        ...mirroredBy('m.corp'),
        buildkitConfig: { name: 'ci-buildkitd', baseRef: { name: 'base' } },
      },
      ({ cluster }) => cluster.put(configMapNamed('base'), aConfigMap({ 'buildkitd.toml': base })),
    );
    expect(bench.condition('BuildkitConfigSynced')?.reason).toBe('BaseConfigConflict');
  });
});

describe('which host gets which credential', () => {
  const mirrorOfBoth = (credentials: Registry['credentials']): MirrorAuthSpec => ({
    registries: [
      HUB,
      { host: 'ghcr.io', credentials: OWN },
      { host: 'm.corp', ...(credentials && { credentials }) },
    ],
    mirrors: [
      { origin: 'docker.io', endpoints: ['m.corp/hub'] },
      { origin: 'ghcr.io', endpoints: ['m.corp/ghcr'] },
    ],
  });
  const withOwn = ({ cluster }: Bench): void =>
    cluster.put(secretNamed('own'), aDockerConfig({ 'ghcr.io': 'gh:pw', 'm.corp': 'robot:pw' }));

  test('row 23: a mirror with a credential of its own keeps it', () => {
    const { logins } = outcomeOf(mirrorOfBoth(OWN), withOwn);
    expect(logins).toEqual({
      'https://index.docker.io/v1/': 'hub:pw',
      'ghcr.io': 'gh:pw',
      'm.corp': 'robot:pw',
    });
  });

  test.each([
    ['row 24: with equal credentials', 'hub:pw'],
    ['row 25: with different ones', 'gh:pw'],
  ])('%s, a mirror of two origins is given the one that spec names, once', (_name, login) => {
    const { logins } = outcomeOf(mirrorOfBoth(DUPLICATE_OF_HUB), ({ cluster }) =>
      cluster.put(secretNamed('own'), aDockerConfig({ 'ghcr.io': login })),
    );
    expect(logins).toEqual({
      'https://index.docker.io/v1/': 'hub:pw',
      'ghcr.io': login,
      'm.corp': 'hub:pw',
    });
  });

  test('row 25: a second credential of one host cannot be written', () => {
    const registries = [
      HUB,
      { host: 'm.corp', credentials: DUPLICATE_OF_HUB },
      { host: 'm.corp', credentials: OWN },
    ];
    expect(issuesOf({ registries, pullSecret: { name: 'out' } })).toContain(
      'a host stands once under registries',
    );
  });

  test('row 26: a credential of its own settles what two origins would give', () => {
    const { logins } = outcomeOf(mirrorOfBoth(OWN), withOwn);
    expect(logins?.['m.corp']).toBe('robot:pw');
  });

  test('row 27: the default port is one spelling too many for a host', () => {
    const registries = [{ host: 'm.corp:443' }];
    expect(issuesOf({ registries, buildkitConfig: { name: 'out' } })).toContain(
      'leave the default port :443 out',
    );
  });

  test('row 28: two ports are two hosts', () => {
    const { logins } = outcomeOf({
      registries: [
        HUB,
        { host: 'h.corp:5000', credentials: DUPLICATE_OF_HUB },
        { host: 'h.corp:5001', credentials: ANONYMOUS },
      ],
      mirrors: [{ origin: 'docker.io', endpoints: ['h.corp:5000', 'h.corp:5001'] }],
    });
    expect(Object.keys(logins ?? {})).toEqual(['h.corp:5000', 'https://index.docker.io/v1/']);
  });

  test('row 29: two paths of one host for one origin are written, with a warning', () => {
    const spec = mirroredBy('h.corp/a');
    const { toml, warnings } = outcomeOf({
      ...spec,
      mirrors: [{ origin: 'docker.io', endpoints: ['h.corp/a', 'h.corp/b'] }],
    });
    expect(toml).toContain('mirrors = [ "h.corp/a", "h.corp/b" ]');
    expect(subjects(warnings)).toEqual(['TokenScopeReuse h.corp']);
  });

  test('row 29: one host for two origins is no such case', () => {
    expect(outcomeOf(mirrorOfBoth(DUPLICATE_OF_HUB), withOwn).warnings).toEqual([]);
  });

  test('row 66: a public origin with a mirror that asks for a login', () => {
    const { logins, toml } = outcomeOf(
      {
        registries: [{ host: 'm.corp', credentials: OWN }],
        mirrors: [{ origin: 'ghcr.io', endpoints: ['m.corp/ghcr'] }],
      },
      withOwn,
    );
    expect(logins).toEqual({ 'm.corp': 'robot:pw' });
    expect(toml).toContain('[registry."ghcr.io"]\nmirrors = [ "m.corp/ghcr" ]');
  });

  test('row 67: without mirrors an origin is passed through', () => {
    const { logins, toml } = outcomeOf({ registries: [HUB] });
    expect(logins).toEqual({ 'https://index.docker.io/v1/': 'hub:pw' });
    expect(toml).not.toContain('mirrors =');
  });

  test('row 73: without a credential of its own, dhi.io is given that of Docker Hub by buildx alone', () => {
    const spec = {
      registries: [HUB, { host: 'm.corp', credentials: ANONYMOUS }],
      mirrors: [{ origin: 'dhi.io', endpoints: ['m.corp/dhi'] }],
    } satisfies MirrorAuthSpec;
    expect(subjects(outcomeOf(spec).warnings)).toEqual(['ImplicitHubCredential dhi.io']);
    const own = { host: 'dhi.io', credentials: DUPLICATE_OF_HUB } as const;
    expect(outcomeOf({ ...spec, registries: [...spec.registries, own] }).warnings).toEqual([]);
  });

  test('row 73: nothing is given where Docker Hub has no credential either', () => {
    const { warnings } = outcomeOf({
      registries: [{ host: 'm.corp', credentials: ANONYMOUS }],
      mirrors: [{ origin: 'dhi.io', endpoints: ['m.corp/dhi'] }],
    });
    expect(warnings).toEqual([]);
  });

  test('row 72: a source in another namespace cannot be written', () => {
    const secretRef = { name: 'hub', namespace: 'other' };
    const registries = [{ host: 'docker.io', credentials: { type: 'SecretRef', secretRef } }];
    const parsed = parseSpec({ registries, pullSecret: { name: 'out' } });
    expect(JSON.stringify(parsed)).not.toContain('other');
  });
});

describe('the outputs', () => {
  const spec = mirroredBy('m.corp');

  test('row 30: of two MirrorAuths that want one Secret, the older one keeps it and the other is told', () => {
    const { bench, logins } = outcomeOf(spec, ({ rivals }) =>
      rivals.push({
        name: 'older',
        uid: 'uid-of-older',
        creationTimestamp: '2020-01-01T00:00:00Z',
        wants: [secretNamed('ci-pull')],
      }),
    );
    expect(logins).toBeUndefined();
    const condition = bench.condition('PullSecretSynced');
    expect(condition?.reason).toBe('TargetConflict');
    expect(condition?.message).toContain('older');
  });

  test('row 58: near the largest size people are warned, and beyond it nothing is written', () => {
    const hub = (bytes: number) => (bench: Bench) =>
      bench.cluster.put(
        secretNamed('hub'),
        aDockerConfig({ 'https://index.docker.io/v1/': `hub:${'p'.repeat(bytes)}` }),
      );
    // An entry stands for two hosts in two files, in base64.
    expect(
      outcomeOf(spec, hub(170_000)).warnings.map(({ message }) => message.slice(0, 14)),
    ).toEqual(['Secret ci-pull']);
    expect(outcomeOf(spec, hub(140_000)).warnings).toEqual([]);
    const beyond = outcomeOf(spec, hub(200_000));
    expect(beyond.bench.condition('PullSecretSynced')?.reason).toBe('TooLarge');
    expect(beyond.logins).toBeUndefined();
  });

  test('row 58: the same of the ConfigMap', () => {
    const based = {
      ...spec,
      buildkitConfig: { name: 'ci-buildkitd', baseRef: { name: 'base' } },
    } as const;
    const { warnings } = outcomeOf(based, ({ cluster }) =>
      cluster.put(
        configMapNamed('base'),
        aConfigMap({ 'buildkitd.toml': `root = "${'r'.repeat(900_000)}"` }),
      ),
    );
    expect(warnings.map(({ message }) => message.slice(0, 22))).toEqual(['ConfigMap ci-buildkitd']);
  });

  test('row 68: a rotation changes both entries in one write and leaves the configuration alone', () => {
    const { bench } = outcomeOf(spec);
    bench.cluster.put(
      secretNamed('hub'),
      aDockerConfig({ 'https://index.docker.io/v1/': 'hub:new' }),
    );
    const { plan } = bench.reconcile();
    expect(plan.actions.map(({ kind }) => kind)).toEqual(['Patch']);
    expect(bench.logins('ci-pull')).toEqual({
      'https://index.docker.io/v1/': 'hub:new',
      'm.corp': 'hub:new',
    });
  });

  test('row 69: a source that goes leaves the last good entries, and a condition', () => {
    const { bench } = outcomeOf(spec);
    bench.cluster.remove(secretNamed('hub'));
    bench.reconcile();
    bench.wait(60_000);
    bench.reconcile();
    expect(bench.logins('ci-pull')).toHaveProperty(['m.corp'], 'hub:pw');
    expect(bench.condition('CredentialsResolved')?.reason).toBe('SecretNotFound');
  });

  test("row 70: somebody else's Secret of that name is left alone", () => {
    const { bench, logins } = outcomeOf(spec, ({ cluster }) =>
      cluster.put(secretNamed('ci-pull'), aDockerConfig({ 'm.corp': 'foreign:pw' })),
    );
    expect(logins).toEqual({ 'm.corp': 'foreign:pw' });
    expect(bench.condition('PullSecretSynced')?.reason).toBe('TargetNotOwned');
  });

  test("row 71: somebody else's Secret of another type is left alone", () => {
    const { bench } = outcomeOf(spec, ({ cluster }) =>
      cluster.put(secretNamed('ci-pull'), aSecret('Opaque', { a: 'b' })),
    );
    expect(bench.files(secretNamed('ci-pull'))).toEqual({ a: 'b' });
    expect(bench.condition('PullSecretSynced')?.reason).toBe('TargetNotOwned');
  });
});

describe('a source that a MirrorAuth wrote', () => {
  const byOther = { ownerReferences: [controlledBy('other', 'uid-of-other')] };

  test('is refused as a base, and as a CA', () => {
    const based = outcomeOf(
      { buildkitConfig: { name: 'ci-buildkitd', baseRef: { name: 'theirs' } } },
      ({ cluster }) =>
        cluster.put(configMapNamed('theirs'), aConfigMap({ 'buildkitd.toml': '' }, byOther)),
    );
    expect(based.bench.condition('BuildkitConfigSynced')?.reason).toBe('SourceIsOutput');
    const withCa = outcomeOf(
      mirroredBy('m.corp', { tls: { caRef: { name: 'theirs' } } }),
      ({ cluster }) =>
        cluster.put(configMapNamed('theirs'), aConfigMap({ 'ca.crt': CA_ONE }, byOther)),
    );
    expect(withCa.bench.condition('PullSecretSynced')?.reason).toBe('SourceIsOutput');
    expect(withCa.bench.condition('BuildkitConfigSynced')?.reason).toBe('SourceIsOutput');
  });
});

describe('taking over', () => {
  test('what kubectl apply kept of the old logins goes', () => {
    const applied = 'kubectl.kubernetes.io/last-applied-configuration';
    const { bench } = outcomeOf(mirroredBy('m.corp'), ({ cluster }) =>
      cluster.put(
        secretNamed('ci-pull'),
        aDockerConfig(
          { 'm.corp': 'old:pw' },
          { annotations: { ...consentTo('ci'), [applied]: '{"old":"pw"}', theirs: 'stays' } },
        ),
      ),
    );
    const { annotations } = bench.cluster.get(secretNamed('ci-pull'))?.metadata ?? {};
    expect(annotations).toHaveProperty('theirs', 'stays');
    expect(annotations).not.toHaveProperty([applied]);
  });
});
