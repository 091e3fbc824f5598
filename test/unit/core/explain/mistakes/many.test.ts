import { expect, it } from 'vitest';
import { mistakesOf } from '../../../../support/mistakes-of.ts';

/** A mistake that was made so many times. */
const tomlWith = (count: number): string =>
  Array.from({ length: count }, (_, index) => `x${String(index)}zzz = 1\n`).join('');

const placesOf = (count: number): readonly string[] =>
  mistakesOf('alpine', { toml: tomlWith(count) }).map(({ where }) => where);

it('twenty places of one mistake are told, and how many more there are', () => {
  expect(placesOf(20)).toHaveLength(20);
  expect(placesOf(20).at(-1)).toBe('buildkitd.toml, x19zzz');
  expect(placesOf(23)).toHaveLength(21);
  expect(placesOf(23).at(-1)).toBe('and 3 more');
  expect(mistakesOf('alpine', { toml: tomlWith(23) }).at(-1)?.message).toBe(
    'the same there. Write those above anew, and explain again',
  );
});
