import type { ObjectName, OutputKind } from '../core/plan/output.ts';
import { objectId, outputsOf } from '../core/plan/references.ts';
import { indexKey } from './stores.ts';
import type { MirrorAuthItem, ObjectItem, Stores } from './stores.ts';
import { ABSENT, versionOf } from './version.ts';
import type { Version } from './version.ts';

/** What the stores show of everything that one MirrorAuth depends on, at one moment. */
export interface View {
  readonly item: MirrorAuthItem;
  /** Which object, and which wishes: with another value here everything is looked at anew. */
  readonly subject: string;
  /** Others of the namespace that want one of the outputs. */
  readonly rivals: readonly MirrorAuthItem[];
  readonly rivalVersions: string;
  /** Objects that the MirrorAuth controls. */
  readonly children: readonly Child[];
  /** The objects that spec names and those that the MirrorAuth controls, each once. */
  readonly dependencies: readonly ObjectName[];
  /** What the stores showed of a dependency when this view was made; later events are for the next. */
  readonly shown: (name: ObjectName) => Version;
}

export interface Child {
  readonly name: ObjectName;
  readonly item: ObjectItem;
}

export function viewOf(stores: Stores, item: MirrorAuthItem): View {
  const { namespace, uid } = item;
  const rivals = rivalsOf(stores, item);
  const children = [...childrenOf(stores, 'Secret', uid), ...childrenOf(stores, 'ConfigMap', uid)];
  const dependencies = dependenciesOf(item, children);
  const shown = new Map(
    dependencies.map((dependency) => {
      const { kind, name } = dependency;
      return [objectId(dependency), versionOf(stores.objects[kind].get({ namespace, name }))];
    }),
  );
  return {
    item,
    subject: JSON.stringify([uid, item.generation, item.reconcileRequest ?? null]),
    rivals,
    rivalVersions: JSON.stringify(
      rivals.map((rival) => [rival.uid, rival.generation, rival.isTerminating]),
    ),
    children,
    dependencies,
    shown: (name) => shown.get(objectId(name)) ?? ABSENT,
  };
}

function childrenOf(stores: Stores, kind: OutputKind, uid: string): readonly Child[] {
  return stores.objects[kind]
    .byIndex('ownerUid', uid)
    .map((item) => ({ name: { kind, name: item.name }, item }));
}

function rivalsOf(stores: Stores, item: MirrorAuthItem): readonly MirrorAuthItem[] {
  const others = outputsOf(item.references)
    .flatMap((output) => stores.mirrorAuths.byIndex('wants', indexKey(item.namespace, output)))
    .filter(({ uid }) => uid !== item.uid);
  return [...new Map(others.map((rival) => [rival.uid, rival])).values()].toSorted((a, b) =>
    a.uid < b.uid ? -1 : 1,
  );
}

function dependenciesOf(
  { references }: MirrorAuthItem,
  children: readonly Child[],
): readonly ObjectName[] {
  const names = [
    ...references.pullSecret.sources,
    ...references.buildkitConfig.sources,
    ...outputsOf(references),
    ...children.map(({ name }) => name),
  ];
  return [...new Map(names.map((name) => [objectId(name), name])).values()];
}
