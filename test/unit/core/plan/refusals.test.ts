import { describe, expect, it } from 'vitest';
import { contended, isContended, tooLarge } from '../../../../src/core/plan/refusals.ts';
import { sizeWarnings } from '../../../../src/core/plan/size-warnings.ts';
import { Bench } from '../../../support/bench.ts';
import { configMapNamed, secretNamed } from '../../../support/gen.ts';
import { bytes } from '../../../support/secrets.ts';

const SECRET = secretNamed('ci-pull');
const sized = (size: number) => new Map([['a', bytes('x'.repeat(size))]]);

describe('an output', () => {
  it('that would be too large is said to be, with what to do', () => {
    expect(tooLarge(SECRET)).toEqual({
      reason: 'TooLarge',
      message:
        'Secret ci-pull would exceed the 1 MiB that one object may hold: write fewer registries, or smaller credentials, CAs or base',
    });
  });

  it('that somebody else rewrites is said to be, with what to do', () => {
    expect(contended(SECRET)).toEqual({
      reason: 'Contended',
      message:
        'Secret ci-pull keeps being rewritten by somebody else: find the other writer; mirrorauth tries once every 5 minutes',
    });
  });

  it('is rewritten by somebody else when it is that very one: kind and name', () => {
    const observed = new Bench({ pullSecret: { name: 'ci-pull' } }).observe();
    const others = [configMapNamed('ci-pull'), secretNamed('ci-pull-2')];
    expect(isContended({ ...observed, contended: others }, SECRET)).toBe(false);
    expect(isContended({ ...observed, contended: [...others, SECRET] }, SECRET)).toBe(true);
  });

  it('is warned of beyond four fifths of what it may hold, not before', () => {
    expect(sizeWarnings(SECRET, sized(838_860))).toEqual([]);
    expect(sizeWarnings(SECRET, sized(838_861))).toEqual([
      {
        reason: 'NearlyTooLarge',
        message:
          'Secret ci-pull has more than 80 % of the 1 MiB that one object may hold: write fewer registries, or smaller credentials, CAs or base',
      },
    ]);
  });
});
