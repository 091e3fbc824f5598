/**
 * Objects that the API accepts or refuses. Each row is run through the zod schema (unit tier) and
 * through the real API server (cluster tier), and both must agree with the row and with each other.
 */
export interface Row {
  /** What the row claims, as a sentence about the object. */
  readonly name: string;
  readonly object: MirrorAuthObject;
  readonly accepted: boolean;
  /** What a refusal says, by a part of its text. */
  readonly says?: string;
}

export interface MirrorAuthObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

type Spec = Readonly<Record<string, unknown>>;
type Registry = Readonly<Record<string, unknown>>;

function mirrorAuth(spec: Spec, name = 'row'): MirrorAuthObject {
  return { apiVersion: 'mirrorauth.dev/v1alpha1', kind: 'MirrorAuth', metadata: { name }, spec };
}

const OWN = { type: 'SecretRef', secretRef: { name: 'own' } };
const PULL_SECRET = { name: 'ci-pull' };
const BUILDKIT_CONFIG = { name: 'ci-buildkitd' };

/** A spec with both outputs, in which only one registry is of interest. */
const withRegistry = (registry: Registry): Spec => ({
  registries: [{ credentials: OWN, ...registry }],
  pullSecret: PULL_SECRET,
  buildkitConfig: BUILDKIT_CONFIG,
});

/** A spec with a ConfigMap alone, in which only one mirror is of interest. */
const withMirror = (mirror: Registry): Spec => ({
  mirrors: [mirror],
  buildkitConfig: BUILDKIT_CONFIG,
});

const withEndpoint = (endpoint: string): Spec =>
  withMirror({ origin: 'ghcr.io', endpoints: [endpoint] });

const withLabels = (labels: Readonly<Record<string, string>>): Spec => ({
  pullSecret: { ...PULL_SECRET, labels },
});

const ok = (name: string, spec: Spec, objectName?: string): Row => ({
  name,
  object: mirrorAuth(spec, objectName),
  accepted: true,
});

const no = (name: string, spec: Spec, says: string, objectName?: string): Row => ({
  name,
  object: mirrorAuth(spec, objectName),
  accepted: false,
  says,
});

const hostRows: readonly Row[] = [
  ok('a host is a DNS name', withRegistry({ host: 'harbor.corp' })),
  ok('a host is one label', withRegistry({ host: 'registry' })),
  ok('a host has a port', withRegistry({ host: 'harbor.corp:8443' })),
  ok('a host is an IPv4 address', withRegistry({ host: '10.0.0.5:5000' })),
  ok('a host is Docker Hub', withRegistry({ host: 'docker.io' })),
  ok('a host is a punycode name', withRegistry({ host: 'xn--bcher-kva.example' })),
  ok('a host is as long as may be', withRegistry({ host: longHost(0) })),
  ok(
    ':443 is a port like others over HTTP',
    withRegistry({ host: 'a.corp:443', protocol: 'HTTP' }),
  ),
  ok(':80 is a port like others over HTTPS', withRegistry({ host: 'a.corp:80' })),
  no('a host has no scheme', withRegistry({ host: 'https://harbor.corp' }), 'leave the scheme out'),
  no('a host has no path', withRegistry({ host: 'harbor.corp/x' }), 'leave the path out'),
  no(
    'a host has no userinfo',
    withRegistry({ host: 'u:p@harbor.corp' }),
    'leave user and password out',
  ),
  no('a host has no wildcard', withRegistry({ host: '*.corp' }), 'wildcards are not looked up'),
  no('a host is in lower case', withRegistry({ host: 'Harbor.corp' }), 'write it in lower case'),
  no('a host is no IPv6 literal', withRegistry({ host: '[fd00::1]:5000' }), 'IPv6 literals'),
  no('a host is no bare IPv6 literal', withRegistry({ host: 'fd00::1' }), 'IPv6 literals'),
  no(
    'a host is no false IPv4 address',
    withRegistry({ host: '300.1.2.3' }),
    'four numbers from 0 to 255',
  ),
  no('a port is at most 65535', withRegistry({ host: 'a.corp:65536' }), 'a port from 1 to 65535'),
  no('a port is at least 1', withRegistry({ host: 'a.corp:0' }), 'a port from 1 to 65535'),
  no('a host has no underscore', withRegistry({ host: 'a_b.corp' }), 'write host[:port]'),
  no('a host is ASCII', withRegistry({ host: 'bücher.example' }), 'should match'),
  no('a host is not empty', withRegistry({ host: '' }), 'at least 1'),
  no('a host has at most 249 bytes', withRegistry({ host: `${longHost(0)}0` }), '249'),
  no(
    'HTTPS leaves :443 out',
    withRegistry({ host: 'a.corp:443' }),
    'leave the default port :443 out',
  ),
  no(
    'HTTP leaves :80 out',
    withRegistry({ host: 'a.corp:80', protocol: 'HTTP' }),
    'leave the default port :80 out',
  ),
  ...['index.docker.io', 'registry-1.docker.io'].map((host) =>
    no(
      `Docker Hub is not written ${host}`,
      withRegistry({ host }),
      'Docker Hub is written docker.io',
    ),
  ),
];

