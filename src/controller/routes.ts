import type { ObjectName, OutputKind } from '../core/plan/output.ts';
import { outputsOf } from '../core/plan/references.ts';
import type { ObjectRef } from '../kube/object.ts';
import type { Change } from '../kube/store.ts';
import { indexKey } from './stores.ts';
import type { MirrorAuthItem, MirrorAuthStore, ObjectItem } from './stores.ts';

/** From a change in the cluster to the MirrorAuths that have to be looked at: keys, and nothing else. */

/** `namespace/name` of a MirrorAuth. */
export function keyOf({ namespace, name }: ObjectRef): string {
  return `${namespace}/${name}`;
}

export function refOf(key: string): ObjectRef {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Itself, and those that want an output of the same name: one of them may have waited for this. */
export function keysForMirrorAuth(
  change: Change<MirrorAuthItem>,
  store: MirrorAuthStore,
): ReadonlySet<string> {
  return new Set(
    states(change).flatMap((item) => [
      keyOf(item),
      ...outputsOf(item.references).flatMap((output) =>
        store.byIndex('wants', indexKey(item.namespace, output)).map(keyOf),
      ),
    ]),
  );
}

/** Those that name the object, and the one that controls or controlled it. */
export function keysForObject(
  kind: OutputKind,
  change: Change<ObjectItem>,
  store: MirrorAuthStore,
): ReadonlySet<string> {
  return new Set(
    states(change).flatMap(({ namespace, name, owner }) => {
      const object: ObjectName = { kind, name };
      return [
        ...store.byIndex('names', indexKey(namespace, object)).map(keyOf),
        ...(owner === undefined ? [] : [keyOf({ namespace, name: owner.name })]),
      ];
    }),
  );
}

/** Those that have the object for a source. */
export function keysFromSource(
  kind: OutputKind,
  change: Change<ObjectItem>,
  store: MirrorAuthStore,
): readonly string[] {
  return states(change).flatMap(({ namespace, name }) =>
    store
      .byIndex('names', indexKey(namespace, { kind, name }))
      .filter(({ references: { pullSecret, buildkitConfig } }) =>
        [...pullSecret.sources, ...buildkitConfig.sources].some(
          (source) => source.kind === kind && source.name === name,
        ),
      )
      .map(keyOf),
  );
}

function states<T>(change: Change<T>): readonly T[] {
  switch (change.type) {
    case 'added':
      return [change.after];
    case 'updated':
      return [change.before, change.after];
    case 'deleted':
      return [change.before];
  }
}
