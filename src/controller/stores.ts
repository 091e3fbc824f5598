import { GROUP, RECONCILE_REQUEST_ANNOTATION } from '../api/metadata.ts';
import { MIRRORAUTH_KIND, parseSpec, parseStatus } from '../api/mirrorauth.ts';
import type { ParsedSpec } from '../api/mirrorauth.ts';
import type { MirrorAuthStatus } from '../api/status.ts';
import { controllerOf } from '../core/plan/output.ts';
import type { ObjectName, OutputKind } from '../core/plan/output.ts';
import { outputsOf, referencesOf } from '../core/plan/references.ts';
import type { References } from '../core/plan/references.ts';
import type { JsonObject, ObjectMeta } from '../kube/object.ts';
import type { Scope } from '../kube/resource.ts';
import { Store } from '../kube/store.ts';
import type { Stored } from '../kube/store.ts';

/** What is held in memory of the cluster: MirrorAuths, and of all else hardly more than versions. */

export interface MirrorAuthItem extends Stored {
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly isTerminating: boolean;
  readonly spec: ParsedSpec;
  readonly references: References;
  readonly status: MirrorAuthStatus;
  readonly reconcileRequest: string | undefined;
}

/** A Secret or ConfigMap: no labels, no annotations, no data. */
export interface ObjectItem extends Stored {
  readonly isTerminating: boolean;
  /** The MirrorAuth that controls it. */
  readonly owner: { readonly name: string; readonly uid: string } | undefined;
}

export type MirrorAuthStore = Store<MirrorAuthItem, 'names' | 'wants'>;
export type ObjectStore = Store<ObjectItem, 'ownerUid'>;

export interface Stores {
  readonly mirrorAuths: MirrorAuthStore;
  readonly objects: Readonly<Record<OutputKind, ObjectStore>>;
}

export function createStores(scopes: readonly Scope[]): Stores {
  const objectStore = (): ObjectStore =>
    new Store({ indexes: { ownerUid: ({ owner }) => (owner ? [owner.uid] : []) }, scopes });
  return {
    mirrorAuths: new Store({
      indexes: {
        names: (item) => namedObjects(item).map((object) => indexKey(item.namespace, object)),
        wants: (item) =>
          outputsOf(item.references).map((object) => indexKey(item.namespace, object)),
      },
      scopes,
    }),
    objects: { Secret: objectStore(), ConfigMap: objectStore() },
  };
}

/** Value of the indexes `names` and `wants`. */
export function indexKey(namespace: string, { kind, name }: ObjectName): string {
  return `${kind}/${namespace}/${name}`;
}

function namedObjects({ references }: MirrorAuthItem): readonly ObjectName[] {
  return [
    ...references.pullSecret.sources,
    ...references.buildkitConfig.sources,
    ...outputsOf(references),
  ];
}

const NO_REFERENCES: References = {
  pullSecret: { output: undefined, sources: [] },
  buildkitConfig: { output: undefined, sources: [] },
};

export function projectMirrorAuth(object: JsonObject, metadata: ObjectMeta): MirrorAuthItem {
  const spec = parseSpec(object['spec']);
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    generation: metadata.generation ?? 0,
    creationTimestamp: metadata.creationTimestamp ?? '',
    isTerminating: metadata.deletionTimestamp !== undefined,
    spec,
    references: 'valid' in spec ? referencesOf(spec.valid) : NO_REFERENCES,
    status: parseStatus(object['status']),
    reconcileRequest: metadata.annotations[RECONCILE_REQUEST_ANNOTATION],
  };
}

/**
 * Of a Secret made with `kubectl apply` the annotations hold the whole payload, so nothing but these
 * few words is taken.
 */
export function projectObject(_object: JsonObject, metadata: ObjectMeta): ObjectItem {
  const { namespace, name, uid, resourceVersion, deletionTimestamp, ownerReferences } = metadata;
  const controller = controllerOf(ownerReferences);
  const isOurs =
    controller?.kind === MIRRORAUTH_KIND && controller.apiVersion.startsWith(`${GROUP}/`);
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    isTerminating: deletionTimestamp !== undefined,
    owner: isOurs ? { name: controller.name, uid: controller.uid } : undefined,
  };
}
