import type { OutputKind } from '../core/plan/output.ts';
import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../kube/log.ts';
import type { OutageLog } from '../kube/outage-log.ts';
import { runReflector } from '../kube/reflector.ts';
import type { Reflector } from '../kube/reflector.ts';
import type { Scope } from '../kube/resource.ts';
import type { Change } from '../kube/store.ts';
import type { WorkQueue } from '../kube/work-queue.ts';
import { MIRRORAUTHS, RESOURCES } from './kinds.ts';
import type { Propagation } from './propagation.ts';
import { keysForMirrorAuth, keysForObject, keysFromSource } from './routes.ts';
import { projectMirrorAuth, projectObject } from './stores.ts';
import type { ObjectItem, Stores } from './stores.ts';

/** From the cluster to the queue: what is watched, and what it wakes. */

export interface WatchingOptions {
  readonly client: Pick<Client, 'list' | 'watch'>;
  readonly clock: Clock;
  /** As `Math.random`. */
  readonly random: () => number;
  readonly log: Log;
  /** How long a watch is asked to last, in seconds. Absent: the reflector's own choice. */
  readonly watchTimeoutSeconds?: () => number;
}

interface Watching {
  readonly stores: Stores;
  readonly queue: WorkQueue;
  readonly propagation: Propagation;
  readonly scope: Scope;
  readonly outages: OutageLog;
  readonly signal: AbortSignal;
}

/** Secrets that are neither a source nor an output, and often large and many. */
const SECRETS_OF_INTEREST = 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token';

/**
 * Nothing is done for a namespace before all its kinds were listed once, for until then absence means
 * nothing; one that cannot be listed does not hold up the others.
 */
export function startWatching(
  { client, clock, random, log, watchTimeoutSeconds }: WatchingOptions,
  { stores, queue, propagation, scope, outages, signal }: Watching,
): { readonly reflectors: readonly Reflector[]; readonly synced: Promise<boolean> } {
  const common = {
    client,
    clock,
    random,
    log,
    scope,
    outages,
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
  let isSynced = false;
  const onObject = (kind: OutputKind, change: Change<ObjectItem>): void => {
    // The first list shows what is, and not what changes.
    for (const key of isSynced ? keysFromSource(kind, change, stores.mirrorAuths) : []) {
      propagation.sourceChanged(key);
    }
    addAll(keysForObject(kind, change, stores.mirrorAuths));
  };
  const objects = (kind: OutputKind): Reflector =>
    runReflector({
      ...common,
      resource: RESOURCES[kind],
      metadataOnly: true,
      ...(kind === 'Secret' && { fieldSelector: SECRETS_OF_INTEREST }),
      project: projectObject,
      store: stores.objects[kind],
      onChange: (change) => onObject(kind, change),
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
      isSynced = true;
      add = (key) => queue.add(key);
      addAll(early);
    }
    return isListed;
  });
  return { reflectors, synced };
}

/** Whether all of them came true. */
export async function allOf(promises: readonly Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(promises)).every(Boolean);
}
