import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Store } from '../../../src/kube/store.ts';
import type { Change, Stored } from '../../../src/kube/store.ts';

interface Item extends Stored {
  readonly owner: string;
}

const item = (name: string, uid: string, resourceVersion = '1', owner = 'x'): Item => ({
  namespace: 'n',
  name,
  uid,
  resourceVersion,
  owner,
});

const makeStore = (): Store<Item, 'owner'> =>
  new Store({ indexes: { owner: ({ owner }: Item) => [owner] } });

describe('upsert', () => {
  it('tells an addition, an update and no change apart', () => {
    const store = makeStore();
    const first = item('a', 'U1');
    const second = item('a', 'U1', '2');
    expect(store.upsert(first)).toEqual([{ type: 'added', after: first }]);
    expect(store.upsert(second)).toEqual([{ type: 'updated', before: first, after: second }]);
    expect(store.upsert(item('a', 'U1', '2'))).toEqual([]);
    expect(store.get(second)).toBe(second);
  });

  it('sees a delete and create under one name as both', () => {
    const store = makeStore();
    const before = item('a', 'U1');
    const after = item('a', 'U2');
    store.upsert(before);
    expect(store.upsert(after)).toEqual([
      { type: 'deleted', before },
      { type: 'added', after },
    ]);
  });
});

describe('remove', () => {
  it('forgets the object', () => {
    const store = makeStore();
    const before = item('a', 'U1');
    store.upsert(before);
    expect(store.remove(item('a', 'U1', '9'))).toEqual([{ type: 'deleted', before }]);
    expect(store.list()).toEqual([]);
  });

  it('leaves another object alone that has its name by now', () => {
    const store = makeStore();
    const live = item('a', 'U2');
    store.upsert(live);
    expect(store.remove(item('a', 'U1'))).toEqual([]);
    expect(store.list()).toEqual([live]);
  });
});

describe('byIndex', () => {
  it('finds items under each value, and under a changed value only', () => {
    const store = makeStore();
    const b = item('b', 'U2');
    store.upsert(item('a', 'U1'));
    store.upsert(b);
    const moved = item('a', 'U1', '2', 'y');
    store.upsert(moved);
    expect(store.byIndex('owner', 'x')).toEqual([b]);
    expect(store.byIndex('owner', 'y')).toEqual([moved]);
    store.remove(moved);
    expect(store.byIndex('owner', 'y')).toEqual([]);
  });
});

describe('replace', () => {
  it('reports exactly the difference by uid, and leaves what was listed', () => {
    const store = makeStore();
    const [kept, changed, gone, recreated] = ['kept', 'changed', 'gone', 'recreated'].map(
      (name, index) => item(name, `U${index}`),
    );
    store.replace(
      [kept, changed, gone, recreated].filter((one) => one !== undefined),
      'all',
    );
    const [changedNow, recreatedNow, added] = [
      item('changed', 'U1', '2'),
      item('recreated', 'U9'),
      item('new', 'U10'),
    ] as const;
    const listed = [item('kept', 'U0'), changedNow, recreatedNow, added];
    expect(store.replace(listed, 'all')).toEqual([
      { type: 'deleted', before: gone },
      { type: 'updated', before: changed, after: changedNow },
      { type: 'deleted', before: recreated },
      { type: 'added', after: recreatedNow },
      { type: 'added', after: added },
    ]);
    expect(store.list()).toHaveLength(4);
  });

  it('touches only the namespace that was listed', () => {
    const store = new Store({ indexes: {}, scopes: [{ namespace: 'n' }, { namespace: 'm' }] });
    const elsewhere = { ...item('a', 'U1'), namespace: 'm' };
    store.replace([elsewhere], { namespace: 'm' });
    expect(store.replace([], { namespace: 'n' })).toEqual([]);
    expect(store.list()).toEqual([elsewhere]);
  });
});

describe('hasSynced', () => {
  it('is true when every scope has been listed once', () => {
    const store = new Store({ indexes: {}, scopes: [{ namespace: 'n' }, { namespace: 'm' }] });
    store.replace([], { namespace: 'n' });
    store.upsert({ ...item('a', 'U1'), namespace: 'm' });
    expect(store.hasSynced()).toBe(false);
    store.replace([], { namespace: 'm' });
    expect(store.hasSynced()).toBe(true);
  });

  it('needs one list where no scopes are named', () => {
    const store = makeStore();
    expect(store.hasSynced()).toBe(false);
    store.replace([], 'all');
    expect(store.hasSynced()).toBe(true);
  });
});

/** Applies a change to a copy that knows nothing but changes. Returns what does not fit, if anything. */
function follow(items: Map<string, Item>, change: Change<Item>): readonly string[] {
  const { before, after } = { before: undefined, after: undefined, ...change };
  const { namespace, name } = before ?? after ?? item('', '');
  const key = `${namespace}/${name}`;
  const misfits = [
    items.get(key) === before ? [] : [`${key} was not what is said to be ${change.type}`],
    change.type !== 'updated' || before?.uid === after?.uid ? [] : [`${key} has another uid`],
  ];
  items.delete(key);
  if (after !== undefined) {
    items.set(key, after);
  }
  return misfits.flat();
}

describe('whatever is listed and watched', () => {
  const anyItem = fc.record({
    namespace: fc.constantFrom('n', 'm'),
    name: fc.constantFrom('a', 'b', 'c'),
    uid: fc.constantFrom('U1', 'U2', 'U3'),
    resourceVersion: fc.constantFrom('1', '2', '3'),
    owner: fc.constantFrom('x', 'y'),
  });
  const anyList = fc.uniqueArray(anyItem, { selector: ({ namespace, name }) => namespace + name });
  const step = fc.oneof(
    fc.record({ upsert: anyItem }),
    fc.record({ remove: anyItem }),
    fc.record({ replace: anyList, scope: fc.constantFrom('all', 'n', 'm') }),
  );
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  function apply(store: Store<Item, 'owner'>, step: Step): readonly Change<Item>[] {
    if ('upsert' in step) {
      return store.upsert(step.upsert);
    }
    if ('remove' in step) {
      return store.remove(step.remove);
    }
    const { replace, scope } = step;
    return scope === 'all'
      ? store.replace(replace, 'all')
      : store.replace(
          replace.filter(({ namespace }) => namespace === scope),
          { namespace: scope },
        );
  }

  it('the changes alone rebuild the store, and the index agrees with it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const store = makeStore();
        const followed = new Map<string, Item>();
        for (const one of steps) {
          const misfits = apply(store, one).flatMap((change) => follow(followed, change));
          expect(misfits).toEqual([]);
          expect(new Set(store.list())).toEqual(new Set(followed.values()));
          for (const owner of ['x', 'y']) {
            const expected = store.list().filter((candidate) => candidate.owner === owner);
            expect(new Set(store.byIndex('owner', owner))).toEqual(new Set(expected));
          }
        }
      }),
    );
  });
});
