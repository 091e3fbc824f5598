import type { Subject } from '../core/plan/observed.ts';
import { plan } from '../core/plan/plan.ts';
import type { Plan } from '../core/plan/plan.ts';
import { objectId } from '../core/plan/references.ts';
import { statusOf } from '../core/plan/status.ts';
import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { KubeError } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';
import type { Result } from '../kube/workers.ts';
import { targetOf } from './apply.ts';
import type { Applier, Outcome } from './apply.ts';
import { callForNothing, changesIn } from './changes.ts';
import type { Changes } from './changes.ts';
import { conclude, findingsAfter, isOnlyDenied, isPutOff } from './conclude.ts';
import type { Contention } from './contention.ts';
import { notesOfActions, notesOfTransition, notesOfWarnings } from './events.ts';
import type { Note } from './events.ts';
import type { EventRecorder } from './event-recorder.ts';
import { isStillThere, restOnIdentity } from './identity.ts';
import type { Look } from './look.ts';
import { Memory } from './memory.ts';
import { subjectOf } from './observe.ts';
import type { Observer, Sight } from './observe.ts';
import type { Propagation } from './propagation.ts';
import { refOf } from './routes.ts';
import type { StatusWriter } from './status-writer.ts';
import type { Stores } from './stores.ts';
import { viewOf } from './view.ts';
import type { View } from './view.ts';

export interface ReconcilerOptions {
  readonly client: Pick<Client, 'get'>;
  readonly stores: Stores;
  readonly observer: Observer;
  readonly applier: Applier;
  readonly statusWriter: StatusWriter;
  readonly events: EventRecorder;
  readonly contention: Contention;
  readonly propagation: Propagation;
  readonly clock: Clock;
}

interface Findings {
  readonly subject: Subject;
  readonly planned: Plan;
  readonly outcome: Outcome;
  readonly changes: Changes;
}

