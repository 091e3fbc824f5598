import { describe, expect, test } from 'vitest';
import { Ledger } from '../../../soak/ledger.ts';
import type { AuditEvent } from '../../../testbed/audit-log.ts';

const START = Date.parse('2026-01-02T03:04:05.000Z');

/** A request that was carried out, so many seconds after the start. */
function request(seconds: number, what: string, more: Partial<AuditEvent> = {}): AuditEvent {
  const [verb = '', resource = '', name = '', subresource] = what.split(/[ /]/);
  return {
    auditID: `${String(seconds)} ${what}`,
    stage: 'ResponseComplete',
    verb,
    resource,
    name,
    ...(subresource !== undefined && { subresource }),
    user: 'somebody',
    userAgent: '',
    code: 200,
    requestURI: '',
    receivedAt: new Date(START + seconds * 1_000),
    time: new Date(START + seconds * 1_000 + 5),
    ...more,
  };
}

const byOperator = (seconds: number, what: string, code = 200): AuditEvent =>
  request(seconds, what, { user: 'operator', code });

function ledger(): Ledger {
  return new Ledger({
    user: 'operator',
    dependants: (id) =>
      id === 'secrets/source' ? ['secrets/pull'] : [id, 'mirrorauths/ci/status'],
  });
}

function unexplained(events: readonly AuditEvent[]): readonly string[] {
  const book = ledger();
  book.take(events);
  return book.close().unexplained;
}

describe('a write of the operator', () => {
  test('is explained by a change before it', () => {
    const events = [request(0, 'patch secrets/source'), byOperator(1, 'patch secrets/pull')];
    expect(unexplained(events)).toEqual([]);
  });

  test('is explained by one that is logged later and came earlier', () => {
    const events = [byOperator(1, 'patch secrets/pull'), request(0, 'patch secrets/source')];
    expect(unexplained(events)).toEqual([]);
  });

  test('is not explained by a change that was answered already', () => {
    const events = [
      request(0, 'patch secrets/source'),
      byOperator(1, 'patch secrets/pull'),
      byOperator(2, 'patch secrets/pull'),
    ];
    expect(unexplained(events)).toEqual(['03:04:07.000 patch secrets/pull']);
  });

  test('answers all changes before it, but for those while it was on its way', () => {
    const rotations = [request(0, 'patch secrets/source'), request(1, 'patch secrets/source')];
    const late = [byOperator(60, 'patch secrets/pull'), byOperator(61, 'patch secrets/pull')];
    expect(unexplained([...rotations, ...late])).toEqual(['03:05:06.000 patch secrets/pull']);
    const soon = [byOperator(2, 'patch secrets/pull'), byOperator(3, 'patch secrets/pull')];
    expect(unexplained([...rotations, ...soon])).toEqual([]);
  });

  test('is not explained by what was refused, or only read, or has to do with something else', () => {
    const events = [
      request(0, 'patch secrets/source', { code: 409 }),
      request(0, 'get secrets/source'),
      request(0, 'patch secrets/other'),
      byOperator(1, 'patch secrets/pull'),
    ];
    expect(unexplained(events)).toEqual(['03:04:06.000 patch secrets/pull']);
  });

  test('that was refused needs no explanation', () => {
    expect(unexplained([byOperator(1, 'patch secrets/pull', 409)])).toEqual([]);
  });

  test('of status is excused twice by an outage, and one of an output is not', () => {
    const book = ledger();
    book.noteOutage(START, START + 10_000);
    book.take([
      byOperator(1, 'patch mirrorauths/ci/status'),
      byOperator(2, 'patch mirrorauths/ci/status'),
      byOperator(3, 'patch mirrorauths/ci/status'),
      byOperator(4, 'patch secrets/pull'),
    ]);
    expect(book.close()).toMatchObject({
      writes: 4,
      excused: 2,
      unexplained: ['03:04:08.000 patch mirrorauths/ci/status', '03:04:09.000 patch secrets/pull'],
    });
  });
});

test('totals name the object that was written most', () => {
  const book = ledger();
  book.take([
    request(0, 'create secrets/source'),
    byOperator(1, 'create secrets/pull'),
    request(20, 'patch secrets/source'),
    byOperator(21, 'patch secrets/pull'),
    request(40, 'patch mirrorauths/ci'),
    byOperator(41, 'patch mirrorauths/ci/status'),
  ]);
  expect(book.close()).toMatchObject({
    writes: 3,
    most: { id: 'secrets/pull', writes: 2, causes: 2 },
    unexplained: [],
  });
});
