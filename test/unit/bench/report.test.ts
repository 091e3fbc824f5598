import { describe, expect, it } from 'vitest';
import { quantile } from '../../../bench/quantile.ts';
import { asJson, asText } from '../../../bench/report.ts';
import type { Run } from '../../../bench/report.ts';

const RUN: Run = {
  date: '2026-01-02T03:04:05.000Z',
  node: 'v24.0.0',
  machine: '2 x CPU, 24 GiB',
  measurements: [
    {
      title: 'Rotation',
      figures: [
        { name: 'p50', value: 2.345, unit: 'ms' },
        { name: 'p99 in round trips', value: 3, unit: 'x', aim: 3 },
        { name: 'idle', value: 110.04, unit: 'MiB', aim: 110 },
      ],
    },
  ],
};

describe('a run', () => {
  it('for people says of each aim whether it was met, within 100 columns', () => {
    const text = asText(RUN);
    expect(text.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '))).toEqual([
      '2026-01-02T03:04:05.000Z  Node v24.0.0  2 x CPU, 24 GiB',
      '',
      'Rotation',
      '  p50  2.35 ms',
      '  p99 in round trips  3.00 x  aim: 3 x, met',
      '  idle  110.0 MiB  aim: 110 MiB, missed',
      '',
    ]);
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it('for programs has the same figures, unrounded', () => {
    const parsed: unknown = JSON.parse(asJson(RUN));
    expect(parsed).toMatchObject({
      measurements: [
        {
          figures: [
            { name: 'p50', value: 2.345, unit: 'ms' },
            { name: 'p99 in round trips', value: 3, unit: 'x', aim: 3, isMet: true },
            { name: 'idle', value: 110.04, unit: 'MiB', aim: 110, isMet: false },
          ],
        },
      ],
    });
  });
});

describe('a quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    ['p50 of 1 to 100', hundred, 0.5, 50],
    ['p99 of 1 to 100', hundred, 0.99, 99],
    ['p99 of few is the largest', [3, 1, 2], 0.99, 3],
    ['p0 is the smallest', [3, 1, 2], 0, 1],
  ])('%s', (_name, values, share, expected) => {
    expect(quantile(values, share)).toBe(expected);
  });
});
