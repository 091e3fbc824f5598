import { expect, test } from 'vitest';
import type { Reading } from '../../../soak/readings.ts';
import { asText, checksOf } from '../../../soak/verdict.ts';
import type { Findings } from '../../../soak/verdict.ts';

const reading = (minute: number, more: Partial<Reading> = {}): Reading => ({
  at: minute * 60_000,
  resident: 100,
  files: 26,
  sockets: 4,
  ...more,
});

/** Of a run of ten minutes in which all was well. */
const GOOD: Findings = {
  changes: 2_000,
  incidents: 10,
  faults: [],
  ledger: {
    writes: 30,
    causes: 40,
    excused: 0,
    most: { id: 'secrets/pull', writes: 3, causes: 4 },
    unexplained: [],
  },
  events: 30,
  unrest: [],
  restSeconds: 30,
  before: reading(0),
  readings: Array.from({ length: 11 }, (_, minute) => reading(minute)),
  after: reading(11),
};

const failed = (findings: Findings): readonly string[] =>
  checksOf(findings)
    .filter(({ holds }) => !holds)
    .map(({ claim }) => claim);

test('a run in which all was well has passed', () => {
  expect(failed(GOOD)).toEqual([]);
  expect(asText(checksOf(GOOD))).toMatch(/^ok {4} .*\npassed\n$/s);
});

const growing = GOOD.readings.map(({ at }) => reading(at / 60_000, { resident: 100 + at / 6_000 }));
const socketsOnce = [...GOOD.readings, reading(5, { sockets: 24 })];

test.each<[string, Partial<Findings>, string]>([
  ['a wrong output', { faults: ['secrets/pull'] }, 'every output and every status is right'],
  [
    'a write without a cause',
    { ledger: { ...GOOD.ledger, unexplained: ['03:04:05.000 patch secrets/pull'] } },
    'no write without a cause',
  ],
  ['an event too many', { events: 31 }, 'no more events than writes'],
  [
    'a request at rest',
    { unrest: ['get secrets/pull'] },
    'no request but watches when nothing happens',
  ],
  ['memory that grows', { readings: growing }, 'memory has a plateau'],
  [
    'a descriptor left open',
    { after: reading(11, { files: 27 }) },
    'file descriptors and sockets are as many as before',
  ],
  [
    'too many sockets in between',
    { readings: socketsOnce },
    'file descriptors and sockets are as many as before',
  ],
])('%s fails it', (_, findings, claim) => {
  const checks = checksOf({ ...GOOD, ...findings });
  expect(failed({ ...GOOD, ...findings })).toEqual([claim]);
  expect(asText(checks)).toMatch(/^FAILED {2}.*^failed\n$/ms);
});

test('a second connection of a watch is no leak, and four are', () => {
  const after = (sockets: number): Findings => ({
    ...GOOD,
    after: reading(11, { files: 26 + sockets, sockets: 4 + sockets }),
  });
  expect(failed(after(3))).toEqual([]);
  expect(failed(after(4))).toEqual(['file descriptors and sockets are as many as before']);
});

test('a short run tells nothing of a plateau', () => {
  const readings = growing.map((one) => ({ ...one, at: one.at / 10 }));
  expect(failed({ ...GOOD, readings })).toEqual([]);
});
