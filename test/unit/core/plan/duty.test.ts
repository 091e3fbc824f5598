import { describe, expect, it } from 'vitest';
import type { BadReason, Problem } from '../../../../src/api/conditions.ts';
import { count, dutyOf, enumerate, good } from '../../../../src/core/plan/duty.ts';

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

describe('a list in a message', () => {
  const rows: Readonly<Record<string, readonly [readonly string[], string]>> = {
    'is the one that it has': [['a'], 'a'],
    'spells out three': [['a', 'b', 'c'], 'a, b, c'],
    'counts those beyond three': [['a', 'b', 'c', 'd'], 'a, b, c, and 1 more'],
  };
  it.each(Object.entries(rows))('%s', (_, [names, text]) => {
    expect(enumerate(names)).toBe(text);
  });
});

describe('a number in a message', () => {
  it.each([
    [0, '0 entries'],
    [1, '1 entry'],
    [2, '2 entries'],
  ])('of %i is followed by the right word: %s', (number, text) => {
    expect(count(number, 'entry', 'entries')).toBe(text);
  });
});
