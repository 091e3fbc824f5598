import { describe, expect, it } from 'vitest';
import { faultOptions } from '../../support/seeds.ts';

describe('what the faults are told by the environment', () => {
  it('is a few seeds, always the same, when nothing is said', () => {
    expect(faultOptions({})).toEqual({ seeds: [1, 2, 3], crowd: 200 });
  });

  it.each([
    ['7', [7]],
    ['3-5', [3, 4, 5]],
  ])('seeds %s', (text, seeds) => {
    expect(faultOptions({ MIRRORAUTH_FAULT_SEEDS: text }).seeds).toEqual(seeds);
  });

  it.each(['0', 'x', '1-', '-1', '1.5'])('is refused where it makes no sense: %s', (text) => {
    expect(() => faultOptions({ MIRRORAUTH_FAULT_SEEDS: text })).toThrow('is no positive number');
  });
});
