import type { ObjectRef } from './object.ts';
import type { Scope } from './resource.ts';

/** The least that a projection of an object has, to be kept in a store. */
export interface Stored extends ObjectRef {
  readonly uid: string;
  /** Compared for equality only. */
  readonly resourceVersion: string;
}

/**
 * What happened to an object. `before` and `after` of an update have the same uid: a delete and
 * create under one name is two changes, even where nobody saw the moment between.
 */
export type Change<T> =
  | { readonly type: 'added'; readonly after: T }
  | { readonly type: 'updated'; readonly before: T; readonly after: T }
  | { readonly type: 'deleted'; readonly before: T };

export interface StoreOptions<T, I extends string> {
  /** Secondary indexes by name: the values under which an item is found. */
  readonly indexes: Readonly<Record<I, (item: T) => readonly string[]>>;
  /** What is listed into this store; several namespaces may share one. Absent: `['all']`. */
  readonly scopes?: readonly Scope[];
}

/**
 * The last known state of the objects of one kind, as projections that the caller chose. Items are
 * never changed in place. An object that is absent here may exist all the same: the server is ahead.
 */
export class Store<T extends Stored, I extends string = never> {
  readonly #items = new Map<string, T>();
  readonly #indexes: ReadonlyMap<string, Index<T>>;
  readonly #unlisted: Set<string>;

  constructor({ indexes, scopes = ['all'] }: StoreOptions<T, I>) {
    this.#indexes = new Map(
      Object.entries<StoreOptions<T, I>['indexes'][I]>(indexes).map(([name, valuesOf]) => [
        name,
        new Index(valuesOf),
      ]),
    );
    this.#unlisted = new Set(scopes.map(scopeKey));
  }

  /** Whether every scope was listed once. Until then absence means nothing at all. */
  hasSynced(): boolean {
    return this.#unlisted.size === 0;
  }

  get(ref: ObjectRef): T | undefined {
    return this.#items.get(keyOf(ref));
  }

  list(): readonly T[] {
    return [...this.#items.values()];
  }

  /** The items that have this value in that index. */
  byIndex(index: I, value: string): readonly T[] {
    return this.#indexes.get(index)?.get(value) ?? [];
  }

  /** Takes a whole list of one scope: items of that scope that are not in it are gone. */
  replace(items: readonly T[], scope: Scope): readonly Change<T>[] {
    const listed = new Set(items.map(keyOf));
    const gone = this.list().filter((item) => isIn(scope, item) && !listed.has(keyOf(item)));
    const changes = [
      ...gone.flatMap((item) => this.remove(item)),
      ...items.flatMap((item) => this.upsert(item)),
    ];
    this.#unlisted.delete(scopeKey(scope));
    return changes;
  }

  /** Takes one object's new state. The state that is there already is no change. */
  upsert(after: T): readonly Change<T>[] {
    const before = this.get(after);
    if (before?.uid === after.uid && before.resourceVersion === after.resourceVersion) {
      return [];
    }
    this.#put(before, after);
    if (before === undefined) {
      return [{ type: 'added', after }];
    }
    return before.uid === after.uid
      ? [{ type: 'updated', before, after }]
      : [
          { type: 'deleted', before },
          { type: 'added', after },
        ];
  }

  /** Forgets an object. Another one that has its name by now stays. */
  remove(object: ObjectRef & { readonly uid: string }): readonly Change<T>[] {
    const before = this.get(object);
    if (before?.uid !== object.uid) {
      return [];
    }
    this.#items.delete(keyOf(object));
    for (const index of this.#indexes.values()) {
      index.remove(before);
    }
    return [{ type: 'deleted', before }];
  }

  #put(before: T | undefined, after: T): void {
    this.#items.set(keyOf(after), after);
    for (const index of this.#indexes.values()) {
      if (before !== undefined) {
        index.remove(before);
      }
      index.add(after);
    }
  }
}

class Index<T> {
  readonly #valuesOf: (item: T) => readonly string[];
  readonly #items = new Map<string, Set<T>>();

  constructor(valuesOf: (item: T) => readonly string[]) {
    this.#valuesOf = valuesOf;
  }

  get(value: string): readonly T[] {
    return [...(this.#items.get(value) ?? [])];
  }

  add(item: T): void {
    for (const value of this.#valuesOf(item)) {
      const items = this.#items.get(value) ?? new Set();
      this.#items.set(value, items.add(item));
    }
  }

  remove(item: T): void {
    for (const value of this.#valuesOf(item)) {
      const items = this.#items.get(value);
      items?.delete(item);
      if (items?.size === 0) {
        this.#items.delete(value);
      }
    }
  }
}

/** Neither part of a name may hold a slash. */
const keyOf = ({ namespace, name }: ObjectRef): string => `${namespace}/${name}`;
/** `*` is no namespace. */
const scopeKey = (scope: Scope): string => (scope === 'all' ? '*' : scope.namespace);
const isIn = (scope: Scope, { namespace }: ObjectRef): boolean =>
  scope === 'all' || scope.namespace === namespace;
