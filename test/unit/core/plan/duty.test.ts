import { describe, expect, it } from 'vitest';
import type { BadReason, Problem } from '../../../../src/api/conditions.ts';
import { dutyOf, good } from '../../../../src/core/plan/duty.ts';

const otherwise = good('Synced', 'as it should be');

const problem = (reason: BadReason, message: string): Problem => ({ reason, message });

describe('dutyOf', () => {
  it('is good when there is no problem', () => {
    expect(dutyOf([], otherwise)).toBe(otherwise);
  });

  it('lets the first problem that a person must mend speak first, and tells the others too', () => {
    const problems = [
      problem('SecretNotFound', 'a is missing'),
      problem('SecretInvalid', 'b is broken'),
      problem('UnsupportedCredential', 'c is of no use'),
    ];
    expect(dutyOf(problems, otherwise)).toEqual({
      kind: 'Bad',
      problem: problem('SecretInvalid', 'b is broken; a is missing; c is of no use'),
    });
  });

  it('lets the first speak when all may come by themselves', () => {
    const problems = [
      problem('SecretNotFound', 'a is missing'),
      problem('CredentialNotFound', 'b has none'),
    ];
    expect(dutyOf(problems, otherwise)).toMatchObject({ problem: { reason: 'SecretNotFound' } });
  });

  it('says what several have in common once', () => {
    const same = problem('SecretNotFound', 'a is missing');
    expect(dutyOf([same, same], otherwise)).toMatchObject({ problem: { message: 'a is missing' } });
  });

  it('spells three problems out and counts the rest', () => {
    const problems = ['a', 'b', 'c', 'd', 'e'].map((name) => problem('SecretNotFound', name));
    expect(dutyOf(problems, otherwise)).toMatchObject({
      problem: { message: 'a; b; c; and 2 more' },
    });
  });
});
