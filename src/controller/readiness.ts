import { READY_REASONS } from '../api/conditions.ts';
import type { Condition } from '../api/status.ts';
import type { MirrorAuthItem } from './stores.ts';

/** How many MirrorAuths have a Ready condition like this one. */
export interface ReadyCount extends Pick<Condition, 'status' | 'reason'> {
  readonly count: number;
}

/**
 * Counts MirrorAuths by what Ready says of them. There are as many counts as reasons at most, however
 * many MirrorAuths and whatever somebody else writes into a status: an unknown reason is `Other`.
 */
export function countReady(
  items: readonly Pick<MirrorAuthItem, 'status'>[],
): readonly ReadyCount[] {
  const counts = new Map<string, ReadyCount>();
  for (const { status: stored } of items) {
    const ready = stored.conditions?.find(({ type }) => type === 'Ready');
    const { status, reason: given } = ready ?? { status: 'Unknown', reason: 'Pending' };
    const reason = READY_REASONS.includes(given) ? given : 'Other';
    const id = `${status} ${reason}`;
    counts.set(id, { status, reason, count: (counts.get(id)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}
