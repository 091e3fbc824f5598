import type { ObjectName, OutputKind } from '../core/output.ts';
import { objectId, outputsOf } from '../core/references.ts';
import { indexKey } from './stores.ts';
import type { MirrorAuthItem, ObjectItem, Stores } from './stores.ts';
import { versionOf } from './version.ts';
import type { Version } from './version.ts';

/** What the stores show of everything that one MirrorAuth depends on, at one moment. */
export interface View {
  readonly item: MirrorAuthItem;
  /** Which object, and which wishes: with another value here everything is looked at anew. */
  readonly subject: string;
  /** Others of the namespace that want one of the outputs, and controllers of those outputs. */
  readonly rivals: readonly MirrorAuthItem[];
  readonly rivalVersions: string;
  /** Objects that the MirrorAuth controls. */
  readonly children: readonly Child[];
  readonly shown: (name: ObjectName) => Version;
}

export interface Child {
  readonly name: ObjectName;
  readonly item: ObjectItem;
}

export function viewOf(stores: Stores, item: MirrorAuthItem): View {
  const { namespace, uid } = item;
  const rivals = rivalsOf(stores, item);
  return {
    item,
    subject: JSON.stringify([uid, item.generation, item.reconcileRequest ?? null]),
    rivals,
    rivalVersions: JSON.stringify(
      rivals.map((rival) => [rival.uid, rival.generation, rival.isTerminating]),
    ),
    children: [...childrenOf(stores, 'Secret', uid), ...childrenOf(stores, 'ConfigMap', uid)],
    shown: ({ kind, name }) => versionOf(stores.objects[kind].get({ namespace, name })),
  };
}

function childrenOf(stores: Stores, kind: OutputKind, uid: string): readonly Child[] {
  return stores.objects[kind]
    .byIndex('ownerUid', uid)
    .map((item) => ({ name: { kind, name: item.name }, item }));
}

function rivalsOf(stores: Stores, item: MirrorAuthItem): readonly MirrorAuthItem[] {
  const { namespace } = item;
  const candidates = outputsOf(item.references).flatMap((output) => {
    const owner = stores.objects[output.kind].get({ namespace, name: output.name })?.owner;
    const controller = owner && stores.mirrorAuths.get({ namespace, name: owner.name });
    return [
      ...stores.mirrorAuths.byIndex('wants', indexKey(namespace, output)),
      ...(controller === undefined ? [] : [controller]),
    ];
  });
  const others = candidates.filter(({ uid }) => uid !== item.uid);
  return [...new Map(others.map((rival) => [rival.uid, rival])).values()].toSorted((a, b) =>
    a.uid < b.uid ? -1 : 1,
  );
}

/** The objects that the MirrorAuth's spec names and those that it controls, each once. */
export function dependenciesOf({ item, children }: View): readonly ObjectName[] {
  const { pullSecret, buildkitConfig } = item.references;
  const names = [
    ...pullSecret.sources,
    ...buildkitConfig.sources,
    ...outputsOf(item.references),
    ...children.map(({ name }) => name),
  ];
  return [...new Map(names.map((name) => [objectId(name), name])).values()];
}
