import { env } from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectId } from '../../../src/core/plan/references.ts';
import { Bench, nameOf } from '../../support/bench.ts';
import type { Trouble } from '../../support/bench.ts';
import { anyChange, anyMishap, writeGoodSources } from '../../support/machine/changes.ts';
import type { Change, Mishap } from '../../support/machine/changes.ts';
import {
  expectReplacements,
  expectResult,
  expectSafety,
} from '../../support/machine/invariants.ts';
import type { Scene } from '../../support/machine/scene.ts';
import { FIRST_DRAFT, specOf } from '../../support/machine/people.ts';
import type { People } from '../../support/machine/people.ts';

/**
 * Everything that can happen to a MirrorAuth, in any order; the real plan reconciles after each. How
 * many stories are told: MIRRORAUTH_MACHINE_RUNS. A failing one is printed with the seed that tells
 * it again.
 */
const RUNS = Number(env['MIRRORAUTH_MACHINE_RUNS'] ?? 300);

/** Something happens, and mirrorauth looks. */
class Step implements fc.Command<People, Bench> {
  readonly #change: Change;
  readonly #mishap: Mishap | undefined;

  constructor(change: Change, mishap: Mishap | undefined) {
    this.#change = change;
    this.#mishap = mishap;
  }

  check(): boolean {
    return true;
  }

  run(people: People, bench: Bench): void {
    this.#change.happen(people, bench);
    const scene = reconcile(people, bench, this.#mishap?.trouble(people, bench));
    expectSafety(scene);
    if (this.#mishap?.isRace === true) {
      return;
    }
    expectReplacements(scene);
    if (scene.report.failures.length === 0) {
      expectResult(scene);
    }
  }

  toString(): string {
    return this.#mishap === undefined
      ? this.#change.label
      : `${this.#change.label} (${this.#mishap.label})`;
  }
}

function reconcile(people: People, bench: Bench, trouble: Trouble = {}): Scene {
  const before = new Map(bench.cluster.list().map((stored) => [objectId(nameOf(stored)), stored]));
  const since = bench.cluster.writes.length;
  const report = bench.reconcile(trouble);
  return { people, bench, before, report, writes: bench.cluster.writes.slice(since) };
}

function begin(): { model: People; real: Bench } {
  const model: People = {
    draft: FIRST_DRAFT,
    secrets: new Map(),
    configMaps: new Map(),
    serial: 0,
  };
  const real = new Bench(specOf(FIRST_DRAFT));
  writeGoodSources(model, real);
  real.reconcile();
  return { model, real };
}

/** Whatever was in the way goes, and every source is as it should be. */
function heal(people: People, bench: Bench): void {
  bench.denied.clear();
  bench.rivals.splice(0);
  bench.collectGarbage();
  for (const stored of bench.cluster.list()) {
    const isOurs = stored.metadata.ownerReferences.some(({ uid }) => uid === bench.uid);
    if (!isOurs || stored.metadata.deletionTimestamp !== undefined) {
      bench.cluster.remove(nameOf(stored));
    }
  }
  people.draft = {
    ...people.draft,
    registries: new Map(
      [...people.draft.registries].map(([host, { credentials, ...rest }]) => [
        host,
        {
          ...rest,
          credentials:
            credentials.type === 'SecretRef' ? { ...credentials, pick: 'nothing' } : credentials,
        },
      ]),
    ),
  };
  writeGoodSources(people, bench);
  bench.apply(specOf(people.draft));
}

describe('the plan, whatever happens', () => {
  // Thousands of steps, which take half a minute on a machine that does other things too.
  it(
    'keeps what is wanted, removes what is not, and touches nothing of anybody else',
    { timeout: 120_000 },
    () => {
      const step = fc.tuple(anyChange, anyMishap).map((both) => new Step(...both));
      const steps = fc.commands([step], { maxCommands: 25, size: 'max' });
      fc.assert(
        fc.property(steps, (steps) => {
          const { model, real } = begin();
          fc.modelRun(
            () => ({ model, real }),
            [
              new Step({ label: 'sources are good', happen: writeGoodSources }, undefined),
              ...steps,
            ],
          );
          heal(model, real);
          const scene = reconcile(model, real);
          expectSafety(scene);
          expectResult(scene);
          expect(real.condition('Ready')).toMatchObject({ status: 'True', reason: 'Synced' });
        }),
        { numRuns: RUNS },
      );
    },
  );
});
