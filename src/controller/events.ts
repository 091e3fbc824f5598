import { API_VERSION } from '../api/metadata.ts';
import { MIRRORAUTH_KIND } from '../api/mirrorauth.ts';
import type { Condition, MirrorAuthStatus, StatusWarning } from '../api/status.ts';
import type { Action } from '../core/plan/action.ts';
import type { ObjectName } from '../core/plan/output.ts';
import { nameOf } from '../core/plan/ownership.ts';
import { objectId } from '../core/plan/references.ts';
import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { errorFields } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';
import { FIELD_MANAGER, targetOf } from './apply.ts';
import { EVENTS } from './kinds.ts';
import type { MirrorAuthItem } from './stores.ts';

/** Events on a MirrorAuth: what `kubectl describe` shows of its history. One for each change, never "still fine". */

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
        return normal('Created', 'Write', `created ${name}`);
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

export interface EventRecorderOptions {
  readonly client: Pick<Client, 'create'>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Name of this process, such as the pod's. */
  readonly instance: string;
  readonly log: Log;
}

/** Longest `note` (k8s.io/api v0.37 events/v1 types.go). */
const NOTE_MAX_LENGTH = 1_024;

export class EventRecorder {
  readonly #options: EventRecorderOptions;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Best effort: an event that cannot be written is logged and never holds up anything. */
  async record(item: MirrorAuthItem, notes: readonly Note[]): Promise<void> {
    const { client, log } = this.#options;
    for (const note of notes) {
      try {
        await client.create(EVENTS, item.namespace, this.#body(item, note), {
          fieldManager: FIELD_MANAGER,
        });
      } catch (error) {
        const fields = { namespace: item.namespace, name: item.name, reason: note.reason };
        log.warn({ ...fields, ...errorFields(error) }, 'an event could not be written');
      }
    }
  }

  #body(item: MirrorAuthItem, { type, reason, action, note }: Note): Record<string, unknown> {
    const { clock, random, instance } = this.#options;
    const { namespace, name, uid, resourceVersion } = item;
    const suffix = Math.floor(random() * 2 ** 48).toString(16);
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name: `${name}.${suffix}` },
      // MicroTime has six digits after the point, and the API server insists on them.
      eventTime: clock.wallTime().toISOString().replace('Z', '000Z'),
      type,
      reason,
      action,
      note: note.slice(0, NOTE_MAX_LENGTH),
      reportingController: 'mirrorauth.dev/mirrorauth',
      reportingInstance: instance,
      regarding: {
        apiVersion: API_VERSION,
        kind: MIRRORAUTH_KIND,
        namespace,
        name,
        uid,
        resourceVersion,
      },
    };
  }
}
