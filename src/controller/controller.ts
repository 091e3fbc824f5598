import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { OutageLog } from '../kube/outage-log.ts';
import type { Pulse } from '../kube/reflector.ts';
import type { Scope } from '../kube/resource.ts';
import { runWorkers } from '../kube/workers.ts';
import type { Result } from '../kube/workers.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import type { QueueObserver, QueueState } from '../kube/work-queue.ts';
import { Applier } from './apply.ts';
import { Contention } from './contention.ts';
import { EventRecorder } from './events.ts';
import { Fingerprints } from './fingerprint.ts';
import { Observer } from './observe.ts';
import { Reconciler } from './reconcile.ts';
import { keyOf } from './routes.ts';
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
  readonly queueObserver?: QueueObserver;
}

export interface Controller {
  /** Whether everything was listed once: before that, absence means nothing and nothing is done. */
  hasSynced(): boolean;
  /** Resolves with true once {@link hasSynced}, with false when it was stopped before. */
  readonly synced: Promise<boolean>;
  /** Of each watch. */
  pulses(): readonly Pulse[];
  queueState(): QueueState;
  /** Takes no more work, waits for what is under way and closes every watch. */
  stop(): Promise<void>;
}

/** How long an orderly stop waits for the work that is under way. */
const DRAIN_MS = 10_000;

/** Starts to keep every MirrorAuth in scope. It never ends by itself. */
export function startController(options: ControllerOptions): Controller {
  const { namespaces, client, clock, random, concurrency, log } = options;
  const scopes: readonly Scope[] =
    namespaces.length === 0 ? ['all'] : namespaces.map((namespace) => ({ namespace }));
  const stores = createStores(scopes);
  const queue = new WorkQueue({
    clock,
    random,
    ...(options.queueObserver && { observer: options.queueObserver }),
  });
  const reads = new SharedReads(client);
  const reconciler = createReconciler(options, stores, reads);
  const stopping = new AbortController();
  const outages = new OutageLog(log, clock);
  const watches = scopes.map((scope) =>
    startWatching(options, { stores, queue, scope, outages, signal: stopping.signal }),
  );
  const reflectors = watches.flatMap((watch) => watch.reflectors);
  const process = async (key: string): Promise<Result> => {
    try {
      return await reconciler.reconcile(key);
    } finally {
      reads.release((id) =>
        stores.mirrorAuths
          .byIndex('names', id)
          .map(keyOf)
          .some((other) => other !== key && queue.isActive(other)),
      );
    }
  };
  const { signal } = stopping;
  const work = begun(options, signal).then((begins) =>
    begins ? runWorkers({ queue, concurrency, process, log, signal }) : undefined,
  );
  return {
    hasSynced: () => isSynced(stores),
    synced: allOf(watches.map(({ synced }) => synced)),
    pulses: () => reflectors.map(({ pulse }) => pulse()),
    queueState: () => queue.state(),
    stop: async () => {
      const ended = Promise.all([
        queue.shutDown(),
        work,
        ...reflectors.map(({ stopped }) => stopped),
      ]);
      stopping.abort();
      await withinDrainTime(clock, ended);
    },
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
  { client, clock, random, instance, log }: ControllerOptions,
  stores: Stores,
  reads: SharedReads,
): Reconciler {
  const fingerprints = new Fingerprints();
  return new Reconciler({
    stores,
    observer: new Observer(reads, fingerprints, clock),
    applier: new Applier(client, fingerprints),
    statusWriter: new StatusWriter(client),
    events: new EventRecorder({ client, clock, random, instance, log }),
    contention: new Contention(),
    clock,
    log,
  });
}

function isSynced({ mirrorAuths, objects }: Stores): boolean {
  return [mirrorAuths, objects.Secret, objects.ConfigMap].every((store) => store.hasSynced());
}
