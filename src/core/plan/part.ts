import type { Action } from './action.ts';
import { good } from './duty.ts';
import type { Duty } from './duty.ts';
import type { ObjectName } from './output.ts';

/** The plan of one output, as far as it could be made. */
export type PartPlan<T> = NeedsContent | Planned<T>;

/** Live objects have to be read before anything can be decided: something of them may have to stay. */
export interface NeedsContent {
  readonly kind: 'NeedsContent';
  readonly targets: readonly ObjectName[];
}

export interface Planned<T> {
  readonly kind: 'Planned';
  /** Undefined when spec asks for no such output. */
  readonly output?: PlannedOutput;
  readonly synced: Duty;
  readonly actions: readonly Action[];
  /** A source went a moment ago and nothing else is wrong: say nothing of it yet. */
  readonly isQuiet: boolean;
  readonly findings: T;
}

export interface PlannedOutput {
  readonly target: ObjectName;
  /** Whether it is there once the actions are carried out. */
  readonly isInPlace: boolean;
}

export const NOT_REQUESTED: Duty = good('NotRequested', 'spec does not ask for it');
