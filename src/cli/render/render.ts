import { asLiveObject, asSourceConfigMap, asSourceSecret } from '../../controller/kinds.ts';
import { dryRun } from '../../core/plan/dry-run.ts';
import type { DryOutput, DryRunInput } from '../../core/plan/dry-run.ts';
import type { Rival, Source } from '../../core/plan/observed.ts';
import type { LiveObject } from '../../core/plan/output.ts';
import { objectId, outputsOf, referencesOf } from '../../core/plan/references.ts';
import type { DataManifest, Manifests, MirrorAuthManifest } from '../manifests/manifests.ts';
import type { LevelledNotice } from '../report.ts';
import { noticeAt, sourcesOf } from './notices.ts';
import type { Sources } from './notices.ts';

/** What the operator would write for manifests: one dry run for each MirrorAuth among them. */

export interface Rendered {
  /** By namespace, name and kind. */
  readonly outputs: readonly RenderedOutput[];
  /** Of the MirrorAuths, in the order of the files. */
  readonly notices: readonly LevelledNotice[];
}

export interface RenderedOutput extends DryOutput {
  readonly namespace: string;
}

export function render(manifests: Manifests): Rendered {
  const sources = sourcesOf(manifests);
  const surroundings = surroundingsOf(manifests);
  const rendered = manifests.mirrorAuths.map((mirrorAuth) => {
    const { namespace } = mirrorAuth.identity;
    return renderOne(mirrorAuth, { around: surroundings.get(namespace) ?? NOTHING, sources });
  });
  return {
    outputs: rendered
      .flatMap(({ outputs }) => outputs)
      .map((output) => ({ output, key: sortKey(output) }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ output }) => output),
    notices: rendered.flatMap(({ notices }) => notices),
  };
}

/** NUL sorts before every character of a name. */
function sortKey({ namespace, output: { target } }: RenderedOutput): string {
  return [namespace, target.name, target.kind].join('\0');
}

function renderOne(
  manifest: MirrorAuthManifest,
  { around, sources }: { readonly around: Surroundings; readonly sources: Sources },
): Rendered {
  const { identity, uid, spec } = manifest;
  const { namespace, name } = identity;
  const { outputs, problems, warnings } = dryRun({
    namespace,
    name,
    uid,
    spec,
    creationTimestamp: creationOf(manifest),
    ...around,
    rivals: around.rivals.filter((rival) => rival.name !== name),
  });
  return {
    outputs: outputs.map((output) => ({ ...output, namespace })),
    notices: [
      ...problems.map((placed) => {
        const notice = noticeAt(manifest, placed, { about: placed.problem, sources });
        return { level: 'error' as const, ...notice };
      }),
      ...warnings.map((placed) => {
        const notice = noticeAt(manifest, placed, { about: placed.warning, sources });
        return { level: 'warning' as const, ...notice };
      }),
    ],
  };
}

/** What one namespace holds. */
type Surroundings = Required<Pick<DryRunInput, 'secrets' | 'configMaps' | 'rivals' | 'foreign'>>;

const NOTHING: Surroundings = {
  secrets: new Map(),
  configMaps: new Map(),
  rivals: [],
  foreign: new Map(),
};

function surroundingsOf(manifests: Manifests): ReadonlyMap<string, Surroundings> {
  const { mirrorAuths, secrets, configMaps, refused } = manifests;
  const byNamespace = {
    mirrorAuths: grouped(mirrorAuths),
    secrets: grouped(secrets),
    configMaps: grouped(configMaps),
    refused: Map.groupBy(refused, ({ namespace }) => namespace),
  };
  return new Map(
    [...byNamespace.mirrorAuths].map(([namespace, rivals]) => {
      const ownSecrets = byNamespace.secrets.get(namespace) ?? [];
      const ownConfigMaps = byNamespace.configMaps.get(namespace) ?? [];
      const missing = byNamespace.refused.get(namespace) ?? [];
      const missed = (kind: string): readonly string[] =>
        missing.filter((one) => one.kind === kind).map(({ name }) => name);
      return [
        namespace,
        {
          secrets: sources(
            ownSecrets.map(({ object }) => asSourceSecret(object)),
            missed('Secret'),
          ),
          configMaps: sources(
            ownConfigMaps.map(({ object }) => asSourceConfigMap(object)),
            missed('ConfigMap'),
          ),
          rivals: rivals.map(rivalOf),
          foreign: new Map([...ownSecrets, ...ownConfigMaps].flatMap(foreignOf)),
        },
      ];
    }),
  );
}

function grouped<T extends DataManifest | MirrorAuthManifest>(
  manifests: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(manifests, ({ identity }) => identity.namespace);
}

/** @param refused those that have a problem of their own, which need not be told again */
function sources<T extends { readonly name: string }>(
  found: readonly T[],
  refused: readonly string[],
): ReadonlyMap<string, Source<T>> {
  return new Map<string, Source<T>>([
    ...refused.map((name) => [name, { kind: 'NotFound', justLost: true }] as const),
    ...found.map((object) => [object.name, { kind: 'Found', object }] as const),
  ]);
}

function rivalOf(manifest: MirrorAuthManifest): Rival {
  const { identity, uid, spec } = manifest;
  return {
    name: identity.name,
    uid,
    creationTimestamp: creationOf(manifest),
    wants: outputsOf(referencesOf(spec)),
  };
}

/** One that no cluster has yet is younger than all that one has. */
function creationOf({ creationTimestamp }: MirrorAuthManifest): string {
  return creationTimestamp ?? '9999-12-31T23:59:59Z';
}

/** What a MirrorAuth made is an output from before, and would be written again. */
function foreignOf({ object }: DataManifest): readonly (readonly [string, LiveObject])[] {
  const live = asLiveObject(object);
  return asSourceSecret(object).isOutput ? [] : [[objectId(live.target), live]];
}
