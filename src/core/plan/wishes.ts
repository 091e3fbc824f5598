import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import type { CaSection } from '../ca-bundle.ts';
import { resolveCas } from './resolve-cas.ts';
import type { CaResolution, ConfigMaps } from './resolve-cas.ts';
import { resolveCredentials } from './resolve-credentials.ts';
import type { Resolution, Secrets } from './resolve-credentials.ts';
import { chooseCas, chooseEntries } from './keepable.ts';
import type { ChosenEntry, Keepable } from './keepable.ts';
import type { ObjectName, WantedOutput } from './output.ts';
import { provenanceAnnotation } from './provenance.ts';
import { renderPullSecret } from '../docker/pull-secret.ts';
import { tooLarge } from './refusals.ts';

/** Everything that spec and sources say of the pull Secret, before the live one is looked at. */
export interface Wishes {
  readonly spec: MirrorAuthSpec;
  readonly target: ObjectName;
  readonly labels: Readonly<Record<string, string>>;
  readonly credentials: readonly Resolution[];
  readonly cas: readonly CaResolution[];
}

/** A pull Secret put together from wishes and what is there. */
export interface Assembled {
  readonly output: WantedOutput;
  readonly entries: readonly ChosenEntry[];
  readonly cas: readonly CaSection[];
}

/** @param target where it is to be written; the name in spec but for one that is being renamed */
export function wishesOf(
  spec: MirrorAuthSpec,
  target: ObjectName,
  sources: { readonly secrets: Secrets; readonly configMaps: ConfigMaps },
): Wishes {
  return {
    spec,
    target,
    labels: spec.pullSecret?.labels ?? {},
    credentials: resolveCredentials(spec, sources.secrets),
    cas: resolveCas(spec, sources.configMaps),
  };
}

/** As if no source could be read: what is then assembled adds nothing to the live Secret. */
export function withoutSources(wishes: Wishes): Wishes {
  const outcome = { kind: 'Unresolved', problem: tooLarge(wishes.target) } as const;
  return {
    ...wishes,
    credentials: wishes.credentials.map(({ provenance }) => ({ provenance, outcome })),
    cas: wishes.cas.map(({ source }) => ({ source, outcome })),
  };
}

export function areAllResolved({ credentials, cas }: Wishes): boolean {
  return [...credentials, ...cas].every(({ outcome }) => outcome.kind === 'Resolved');
}

/** Each entry and each CA for itself: as its source says, else as it is there, else left out. */
export function assemble(wishes: Wishes, keepables: readonly Keepable[]): Assembled {
  const entries = chooseEntries(wishes.credentials, keepables);
  const cas = chooseCas(wishes.cas, keepables);
  return {
    entries,
    cas,
    output: {
      target: wishes.target,
      labels: wishes.labels,
      entries: provenanceAnnotation(entries.map(({ provenance }) => provenance)),
      data: renderPullSecret({
        entries: new Map(
          entries.map(({ provenance, credential }) => [provenance.host, credential]),
        ),
        cas,
      }),
    },
  };
}
