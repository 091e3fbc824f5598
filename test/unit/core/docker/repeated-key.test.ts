import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatsKey } from '../../../../src/core/docker/repeated-key.ts';

describe('repeatsKey', () => {
  it.each([
    ['{"a":1,"a":2}', true],
    ['{"a":1,"A":2}', false],
    ['{"a":1,"\\u0061":2}', true],
    ['{"a":{"x":1,"x":1}}', true],
    ['{"a":{"x":1},"b":{"x":1}}', false],
    ['{"a":{"b":1},"b":1,"a":1}', true],
    ['{"a":{"a":{"x":1,"x":1}}}', false],
    ['[{"a":1},{"a":1}]', false],
    ['{"a":"a","b":"a"}', false],
    ['{"a":"{\\"a\\":1,\\"a\\":1}"}', false],
    ['{"__proto__":1,"__proto__":1}', true],
    ['{}', false],
    ['"a"', false],
  ])('of two levels of maps, %s: %s', (text, expected) => {
    expect(repeatsKey(text, ['Map', 'Map'])).toBe(expected);
  });

  it('takes fields of a struct in any case for one', () => {
    expect(repeatsKey('{"a":1,"A":2}', ['Struct'])).toBe(true);
    expect(repeatsKey('{"x":{"a":1,"A":2}}', ['Map', 'Struct'])).toBe(true);
    expect(repeatsKey('{"x":{"a":1,"A":2}}', ['Struct', 'Map'])).toBe(false);
  });

  it('finds nothing in what a writer of JSON wrote, and every key that is put in once more', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (object) => {
        const text = JSON.stringify(object);
        expect(repeatsKey(text, ['Map', 'Map', 'Map'])).toBe(false);
        for (const key of Object.keys(object)) {
          const again = `${text.slice(0, -1)},${JSON.stringify(key)}:{}}`;
          expect(repeatsKey(again, ['Map', 'Map', 'Map'])).toBe(true);
        }
      }),
    );
  });
});
