import { describe, expect, test } from 'vitest';
import { callForNothing, changesIn, noteBasis } from '../../../src/controller/changes.ts';
import { Memory } from '../../../src/controller/memory.ts';
import { createStores, projectMirrorAuth } from '../../../src/controller/stores.ts';
import type { Stores } from '../../../src/controller/stores.ts';
import { ABSENT, versionOf } from '../../../src/controller/version.ts';
import { viewOf } from '../../../src/controller/view.ts';
import type { View } from '../../../src/controller/view.ts';
import type { ObjectName } from '../../../src/core/plan/output.ts';
import type { Duty } from '../../../src/core/plan/duty.ts';
import type { Parts } from '../../../src/core/plan/plan.ts';
import { parseObjectMeta } from '../../../src/kube/object.ts';

const CA: ObjectName = { kind: 'ConfigMap', name: 'ca' };
const BASE: ObjectName = { kind: 'ConfigMap', name: 'base' };
const HUB: ObjectName = { kind: 'Secret', name: 'hub' };
const PULL: ObjectName = { kind: 'Secret', name: 'pull' };
const CONFIG: ObjectName = { kind: 'ConfigMap', name: 'config' };
const BOTH = ['pullSecret', 'buildkitConfig'] as const;

const METADATA = {
  namespace: 'builds',
  name: 'ci',
  uid: 'ci',
  resourceVersion: '1',
  generation: 1,
};
const SPEC = {
  registries: [
    {
      host: 'a.corp',
      tls: { caRef: { name: 'ca' } },
      credentials: { type: 'SecretRef', secretRef: { name: 'hub' } },
    },
  ],
  pullSecret: { name: 'pull' },
  buildkitConfig: { name: 'config', baseRef: { name: 'base' } },
};

/** Both outputs name the CA; the Secret alone the login, the ConfigMap alone the base. */
class Bench {
  readonly #stores: Stores = createStores(['all']);
  readonly memory = new Memory('', 'ci');

  constructor() {
    for (const name of [CA, BASE, HUB, PULL, CONFIG]) {
      this.shows(name, '1');
    }
    const view = this.view();
    for (const name of view.dependencies) {
      this.memory.noteShown(name, view.shown(name));
    }
    this.concludes(BOTH);
  }

  /** An event of the watch. */
  shows({ kind, name }: ObjectName, resourceVersion: string): void {
    const item = { namespace: 'builds', name, uid: name, resourceVersion };
    this.#stores.objects[kind].upsert({ ...item, isTerminating: false, owner: undefined });
  }

  /** A GET whose answer is newer than anything that the watch has brought. */
  reads(name: ObjectName, resourceVersion: string): void {
    const version = versionOf({ uid: name.name, resourceVersion });
    this.memory.noteRead(name, { version, shown: this.view().shown(name) });
  }

