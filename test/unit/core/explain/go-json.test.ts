import { describe, expect, it } from 'vitest';
import {
  fits,
  jsonFaultAt,
  mapField,
  parseFirst,
  parseWhole,
  stringField,
  valuesOfMapField,
} from '../../../../src/core/explain/go-json.ts';
import type { GoJson, JsonShape } from '../../../../src/core/explain/go-json.ts';

/** That Go reads texts so is held by test/readers/explain-logins.test.ts. */

const NULL: GoJson = { kind: 'Null' };

function valueOf(text: string): GoJson {
  const value = parseWhole(text);
  if (value === undefined) {
    throw new Error('the example is no JSON');
  }
  return value;
}

describe('the first value of a text', () => {
  it.each<[string, GoJson, string]>([
    ['', NULL, ''],
    [' \t\r\n', NULL, ''],
    ['null x', NULL, ' x'],
    ['nullx', NULL, 'x'],
    ['{} {}', { kind: 'Object', members: [] }, ' {}'],
    ['[1, "a", null, true, {}]]', valueOf('[1,"a",null,true,{}]'), ']'],
    ['"a"b', { kind: 'String', text: 'a' }, 'b'],
  ])('of %j', (text, value, rest) => {
    expect(parseFirst(text)).toEqual({ value, rest });
  });

  it.each(['{', '{"a" 1}', 'x', '\u00a0{}', '{"a": }', '// x\n{}'])('is none of %j', (text) => {
    expect(parseFirst(text)).toBeUndefined();
  });
});

describe('the one value of a text', () => {
  it('keeps members that stand there twice, and what is in lists', () => {
    expect(valueOf('{"a": [1, "x", null, [true]], "a": "y"}')).toEqual({
      kind: 'Object',
      members: [
        {
          name: 'a',
          value: {
            kind: 'Array',
            items: [
              { kind: 'Other' },
              { kind: 'String', text: 'x' },
              NULL,
              { kind: 'Array', items: [{ kind: 'Other' }] },
            ],
          },
        },
        { name: 'a', value: { kind: 'String', text: 'y' } },
      ],
    });
  });

  it.each(['{} {}', '', 'x'])('is none of %j', (text) => {
    expect(parseWhole(text)).toBeUndefined();
  });

  it('is as deep as Go goes, and no deeper', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseWhole(nested(10_000))).toBeDefined();
    expect(parseWhole(nested(10_001))).toBeUndefined();
  });
});

describe('the place where a text stops to be JSON', () => {
  it.each([
    ['{"a": 1,\n }', { line: 2, column: 2 }],
    ['{"a" 1}', { line: 1, column: 6 }],
    ['// x\n{}', { line: 1, column: 1 }],
    ['x', { line: 1, column: 1 }],
    ['{}', undefined],
  ])('%j', (text, place) => {
    expect(jsonFaultAt(text)).toEqual(place);
  });

  it('is not looked for behind more than a thousand brackets', () => {
    expect(jsonFaultAt(`${'['.repeat(1_000)}x`)).toBeDefined();
    expect(jsonFaultAt(`${'['.repeat(1_001)}x`)).toBeUndefined();
    expect(jsonFaultAt(`${' '.repeat(2_000)}x`)).toBeDefined();
  });
});

describe('what a Go field takes', () => {
  const list: JsonShape = { listOf: 'string' };
  const struct: JsonShape = { struct: { auth: 'string', more: { mapOf: list } } };
  it.each<[string, JsonShape, boolean]>([
    ['null', 'string', true],
    ['"x"', 'string', true],
    ['1', 'string', false],
    ['null', list, true],
    ['[]', list, true],
    ['["x", null]', list, true],
    ['["x", 1]', list, false],
    ['{}', list, false],
    ['"x"', list, false],
    ['{"a": ["x"]}', { mapOf: list }, true],
    ['{"a": ["x"], "b": 1}', { mapOf: list }, false],
    ['[]', { mapOf: list }, false],
    ['{"AUTH": "x", "other": 1}', struct, true],
    ['{"auth": "x", "Auth": 1}', struct, false],
    ['{"more": {"a": "x"}}', struct, false],
  ])('%s into %j: %j', (text, shape, does) => {
    expect(fits(valueOf(text), shape)).toBe(does);
  });
});

describe('a field of a struct', () => {
  it('that is a text is the last one, in any case, that is one', () => {
    expect(stringField(valueOf('{"auth": "a", "AUTH": "b", "auth": 1}'), 'auth')).toBe('b');
    expect(stringField(valueOf('{"other": "a"}'), 'auth')).toBe('');
    expect(stringField(valueOf('[]'), 'auth')).toBe('');
    expect(stringField(valueOf('{"credStore": "a"}'), 'credsStore')).toBe('');
    expect(stringField(valueOf('{"cred\u017fstore": "a"}'), 'credsStore')).toBe('a');
  });

  it('that is a map has what all of that name have, until a null', () => {
    const value = valueOf(
      '{"auths": {"a": 1}, "auths": null, "Auths": {"b": 1}, "auths": {"c": 1}}',
    );
    expect([...mapField(value, 'auths').keys()]).toEqual(['b', 'c']);
    expect([...mapField(valueOf('{"auths": {"a": 1}, "auths": []}'), 'auths').keys()]).toEqual([
      'a',
    ]);
  });

  it('that is a map has values that others take the place of', () => {
    const value = valueOf('{"auths": {"a": "x"}, "other": {"a": "z"}, "auths": {"a": "y"}}');
    expect(valuesOfMapField(value, 'auths')).toEqual([
      { kind: 'String', text: 'x' },
      { kind: 'String', text: 'y' },
    ]);
  });
});
