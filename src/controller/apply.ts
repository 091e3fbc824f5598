import type { Problem } from '../api/conditions.ts';
import type { Action } from '../core/plan/action.ts';
import type { Body, LiveObject, ObjectName } from '../core/plan/output.ts';
import { nameOf } from '../core/plan/ownership.ts';
import { objectId } from '../core/plan/references.ts';
import type { Client } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { KubeErrorKind } from '../kube/errors.ts';
import type { Fingerprints } from './fingerprint.ts';
import { asRemembered, readObject, RESOURCES } from './kinds.ts';
import type { Look } from './look.ts';
import { ABSENT, versionOf } from './version.ts';

/** Carries out the actions of a plan, in their order; the only place that writes outputs. */

export const FIELD_MANAGER = 'mirrorauth';

/** What became of the actions. */
export interface Outcome {
  readonly done: readonly Action[];
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly target: ObjectName;
  readonly error: KubeError;
  /** What to tell people. */
  readonly problem: Problem;
  /** The plan was out of date. The next one is likely to be right. */
  readonly isOutdated: boolean;
}

export class Applier {
  readonly #client: Pick<Client, 'create' | 'mergePatch' | 'delete'>;
  readonly #fingerprints: Fingerprints;
  readonly #onWrite: (action: Action) => void;

  /** @param onWrite told of each action that was carried out */
  constructor(
    client: Pick<Client, 'create' | 'mergePatch' | 'delete'>,
    fingerprints: Fingerprints,
    onWrite: (action: Action) => void,
  ) {
    this.#client = client;
    this.#fingerprints = fingerprints;
    this.#onWrite = onWrite;
  }

  /**
   * A failed action does not keep the others from being carried out, but for deletions that wait for
   * its target.
   *
   * @throws what is no KubeError
   */
  async apply(actions: readonly Action[], look: Look): Promise<Outcome> {
    const done: Action[] = [];
    const failures: Failure[] = [];
    const failed = new Set<string>();
    for (const action of actions) {
      const target = targetOf(action);
      const waitsFor = action.kind === 'Delete' ? action.after : undefined;
      if (waitsFor !== undefined && failed.has(objectId(waitsFor))) {
        continue;
      }
      try {
        await this.#carryOut(action, look);
        this.#onWrite(action);
        done.push(action);
      } catch (error) {
        if (!(error instanceof KubeError)) {
          throw error;
        }
        look.memory.forget(target);
        look.memory.noteRefused(target, look.view.shown(target));
        failed.add(objectId(target));
        failures.push(failureOf(target, error));
      }
    }
    return { done, failures };
  }

  async #carryOut(action: Action, look: Look): Promise<void> {
    switch (action.kind) {
      case 'Create':
        await this.#create(action.target, action.body, look);
        return;
      case 'Patch':
        await this.#patch(action.target, action.body, look);
        return;
      case 'Replace':
        await this.#delete(action.live, look);
        await this.#create(action.target, action.body, look);
        return;
      case 'Delete':
        await this.#delete(action.live, look);
    }
  }

  async #create(target: ObjectName, body: Body, look: Look): Promise<void> {
    const { namespace } = look.view.item;
    const resource = RESOURCES[target.kind];
    const object = await this.#client.create(resource, namespace, body.reveal(), {
      fieldManager: FIELD_MANAGER,
    });
    this.#note(target, object, look);
  }

  async #patch(target: ObjectName, body: Body, look: Look): Promise<void> {
    const ref = { namespace: look.view.item.namespace, name: target.name };
    const object = await this.#client.mergePatch(RESOURCES[target.kind], ref, body.reveal(), {
      fieldManager: FIELD_MANAGER,
    });
    this.#note(target, object, look);
  }

  async #delete(live: LiveObject, { view, memory }: Look): Promise<void> {
    const { target } = live;
    const ref = { namespace: view.item.namespace, name: target.name };
    // A patch of this very plan may have made a newer version.
    const known = memory.live(target, view.shown(target)) ?? live;
    await this.#client
      .delete(RESOURCES[target.kind], ref, {
        uid: known.uid,
        resourceVersion: known.resourceVersion,
      })
      .catch((error: unknown) => {
        if (!(error instanceof KubeError && error.kind === 'NotFound')) {
          throw error;
        }
      });
    memory.noteWritten(target, { version: ABSENT, shown: view.shown(target) });
  }

  #note(
    target: ObjectName,
    object: Parameters<typeof readObject>[1],
    { view, memory }: Look,
  ): void {
    const whole = readObject(target.kind, object);
    memory.noteWritten(target, {
      version: versionOf(whole.metadata),
      shown: view.shown(target),
      live: asRemembered(whole, this.#fingerprints.matcher(whole.data)),
    });
  }
}

export function targetOf(action: Action): ObjectName {
  return action.kind === 'Delete' ? action.live.target : action.target;
}

/** The answers that say: what you planned from is over. */
const OUT_OF_DATE: ReadonlySet<KubeErrorKind> = new Set([
  'AlreadyExists',
  'Conflict',
  'Replaced',
  'NotFound',
]);

type ProblemOf = (name: string) => Problem;

const accessDenied: ProblemOf = (name) => ({
  reason: 'AccessDenied',
  message: `${name} cannot be written: the operator lacks create, patch or delete on it, or an admission policy refuses it`,
});
const namespaceTerminating: ProblemOf = (name) => ({
  reason: 'NamespaceTerminating',
  message: `${name} cannot be created: its namespace is being deleted`,
});
const quotaExceeded: ProblemOf = (name) => ({
  reason: 'QuotaExceeded',
  message: `${name} cannot be created: a ResourceQuota of the namespace is used up; raise it`,
});

const PROBLEMS: ReadonlyMap<KubeErrorKind, ProblemOf> = new Map([
  ['Forbidden', accessDenied],
  ['NamespaceTerminating', namespaceTerminating],
  ['QuotaExceeded', quotaExceeded],
]);

function failureOf(target: ObjectName, error: KubeError): Failure {
  const { kind } = error;
  const name = nameOf(target);
  const isOutdated = OUT_OF_DATE.has(kind);
  const why = isOutdated ? `it keeps being changed: ${kind}` : kind;
  const problem = PROBLEMS.get(kind)?.(name) ?? {
    reason: 'WriteFailed',
    message: `${name} could not be written (${why}); it is tried again`,
  };
  return { target, error, problem, isOutdated };
}
