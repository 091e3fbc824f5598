import { API_VERSION } from '../api/metadata.ts';
import { MIRRORAUTH_KIND } from '../api/mirrorauth.ts';
import type { Condition, MirrorAuthStatus } from '../api/status.ts';
import type { Action } from '../core/plan/action.ts';
import { nameOf } from '../core/plan/ownership.ts';
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

/** What was written. */
export function notesOfActions(actions: readonly Action[]): readonly Note[] {
  return actions.map((action) => {
    const name = nameOf(targetOf(action));
    const hint = action.kind !== 'Delete' && action.target.kind === 'ConfigMap' ? RESTART_HINT : '';
    switch (action.kind) {
      case 'Create':
        return normal('Created', 'Write', `created ${name}`);
      case 'Replace':
        return normal('Replaced', 'Write', `deleted ${name} and created another${hint}`);
      case 'Delete':
        return normal('Deleted', 'Delete', `deleted ${name}, which spec no longer asks for`);
      case 'Patch':
        return noteOfPatch(action, name, hint);
    }
  });
}

const RESTART_HINT = '; buildkitd reads it once, so that a running one needs a restart';

function noteOfPatch(
  { change }: Extract<Action, { kind: 'Patch' }>,
  name: string,
  hint: string,
): Note {
  switch (change.kind) {
    case 'Refresh':
      return normal('Updated', 'Write', `updated ${name}${hint}`);
    case 'Narrow':
      return normal('Narrowed', 'Write', `took out of ${name} what spec no longer asks for${hint}`);
    case 'Adopt':
      return normal('Adopted', 'Write', `took ${name} over: ${change.note}${hint}`);
  }
}

function normal(reason: string, action: Note['action'], note: string): Note {
  return { type: 'Normal', reason, action, note };
}

/** How Ready changed, if it did. */
export function notesOfTransition(
  before: MirrorAuthStatus,
  after: MirrorAuthStatus,
): readonly Note[] {
  const was = ready(before);
  const is = ready(after);
  if (is === undefined || (was?.status === is.status && was.reason === is.reason)) {
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
