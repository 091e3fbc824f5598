import { describe, expect, it } from 'vitest';
import { dataSize } from '../../../src/core/size.ts';
import { bytes } from '../../support/secrets.ts';

describe('dataSize', () => {
  it('counts the bytes of the values and not the keys', () => {
    expect(
      dataSize(
        new Map([
          ['a-long-key', bytes('12345')],
          ['b', bytes('')],
        ]),
      ),
    ).toBe(5);
  });

  it('counts text in UTF-8', () => {
    expect(dataSize(new Map([['a', 'é€😀']]))).toBe(2 + 3 + 4);
  });
});
