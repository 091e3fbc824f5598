import { expect, it } from 'vitest';
import { explain } from '../../../../../src/core/explain/explain.ts';
import { parseImageReference } from '../../../../../src/core/explain/image-reference.ts';
import { builderFiles } from '../../../../support/builder-files.ts';

/** Places of a mistake that was made so many times. */
function placesOf(count: number): readonly string[] {
  const parsed = parseImageReference('alpine');
  if (!parsed.ok) {
    throw new Error('the example names no image');
  }
  const toml = Array.from({ length: count }, (_, index) => `x${String(index)}zzz = 1\n`).join('');
  return explain(parsed.image, builderFiles({ toml })).mistakes.map(({ where }) => where);
}

it('twenty places of one mistake are told, and how many more there are', () => {
  expect(placesOf(20)).toHaveLength(20);
  expect(placesOf(20).at(-1)).toBe('buildkitd.toml, x19zzz');
  expect(placesOf(23)).toHaveLength(21);
  expect(placesOf(23).at(-1)).toBe('and 3 more');
});
