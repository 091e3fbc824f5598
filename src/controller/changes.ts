import type { Parts } from '../core/plan/plan.ts';
import { objectId, outputsOf } from '../core/plan/references.ts';
import type { PartReferences } from '../core/plan/references.ts';
import type { ObjectName } from '../core/plan/output.ts';
import type { Memory } from './memory.ts';
import { versionOf } from './version.ts';
import type { View } from './view.ts';

/** Whether a look that found these is to end at once: it would find what the last one found. */
export function callForNothing({ isNone, isNews }: Changes, memory: Memory, now: number): boolean {
  return isNone || (!isNews && memory.isPutOff(now));
}

/** What of a MirrorAuth's surroundings is not as its last look left it. */
export interface Changes {
  /** Nothing is: this look costs nothing. */
  readonly isNone: boolean;
  /** Something that the plan is made of is another one, and not only still unread or unwritten. */
  readonly isNews: boolean;
  /** The parts of the plan that have to be made anew. */
  readonly affected: readonly (keyof Parts)[];
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
  forgetUnshown(view, memory, now);
  const differing = view.dependencies.filter(isDifferent(view, memory));
  const different = new Set(differing.map(objectId));
  const parts = memory.rivals === view.rivalVersions && !memory.isDue(now) ? memory.parts : {};
  const isAsBefore = (part: keyof Parts): boolean =>
    namesOf(view.item.references[part]).every((name) => {
      const id = objectId(name);
      return !different.has(id) && memory.known(name)?.version === memory.basis.get(part)?.get(id);
    });
  const unchanged: Parts = {
    ...(parts.pullSecret && isAsBefore('pullSecret') && { pullSecret: parts.pullSecret }),
    ...(parts.buildkitConfig &&
      isAsBefore('buildkitConfig') && { buildkitConfig: parts.buildkitConfig }),
  };
  const affected = PARTS.filter((part) => unchanged[part] === undefined);
  return {
    isNone:
      different.size === 0 &&
      affected.length === 0 &&
      !memory.isStatusTampered(versionOf(view.item), view.item.status),
    isNews:
      memory.rivals !== view.rivalVersions ||
      differing.some((name) => !memory.isRefused(name, view.shown(name))),
    affected,
    unchanged,
    tampered: outputsOf(view.item.references).filter(
      (name) => memory.known(name) !== undefined && different.has(objectId(name)),
    ),
  };
}

/** What the watch has shown meanwhile is not overdue, however late this look comes. */
function forgetUnshown(view: View, memory: Memory, now: number): void {
  for (const name of view.dependencies) {
    memory.known(name)?.see(view.shown(name));
  }
  memory.forgetOverdue(now);
}

/**
 * Notes what the parts that were made anew were made from. Each part remembers for itself: a source
 * that both name may have been read for one of them and be news to the other.
 */
export function noteBasis(view: View, memory: Memory, affected: readonly (keyof Parts)[]): void {
  for (const part of affected) {
    memory.basis.set(
      part,
      new Map(
        namesOf(view.item.references[part]).flatMap((name) => {
          const version = memory.known(name)?.version;
          return version === undefined ? [] : [[objectId(name), version] as const];
        }),
      ),
    );
  }
}

const PARTS = ['pullSecret', 'buildkitConfig'] as const;

function isDifferent(view: View, memory: Memory): (name: ObjectName) => boolean {
  return (name) => (memory.known(name)?.see(view.shown(name)) ?? 'different') === 'different';
}

function namesOf({ output, sources }: PartReferences): readonly ObjectName[] {
  return output === undefined ? sources : [...sources, output];
}
