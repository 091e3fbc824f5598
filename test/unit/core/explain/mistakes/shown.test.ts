import { describe, expect, it } from 'vitest';
import {
  code,
  linesFor,
  listed,
  quoted,
  shown,
  tableHeader,
} from '../../../../../src/core/explain/mistakes/shown.ts';

describe('a name out of a file', () => {
  it.each([
    ['m.corp:5000/x', 'm.corp:5000/x'],
    ['https://me:pw@m.corp/x', 'https://…@m.corp/x'],
    ['me:pw@m.corp', '…@m.corp'],
    ['HTTPS://me:pw@m.corp', 'HTTPS://…@m.corp'],
    // A password may hold what looks like the rest of a URL.
    ['me:p@https://w@m.corp', '…@m.corp'],
    ['m.corp/x?token=pw', 'm.corp/x?…'],
    ['m.corp/x#pw', 'm.corp/x?…'],
    ['m.corp?a\nb', 'm.corp?…'],
    ['a\u0000b\u200bc\u2028d\ud800e\u001b', 'a?b?c?d?e?'],
  ])('%j is shown as %j', (name, text) => {
    expect(shown(name)).toBe(text);
  });

  it('is shown with 300 letters, and no more', () => {
    expect(shown('x'.repeat(300))).toBe('x'.repeat(300));
    expect(shown('x'.repeat(301))).toBe(`${'x'.repeat(300)}…`);
  });

  it('is quoted as JSON and TOML do', () => {
    expect(quoted('a"b')).toBe('"a\\"b"');
    expect(tableHeader('docker.io')).toBe('[registry."docker.io"]');
  });
});

describe('names in a sentence', () => {
  it.each([
    [0, ''],
    [1, '"1"'],
    [5, '"1", "2", "3", "4", "5"'],
    [6, '"1", "2", "3", "4", "5" and 1 more'],
    [9, '"1", "2", "3", "4", "5" and 4 more'],
  ])('%i of them', (count, text) => {
    expect(listed(Array.from({ length: count }, (_, index) => String(index + 1)))).toBe(text);
  });
});

describe('lines to be pasted', () => {
  const lines = (count: number): readonly string[] =>
    linesFor(
      Array.from({ length: count }, (_, index) => index),
      (item) => [`[${String(item)}]`, 'x = 1'],
    );

  it('are there for twenty of them', () => {
    expect(lines(20)).toHaveLength(40);
    expect(lines(20).at(-1)).toBe('x = 1');
  });

  it('say how many are left out', () => {
    expect(lines(23)).toHaveLength(41);
    expect(lines(23).at(-1)).toBe('# and 3 more');
  });

  it('are indented by two blanks, each on a line of its own', () => {
    expect(code('a', '  b')).toBe('\n  a\n    b');
  });
});
