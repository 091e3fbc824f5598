import type { ObjectName } from '../core/plan/output.ts';
import { objectId } from '../core/plan/references.ts';

/**
 * Finds out that somebody else keeps rewriting an output, so that two writers do not go on for ever
 * at full speed: more than five repairs within a minute, and it is left alone but for one try every
 * five minutes.
 */

const REPAIRS = 5;
const WINDOW_MS = 60_000;
export const PAUSE_MS = 5 * 60_000;

export interface Pause {
  readonly target: ObjectName;
  /** In the clock's milliseconds. */
  readonly until: number;
}

interface History {
  readonly target: ObjectName;
  readonly repairs: readonly number[];
  readonly pausedUntil: number;
}

export class Contention {
  readonly #records = new Map<string, Map<string, History>>();

  /** Notes that an output was found changed by somebody else and put right, or tried after a pause. */
  noteRepair(key: string, target: ObjectName, now: number): void {
    const histories = this.#records.get(key) ?? new Map<string, History>();
    const id = objectId(target);
    const before = histories.get(id) ?? { target, repairs: [], pausedUntil: -Infinity };
    histories.set(id, afterRepair(before, now));
    this.#records.set(key, histories);
  }

  /** Whether a write of this output would be the one try after a pause. */
  isTryAfterPause(key: string, target: ObjectName, now: number): boolean {
    const { pausedUntil = -Infinity, repairs = [] } =
      this.#records.get(key)?.get(objectId(target)) ?? {};
    const isOver = pausedUntil > -Infinity && pausedUntil <= now;
    return isOver && repairs.every((at) => at < pausedUntil);
  }

  /** The outputs of a MirrorAuth that are left alone for now. */
  paused(key: string, now: number): readonly Pause[] {
    return [...(this.#records.get(key)?.values() ?? [])]
      .map(({ target, pausedUntil }) => ({ target, until: pausedUntil }))
      .filter(({ until }) => until > now);
  }

  /** The MirrorAuth is gone. */
  forget(key: string): void {
    this.#records.delete(key);
  }
}

function afterRepair({ target, repairs, pausedUntil }: History, now: number): History {
  const recent = [...repairs.filter((at) => now - at < WINDOW_MS), now];
  // The one try after a pause did not hold: the other writer is still there.
  const isRelapse = recent.length > 1 && now - pausedUntil < WINDOW_MS;
  return {
    target,
    repairs: recent,
    pausedUntil: recent.length > REPAIRS || isRelapse ? now + PAUSE_MS : pausedUntil,
  };
}
