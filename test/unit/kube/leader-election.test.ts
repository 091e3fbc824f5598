import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { runLeaderElection } from '../../../src/kube/leader-election.ts';
import type { Election, ElectionTimes, LossReason } from '../../../src/kube/leader-election.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLeases } from '../../support/memory-leases.ts';
import type { Link } from '../../support/memory-leases.ts';
import { MemoryLog } from '../../support/memory-log.ts';

/**
 * The names of the first groups are the cases of client-go v0.37
 * tools/leaderelection/leaderelection_test.go (testTryAcquireOrRenew, testReleaseLease,
 * TestLeaderElectionConfigValidation, TestReleaseOnCancel); where it differs the name says so.
 */

/** A candidate, with a clock that may be off from the server's and from everybody's. */
interface Candidate {
  readonly name: string;
  readonly election: Election;
  readonly clock: FakeClock;
  readonly log: MemoryLog;
  readonly link: Link;
  readonly wasElected: () => boolean;
  readonly lost: () => LossReason | undefined;
}

let leases: MemoryLeases;
let candidates: Candidate[];

beforeEach(() => {
  leases = new MemoryLeases();
  candidates = [];
});

function join(
  name: string,
  { random = 0, wall = 0, times }: { random?: number; wall?: number; times?: ElectionTimes } = {},
): Candidate {
  const clock = new FakeClock();
  const log = new MemoryLog();
  const link = leases.client(name);
  const election = runLeaderElection({
    client: link.client,
    lease: { namespace: 'n', name: 'l' },
    identity: name,
    fieldManager: 'test',
    clock: Object.assign(clock, { wallTime: () => new Date(wall + clock.now()) }),
    random: () => random,
    log,
    ...(times && { times }),
  });
  let elected = false;
  let lost: LossReason | undefined;
  void election.elected.then((isElected) => (elected = isElected));
  void election.lost.then((reason) => (lost = reason));
  const candidate: Candidate = {
    name,
    election,
    clock,
    log,
    link,
    wasElected: () => elected,
    lost: () => lost,
  };
  candidates.push(candidate);
  return candidate;
}

/** Lets everybody hear what has come. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

/** Lets time pass for all candidates (but those that are stopped), in small steps. */
async function pass(ms: number, stopped: readonly Candidate[] = []): Promise<void> {
  const running = candidates.filter((one) => !stopped.includes(one));
  await settle();
  for (let passed = 0; passed < ms; passed += 100) {
    for (const candidate of running) {
      candidate.clock.advance(100);
    }
    await settle();
    // One that is stopped writes nothing, and its clock here stands still as a real one would not.
    const writers = running.filter(({ election }) => election.mayWrite());
    expect(writers.length, 'number of writers').toBeLessThanOrEqual(1);
  }
}

