import fc from 'fast-check';
import { TomlDate } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { isSame, parseToml, plainKey, writeToml } from '../../../../src/core/buildkit/toml.ts';
import type { TomlTable, TomlValue } from '../../../../src/core/buildkit/toml.ts';
import { OUTPUT_MAX_BYTES } from '../../../../src/core/size.ts';

const tableOf = (text: string): TomlTable => {
  const parsed = parseToml(text);
  if (!parsed.ok) {
    throw new Error(`no TOML at ${parsed.fault?.line}:${parsed.fault?.column}`);
  }
  return parsed.table;
};

/** Tables in one line, each of whose headers would repeat the long key. */
const inlineTables = (keyLength: number, count: number): string =>
  `${'k'.repeat(keyLength)} = { ${Array.from({ length: count }, (_, i) => `a${i} = {}`).join(', ')} }`;

describe('TOML', () => {
  it.each([
    ['integers beyond 2^53', 'a = 9223372036854775807\n'],
    ['floats that look like integers', 'a = 1.0\n'],
    ['floats beyond 2^53', 'a = 123456789012345680.0\n'],
    ['both in a list', 'a = [ 1, 2.0, -3 ]\n'],
    ['small and large exponents', 'a = 1e-9\nb = 1e+22\n'],
    ['infinities and nan', 'a = inf\nb = -inf\nc = nan\n'],
    ['an offset date-time', 'a = 1979-05-27T00:32:00.123-07:00\n'],
    ['a local date-time', 'a = 1979-05-27T07:32:00.000\n'],
    ['a local date', 'a = 1979-05-27\n'],
    ['a local time', 'a = 07:32:00.000\n'],
    ['control characters', 'a = "\\u0000\\u007f\\u001b\\"\\\\"\n'],
    ['keys that need quotes', '"" = 1\n"a.b" = 2\n"\\u007f" = 3\n'],
    ['__proto__', '__proto__ = 1\n\n[constructor]\n__proto__ = 2\n'],
    ['lists of tables in lists of tables', '[[a]]\nb = 1\n\n[[a.c]]\nd = 2\n'],
    ['empty tables and lists', 'a = []\n\n[b]\n'],
  ])('is written again as it was read: %s', (_, text) => {
    expect(writeToml(tableOf(text))).toBe(text);
  });

  it('is written again as it was read, whatever it holds', () => {
    const { value } = fc.letrec<{ value: TomlValue; table: Record<string, TomlValue> }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double(),
        fc
          .date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') })
          .map((date) => new TomlDate(date.toISOString())),
        fc.array(tie('value'), { maxLength: 4 }),
        tie('table'),
      ),
      table: fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), value, { maxKeys: 5 }), (table) => {
        expect(isSame(tableOf(writeToml(table)), table)).toBe(true);
      }),
    );
  });

  it('is not written where it would not read back', () => {
    expect(() => writeToml({ a: '\ud800' })).toThrow('TOML does not read back as it was written');
  });

  it('says where it stops being TOML, and nothing of what stands there', () => {
    expect(parseToml('a = 1\nb = hunter2\n')).toEqual({ ok: false, fault: { line: 2, column: 5 } });
  });

  it.each([
    ['a lone surrogate', 'a = "\ud800"'],
    [
      'tables 100 deep',
      Array.from({ length: 100 }, () => 'a')
        .join('.')
        .concat(' = 1'),
    ],
    ['inline tables 100 deep', `a = ${'{a = '.repeat(100)}1${'}'.repeat(100)}`],
    ['lists 2,000 deep', `a = ${'['.repeat(2_000)}${']'.repeat(2_000)}`],
    ['dots a mebibyte long', `${'a.'.repeat(500_000)}a = 1`],
    ['short text of gigabytes of headers', inlineTables(300_000, 60_000)],
    ['short text of megabytes of headers', inlineTables(3_000, 2_000)],
  ])('does not take %s, and is done soon', { timeout: 5_000 }, (_, text) => {
    expect(parseToml(text).ok).toBe(false);
  });

  it('never throws, whatever is parsed', () => {
    const line = fc.constantFrom(
      '[a]',
      '[[a]]',
      'a = 1',
      'a.b = {c = 1}',
      '[a.b]',
      'b = 07:32:00',
      'c = [1,',
      ']',
      'd = 9999-12-31T23:59:59-23:59',
      'e = 0000-01-01T00:00:00+23:59',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(line).map((lines) => lines.join('\n')),
        ),
        (text) => {
          expect(() => parseToml(text)).not.toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the bounds of what is read', () => {
  const nested = (depth: number): string => `${'a.'.repeat(depth)}b = 1`;
  const named = (length: number): string => `${'k'.repeat(length)} = {}`;

  it.each([
    ['tables 32 deep', true, nested(32)],
    ['tables 33 deep', false, nested(33)],
    ['headers that are as long as an output', true, named(OUTPUT_MAX_BYTES - 1)],
    ['headers that are longer than an output', false, named(OUTPUT_MAX_BYTES)],
  ])('%s: %s', (_, isRead, text) => {
    expect(parseToml(text).ok).toBe(isRead);
  });
});

describe('isSame', () => {
  const noon = new TomlDate('2026-11-25T12:00:00Z');

  it.each<[string, TomlValue, TomlValue]>([
    ['lists of other items', [1n], [2n]],
    ['lists of which one has more', [1n], [1n, 2n]],
    ['an empty list and an empty text', [], ''],
    ['an empty table and a number', {}, 1n],
    ['two points in time', noon, new TomlDate('2026-11-25T12:00:01Z')],
    ['a date and its text', noon, noon.toISOString()],
    ['nan and a number', Number.NaN, 1],
  ])('tells apart %s, whichever comes first', (_, a, b) => {
    expect([isSame(a, b), isSame(b, a)]).toEqual([false, false]);
    expect([isSame(a, a), isSame(b, b)]).toEqual([true, true]);
  });

  it('takes a key for there only where it is', () => {
    expect(isSame({ ['__proto__']: {} }, { a: 1n })).toBe(false);
    expect(isSame({ a: 1n }, { a: 1n, b: 2n })).toBe(false);
  });
});

describe('plainKey', () => {
  it.each(['registry', 'Registry', 'REGISTRY', 'reg\u0130stry'])('of %s is registry', (key) => {
    expect(plainKey(key)).toBe('registry');
  });

  it('knows the letter K of Kelvin', () => {
    expect(plainKey('\u212aeypair')).toBe('keypair');
  });
});