const registryRows: readonly Row[] = [
  ok('a registry has plain HTTP', withRegistry({ host: 'a.corp', protocol: 'HTTP' })),
  ok(
    'a registry has a private CA',
    withRegistry({ host: 'a.corp', tls: { caRef: { name: 'ca' } } }),
  ),
  ok(
    'a registry has a private CA under a key',
    withRegistry({ host: 'a.corp', tls: { caRef: { name: 'ca', key: 'root.pem' } } }),
  ),
  ok(
    'a registry is not verified',
    withRegistry({ host: 'a.corp', tls: { insecureSkipVerify: true } }),
  ),
  ok(
    'a registry is anonymous',
    withRegistry({ host: 'a.corp', credentials: { type: 'Anonymous' } }),
  ),
  ok(
    'a registry has no entry of its own',
    withRegistry({ host: 'a.corp', pullSecretEntry: 'Omit' }),
  ),
  ok(
    'a credential is chosen by key and entry',
    withRegistry({
      host: 'a.corp',
      credentials: {
        type: 'SecretRef',
        secretRef: { name: 's', key: 'config.json', entry: 'a.corp/team' },
      },
    }),
  ),
  no(
    'HTTP has no tls',
    withRegistry({ host: 'a.corp', protocol: 'HTTP', tls: { insecureSkipVerify: true } }),
    'protocol: HTTP has no tls',
  ),
  no('a protocol is HTTP or HTTPS', withRegistry({ host: 'a.corp', protocol: 'http' }), 'HTTPS'),
  no(
    'tls is a CA or no verification',
    withRegistry({ host: 'a.corp', tls: { caRef: { name: 'ca' }, insecureSkipVerify: true } }),
    'one of the two',
  ),
  no('tls says something', withRegistry({ host: 'a.corp', tls: {} }), 'one of the two'),
  no(
    'insecureSkipVerify: false says nothing',
    withRegistry({ host: 'a.corp', tls: { insecureSkipVerify: false } }),
    'one of the two',
  ),
  no(
    'SecretRef names a Secret',
    withRegistry({ host: 'a.corp', credentials: { type: 'SecretRef' } }),
    'secretRef goes with type: SecretRef',
  ),
  no(
    'Anonymous names no Secret',
    withRegistry({ host: 'a.corp', credentials: { type: 'Anonymous', secretRef: { name: 's' } } }),
    'secretRef goes with type: SecretRef',
  ),
  no(
    'DuplicateOf names a host',
    withRegistry({ host: 'a.corp', credentials: { type: 'DuplicateOf' } }),
    'duplicateOf goes with type: DuplicateOf',
  ),
  no(
    'a credential has a known type',
    withRegistry({ host: 'a.corp', credentials: { type: 'Helper' } }),
    'SecretRef',
  ),
  no(
    'a Secret has a name that a Secret can have',
    withRegistry({
      host: 'a.corp',
      credentials: { type: 'SecretRef', secretRef: { name: 'a/b' } },
    }),
    'should match',
  ),
];

