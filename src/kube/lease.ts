import { isObject } from './object.ts';
import type { JsonObject } from './object.ts';
import type { Resource } from './resource.ts';

/** A Lease as it is used to elect a leader (coordination.k8s.io/v1, `spec`). */

export const LEASES: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
};

export interface LeaseRecord {
  /** `''`: nobody. */
  readonly holder: string;
  /** How long it counts after its last change. */
  readonly durationMs: number;
  readonly transitions: number;
  /** Anything that differs between two renewals. Not to be compared with a clock: it is another machine's. */
  readonly renewTime: string;
  readonly acquireTime: string;
}

/** Reads a Lease. What is missing or of a wrong type counts as not set. */
export function readLease({ spec }: JsonObject): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds, leaseTransitions, renewTime, acquireTime } =
    isObject(spec) ? spec : {};
  return {
    holder: textOf(holderIdentity),
    durationMs: numberOf(leaseDurationSeconds) * 1000,
    transitions: numberOf(leaseTransitions),
    renewTime: textOf(renewTime),
    acquireTime: textOf(acquireTime),
  };
}

/**
 * Whether the holder has given it up (client-go v0.37 tools/leaderelection, `release`): no holder, for
 * 1 s; or it was never held. A holder that somebody else took out is not that: it may be at work.
 */
export function isReleased({ holder, durationMs }: LeaseRecord): boolean {
  return holder === '' && durationMs <= 1000;
}

export function isSameRecord(one: LeaseRecord, other: LeaseRecord): boolean {
  return (
    one.holder === other.holder &&
    one.durationMs === other.durationMs &&
    one.transitions === other.transitions &&
    one.renewTime === other.renewTime &&
    one.acquireTime === other.acquireTime
  );
}

/** Fields of `spec`. */
export function specOf(record: LeaseRecord): JsonObject {
  return {
    holderIdentity: record.holder,
    leaseDurationSeconds: Math.ceil(record.durationMs / 1000),
    leaseTransitions: record.transitions,
    renewTime: record.renewTime,
    acquireTime: record.acquireTime,
  };
}

/** meta/v1 MicroTime: six digits after the point, and the API server insists on them. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
