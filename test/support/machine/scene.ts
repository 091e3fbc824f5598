import { controllerOf } from '../../../src/core/plan/output.ts';
import { objectId } from '../../../src/core/plan/references.ts';
import { nameOf } from '../bench.ts';
import type { Bench, Report } from '../bench.ts';
import type { Stored, Write } from '../memory-cluster.ts';
import type { People } from './people.ts';

/** A reconcile that is over: what it found, and what it left. */
export interface Scene {
  readonly people: People;
  readonly bench: Bench;
  /** The objects as they were before, by id. */
  readonly before: ReadonlyMap<string, Stored>;
  readonly writes: readonly Write[];
  readonly report: Report;
}

export function isOurs(stored: Stored | undefined, { uid }: Bench): stored is Stored {
  return stored !== undefined && controllerOf(stored.metadata.ownerReferences)?.uid === uid;
}

/** Of an earlier MirrorAuth of the same name, which is known to be gone. */
export function isLeftover(stored: Stored, { name, uid }: Bench): boolean {
  const controller = controllerOf(stored.metadata.ownerReferences);
  return controller?.kind === 'MirrorAuth' && controller.name === name && controller.uid !== uid;
}

/** Ours, and to be kept as it should be: neither on its way out nor out of sight. */
export function isKept(stored: Stored | undefined, bench: Bench): stored is Stored {
  return (
    isOurs(stored, bench) &&
    stored.metadata.deletionTimestamp === undefined &&
    !bench.denied.has(objectId(nameOf(stored)))
  );
}