  view(): View {
    const metadata = parseObjectMeta(METADATA);
    if (metadata === undefined) {
      throw new Error('no metadata');
    }
    return viewOf(this.#stores, projectMirrorAuth({ spec: SPEC }, metadata));
  }

  concludes(affected: readonly (keyof Parts)[]): void {
    const view = this.view();
    this.memory.rivals = view.rivalVersions;
    this.memory.parts = PARTS;
    noteBasis(view, this.memory, affected);
    this.memory.rest(0, []);
  }

  /** Whether a look at this moment would end at once. */
  isQuietAt(now: number): boolean {
    return callForNothing(changesIn(this.view(), this.memory, now), this.memory, now);
  }

  affected(now = 1): readonly (keyof Parts)[] {
    return changesIn(this.view(), this.memory, now).affected;
  }
}

const PENDING: Duty = { kind: 'Pending', message: '' };
const PLANNED = { kind: 'Planned', actions: [], synced: PENDING, isQuiet: false } as const;
const PARTS: Parts = {
  pullSecret: { ...PLANNED, findings: { resolved: PENDING, warnings: [] } },
  buildkitConfig: { ...PLANNED, findings: { warnings: [] } },
};

describe('what a change affects', () => {
  test('is nothing when nothing changed', () => {
    expect(changesIn(new Bench().view(), new Bench().memory, 1).isNone).toBe(true);
  });

  test.each([
    [HUB, ['pullSecret']],
    [PULL, ['pullSecret']],
    [BASE, ['buildkitConfig']],
    [CONFIG, ['buildkitConfig']],
    [CA, ['pullSecret', 'buildkitConfig']],
  ])('of %j is %j', (name, affected) => {
    const bench = new Bench();
    bench.shows(name, '2');
    expect(bench.affected()).toEqual(affected);
  });

  test('is both parts when time has come', () => {
    const bench = new Bench();
    bench.memory.rest(0, [1]);
    expect(bench.affected()).toEqual(BOTH);
  });

  test('is both parts when the last look was not carried through', () => {
    const bench = new Bench();
    bench.memory.parts = {};
    expect(bench.affected()).toEqual(BOTH);
  });
});

describe('a source that both parts name', () => {
  test('is nothing when the watch has shown what was read, however late the next look comes', () => {
    const bench = new Bench();
    bench.reads(HUB, '2');
    bench.concludes(BOTH);
    bench.shows(HUB, '2');
    expect(bench.affected(60_000)).toEqual([]);
  });

  test('is what the watch has not shown in ten seconds, for it may have been undone in a gap', () => {
    const bench = new Bench();
    bench.reads(HUB, '2');
    bench.concludes(BOTH);
    expect(bench.affected(9_999)).toEqual([]);
    expect(bench.affected(10_000)).toEqual(['pullSecret']);
  });

  test('and that was read newer than the watch showed for one of them is news to the other', () => {
    const bench = new Bench();
    bench.shows(HUB, '2');
    expect(bench.affected()).toEqual(['pullSecret']);
    // While the pull Secret is looked at, the CA changes and is read in its new state.
    bench.reads(HUB, '2');
    bench.reads(CA, '2');
    bench.concludes(['pullSecret']);
    expect(bench.affected()).toEqual(['buildkitConfig']);
    // The event of that change is an echo to the first and changes nothing for the second.
    bench.shows(CA, '2');
    expect(bench.affected()).toEqual(['buildkitConfig']);
    bench.concludes(['buildkitConfig']);
    expect(bench.affected()).toEqual([]);
  });
});

describe('an event that comes during a look', () => {
  test('is for the next look: a view does not change under it', () => {
    const bench = new Bench();
    const view = bench.view();
    bench.shows(HUB, '2');
    expect(view.shown(HUB)).toBe(versionOf({ uid: 'hub', resourceVersion: '1' }));
    expect(view.shown({ kind: 'Secret', name: 'unknown' })).toBe(ABSENT);
  });
});

describe('an output', () => {
  test('that somebody changed was tampered with; a source that changed was not', () => {
    const bench = new Bench();
    bench.shows(HUB, '2');
    bench.shows(CONFIG, '2');
    expect(changesIn(bench.view(), bench.memory, 1).tampered).toEqual([CONFIG]);
  });
});

describe('a server that asks to be left alone for a minute', () => {
  /** A write of the pull Secret was refused with a Retry-After. */
  function refused(): Bench {
    const bench = new Bench();
    bench.memory.forget(PULL);
    bench.memory.noteRefused(PULL, bench.view().shown(PULL));
    bench.memory.putOff(60_000);
    return bench;
  }

  test('is not asked again for what it refused, whatever else wakes the key', () => {
    expect(refused().isQuietAt(59_999)).toBe(true);
    expect(refused().isQuietAt(60_000)).toBe(false);
  });

  test('is asked when something that was not refused has changed', () => {
    const bench = refused();
    bench.shows(HUB, '2');
    expect(bench.isQuietAt(1)).toBe(false);
  });

  test('is asked when what it refused is another by now', () => {
    const bench = refused();
    bench.shows(PULL, '2');
    expect(bench.isQuietAt(1)).toBe(false);
  });

  test('is not asked for what the watch is slow to show', () => {
    const bench = refused();
    bench.reads(HUB, '2');
    bench.concludes(BOTH);
    expect(bench.isQuietAt(10_000)).toBe(true);
    expect(bench.isQuietAt(60_000)).toBe(false);
  });

  test('puts off what was due before, and is not looked for again and again until then', () => {
    const bench = refused();
    bench.memory.rest(0, [10]);
    expect(bench.isQuietAt(11)).toBe(true);
    expect(bench.memory.nextLook(11)).toEqual({ kind: 'again', afterMs: 59_989 });
  });

  test('is as before once it has answered what it refused', () => {
    const bench = refused();
    bench.reads(PULL, '1');
    expect(bench.memory.isRefused(PULL, bench.view().shown(PULL))).toBe(false);
  });
});
