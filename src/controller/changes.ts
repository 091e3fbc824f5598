import type { Parts } from '../core/plan.ts';
import { objectId, outputsOf } from '../core/references.ts';
import type { PartReferences } from '../core/references.ts';
import type { ObjectName } from '../core/output.ts';
import type { Memory } from './memory.ts';
import { dependenciesOf } from './view.ts';
import type { View } from './view.ts';

/** What of a MirrorAuth's surroundings is not as its last look left it. */
export interface Changes {
  /** Nothing is: this look costs nothing. */
  readonly isNone: boolean;
  /** The parts of the plan that have to be made anew. */
  readonly affected: readonly PartReferences[];
  /** What the last look concluded of the others. */
  readonly unchanged: Parts;
  /** Outputs that somebody else changed since they were right. */
  readonly tampered: readonly ObjectName[];
}

/**
 * Compares what the stores show with what is known. An echo of our own writes is no change; nor is a
 * relist, since versions are compared and not events counted.
 */
export function changesIn(view: View, memory: Memory, now: number): Changes {
  memory.forgetOverdue(now);
  const different = differences(view, memory);
  const { pullSecret, buildkitConfig } = view.item.references;
  const parts = memory.rivals === view.rivalVersions && !memory.isDue(now) ? memory.parts : {};
  const isAsBefore = (part: PartReferences): boolean =>
    !namesOf(part).some((name) => different.has(objectId(name)));
  const unchanged: Parts = {
    ...(parts.pullSecret && isAsBefore(pullSecret) && { pullSecret: parts.pullSecret }),
    ...(parts.buildkitConfig &&
      isAsBefore(buildkitConfig) && { buildkitConfig: parts.buildkitConfig }),
  };
  const affected = [
    ...(unchanged.pullSecret ? [] : [pullSecret]),
    ...(unchanged.buildkitConfig ? [] : [buildkitConfig]),
  ];
  return {
    isNone: different.size === 0 && affected.length === 0,
    affected,
    unchanged,
    tampered: outputsOf(view.item.references).filter(
      (name) => memory.known(name) !== undefined && different.has(objectId(name)),
    ),
  };
}

/** Ids of the objects of which the store shows something that is not known. */
function differences(view: View, memory: Memory): ReadonlySet<string> {
  return new Set(
    dependenciesOf(view)
      .filter((name) => (memory.known(name)?.see(view.shown(name)) ?? 'different') === 'different')
      .map(objectId),
  );
}

function namesOf({ output, sources }: PartReferences): readonly ObjectName[] {
  return output === undefined ? sources : [...sources, output];
}
