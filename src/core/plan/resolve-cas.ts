import type { Problem } from '../../api/conditions.ts';
import { DEFAULT_CA_KEY } from '../../api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import { parseCaBundle } from '../ca-bundle.ts';
import type { CaSection, CaSource } from '../ca-bundle.ts';
import type { Source, SourceConfigMap } from './observed.ts';

/** The CAs that spec names: both outputs carry them, for the client and for buildkitd. */

export type ConfigMaps = ReadonlyMap<string, Source<SourceConfigMap>>;

/** What one CA source says. */
export type CaOutcome =
  | { readonly kind: 'Resolved'; readonly section: CaSection }
  | { readonly kind: 'JustLost'; readonly problem: Problem }
  | { readonly kind: 'Unresolved'; readonly problem: Problem };

export interface CaResolution {
  readonly source: CaSource;
  readonly outcome: CaOutcome;
}

/** The CA source of each host that has one. */
export function caSourcesByHost(spec: MirrorAuthSpec): ReadonlyMap<string, CaSource> {
  return new Map(
    (spec.registries ?? []).flatMap(({ host, tls }) =>
      tls?.caRef === undefined
        ? []
        : [[host, { configMap: tls.caRef.name, key: tls.caRef.key ?? DEFAULT_CA_KEY }] as const],
    ),
  );
}

/** One resolution for each distinct source, in the order of spec. */
export function resolveCas(spec: MirrorAuthSpec, configMaps: ConfigMaps): readonly CaResolution[] {
  const sources = new Map(
    [...caSourcesByHost(spec).values()].map((source) => [caSourceId(source), source]),
  );
  return [...sources.values()].map((source) => ({ source, outcome: resolve(source, configMaps) }));
}

/** Equal for equal sources. Neither name can hold a slash. */
export function caSourceId({ configMap, key }: CaSource): string {
  return `${configMap}/${key}`;
}

function resolve(source: CaSource, configMaps: ConfigMaps): CaOutcome {
  const found = textOf(configMaps, source.configMap, source.key);
  switch (found.kind) {
    case 'Found': {
      const bundle = parseCaBundle(found.text, source);
      return bundle.ok
        ? { kind: 'Resolved', section: { ...source, certificates: bundle.value } }
        : { kind: 'Unresolved', problem: bundle.problem };
    }
    case 'Refused':
      return { kind: 'Unresolved', problem: found.problem };
    case 'NotFound':
      return {
        kind: found.justLost ? 'JustLost' : 'Unresolved',
        problem: {
          reason: 'CaNotFound',
          message: missingText(found, source, 'tls.caRef'),
        },
      };
  }
}

export type FoundText =
  | { readonly kind: 'Found'; readonly text: string }
  | MissingText
  | { readonly kind: 'Refused'; readonly problem: Problem };

export interface MissingText {
  readonly kind: 'NotFound';
  readonly justLost: boolean;
  /** What is missing: the whole ConfigMap, or the key in it. */
  readonly what: 'ConfigMap' | 'key';
}

/** The text under one key of a ConfigMap. */
export function textOf(configMaps: ConfigMaps, name: string, key: string): FoundText {
  const source = configMaps.get(name) ?? { kind: 'NotFound', justLost: false };
  if (source.kind === 'NotFound') {
    return { ...source, what: 'ConfigMap' };
  }
  if (source.kind === 'AccessDenied') {
    return refused(
      'AccessDenied',
      `ConfigMap ${name} cannot be read: grant the operator get on it`,
    );
  }
  if (source.object.isOutput) {
    return refused(
      'SourceIsOutput',
      `ConfigMap ${name}: is itself an output of a MirrorAuth; name the ConfigMap that it is made from`,
    );
  }
  const text = source.object.data.get(key);
  return text === undefined
    ? { kind: 'NotFound', justLost: false, what: 'key' }
    : { kind: 'Found', text };
}

function refused(reason: Problem['reason'], message: string): FoundText {
  return { kind: 'Refused', problem: { reason, message } };
}

/** @param field the field of the spec that names it */
export function missingText(
  { what }: MissingText,
  { configMap, key }: CaSource,
  field: string,
): string {
  return what === 'ConfigMap'
    ? `ConfigMap ${configMap} does not exist: create it, or correct ${field}.name`
    : `ConfigMap ${configMap} has no key ${key}: add it, or name the right one in ${field}.key`;
}
