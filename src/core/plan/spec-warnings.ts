import type { MirrorAuthSpec, Registry } from '../../api/mirrorauth.ts';
import { DOCKER_HUB, hostOfEndpoint } from '../../api/registry-host.ts';
import type { WarningReason } from '../../api/warnings.ts';
import { HUB_DEPENDANTS } from '../docker/credential-key.ts';
import { isLoopback } from '../buildkit/buildkitd-toml.ts';
import { enumerate } from './duty.ts';
import type { FieldPath, PlacedWarning } from './place.ts';

/** What a valid spec says that may not be what was meant. */

/** A host, and the field that says of it what may not be meant. */
interface Finding {
  readonly host: string;
  readonly path: FieldPath;
}

/** One small rule, named after what it finds. */
interface SpecAdvice {
  readonly findings: (spec: MirrorAuthSpec) => readonly Finding[];
  readonly reason: WarningReason;
  readonly message: string;
}

const loopbackHosts: SpecAdvice = {
  findings: (spec) => hostsOf(spec).filter(({ host }) => isLoopback(host)),
  reason: 'PodLocalHost',
  message:
    'means the pod of the builder itself, where seldom anything listens; write the name of a Service or host',
};
const credentialsOverHttp: SpecAdvice = {
  findings: (spec) =>
    below(
      withCredential(spec, ({ protocol }) => protocol === 'HTTP'),
      ['protocol'],
    ),
  reason: 'UnprotectedCredential',
  message:
    'its credential is sent over plain HTTP, where anyone on the path can read it; serve TLS there and take protocol: HTTP out',
};
const credentialsOverUnverifiedTls: SpecAdvice = {
  findings: (spec) =>
    below(
      withCredential(spec, ({ tls }) => tls?.insecureSkipVerify === true),
      ['tls', 'insecureSkipVerify'],
    ),
  reason: 'UnprotectedCredential',
  message:
    'its credential is sent over TLS that is not verified, where anyone on the path can read it; write tls.caRef instead of insecureSkipVerify',
};
const severalPathsOnOneHost: SpecAdvice = {
  findings: (spec) =>
    unique(
      (spec.mirrors ?? []).flatMap(({ endpoints }, mirror) =>
        repeated(
          endpoints.map((endpoint, index) => ({
            host: hostOfEndpoint(endpoint),
            path: ['spec', 'mirrors', mirror, 'endpoints', index],
          })),
        ),
      ),
    ),
  reason: 'TokenScopeReuse',
  message:
    "several of its paths mirror one origin: BuildKit reuses the first one's token for the next, which registries with token login refuse; write one path there, or give each a host name of its own",
};
const hubCredentialsByBuildx: SpecAdvice = {
  findings: (spec) => {
    const given = new Set(withCredential(spec).map(({ host }) => host));
    const hosts = hostsOf(spec);
    return given.has(DOCKER_HUB)
      ? HUB_DEPENDANTS.filter((host) => !given.has(host)).flatMap(
          (dependant) => hosts.find(({ host }) => host === dependant) ?? [],
        )
      : [];
  },
  reason: 'ImplicitHubCredential',
  message:
    "it has no credential of its own: buildx gives it Docker Hub's, buildctl asks it anonymously; write its credentials under registries",
};

const ADVICE: readonly SpecAdvice[] = [
  loopbackHosts,
  credentialsOverHttp,
  credentialsOverUnverifiedTls,
  severalPathsOnOneHost,
  hubCredentialsByBuildx,
];

/** Each is told at the first host that it names. */
export function specWarnings(spec: MirrorAuthSpec): readonly PlacedWarning[] {
  return ADVICE.flatMap(({ findings, reason, message }) => {
    const found = findings(spec);
    const [first] = found;
    const hosts = enumerate(found.map(({ host }) => host));
    return first === undefined
      ? []
      : [{ warning: { reason, message: `${hosts}: ${message}` }, path: first.path }];
  });
}

/** Each host that a build could ask, once. */
function hostsOf({ registries = [], mirrors = [] }: MirrorAuthSpec): readonly Finding[] {
  return unique([
    ...registries.map(({ host }, index) => ({ host, path: ['spec', 'registries', index, 'host'] })),
    ...mirrors.flatMap(({ origin, endpoints }, mirror) => [
      { host: origin, path: ['spec', 'mirrors', mirror, 'origin'] },
      ...endpoints.map((endpoint, index) => ({
        host: hostOfEndpoint(endpoint),
        path: ['spec', 'mirrors', mirror, 'endpoints', index],
      })),
    ]),
  ]);
}

/** Registries whose hosts the pull Secret gives a credential. */
function withCredential(
  { pullSecret, registries = [] }: MirrorAuthSpec,
  matches: (registry: Registry) => boolean = () => true,
): readonly Finding[] {
  return pullSecret === undefined
    ? []
    : registries.flatMap((registry, index) =>
        registry.credentials !== undefined &&
        registry.credentials.type !== 'Anonymous' &&
        registry.pullSecretEntry === undefined &&
        matches(registry)
          ? [{ host: registry.host, path: ['spec', 'registries', index] }]
          : [],
      );
}

function below(findings: readonly Finding[], fields: FieldPath): readonly Finding[] {
  return findings.map(({ host, path }) => ({ host, path: [...path, ...fields] }));
}

/** The first finding of each host. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((one, index) => !isRepeated(findings, one, index));
}

/** All findings of a host but the first. */
function repeated(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((one, index) => isRepeated(findings, one, index));
}

function isRepeated(findings: readonly Finding[], { host }: Finding, index: number): boolean {
  return findings.slice(0, index).some((earlier) => earlier.host === host);
}
