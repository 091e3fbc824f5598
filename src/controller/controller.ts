import type { OutputKind } from '../core/plan/output.ts';
import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../kube/log.ts';
import { runReflector } from '../kube/reflector.ts';
import type { Reflector } from '../kube/reflector.ts';
import type { Scope } from '../kube/resource.ts';
import { runWorkers } from '../kube/workers.ts';
import type { Result } from '../kube/workers.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import { Applier } from './apply.ts';
import { Contention } from './contention.ts';
import { EventRecorder } from './events.ts';
import { Fingerprints } from './fingerprint.ts';
import { MIRRORAUTHS, RESOURCES } from './kinds.ts';
import { Observer } from './observe.ts';
import { Reconciler } from './reconcile.ts';
import { keyOf, keysForMirrorAuth, keysForObject } from './routes.ts';
import { SharedReads } from './shared-reads.ts';
import { StatusWriter } from './status-writer.ts';
import { createStores, projectMirrorAuth, projectObject } from './stores.ts';
import type { Stores } from './stores.ts';

export interface ControllerOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** As `Math.random`. */
  readonly random: () => number;
  readonly log: Log;
  /** Namespaces to look after; empty: all. */
  readonly namespaces: readonly string[];
  /** How many MirrorAuths are worked on at the same time. */
  readonly concurrency: number;
  /** Name of this process, for events. */
  readonly instance: string;
  /** How long a watch is asked to last, in seconds. Absent: the reflector's own choice. */
  readonly watchTimeoutSeconds?: () => number;
}

export interface Controller {
  /** Whether everything was listed once: before that, absence means nothing and nothing is done. */
  hasSynced(): boolean;
  /** Resolves with true once {@link hasSynced}, with false when it was stopped before. */
  readonly synced: Promise<boolean>;
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
  const queue = new WorkQueue({ clock, random });
  const reads = new SharedReads(client);
  const reconciler = createReconciler(options, stores, reads);
  const stopping = new AbortController();
  const watches = scopes.map((scope) =>
    startWatching(options, { stores, queue, scope, signal: stopping.signal }),
  );
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
  const work = runWorkers({ queue, concurrency, process, log, signal: stopping.signal });
  return {
    hasSynced: () => isSynced(stores),
    synced: allOf(watches.map(({ synced }) => synced)),
    stop: async () => {
      const ended = Promise.all([
        queue.shutDown(),
        work,
        ...watches.flatMap(({ reflectors }) => reflectors.map(({ stopped }) => stopped)),
      ]);
      stopping.abort();
      await withinDrainTime(clock, ended);
    },
  };
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

interface Watching {
  readonly stores: Stores;
  readonly queue: WorkQueue;
  readonly scope: Scope;
  readonly signal: AbortSignal;
}

/** Secrets that are neither a source nor an output, and often large and many. */
const SECRETS_OF_INTEREST = 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token';

/**
 * Nothing is done for a namespace before all its kinds were listed once, for until then absence means
 * nothing; one that cannot be listed does not hold up the others.
 */
function startWatching(
  { client, clock, random, log, watchTimeoutSeconds }: ControllerOptions,
  { stores, queue, scope, signal }: Watching,
): { readonly reflectors: readonly Reflector[]; readonly synced: Promise<boolean> } {
  const common = {
    client,
    clock,
    random,
    log,
    scope,
    signal,
    ...(watchTimeoutSeconds && { timeoutSeconds: watchTimeoutSeconds }),
  };
  const early = new Set<string>();
  let add = (key: string): unknown => early.add(key);
  const addAll = (keys: ReadonlySet<string>): void => {
    for (const key of keys) {
      add(key);
    }
  };
  const objects = (kind: OutputKind): Reflector =>
    runReflector({
      ...common,
      resource: RESOURCES[kind],
      metadataOnly: true,
      ...(kind === 'Secret' && { fieldSelector: SECRETS_OF_INTEREST }),
      project: projectObject,
      store: stores.objects[kind],
      onChange: (change) => addAll(keysForObject(kind, change, stores.mirrorAuths)),
    });
  const reflectors = [
    objects('Secret'),
    objects('ConfigMap'),
    runReflector({
      ...common,
      resource: MIRRORAUTHS,
      metadataOnly: false,
      project: projectMirrorAuth,
      store: stores.mirrorAuths,
      onChange: (change) => addAll(keysForMirrorAuth(change, stores.mirrorAuths)),
    }),
  ];
  const synced = allOf(reflectors.map(({ hasSynced }) => hasSynced)).then((isListed) => {
    if (isListed) {
      add = (key) => queue.add(key);
      addAll(early);
    }
    return isListed;
  });
  return { reflectors, synced };
}

async function allOf(promises: readonly Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(promises)).every(Boolean);
}

function isSynced({ mirrorAuths, objects }: Stores): boolean {
  return [mirrorAuths, objects.Secret, objects.ConfigMap].every((store) => store.hasSynced());
}
