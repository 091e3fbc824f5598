import type { Action } from '../core/plan/action.ts';
import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../kube/log.ts';
import { OutageLog } from '../kube/outage-log.ts';
import type { Pulse } from '../kube/reflector.ts';
import type { Scope } from '../kube/resource.ts';
import { runWorkers } from '../kube/workers.ts';
import type { Result, WorkerObserver, WorkerOptions } from '../kube/workers.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import type { QueueObserver, QueueState } from '../kube/work-queue.ts';
import { Applier } from './apply.ts';
import { Contention } from './contention.ts';
import { EventRecorder } from './event-recorder.ts';
import { Fingerprints } from './fingerprint.ts';
import { Observer } from './observe.ts';
import { Propagation } from './propagation.ts';
import { randomId } from './random-id.ts';
import { countReady } from './readiness.ts';
import type { ReadyCount } from './readiness.ts';
import { Reconciler } from './reconcile.ts';
import { keyOf, refOf } from './routes.ts';
import { SharedReads } from './shared-reads.ts';
import { StatusWriter } from './status-writer.ts';
import { createStores } from './stores.ts';
import type { Stores } from './stores.ts';
import { allOf, startWatching } from './watching.ts';
import type { WatchingOptions } from './watching.ts';

export interface ControllerOptions extends WatchingOptions {
  readonly client: Client;
  /** Namespaces to look after; empty: all. */
  readonly namespaces: readonly string[];
  /** How many MirrorAuths are worked on at the same time. */
  readonly concurrency: number;
  /** Name of this process, for events. */
  readonly instance: string;
  /**
   * Work begins when this resolves with true; until then everything is watched and nothing done, so
   * that whoever takes over is at it at once. Absent: it begins at once.
   */
  readonly begin?: Promise<boolean>;
  /** Absent: nobody listens. */
  readonly observers?: Observers;
}

/** Told of what goes on, for metrics. None may throw. */
export interface Observers {
  readonly queue: QueueObserver;
  readonly workers: WorkerObserver;
  /** An output was written or deleted. */
  readonly onWrite: (action: Action) => void;
  /** All outputs are what a changed source says, this long after a watch showed the change. */
  readonly onPropagated: (ms: number) => void;
}

export interface Controller {
  /** Whether everything was listed once: before that, absence means nothing and nothing is done. */
  hasSynced(): boolean;
  /** Resolves with true once {@link hasSynced}, with false when it was stopped before. */
  readonly synced: Promise<boolean>;
  /** Of each watch. */
  pulses(): readonly Pulse[];
  queueState(): QueueState;
  /** How many MirrorAuths are ready, or why not. */
  readyCounts(): readonly ReadyCount[];
  /** Takes no more work, waits for what is under way and closes every watch. */
  stop(): Promise<void>;
}

/** How long an orderly stop waits for the work that is under way. */
const DRAIN_MS = 10_000;

/** Starts to keep every MirrorAuth in scope. It never ends by itself. */
export function startController(options: ControllerOptions): Controller {
  const { namespaces, client, clock, random, log, observers } = options;
  const scopes: readonly Scope[] =
    namespaces.length === 0 ? ['all'] : namespaces.map((namespace) => ({ namespace }));
  const stores = createStores(scopes);
  const queue = new WorkQueue({ clock, random, ...(observers && { observer: observers.queue }) });
  const reads = new SharedReads(client);
  const events = new EventRecorder(options);
  const propagation = new Propagation(clock, (ms) => observers?.onPropagated(ms));
  const reconciler = createReconciler(options, { stores, reads, events, propagation });
  const stopping = new AbortController();
  const outages = new OutageLog(log, clock);
  const { signal } = stopping;
  const watching = { stores, queue, propagation, outages, signal };
  const watches = scopes.map((scope) => startWatching(options, { ...watching, scope }));
  const reflectors = watches.flatMap((watch) => watch.reflectors);
  const process = async (key: string, lookLog: Log): Promise<Result> => {
    try {
      return await propagation.around(key, () => reconciler.reconcile(key, lookLog));
    } finally {
      reads.release((id) =>
        stores.mirrorAuths
          .byIndex('names', id)
          // Mostly the first few answer, of perhaps hundreds that name the object.
          .some((item) => keyOf(item) !== key && queue.isActive(keyOf(item))),
      );
    }
  };
  const work = begun(options, signal).then((begins) => {
    if (!begins) {
      return undefined;
    }
    propagation.start();
    return runWorkers({ ...workerOptions(options), queue, process, signal });
  });
  return {
    hasSynced: () => isSynced(stores),
    synced: allOf(watches.map(({ synced }) => synced)),
    pulses: () => reflectors.map(({ pulse }) => pulse()),
    queueState: () => queue.state(),
    readyCounts: () => countReady(stores.mirrorAuths.list()),
    stop: async () => {
      const ended = Promise.all([
        queue.shutDown(),
        work,
        ...reflectors.map(({ stopped }) => stopped),
      ]);
      stopping.abort();
      const told = ended.then(() => events.settled());
      await withinDrainTime(clock, told);
    },
  };
}

function workerOptions({
  concurrency,
  clock,
  random,
  log,
  observers,
}: ControllerOptions): Omit<WorkerOptions, 'queue' | 'process' | 'signal'> {
  return {
    concurrency,
    clock,
    logFor: (key) => log.child({ reconcileId: randomId(random), ...refOf(key) }),
    ...(observers && { observer: observers.workers }),
  };
}

/** Whether work begins before the signal aborts. */
function begun(
  { begin = Promise.resolve(true) }: ControllerOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const stopped = new Promise<boolean>((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
  return Promise.race([begin, stopped]);
}

/** What is still under way then is cut off when the transport closes. */
function withinDrainTime(clock: Clock, ended: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(DRAIN_MS, resolve);
    ended.then(() => resolve(), reject).finally(cancel);
  });
}

function createReconciler(
  { client, clock, observers }: ControllerOptions,
  {
    reads,
    ...shared
  }: {
    readonly stores: Stores;
    readonly reads: SharedReads;
    readonly events: EventRecorder;
    readonly propagation: Propagation;
  },
): Reconciler {
  const fingerprints = new Fingerprints();
  return new Reconciler({
    ...shared,
    client,
    observer: new Observer(reads, fingerprints, clock),
    applier: new Applier(client, fingerprints, (action) => observers?.onWrite(action)),
    statusWriter: new StatusWriter(client),
    contention: new Contention(),
    clock,
  });
}

function isSynced({ mirrorAuths, objects }: Stores): boolean {
  return [mirrorAuths, objects.Secret, objects.ConfigMap].every((store) => store.hasSynced());
}