describe('try to acquire the lease', () => {
  it('acquire from no object', async () => {
    const a = join('a', { wall: 1_000 });
    await settle();
    expect([a.wasElected(), a.election.mayWrite(), a.election.leader()]).toEqual([true, true, 'a']);
    expect(leases.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      renewTime: '1970-01-01T00:00:01.000000Z',
      acquireTime: '1970-01-01T00:00:01.000000Z',
    });
  });

  it('acquire from object without annotations: a lease that nobody ever held', async () => {
    leases.edit({});
    expect([join('a').wasElected(), (await settle(), candidates[0]?.wasElected())]).toEqual([
      false,
      true,
    ]);
  });

  it('acquire from unled object', async () => {
    leases.edit({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 4 });
    const a = join('a');
    await settle();
    expect([a.wasElected(), leases.spec?.['leaseTransitions']]).toEqual([true, 5]);
  });

  it('acquire from led, unacked object: not before it was seen unchanged for its time', async () => {
    leases.edit({ holderIdentity: 'other', leaseDurationSeconds: 15, leaseTransitions: 1 });
    const a = join('a');
    await pass(14_900);
    expect([a.wasElected(), a.election.leader()]).toEqual([false, 'other']);
    await pass(200);
    expect(a.wasElected()).toBe(true);
    expect(leases.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 2 });
  });

  it("acquire from led, acked object: after the lease's own time and not after ours", async () => {
    leases.edit({ holderIdentity: 'other', leaseDurationSeconds: 3 });
    const a = join('a');
    await pass(2_900);
    expect(a.wasElected()).toBe(false);
    await pass(200);
    expect(a.wasElected()).toBe(true);
  });

  it("don't acquire from led, acked object: each change begins its time anew", async () => {
    leases.edit({ holderIdentity: 'other', leaseDurationSeconds: 15 });
    const a = join('a');
    for (let renewal = 0; renewal < 10; renewal += 1) {
      await pass(10_000);
      leases.edit({ renewTime: `renewal ${String(renewal)}` });
    }
    expect(a.wasElected()).toBe(false);
  });

  it('never compares renewTime with a clock', async () => {
    for (const renewTime of ['1970-01-01T00:00:00.000000Z', '2999-01-01T00:00:00.000000Z']) {
      leases = new MemoryLeases();
      leases.edit({ holderIdentity: 'other', leaseDurationSeconds: 15, renewTime });
      const a = join('a', { wall: Date.UTC(2026, 10, 25) });
      await pass(14_900);
      expect(a.wasElected()).toBe(false);
      await pass(200);
      expect(a.wasElected()).toBe(true);
      candidates = [];
    }
  });

  it('is lost by all but one who try at the same moment', async () => {
    leases.edit({ holderIdentity: '', leaseDurationSeconds: 1 });
    join('a');
    join('b');
    join('c');
    await pass(20_000);
    expect(candidates.filter((one) => one.wasElected())).toHaveLength(1);
    const warnings = candidates.flatMap(({ log }) => log.lines.filter((l) => l.level === 'warn'));
    expect(warnings).toEqual([]);
  });

  it('takes a lease again that a try got whose answer was lost', async () => {
    const a = join('a');
    a.link.fault = 'lose the answer';
    await pass(1_000);
    expect([a.wasElected(), leases.spec?.['holderIdentity']]).toEqual([false, 'a']);
    a.link.fault = 'none';
    await pass(3_000);
    expect(a.wasElected()).toBe(true);
  });

  it('waits half a second to a second between tries (client-go: 2 s to 4.4 s)', async () => {
    for (const [random, waits] of [
      [0, 500],
      [0.5, 750],
    ] as const) {
      leases.edit({ holderIdentity: 'other', leaseDurationSeconds: 15 });
      const { clock } = join('a', { random });
      await settle();
      expect(clock.waits()).toEqual([waits]);
    }
  });
});

