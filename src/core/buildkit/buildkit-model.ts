import { DEFAULT_CA_KEY, DEFAULT_MOUNT_PATH } from '../../api/mirrorauth.ts';
import type { Mirror, MirrorAuthSpec, Registry } from '../../api/mirrorauth.ts';
import { hostOfEndpoint } from '../../api/registry-host.ts';
import type { CaSource } from '../ca-bundle.ts';

/** What buildkitd is told, before it is TOML. */

/** How builders speak to one host. */
export interface HostConfig {
  readonly host: string;
  readonly protocol: 'HTTPS' | 'HTTP';
  readonly insecureSkipVerify: boolean;
  readonly ca?: CaSource;
}

export interface BuildkitModel {
  /** Origins and their endpoints, in order of use. */
  readonly mirrors: readonly Mirror[];
  /** Each host that a build could ask, once. */
  readonly hosts: readonly HostConfig[];
  /** Whether the user's own settings are wanted beside it. */
  readonly hasBase: boolean;
  /** Folder where builders mount the files. */
  readonly mountPath: string;
}

/** Registries first, then origins and endpoints that are not among them: these are plain HTTPS. */
export function buildkitModel(spec: MirrorAuthSpec): BuildkitModel {
  const registries = new Map((spec.registries ?? []).map((one) => [one.host, hostConfig(one)]));
  const mirrors = spec.mirrors ?? [];
  const named = mirrors.flatMap(({ origin, endpoints }) => [
    origin,
    ...endpoints.map(hostOfEndpoint),
  ]);
  return {
    mirrors,
    hosts: [...new Set([...registries.keys(), ...named])].map(
      (host) => registries.get(host) ?? { host, protocol: 'HTTPS', insecureSkipVerify: false },
    ),
    hasBase: spec.buildkitConfig?.baseRef !== undefined,
    mountPath: spec.buildkitConfig?.mountPath ?? DEFAULT_MOUNT_PATH,
  };
}

function hostConfig({ host, protocol, tls }: Registry): HostConfig {
  return {
    host,
    protocol: protocol ?? 'HTTPS',
    insecureSkipVerify: tls?.insecureSkipVerify ?? false,
    ...(tls?.caRef && { ca: { configMap: tls.caRef.name, key: tls.caRef.key ?? DEFAULT_CA_KEY } }),
  };
}
