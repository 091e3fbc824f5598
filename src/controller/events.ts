import type { Condition, MirrorAuthStatus, StatusWarning } from '../api/status.ts';
import type { Action } from '../core/plan/action.ts';
import type { ObjectName } from '../core/plan/output.ts';
import { nameOf } from '../core/plan/ownership.ts';
import { objectId } from '../core/plan/references.ts';
import { targetOf } from './apply.ts';

/** What is told of a MirrorAuth, in the log and as events: one note for each change, never "still fine". */

export interface Note {
  readonly type: 'Normal' | 'Warning';
  /** One word for what happened. */
  readonly reason: string;
  /** What the controller did about it. */
  readonly action: 'Write' | 'Delete' | 'Reconcile';
  readonly note: string;
}

/**
 * What was written.
 *
 * @param tampered outputs that had to be put right although nothing that they are made of changed
 */
export function notesOfActions(
  actions: readonly Action[],
  tampered: readonly ObjectName[],
): readonly Note[] {
  const repaired = new Set(tampered.map(objectId));
  return actions.map((action) => {
    const target = targetOf(action);
    const name = nameOf(target);
    switch (action.kind) {
      case 'Create':
        return repaired.has(objectId(target))
          ? normal('Repaired', 'Write', `created ${name} again: somebody else had deleted it`)
          : normal('Created', 'Write', `created ${name}`);
      case 'Replace':
        return normal('Replaced', 'Write', `deleted ${name} and created another${hintFor(target)}`);
      case 'Delete':
        return normal('Deleted', 'Delete', `deleted ${name}: the spec no longer asks for it`);
      case 'Patch':
        return repaired.has(objectId(target)) && action.change.kind === 'Refresh'
          ? normal('Repaired', 'Write', `put ${name} right: somebody else had changed it`)
          : noteOfPatch(action, name);
    }
  });
}

/** buildkitd reads its configuration once. */
function hintFor({ kind }: ObjectName): string {
  return kind === 'ConfigMap' ? '; restart buildkitd to use it' : '';
}

function noteOfPatch({ change, target }: Extract<Action, { kind: 'Patch' }>, name: string): Note {
  const hint = hintFor(target);
  switch (change.kind) {
    case 'Refresh':
      return normal('Updated', 'Write', `updated ${name}${hint}`);
    case 'Narrow':
      return normal(
        'Narrowed',
        'Write',
        `took out of ${name} what the spec no longer wants${hint}`,
      );
    case 'Adopt':
      return normal('Adopted', 'Write', `took ${name} over: ${change.note}${hint}`);
  }
}

function normal(reason: string, action: Note['action'], note: string): Note {
  return { type: 'Normal', reason, action, note };
}

/** How Ready changed, if it did: also what it says is news. */
export function notesOfTransition(
  before: MirrorAuthStatus,
  after: MirrorAuthStatus,
): readonly Note[] {
  const was = ready(before);
  const is = ready(after);
  if (is === undefined || isSame(was, is)) {
    return [];
  }
  return [
    {
      type: is.status === 'True' ? 'Normal' : 'Warning',
      reason: is.reason,
      action: 'Reconcile',
      note: is.message,
    },
  ];
}

/** Warnings that were not there before. */
export function notesOfWarnings(
  before: MirrorAuthStatus,
  after: MirrorAuthStatus,
): readonly Note[] {
  const told = new Set((before.warnings ?? []).map(warningId));
  return (after.warnings ?? [])
    .filter((warning) => !told.has(warningId(warning)))
    .map(({ reason, message }) => ({
      type: 'Warning',
      reason,
      action: 'Reconcile',
      note: message,
    }));
}

function warningId({ reason, message }: StatusWarning): string {
  return `${reason} ${message}`;
}

function isSame(was: Condition | undefined, is: Condition): boolean {
  return was?.status === is.status && was.reason === is.reason && was.message === is.message;
}

function ready({ conditions }: MirrorAuthStatus): Condition | undefined {
  return conditions?.find(({ type }) => type === 'Ready');
}