/**
 * Looks at one MirrorAuth: a snapshot goes in, a plan comes out, is carried out and told. Level
 * based: why the key came does not matter, and a look at what has not changed costs no request.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #memories = new Map<string, Memory>();
  /** By key, uid of a MirrorAuth that is known to be gone although the store still shows it. */
  readonly #gone = new Map<string, string>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /**
   * @param log of this look
   * @throws KubeError when the server did not do as planned: the key comes again, rate limited
   */
  async reconcile(key: string, log: Log): Promise<Result> {
    const { stores, clock } = this.#options;
    const item = stores.mirrorAuths.get(refOf(key));
    if (item === undefined || item.isTerminating) {
      this.#forget(key);
      return { kind: 'done' };
    }
    if (this.#gone.get(key) === item.uid) {
      return { kind: 'done' };
    }
    const view = viewOf(stores, item);
    const look: Look = { key, view, memory: this.#memoryFor(key, view), log };
    const changes = changesIn(view, look.memory, clock.now());
    if (callForNothing(changes, look.memory, clock.now())) {
      return look.memory.nextLook(clock.now());
    }
    let retryAfterMs = 0;
    try {
      await this.#carryThrough(look, changes);
    } catch (error) {
      retryAfterMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
      throw error;
    } finally {
      look.memory.putOff(clock.now() + retryAfterMs);
    }
    return look.memory.nextLook(clock.now());
  }

  /** @throws KubeError when a part of it could not be done */
  async #carryThrough(look: Look, changes: Changes): Promise<void> {
    // If anything below fails, the next look must not take the last conclusions for settled.
    look.memory.parts = {};
    const { subject, planned, failure } = await this.#plan(look, changes);
    const { item } = look.view;
    if (
      restOnIdentity(planned.actions, item, look.memory) &&
      !(await isStillThere(this.#options.client, item))
    ) {
      this.#gone.set(look.key, item.uid);
      return;
    }
    const outcome = await this.#options.applier.apply(planned.actions, look);
    this.#noteWrites(look, changes, outcome);
    if (failure !== undefined) {
      this.#announce(look, notesOfActions(outcome.done, changes.tampered));
      throw failure;
    }
    const stallsInMs = await this.#tell(look, { subject, planned, outcome, changes });
    this.#conclude(look, planned, { affected: changes.affected, outcome, stallsInMs });
    const [failed] = outcome.failures;
    if (failed !== undefined && !isOnlyDenied(outcome.failures)) {
      throw failed.error;
    }
  }

  #memoryFor(key: string, view: View): Memory {
    const earlier = this.#memories.get(key);
    if (earlier?.subject === view.subject) {
      return earlier;
    }
    // Other wishes are no repair, and what they take out must not wait.
    this.#options.contention.forget(key);
    const memory =
      earlier?.uid === view.item.uid
        ? earlier.successor(view.subject)
        : new Memory(view.subject, view.item.uid);
    this.#memories.set(key, memory);
    return memory;
  }

  #forget(key: string): void {
    this.#memories.delete(key);
    this.#gone.delete(key);
    this.#options.contention.forget(key);
  }

  async #plan(
    { key, view, memory }: Look,
    { affected, unchanged }: Changes,
  ): Promise<{
    readonly subject: Subject;
    readonly planned: Plan;
    readonly failure: Sight['failure'];
  }> {
    const { observer, contention, clock } = this.#options;
    const contended = contention.paused(key, clock.now()).map(({ target }) => target);
    const subject = subjectOf(view, memory);
    const sight = await observer.observe(view, memory, { subject, affected, contended });
    let { observed } = sight;
    for (;;) {
      const planned = plan(observed, unchanged);
      if (planned.kind === 'Plan') {
        return { subject, planned, failure: sight.failure };
      }
      observed = await observer.withContent(observed, { view, memory }, planned.targets);
    }
  }

  #noteWrites({ key }: Look, { tampered }: Changes, { done, failures }: Outcome): void {
    if (done.length > 0 && failures.length === 0) {
      this.#options.propagation.written(key);
    }
    const { contention, clock } = this.#options;
    const now = clock.now();
    // What was right and had to be written although nothing that it is made of changed: a repair.
    const repaired = new Set(tampered.map(objectId));
    for (const target of done.map(targetOf)) {
      if (repaired.has(objectId(target)) || contention.isTryAfterPause(key, target, now)) {
        contention.noteRepair(key, target, now);
      }
    }
  }

  /** Tells people, in status and events. Returns how long what status waits for may still take. */
  async #tell(
    look: Look,
    { subject, planned, outcome, changes }: Findings,
  ): Promise<number | undefined> {
    const { statusWriter, clock } = this.#options;
    const { view, memory } = look;
    const notes = notesOfActions(outcome.done, changes.tampered);
    // First of all, so that a status that cannot be written does not hide what was done.
    this.#announce(look, notes);
    if (isPutOff(planned, outcome, memory)) {
      return undefined;
    }
    const next = statusOf(subject, findingsAfter(planned, outcome), clock.wallTime());
    await statusWriter.write(view, memory, next.status);
    this.#announce(look, [
      ...notesOfTransition(subject.status, next.status),
      ...notesOfWarnings(subject.status, next.status),
    ]);
    return next.stallsInMs;
  }

  /** Once in the log and once as an event. */
  #announce({ view, log }: Look, notes: readonly Note[]): void {
    for (const { type, reason, note } of notes) {
      if (type === 'Warning') {
        log.warn({ reason, note }, 'MirrorAuth changed');
      } else {
        log.info({ reason, note }, 'MirrorAuth changed');
      }
    }
    this.#options.events.record(view.item, notes, log);
  }

  #conclude(
    look: Look,
    planned: Plan,
    {
      affected,
      outcome,
      stallsInMs,
    }: {
      readonly affected: Changes['affected'];
      readonly outcome: Outcome;
      readonly stallsInMs: number | undefined;
    },
  ): void {
    const { contention, clock } = this.#options;
    const now = clock.now();
    conclude(look, planned, {
      affected,
      failures: outcome.failures,
      now,
      dueAt: [
        ...(stallsInMs === undefined ? [] : [now + stallsInMs]),
        ...contention.paused(look.key, now).map(({ until }) => until),
      ],
    });
  }
}
