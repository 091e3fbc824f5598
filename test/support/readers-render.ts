import { DEFAULT_MOUNT_PATH } from '../../src/api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../src/api/mirrorauth.ts';
import { hostOfEndpoint } from '../../src/api/registry-host.ts';
import { caFileName } from '../../src/core/buildkit/buildkitd-toml.ts';
import type { SourceSecret } from '../../src/core/docker/source-credential.ts';
import { dryRun } from '../../src/core/plan/dry-run.ts';
import type { Source, SourceConfigMap } from '../../src/core/plan/observed.ts';
import { filesOf } from './any-case.ts';
import { CA_ONE, CA_TWO } from './certificates.ts';
import type { Contact, HostsCase } from './readers.ts';

/** What a MirrorAuth is made into, and whom buildkitd is to contact then. */

export interface Rendered {
  /** `{}` where no Secret is written. */
  readonly config: string;
  /** Files of the ConfigMap. */
  readonly files: Readonly<Record<string, string>>;
}

export interface RenderedFrom {
  readonly spec: MirrorAuthSpec;
  readonly secrets?: readonly SourceSecret[];
  /** Text of the base, where spec names one. */
  readonly base?: string;
}

const CAS: Readonly<Record<string, string>> = { 'ca-one': CA_ONE, 'ca-two': CA_TWO };

/** @throws Error when anything of it is refused: these cases are fine, whatever they look like */
export function rendered({ spec, secrets = [], base = '' }: RenderedFrom): Rendered {
  const dry = dryRun({
    namespace: 'builds',
    name: 'ci',
    uid: 'uid-of-ci',
    creationTimestamp: '2026-01-02T00:00:00Z',
    spec,
    secrets: new Map(secrets.map((object) => [object.name, { kind: 'Found', object }])),
    configMaps: new Map([
      ...Object.entries(CAS).map(([name, pem]) => configMap(name, 'ca.crt', pem)),
      configMap('base', 'buildkitd.toml', base),
    ]),
    rivals: [],
  });
  const [refused] = dry.problems;
  if (refused !== undefined) {
    throw new Error(`${refused.path.join('.')}: ${refused.problem.message}`);
  }
  return {
    config: filesOf(dry, 'Secret')['config.json'] ?? '{}',
    files: filesOf(dry, 'ConfigMap'),
  };
}

function configMap(
  name: string,
  key: string,
  text: string,
): readonly [string, Source<SourceConfigMap>] {
  return [name, { kind: 'Found', object: { name, data: new Map([[key, text]]), isOutput: false } }];
}

/** Every host that somebody may pull from: those that spec names, and one that it does not. */
export function originsOf({ registries = [], mirrors = [] }: MirrorAuthSpec): readonly string[] {
  const hosts = [
    ...mirrors.flatMap(({ origin, endpoints }) => [origin, ...endpoints.map(hostOfEndpoint)]),
    ...registries.map(({ host }) => host),
    'stranger.example',
  ];
  return [...new Set(hosts)];
}

/** The ConfigMap as it is mounted. */
export function hostsCaseOf(spec: MirrorAuthSpec, { files }: Rendered): HostsCase {
  const { 'buildkitd.toml': toml = '', ...others } = files;
  const mountPath = spec.buildkitConfig?.mountPath ?? DEFAULT_MOUNT_PATH;
  return { toml, mountPath, files: others, origins: originsOf(spec) };
}

/** Whom a build is to contact for an image of this origin, worked out from spec alone. */
export function expectedContacts(spec: MirrorAuthSpec, origin: string): readonly Contact[] {
  const endpoints = spec.mirrors?.find((one) => one.origin === origin)?.endpoints ?? [];
  return [
    ...endpoints.map((endpoint) => {
      const host = hostOfEndpoint(endpoint);
      const path = `/v2${endpoint.slice(host.length)}`;
      return { ...transportOf(spec, host), host, path, push: false };
    }),
    {
      ...transportOf(spec, origin),
      host: origin === 'docker.io' ? 'registry-1.docker.io' : origin,
      path: '/v2',
      push: true,
    },
  ];
}

function transportOf(
  { registries = [] }: MirrorAuthSpec,
  host: string,
): Omit<Contact, 'host' | 'path' | 'push'> {
  const { protocol, tls } = registries.find((one) => one.host === host) ?? {};
  return {
    scheme: protocol === 'HTTP' ? 'http' : 'https',
    pull: true,
    resolve: true,
    insecureSkipVerify: tls?.insecureSkipVerify ?? false,
    fallsBackToHTTP: false,
    trusts: registries
      .filter((one) => tls?.caRef !== undefined && one.tls?.caRef?.name === tls.caRef.name)
      .map((one) => caFileName(one.host))
      .toSorted(),
  };
}
