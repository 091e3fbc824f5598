import { describe, expect, test } from 'vitest';
import { Contention, PAUSE_MS } from '../../../src/controller/contention.ts';
import type { ObjectName } from '../../../src/core/plan/output.ts';

const SECRET: ObjectName = { kind: 'Secret', name: 'pull' };
const CONFIG: ObjectName = { kind: 'ConfigMap', name: 'pull' };
const KEY = 'builds/ci';

const paused = (contention: Contention, now: number): readonly ObjectName[] =>
  contention.paused(KEY, now).map(({ target }) => target);

function repair(contention: Contention, times: readonly number[], target = SECRET): void {
  for (const at of times) {
    contention.noteRepair(KEY, target, at);
  }
}

describe('an output that is repaired', () => {
  test('five times within a minute is repaired on', () => {
    const contention = new Contention();
    repair(contention, [0, 1, 2, 3, 4]);
    expect(paused(contention, 5)).toEqual([]);
  });

  test('more than five times within a minute is left alone for five minutes', () => {
    const contention = new Contention();
    repair(contention, [0, 1, 2, 3, 4, 5]);
    expect(contention.paused(KEY, 6)).toEqual([{ target: SECRET, until: 5 + PAUSE_MS }]);
    expect(paused(contention, 5 + PAUSE_MS)).toEqual([]);
  });

  test('now and then is repaired on for ever', () => {
    const contention = new Contention();
    repair(
      contention,
      Array.from({ length: 100 }, (_, i) => i * 15_000),
    );
    expect(paused(contention, 100 * 15_000)).toEqual([]);
  });

  test('is tried once after the pause, and left alone again when that did not hold', () => {
    const contention = new Contention();
    repair(contention, [0, 1, 2, 3, 4, 5]);
    const after = 5 + PAUSE_MS;
    repair(contention, [after]);
    expect(paused(contention, after + 1)).toEqual([]);
    repair(contention, [after + 1_000]);
    expect(paused(contention, after + 1_001)).toEqual([SECRET]);
  });

  test('is on trial from the end of the pause to the first write', () => {
    const contention = new Contention();
    expect(contention.isTryAfterPause(KEY, SECRET, 0)).toBe(false);
    repair(contention, [0, 1, 2, 3, 4, 5]);
    const end = 5 + PAUSE_MS;
    expect(contention.isTryAfterPause(KEY, SECRET, end - 1)).toBe(false);
    expect(contention.isTryAfterPause(KEY, SECRET, end)).toBe(true);
    repair(contention, [end]);
    expect(contention.isTryAfterPause(KEY, SECRET, end + 1)).toBe(false);
  });

  test('is as any other when the try after the pause held for a minute', () => {
    const contention = new Contention();
    repair(contention, [0, 1, 2, 3, 4, 5, 5 + PAUSE_MS, 5 + PAUSE_MS + 61_000]);
    expect(paused(contention, 5 + PAUSE_MS + 61_001)).toEqual([]);
  });

  test('does not answer for another output or another MirrorAuth', () => {
    const contention = new Contention();
    repair(contention, [0, 1, 2, 3, 4, 5]);
    repair(contention, [0], CONFIG);
    expect(paused(contention, 6)).toEqual([SECRET]);
    expect(contention.paused('builds/other', 6)).toEqual([]);
  });

  test('is forgotten with its MirrorAuth', () => {
    const contention = new Contention();
    repair(contention, [0, 1, 2, 3, 4, 5]);
    contention.forget(KEY);
    expect(paused(contention, 6)).toEqual([]);
  });
});
