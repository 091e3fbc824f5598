import type { MirrorAuthSpec, Registry } from '../../../src/api/mirrorauth.ts';
import { hostOfEndpoint } from '../../../src/api/registry-host.ts';
import { aSpec } from '../gen.ts';
import type { ConfigMapState, SourceState } from './sources.ts';

/** What the people around a MirrorAuth want and have written, apart from what mirrorauth made of it. */
export interface People {
  draft: Draft;
  readonly secrets: Map<string, SourceState>;
  readonly configMaps: Map<string, ConfigMapState>;
  /** Counts everything that was ever written, so that no two credentials are the same. */
  serial: number;
}

export const HOSTS = ['docker.io', 'ghcr.io', 'harbor.corp', 'cache.corp:5000'] as const;
export type Host = (typeof HOSTS)[number];

export const SECRETS = ['src-a', 'src-b'] as const;
export const CAS = ['ca-a', 'ca-b'] as const;
export const BASES = ['base-a', 'base-b'] as const;
export const PULL_SECRETS = ['out-a', 'out-b', 'out-c'] as const;
export const BUILDKIT_CONFIGS = ['conf-a', 'conf-b', 'conf-c'] as const;

/** A spec in the making: any of these gives a legal one. */
export interface Draft {
  readonly registries: ReadonlyMap<Host, DraftRegistry>;
  readonly mirrors: ReadonlyMap<Host, readonly string[]>;
  readonly pullSecret: { readonly name: string; readonly labels: Labels } | undefined;
  readonly buildkitConfig: DraftConfig | undefined;
}

type Labels = Readonly<Record<string, string>>;

export interface DraftRegistry {
  readonly credentials:
    | { readonly type: 'Anonymous' }
    | { readonly type: 'SecretRef'; readonly name: string; readonly pick: Pick }
    | { readonly type: 'DuplicateOf'; readonly host: Host };
  readonly transport: 'HTTPS' | 'HTTP' | 'Unverified' | (typeof CAS)[number];
  readonly isOmitted: boolean;
}

/** What of a Secret is named beside its name. */
export type Pick = 'nothing' | 'key' | 'entry';

export interface DraftConfig {
  readonly name: string;
  readonly base: (typeof BASES)[number] | undefined;
  readonly mountPath: string | undefined;
  readonly labels: Labels;
}

export const FIRST_DRAFT: Draft = {
  registries: new Map([
    ['docker.io', registryOf({ type: 'SecretRef', name: 'src-a', pick: 'nothing' })],
    ['harbor.corp', registryOf({ type: 'DuplicateOf', host: 'docker.io' })],
  ]),
  mirrors: new Map([['docker.io', ['harbor.corp/hub']]]),
  pullSecret: { name: 'out-a', labels: {} },
  buildkitConfig: { name: 'conf-a', base: 'base-a', mountPath: undefined, labels: {} },
};

function registryOf(credentials: DraftRegistry['credentials']): DraftRegistry {
  return { credentials, transport: 'HTTPS', isOmitted: false };
}

/** The legal spec that is nearest to a draft. */
export function specOf(draft: Draft): MirrorAuthSpec {
  const pullSecret =
    draft.pullSecret ?? (draft.buildkitConfig ? undefined : { name: 'out-a', labels: {} });
  const { buildkitConfig } = draft;
  return aSpec({
    registries: [...draft.registries].map(([host, registry]) => ({
      host,
      ...transportOf(registry),
      ...(pullSecret && credentialsOf(draft, host, registry)),
    })),
    mirrors: [...draft.mirrors].flatMap(([origin, endpoints]) => {
      const declared = endpoints.filter(
        (one) =>
          one !== origin &&
          HOSTS.some((host) => host === hostOfEndpoint(one) && draft.registries.has(host)),
      );
      return declared.length === 0 ? [] : [{ origin, endpoints: declared }];
    }),
    ...(pullSecret && { pullSecret }),
    ...(buildkitConfig && {
      buildkitConfig: {
        name: buildkitConfig.name,
        labels: buildkitConfig.labels,
        ...(buildkitConfig.base && { baseRef: { name: buildkitConfig.base } }),
        ...(buildkitConfig.mountPath !== undefined && { mountPath: buildkitConfig.mountPath }),
      },
    }),
  });
}

function transportOf({ transport }: DraftRegistry): Partial<Registry> {
  switch (transport) {
    case 'HTTPS':
      return {};
    case 'HTTP':
      return { protocol: 'HTTP' };
    case 'Unverified':
      return { tls: { insecureSkipVerify: true } };
    case 'ca-a':
    case 'ca-b':
      return { tls: { caRef: { name: transport } } };
  }
}

function credentialsOf(
  draft: Draft,
  host: Host,
  { credentials, isOmitted }: DraftRegistry,
): Partial<Registry> {
  const omitted = isOmitted ? ({ pullSecretEntry: 'Omit' } as const) : {};
  if (credentials.type === 'SecretRef') {
    const { name, pick } = credentials;
    const secretRef = {
      name,
      ...(pick === 'key' && { key: 'config' }),
      ...(pick === 'entry' && { entry: `${host}/x` }),
    };
    return { credentials: { type: 'SecretRef', secretRef }, ...omitted };
  }
  const isDuplicate =
    credentials.type === 'DuplicateOf' &&
    draft.registries.get(credentials.host)?.credentials.type === 'SecretRef';
  return {
    credentials: isDuplicate
      ? { type: 'DuplicateOf', duplicateOf: credentials.host }
      : { type: 'Anonymous' },
    ...omitted,
  };
}
