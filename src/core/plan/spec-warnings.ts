import type { MirrorAuthSpec, Registry } from '../../api/mirrorauth.ts';
import { DOCKER_HUB, hostOfEndpoint } from '../../api/registry-host.ts';
import type { Warning, WarningReason } from '../../api/warnings.ts';
import { isLoopback } from '../buildkit/buildkitd-toml.ts';
import { enumerate } from './duty.ts';

/** What a valid spec says that may not be what was meant. */

/** One small rule, named after the hosts that it finds. */
interface SpecAdvice {
  readonly hosts: (spec: MirrorAuthSpec) => readonly string[];
  readonly reason: WarningReason;
  readonly message: string;
}

const loopbackHosts: SpecAdvice = {
  hosts: (spec) => hostsOf(spec).filter(isLoopback),
  reason: 'PodLocalHost',
  message:
    'means the pod of the builder itself, where seldom anything listens; write the name of a Service or host',
};
const credentialsOverHttp: SpecAdvice = {
  hosts: (spec) => withCredential(spec, ({ protocol }) => protocol === 'HTTP'),
  reason: 'UnprotectedCredential',
  message:
    'its credential is sent over plain HTTP, where anyone on the path can read it; serve TLS there and take protocol: HTTP out',
};
const credentialsOverUnverifiedTls: SpecAdvice = {
  hosts: (spec) => withCredential(spec, ({ tls }) => tls?.insecureSkipVerify === true),
  reason: 'UnprotectedCredential',
  message:
    'its credential is sent over TLS that is not verified, where anyone on the path can read it; write tls.caRef instead of insecureSkipVerify',
};
const severalPathsOnOneHost: SpecAdvice = {
  hosts: (spec) => [
    ...new Set(
      (spec.mirrors ?? []).flatMap(({ endpoints }) => repeated(endpoints.map(hostOfEndpoint))),
    ),
  ],
  reason: 'TokenScopeReuse',
  message:
    "several of its paths mirror one origin: BuildKit reuses the first one's token for the next, which registries with token login refuse; write one path there, or give each a host name of its own",
};
const hubCredentialsByBuildx: SpecAdvice = {
  hosts: (spec) =>
    HUB_DEPENDANTS.filter(
      (host) =>
        hostsOf(spec).includes(host) &&
        !withCredential(spec).includes(host) &&
        withCredential(spec).includes(DOCKER_HUB),
    ),
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

/** docker/buildx v0.36 util/dockerutil/dockerconfig/configprovider.go */
const HUB_DEPENDANTS: readonly string[] = ['dhi.io', 'registry.scout.docker.com'];

export function specWarnings(spec: MirrorAuthSpec): readonly Warning[] {
  return ADVICE.flatMap(({ hosts, reason, message }) => {
    const found = hosts(spec);
    return found.length === 0 ? [] : [{ reason, message: `${enumerate(found)}: ${message}` }];
  });
}

/** Each host that a build could ask, once. */
function hostsOf({ registries = [], mirrors = [] }: MirrorAuthSpec): readonly string[] {
  return [
    ...new Set([
      ...registries.map(({ host }) => host),
      ...mirrors.flatMap(({ origin, endpoints }) => [origin, ...endpoints.map(hostOfEndpoint)]),
    ]),
  ];
}

/** Hosts that the pull Secret gives a credential. */
function withCredential(
  { pullSecret, registries = [] }: MirrorAuthSpec,
  matches: (registry: Registry) => boolean = () => true,
): readonly string[] {
  return pullSecret === undefined
    ? []
    : registries
        .filter(
          (registry) =>
            registry.credentials !== undefined &&
            registry.credentials.type !== 'Anonymous' &&
            registry.pullSecretEntry === undefined &&
            matches(registry),
        )
        .map(({ host }) => host);
}

function repeated(hosts: readonly string[]): readonly string[] {
  return hosts.filter((host, index) => hosts.indexOf(host) !== index);
}
