import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonLinesError, jsonLines } from '../../../src/kube/json-lines.ts';

async function parse(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const values: unknown[] = [];
  for await (const value of jsonLines(stream())) {
    values.push(value);
  }
  return values;
}

describe('jsonLines', () => {
  it('reads the same values however the bytes are cut', async () => {
    const values = fc.array(fc.json({ stringUnit: 'grapheme' }).map((text) => text.trim()));
    await fc.assert(
      fc.asyncProperty(values, fc.array(fc.nat(400)), async (texts, cuts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(await parse(chunks)).toEqual(texts.map((text) => JSON.parse(text) as unknown));
      }),
    );
  });

  it('ends a line at nothing but a newline', async () => {
    const line = '{"a":"\u2028\u2029\u0085"}';
    expect(await parse([Buffer.from(`${line}\r\n`)])).toEqual([{ a: '\u2028\u2029\u0085' }]);
  });

  it.each([
    ['a line that is not JSON', Buffer.from('hunter2\n')],
    ['an empty line', Buffer.from('\n')],
    ['bytes after the last newline', Buffer.from('{}\n{"password":"hunter2"')],
    ['a line that is not UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a])],
  ])('refuses %s without quoting it', async (_name, bytes) => {
    const error: unknown = await parse([bytes]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(JsonLinesError);
    expect(String(error)).not.toContain('hunter2');
  });
});
