import type { Problem } from '../../api/conditions.ts';
import type { Observed } from './observed.ts';
import type { ObjectName } from './output.ts';
import { nameOf } from './ownership.ts';

/** Problems that both outputs can have. */

export function tooLarge(target: ObjectName): Problem {
  return {
    reason: 'TooLarge',
    message: `${nameOf(target)} would exceed the 1 MiB that one object may hold: write fewer registries, or smaller credentials, CAs or base`,
  };
}

export function contended(target: ObjectName): Problem {
  return {
    reason: 'Contended',
    message: `${nameOf(target)} keeps being rewritten by somebody else: find the other writer; mirrorauth tries once every 5 minutes`,
  };
}

export function isContended({ contended: targets }: Observed, target: ObjectName): boolean {
  return targets.some(({ kind, name }) => kind === target.kind && name === target.name);
}
