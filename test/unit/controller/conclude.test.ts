import { describe, expect, test } from 'vitest';
import { findingsAfter, isOnlyDenied, isPutOff } from '../../../src/controller/conclude.ts';
import type { Failure } from '../../../src/controller/apply.ts';
import { Memory } from '../../../src/controller/memory.ts';
import { good } from '../../../src/core/plan/duty.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import { KubeError } from '../../../src/kube/errors.ts';

const PULL = { kind: 'Secret', name: 'pull' } as const;
const FINE = good('Synced', 'fine');

const planned = (isQuiet: boolean): Plan => ({
  kind: 'Plan',
  actions: [],
  parts: {},
  findings: {
    duties: {
      CredentialsResolved: FINE,
      MirrorsTrusted: FINE,
      PullSecretSynced: FINE,
      BuildkitConfigSynced: FINE,
    },
    warnings: [],
    specIssues: [],
    isQuiet,
  },
});

const failure = (reason: Failure['problem']['reason'], isOutdated: boolean): Failure => ({
  target: PULL,
  error: new KubeError(
    { verb: 'patch', resource: { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' } },
    'Conflict',
  ),
  problem: { reason, message: 'it is so' },
  isOutdated,
});
const OUTDATED = { done: [], failures: [failure('WriteFailed', true)] };
const FAILED = { done: [], failures: [failure('WriteFailed', false)] };
const WELL = { done: [], failures: [] };

describe('status is put off', () => {
  test('while a plan is out of date, but not for more than three looks in a row', () => {
    const memory = new Memory('', 'u');
    const looks = [OUTDATED, OUTDATED, OUTDATED, OUTDATED, OUTDATED, WELL, OUTDATED];
    expect(looks.map((outcome) => isPutOff(planned(false), outcome, memory))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  test('while a source that went a moment ago is all that is wrong', () => {
    const memory = new Memory('', 'u');
    expect(isPutOff(planned(true), WELL, memory)).toBe(true);
    expect(isPutOff(planned(true), FAILED, memory)).toBe(false);
    expect(isPutOff(planned(false), WELL, memory)).toBe(false);
  });
});

test('a write that failed is told instead of what was planned', () => {
  expect(findingsAfter(planned(false), FAILED).duties).toMatchObject({
    PullSecretSynced: { kind: 'Bad', problem: { reason: 'WriteFailed' } },
    BuildkitConfigSynced: FINE,
  });
});

test('a right alone stands in the way when every failure is of a right', () => {
  const denied = failure('AccessDenied', false);
  expect(isOnlyDenied([denied, denied])).toBe(true);
  expect(isOnlyDenied([denied, failure('QuotaExceeded', false)])).toBe(false);
});

describe('a source that was lost a moment ago', () => {
  test('is so under other wishes too', () => {
    const memory = new Memory('before', 'u');
    memory.noteLost(PULL, 1_000);
    const successor = memory.successor('after');
    expect(successor.isJustLost(PULL, 10_999)).toBe(true);
    expect(successor.isJustLost(PULL, 11_000)).toBe(false);
  });
});
