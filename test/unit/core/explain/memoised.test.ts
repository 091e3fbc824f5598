import { expect, it } from 'vitest';
import { memoised } from '../../../../src/core/explain/memoised.ts';

it('each answer is made once', () => {
  const asked: string[] = [];
  const lengthOf = memoised((key) => {
    asked.push(key);
    return key.length;
  });
  expect(['a', 'bb', 'a', 'bb'].map(lengthOf)).toEqual([1, 2, 1, 2]);
  expect(asked).toEqual(['a', 'bb']);
});