const mirrorRows: readonly Row[] = [
  ok('an endpoint has a path', withEndpoint('harbor.corp/ghcr/proxy_cache')),
  ok('an endpoint has port and path', withEndpoint('harbor.corp:8443/ghcr')),
  ok('an endpoint is a bare host', withEndpoint('cache.corp')),
  ok(
    'an origin can be mirrored by a project of its own host',
    withMirror({ origin: 'harbor.corp', endpoints: ['harbor.corp/proxy'] }),
  ),
  ok(
    'an origin has eight endpoints',
    withMirror({
      origin: 'ghcr.io',
      endpoints: Array.from({ length: 8 }, (_, i) => `m${String(i)}.corp`),
    }),
  ),
  no(
    'an origin has at most eight endpoints',
    withMirror({
      origin: 'ghcr.io',
      endpoints: Array.from({ length: 9 }, (_, i) => `m${String(i)}.corp`),
    }),
    '8',
  ),
  no('an origin has an endpoint', withMirror({ origin: 'ghcr.io', endpoints: [] }), '1'),
  no('an endpoint has no scheme', withEndpoint('https://harbor.corp/ghcr'), 'leave the scheme out'),
  no(
    'an endpoint has no userinfo',
    withEndpoint('u:p@harbor.corp/ghcr'),
    'leave user and password out',
  ),
  no('an endpoint has no wildcard', withEndpoint('*.corp/ghcr'), 'wildcards'),
  no(
    'an endpoint has no trailing slash',
    withEndpoint('harbor.corp/ghcr/'),
    'leave the trailing slash out',
  ),
  no('an endpoint has no /v2', withEndpoint('harbor.corp/v2'), 'leave /v2 out'),
  no(
    'an endpoint has no /v2 before its path',
    withEndpoint('harbor.corp/v2/ghcr'),
    'leave /v2 out',
  ),
  no('an endpoint has a path in lower case', withEndpoint('harbor.corp/GHCR'), 'lower case'),
  no(
    'an endpoint has no .. in its path',
    withEndpoint('harbor.corp/../x'),
    'write host[:port][/path]',
  ),
  no(
    'an endpoint has no empty segment',
    withEndpoint('harbor.corp//x'),
    'write host[:port][/path]',
  ),
  no('an endpoint has no query', withEndpoint('harbor.corp/x?y=z'), 'write host[:port][/path]'),
  no('an endpoint is no IPv6 literal', withEndpoint('[fd00::1]:5000/x'), 'IPv6 literals'),
  no('an endpoint is no false IPv4 address', withEndpoint('256.1.1.1/x'), 'four numbers'),
  no(
    'an endpoint leaves :443 out',
    withEndpoint('harbor.corp:443/x'),
    'leave the default port :443 out of endpoints',
  ),
  no('Docker Hub is no mirror', withEndpoint('docker.io'), 'Docker Hub cannot be a mirror'),
  no(
    'Docker Hub is no mirror under another name',
    withEndpoint('registry-1.docker.io/x'),
    'Docker Hub cannot be a mirror',
  ),
  no(
    'an endpoint is written once',
    withMirror({ origin: 'ghcr.io', endpoints: ['a.corp', 'a.corp'] }),
    'an endpoint is written once',
  ),
  no(
    'an origin is not its own mirror',
    withMirror({ origin: 'a.corp', endpoints: ['a.corp'] }),
    'an origin is not its own mirror',
  ),
  no(
    'an origin has no path',
    withMirror({ origin: 'ghcr.io/org', endpoints: ['a.corp'] }),
    'leave the path out',
  ),
  no(
    'an origin is what an image reference can name',
    withMirror({ origin: 'nexus', endpoints: ['b.corp'] }),
    'a path on Docker Hub',
  ),
  no(
    'an origin leaves :443 out',
    withMirror({ origin: 'a.corp:443', endpoints: ['b.corp'] }),
    ':443 out of origin',
  ),
];

const mirrors = [{ origin: 'docker.io', endpoints: ['harbor.corp/hub'] }];

