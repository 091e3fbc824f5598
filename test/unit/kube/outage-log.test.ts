import { beforeEach, describe, expect, it } from 'vitest';
import { KubeError } from '../../../src/kube/errors.ts';
import type { KubeErrorKind } from '../../../src/kube/errors.ts';
import { OutageLog } from '../../../src/kube/outage-log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLog } from '../../support/memory-log.ts';

const SECRETS = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
const error = (kind: KubeErrorKind): KubeError =>
  new KubeError({ verb: 'watch', resource: SECRETS }, kind);

let log: MemoryLog;
let clock: FakeClock;
let outages: OutageLog;

beforeEach(() => {
  log = new MemoryLog();
  clock = new FakeClock();
  outages = new OutageLog(log, clock);
});

const fail = (name: string, kind: KubeErrorKind): void =>
  outages.failed(name, { resource: name }, error(kind));
const work = (name: string): void => outages.worked(name, { resource: name });
const loud = (): readonly string[] =>
  log.lines
    .filter(({ level }) => level !== 'debug')
    .map(({ level, fields }) => `${level} ${JSON.stringify(fields['resource'] ?? fields)}`);

describe('an outage of the server', () => {
  it.each<KubeErrorKind>([
    'Unreachable',
    'Timeout',
    'ServerError',
    'TooManyRequests',
    'Unauthorized',
  ])('by %s is one line when it begins, and one when all work again', (kind) => {
    for (let round = 0; round < 3; round += 1) {
      fail('secrets', kind);
      fail('configmaps', kind);
      clock.advance(2_000);
    }
    work('secrets');
    expect(loud()).toEqual(['warn "secrets"']);
    work('configmaps');
    expect(loud()).toEqual(['warn "secrets"', 'info {"failures":6,"seconds":6}']);
    expect(log.lines.filter(({ level }) => level === 'debug')).toHaveLength(5);
  });

  it('is told anew when it comes anew', () => {
    fail('secrets', 'Unreachable');
    work('secrets');
    fail('secrets', 'Unreachable');
    expect(loud().map((text) => text.split(' ')[0])).toEqual(['warn', 'info', 'warn']);
  });
});

describe('what is wrong with one watch alone', () => {
  it('is told of each, once, and once when it works', () => {
    for (let round = 0; round < 3; round += 1) {
      fail('secrets', 'Forbidden');
      fail('configmaps', 'Forbidden');
    }
    expect(loud()).toEqual(['error "secrets"', 'error "configmaps"']);
    expect(log.lines[0]?.message).toContain('a Role or a RoleBinding is missing');
    work('secrets');
    work('secrets');
    expect(loud().slice(2)).toEqual(['info "secrets"']);
  });

  it('is told again when it becomes something else', () => {
    fail('secrets', 'Forbidden');
    fail('secrets', 'NotFound');
    fail('secrets', 'NotFound');
    expect(loud()).toEqual(['error "secrets"', 'warn "secrets"']);
  });

  it('is part of an outage the first time, for a starting server refuses everybody', () => {
    fail('secrets', 'Unreachable');
    fail('secrets', 'Forbidden');
    expect(loud()).toEqual(['warn "secrets"']);
    fail('secrets', 'Forbidden');
    expect(loud()).toEqual(['warn "secrets"', 'error "secrets"']);
  });

  it('is not hidden by an outage', () => {
    fail('configmaps', 'Unreachable');
    fail('secrets', 'Forbidden');
    expect(loud()).toEqual(['warn "configmaps"', 'error "secrets"']);
  });
});

it('nothing is told of what works and always did', () => {
  work('secrets');
  expect(log.lines).toEqual([]);
});