describe('renew the lease', () => {
  it('every 2 s, without reading it, and leaving acquireTime and transitions', async () => {
    join('a');
    await pass(10_000);
    expect(leases.calls).toEqual(['get a', 'create a', ...Array<string>(5).fill('update a')]);
    expect(leases.spec).toMatchObject({
      leaseTransitions: 0,
      acquireTime: '1970-01-01T00:00:00.000000Z',
      renewTime: '1970-01-01T00:00:10.000000Z',
    });
  });

  it('leaves fields alone that are not of the election', async () => {
    leases.edit({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      strategy: 'OldestEmulationVersion',
    });
    join('a');
    await pass(5_000);
    expect(leases.spec).toMatchObject({ holderIdentity: 'a', strategy: 'OldestEmulationVersion' });
  });

  it('one try after the other until the renew deadline, each over before the next', async () => {
    const a = join('a');
    await settle();
    a.link.fault = 'hang';
    await pass(9_900);
    expect([a.lost(), a.election.mayWrite()]).toEqual([undefined, true]);
    expect(leases.calls.filter((call) => call === 'update a')).toHaveLength(1);
    expect(leases.calls.filter((call) => call === 'get a').length).toBeGreaterThanOrEqual(2);
    await pass(200);
    expect([a.lost(), a.election.mayWrite()]).toEqual([
      'the lease could not be renewed in time',
      false,
    ]);
    expect(a.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('goes on after failures that ended before the renew deadline', async () => {
    const a = join('a');
    for (const fault of ['refuse', 'hang', 'lose the answer'] as const) {
      await pass(3_000);
      a.link.fault = fault;
      await pass(6_000);
      a.link.fault = 'none';
      await pass(4_000);
      expect([fault, a.lost(), a.election.mayWrite()]).toEqual([fault, undefined, true]);
    }
  });

  it('counts from before it was sent and not from when its answer came', async () => {
    const a = join('a');
    await pass(1_900);
    a.link.fault = 'answer late';
    await pass(1_600);
    a.link.deliver();
    a.link.fault = 'hang';
    await settle();
    // Sent at 2 s.
    a.clock.advance(8_499);
    expect(a.election.mayWrite()).toBe(true);
    a.clock.advance(1);
    expect(a.election.mayWrite()).toBe(false);
  });
});

describe('a leader', () => {
  it('that was stopped for a while may not write when it goes on, and does not renew first', async () => {
    const a = join('a');
    const b = join('b');
    await pass(3_000);
    await pass(30_000, [a]);
    expect(b.wasElected()).toBe(true);
    const before = leases.calls.filter((call) => call.endsWith(' a')).length;
    a.clock.advance(30_000);
    // Before any of its timers could run on: the clock alone tells.
    expect(a.election.mayWrite()).toBe(false);
    await pass(1_000);
    expect(a.lost()).toBe('the lease could not be renewed in time');
    expect(leases.calls.filter((call) => call.endsWith(' a'))).toHaveLength(before);
    expect(leases.spec?.['holderIdentity']).toBe('b');
  });

  it('ends when it sees another holder, at its next renewal (client-go: at the renew deadline)', async () => {
    const a = join('a');
    await pass(3_000);
    leases.edit({ holderIdentity: 'other', renewTime: 'now' });
    await pass(4_100);
    expect(a.lost()).toBe('another process holds the lease');
    expect(leases.spec?.['holderIdentity']).toBe('other');
  });

  it('takes a lease back that was deleted, or whose holder was taken out', async () => {
    for (const harm of [() => leases.remove(), () => leases.edit({ holderIdentity: '' })]) {
      leases = new MemoryLeases();
      candidates = [];
      const a = join('a');
      join('b', { random: 0.1 });
      await pass(3_000);
      harm();
      await pass(30_000);
      expect([a.lost(), a.election.mayWrite()]).toEqual([undefined, true]);
      expect(leases.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 0 });
    }
  });
});

describe('a candidate', () => {
  it.each<[string, () => void]>([
    ['deleted', () => leases.remove()],
    ['without its holder', () => leases.edit({ holderIdentity: '' })],
  ])(
    'that finds the lease %s waits for the time of the last holder (client-go: takes it at once)',
    async (_name, harm) => {
      const a = join('a');
      const b = join('b');
      await pass(3_000);
      a.link.fault = 'hang';
      harm();
      await pass(11_000);
      expect(b.wasElected()).toBe(false);
      await pass(6_000);
      expect([a.election.mayWrite(), b.wasElected()]).toEqual([false, true]);
    },
  );

  it('takes over when the leader died, within its time and one try', async () => {
    const a = join('a');
    const b = join('b', { random: 0.99 });
    await pass(5_000);
    await pass(15_000 + 1_000, [a]);
    expect(b.wasElected()).toBe(true);
  });

  it('that cannot reach the server tries on, and complains once', async () => {
    const a = join('a');
    a.link.fault = 'refuse';
    await pass(60_000);
    expect(a.log.lines.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(1);
    a.link.fault = 'none';
    await pass(3_000);
    expect(a.wasElected()).toBe(true);
  });
});

describe('release the lease', () => {
  it('release acquired lease: no holder, for one second, and the next one takes it within that', async () => {
    const a = join('a');
    const b = join('b', { random: 0.99 });
    await pass(3_000);
    await a.election.resign();
    expect(leases.spec).toMatchObject({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      leaseTransitions: 0,
    });
    expect([a.election.mayWrite(), a.lost()]).toEqual([false, undefined]);
    await pass(1_000);
    expect(b.wasElected()).toBe(true);
    expect(leases.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('does not try to release a lease that is held by others', async () => {
    const a = join('a');
    const b = join('b');
    await pass(1_000);
    expect(a.wasElected()).toBe(true);
    await b.election.resign();
    expect(await b.election.elected).toBe(false);
    expect(leases.spec?.['holderIdentity']).toBe('a');
    leases.edit({ holderIdentity: 'other', leaseDurationSeconds: 15 });
    await a.election.resign();
    expect(leases.spec?.['holderIdentity']).toBe('other');
  });

  it('makes up for a renewal whose answer was lost', async () => {
    const a = join('a');
    await settle();
    a.link.fault = 'lose the answer';
    await pass(2_100);
    const resigned = a.election.resign();
    a.link.fault = 'none';
    await pass(2_000);
    await resigned;
    expect(leases.spec?.['holderIdentity']).toBe('');
  });

  it('leaves nothing set, also where the server does not answer', async () => {
    const a = join('a');
    await settle();
    a.link.fault = 'hang';
    const resigned = a.election.resign();
    await pass(4_000);
    await resigned;
    expect([a.clock.waits(), a.election.mayWrite()]).toEqual([[], false]);
  });
});

describe('times with which two could lead are refused', () => {
  it.each<[string, ElectionTimes]>([
    [
      'leaseMs not above renewDeadlineMs',
      { leaseMs: 10_000, renewDeadlineMs: 10_000, retryMs: 2_000 },
    ],
    [
      'renewDeadlineMs not above 1.2 x retryMs',
      { leaseMs: 5_000, renewDeadlineMs: 2_400, retryMs: 2_000 },
    ],
    ['retryMs of nothing', { leaseMs: 5_000, renewDeadlineMs: 3_000, retryMs: 0 }],
    ['leaseMs of no whole seconds', { leaseMs: 5_500, renewDeadlineMs: 3_000, retryMs: 1_000 }],
  ])('%s', (_name, times) => {
    expect(() => join('a', { times })).toThrow(RangeError);
  });
});

describe('whatever happens', () => {
  const fault = fc.constantFrom('none', 'refuse', 'hang', 'lose the answer');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('fault'), who: fc.nat(2), fault }),
    fc.record({ kind: fc.constantFrom('stop', 'go on', 'resign'), who: fc.nat(2) }),
    fc.record({ kind: fc.constant('remove') }),
    fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 1, max: 12 }) }),
  );
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  /** How long each candidate has been stopped that is. */
  type Stopped = Map<Candidate, number>;

  async function take(step: Step, stopped: Stopped): Promise<void> {
    if ('ms' in step) {
      const ms = step.ms * 500;
      for (const [one, since] of stopped) {
        stopped.set(one, since + ms);
      }
      await pass(ms, [...stopped.keys()]);
      return;
    }
    const who = 'who' in step ? candidates[step.who] : undefined;
    if (who === undefined) {
      leases.remove();
    } else if ('fault' in step) {
      who.link.fault = step.fault;
    } else {
      happen(step.kind, who, stopped);
    }
  }

  function happen(kind: string, who: Candidate, stopped: Stopped): void {
    if (kind === 'resign') {
      void who.election.resign();
    } else if (kind === 'stop') {
      stopped.set(who, stopped.get(who) ?? 0);
    } else {
      who.clock.advance(stopped.get(who) ?? 0);
      stopped.delete(who);
    }
  }

  it('no two may write at the same moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        leases = new MemoryLeases();
        candidates = [];
        join('a', { random: 0.1 });
        // All have seen the first leader: of a lease that is gone before a process has seen it, it
        // cannot know.
        await settle();
        join('b', { random: 0.5 });
        join('c', { random: 0.9, wall: -86_400_000 });
        await settle();
        const stopped: Stopped = new Map();
        for (const one of steps) {
          await take(one, stopped);
        }
        await pass(1_000, [...stopped.keys()]);
      }),
      { numRuns: 100 },
    );
  });
});
