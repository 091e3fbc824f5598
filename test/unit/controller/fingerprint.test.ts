import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fingerprints } from '../../../src/controller/fingerprint.ts';
import type { Data } from '../../../src/core/plan/output.ts';
import { Redacted } from '../../../src/core/redacted.ts';

type Files = Readonly<Record<string, string>>;

const dataOf = (files: Files): Data =>
  new Map(Object.entries(files).map(([key, text]) => [key, new Redacted(Buffer.from(text))]));

const anyFiles = fc.dictionary(
  fc.stringMatching(/^[ab.]{1,3}$/),
  fc.stringMatching(/^[ab ]{0,3}$/),
);

describe('a fingerprint', () => {
  test('matches the same files in any order and nothing else', () => {
    const fingerprints = new Fingerprints();
    fc.assert(
      fc.property(anyFiles, anyFiles, (one, other) => {
        const sorted = (files: Files): string =>
          JSON.stringify(Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1)));
        const matches = fingerprints.matcher(dataOf(one));
        expect(matches(dataOf(other))).toBe(sorted(one) === sorted(other));
        expect(matches(new Map([...dataOf(one)].toReversed()))).toBe(true);
      }),
    );
  });

  test('tells files apart whose names and bytes run together', () => {
    const matches = new Fingerprints().matcher(dataOf({ a: 'b', c: 'd' }));
    expect(matches(dataOf({ a: 'bc', d: '' }))).toBe(false);
    expect(matches(dataOf({ ab: '', c: 'd' }))).toBe(false);
  });
});