const specRows: readonly Row[] = [
  ok('the pull Secret stands alone', {
    registries: [{ host: 'a.corp', credentials: OWN }],
    pullSecret: PULL_SECRET,
  }),
  ok('the ConfigMap stands alone', {
    registries: [{ host: 'a.corp', protocol: 'HTTP' }],
    mirrors,
    buildkitConfig: BUILDKIT_CONFIG,
  }),
  ok('a spec asks for an empty Secret', { pullSecret: PULL_SECRET }),
  ok('a host is given the credential of another', {
    registries: [
      { host: 'docker.io', credentials: OWN },
      { host: 'harbor.corp', credentials: { type: 'DuplicateOf', duplicateOf: 'docker.io' } },
    ],
    mirrors,
    pullSecret: PULL_SECRET,
  }),
  ok('the largest spec', largestSpec(), 'm'.repeat(63)),
  no(
    'a spec asks for an output',
    { registries: [] },
    'at least one of pullSecret and buildkitConfig',
  ),
  no(
    'a host stands once',
    {
      registries: [
        { host: 'a.corp', credentials: OWN },
        { host: 'a.corp', credentials: OWN },
      ],
      pullSecret: PULL_SECRET,
    },
    'a host stands once',
  ),
  no(
    'an origin stands once',
    {
      mirrors: [...mirrors, { origin: 'docker.io', endpoints: ['b.corp'] }],
      buildkitConfig: BUILDKIT_CONFIG,
    },
    'an origin stands once',
  ),
  no(
    'with a pull Secret nothing is guessed of a registry',
    { registries: [{ host: 'a.corp' }], pullSecret: PULL_SECRET },
    'every registry says its credentials',
  ),
  no(
    'with a pull Secret nothing is guessed of a mirror',
    { mirrors, pullSecret: PULL_SECRET },
    'add the host of every endpoint to registries',
  ),
  no(
    'without a pull Secret there are no credentials',
    { registries: [{ host: 'a.corp', credentials: OWN }], buildkitConfig: BUILDKIT_CONFIG },
    'without pullSecret no credential is read',
  ),
  no(
    'without a pull Secret there is no entry to omit',
    { registries: [{ host: 'a.corp', pullSecretEntry: 'Omit' }], buildkitConfig: BUILDKIT_CONFIG },
    'without pullSecret no credential is read',
  ),
  no(
    'a duplicate is of a registry that is there',
    withRegistry({ host: 'a.corp', credentials: { type: 'DuplicateOf', duplicateOf: 'b.corp' } }),
    'write in duplicateOf a host under registries',
  ),
  no(
    'a duplicate is of no duplicate',
    {
      registries: [
        { host: 'a.corp', credentials: OWN },
        { host: 'b.corp', credentials: { type: 'DuplicateOf', duplicateOf: 'a.corp' } },
        { host: 'c.corp', credentials: { type: 'DuplicateOf', duplicateOf: 'b.corp' } },
      ],
      pullSecret: PULL_SECRET,
    },
    'write in duplicateOf a host under registries',
  ),
  no(
    'a duplicate is not of itself',
    withRegistry({ host: 'a.corp', credentials: { type: 'DuplicateOf', duplicateOf: 'a.corp' } }),
    'write in duplicateOf a host under registries',
  ),
  no(
    'the pull Secret is no source',
    { registries: [{ host: 'a.corp', credentials: OWN }], pullSecret: { name: 'own' } },
    'pullSecret.name is also a source',
  ),
  no(
    'the ConfigMap is not its base',
    { buildkitConfig: { name: 'base', baseRef: { name: 'base' } } },
    'buildkitConfig.name is also its baseRef',
  ),
  no(
    'the ConfigMap is no source of CAs',
    {
      registries: [{ host: 'a.corp', tls: { caRef: { name: 'ca' } } }],
      buildkitConfig: { name: 'ca' },
    },
    'buildkitConfig.name is also a source',
  ),
  no(
    'a name is short enough for a label',
    { pullSecret: PULL_SECRET },
    'at most 63',
    'm'.repeat(64),
  ),
  no(
    'there are at most 64 registries',
    {
      registries: Array.from({ length: 65 }, (_, i) => ({ host: `h${String(i)}.corp` })),
      buildkitConfig: BUILDKIT_CONFIG,
    },
    '64',
  ),
  no(
    'there are at most 32 mirrors',
    {
      mirrors: Array.from({ length: 33 }, (_, i) => ({
        origin: `h${String(i)}.corp`,
        endpoints: ['m.corp'],
      })),
      buildkitConfig: BUILDKIT_CONFIG,
    },
    '32',
  ),
];

