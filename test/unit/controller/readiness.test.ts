import { expect, it } from 'vitest';
import type { Condition } from '../../../src/api/status.ts';
import { countReady } from '../../../src/controller/readiness.ts';

function ready(status: Condition['status'], reason: string) {
  const condition = { type: 'Ready', status, reason, message: '', lastTransitionTime: '' };
  return { status: { conditions: [{ ...condition, type: 'Stalled', reason: 'No' }, condition] } };
}

it('MirrorAuths are counted by status and reason of Ready', () => {
  expect(
    countReady([
      ready('True', 'Synced'),
      ready('False', 'Contended'),
      ready('True', 'Synced'),
      { status: {} },
    ]),
  ).toEqual([
    { status: 'True', reason: 'Synced', count: 2 },
    { status: 'False', reason: 'Contended', count: 1 },
    { status: 'Unknown', reason: 'Pending', count: 1 },
  ]);
});

it('whatever somebody else writes into a status, there is one count for it', () => {
  const items = Array.from({ length: 50 }, (_, i) => ready('False', `Mine${String(i)}`));
  expect(countReady(items)).toEqual([{ status: 'False', reason: 'Other', count: 50 }]);
});