const outputRows: readonly Row[] = [
  ok('an output has labels', withLabels({ team: 'build', 'example.com/tier': 'ci' })),
  ok('a mount path is absolute', {
    buildkitConfig: { ...BUILDKIT_CONFIG, mountPath: '/home/user/.config/buildkit' },
  }),
  ok('a base is merged', {
    buildkitConfig: { ...BUILDKIT_CONFIG, baseRef: { name: 'base', key: 'toml' } },
  }),
  no(
    'a label is none of Kubernetes',
    withLabels({ 'app.kubernetes.io/name': 'x' }),
    'label prefixes',
  ),
  no(
    'a label is none of Argo CD',
    withLabels({ 'argocd.argoproj.io/instance': 'x' }),
    'label prefixes',
  ),
  no('a label is none of ours', withLabels({ 'mirrorauth.dev/owner-name': 'x' }), 'label prefixes'),
  no('a label key is a qualified name', withLabels({ 'a b': 'x' }), 'a label key is'),
  no('a label value is a label value', withLabels({ team: 'a b' }), 'should match'),
  no(
    'there are at most 16 labels',
    withLabels(Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`l${String(i)}`, 'x']))),
    '16',
  ),
  no(
    'a mount path is not relative',
    { buildkitConfig: { ...BUILDKIT_CONFIG, mountPath: 'etc' } },
    'write an absolute path',
  ),
  no(
    'a mount path has no ..',
    { buildkitConfig: { ...BUILDKIT_CONFIG, mountPath: '/etc/..' } },
    'write an absolute path',
  ),
  no('an output has a name', { pullSecret: { labels: {} } }, 'equired'),
];

export const MIRRORAUTH_TABLE: readonly Row[] = [
  ...hostRows,
  ...registryRows,
  ...mirrorRows,
  ...specRows,
  ...outputRows,
];

/**
 * What the two sides are known to answer differently, each with its reason: `null` means absent to
 * the API server, and a field that nobody knows is refused under `fieldValidation: Strict` alone.
 */
export const LISTED_APART: readonly Row[] = [
  ok('null stands for absent', {
    ...withRegistry({ host: 'a.corp', protocol: null }),
    mirrors: null,
  }),
  no(
    'a field that nobody knows is refused',
    { pullSecret: { ...PULL_SECRET, annotations: {} } },
    'unknown field',
  ),
];

/** The n-th host of the greatest length. */
function longHost(n: number): string {
  const first = `h${String(n).padStart(3, '0')}`.padEnd(63, 'a');
  return `${first}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(51)}:65535`;
}

/** Every list full, every text as long as may be, every host at its longest. */
function largestSpec(): Spec {
  const hosts = Array.from({ length: 64 }, (_, i) => longHost(i));
  const caRef = { name: 'n'.repeat(253), key: 'k'.repeat(253) };
  const secretRef = { name: 's'.repeat(253), key: 'k'.repeat(253), entry: 'e'.repeat(512) };
  const labels = Object.fromEntries(
    Array.from({ length: 16 }, (_, i) => [
      `${'x'.repeat(60)}.example.com/${`l${String(i)}`.padEnd(63, 'n')}`,
      'v'.repeat(63),
    ]),
  );
  const path = (i: number): string =>
    `/q${String(i)}${'p'.repeat(62)}/${'p'.repeat(63)}/${'p'.repeat(63)}/${'p'.repeat(62)}`;
  return {
    registries: hosts.map((host, i) => ({
      host,
      tls: { caRef },
      credentials:
        i < 32
          ? { type: 'SecretRef', secretRef }
          : { type: 'DuplicateOf', duplicateOf: hosts[i - 32] },
    })),
    mirrors: hosts.slice(0, 32).map((origin) => ({
      origin,
      endpoints: hosts.slice(-8).map((host, i) => host + path(i)),
    })),
    pullSecret: { name: 'o'.repeat(253), labels },
    buildkitConfig: {
      name: 'b'.repeat(253),
      mountPath: `/${'m'.repeat(255)}`,
      baseRef: { name: 'z'.repeat(253), key: 'k'.repeat(253) },
      labels,
    },
  };
}
