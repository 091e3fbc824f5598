import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startController } from '../../src/controller/controller.ts';
import { createClient } from '../../src/kube/client.ts';
import { systemClock } from '../../src/kube/clock.ts';
import type { Clock } from '../../src/kube/clock.ts';
import { loadConnection } from '../../src/kube/connection.ts';
import { fenced } from '../../src/kube/fence.ts';
import { runLeaderElection } from '../../src/kube/leader-election.ts';
import type { Election } from '../../src/kube/leader-election.ts';
import { LEASES } from '../../src/kube/lease.ts';
import { isObject } from '../../src/kube/object.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { AuditMark } from '../../testbed/audit-log.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { answer } from '../support/fault-proxy.ts';
import { isWrite } from '../support/kube-request.ts';
import { hubBehindHarbor, Lab } from '../support/lab.ts';
import { MemoryLog } from '../support/memory-log.ts';

/** Rows 22 to 24: two processes, and one of them leads. Their leases are short, to save time. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const TIMES = { leaseMs: 5_000, renewDeadlineMs: 3_500, retryMs: 400 };
const LEASE = 'mirrorauth';

/** A process that writes only while it leads, as src/cli puts it together. */
async function candidate(
  lab: Lab,
  identity: string,
  clock: Clock = systemClock,
): Promise<Election> {
  const connection = await loadConnection({ kubeconfig: lab.kubeconfig });
  const common = { connection, clock, userAgent: identity };
  const forLease = createTransport(common);
  const log = new MemoryLog();
  const election = runLeaderElection({
    client: createClient(forLease),
    lease: { namespace: lab.world.namespace, name: LEASE },
    identity,
    fieldManager: 'mirrorauth',
    clock,
    random: Math.random,
    log,
    times: TIMES,
  });
  const transport = fenced(createTransport(common), () => election.mayWrite());
  const controller = election.elected.then((isElected) =>
    isElected
      ? startController({
          client: createClient(transport),
          clock,
          random: Math.random,
          log,
          namespaces: [lab.world.namespace],
          concurrency: 4,
          instance: identity,
        })
      : undefined,
  );
  onTestFinished(async () => {
    const resigned = election.resign();
    await (await controller)?.stop();
    await resigned;
    await transport.close();
    await forLease.close();
  });
  return election;
}

/** One that leads and one that waits. */
async function pair(
  lab: Lab,
  clockOfFirst?: Clock,
): Promise<{ readonly first: Election; readonly second: Election }> {
  await lab.allowLeases();
  const first = await candidate(lab, 'first', clockOfFirst);
  expect(await first.elected).toBe(true);
  await lab.make('ci');
  return { first, second: await candidate(lab, 'second') };
}

/** Who wrote, in order, each once for as long as no other did. Leases are how they agree, and left out. */
async function writers(lab: Lab, since: AuditMark): Promise<readonly string[]> {
  const all = (await lab.calls(since))
    .filter(
      ({ verb, resource, code }) =>
        verb !== 'get' && verb !== 'list' && resource !== 'leases' && code < 300,
    )
    .map(({ userAgent }) => userAgent);
  return all.filter((writer, i) => writer !== all[i - 1]);
}

async function leaseSpec({ world }: Lab): Promise<Readonly<Record<string, unknown>>> {
  const spec = (await world.get(LEASES, LEASE))?.['spec'];
  return isObject(spec) ? spec : {};
}

function untilHeldBy(lab: Lab, holder: string): Promise<unknown> {
  return lab.world.until(
    `the lease to be held by ${holder}`,
    () => leaseSpec(lab),
    ({ holderIdentity }) => holderIdentity === holder,
  );
}

/** The clock of a process that can be stopped: time goes on, and what falls due waits for `goOn`. */
class StoppableClock implements Clock {
  #due: (() => void)[] = [];
  #isStopped = false;

  now(): number {
    return systemClock.now();
  }

  wallTime(): Date {
    return systemClock.wallTime();
  }

  after(ms: number, run: () => void): () => void {
    let isCancelled = false;
    const cancel = systemClock.after(ms, () => {
      if (this.#isStopped) {
        this.#due.push(() => isCancelled || run());
      } else {
        run();
      }
    });
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  stop(): void {
    this.#isStopped = true;
  }

  goOn(): void {
    this.#isStopped = false;
    const due = this.#due;
    this.#due = [];
    for (const run of due) {
      run();
    }
  }
}

describe('row 22: a leader that is stopped in the middle of a look', () => {
  test('and goes on when another leads sends no write any more', async () => {
    const lab = await Lab.create(cluster, 'row22');
    const mark = await lab.mark();
    const clock = new StoppableClock();
    const { first, second } = await pair(lab, clock);
    // It has asked for the source and does not get to read the answer, nor any other.
    const unread = lab.proxy.hold({ userAgent: 'first' }, 'Answer');
    await lab.world.rotate('ci-hub', 'second');
    await unread.reached;
    clock.stop();
    expect(await second.elected).toBe(true);
    await lab.untilLogins('ci-pull', 'second');
    await lab.world.rotate('ci-hub', 'third');
    await lab.untilLogins('ci-pull', 'third');

    const seen = lab.proxy.passages.length;
    expect(first.mayWrite()).toBe(false);
    unread.release();
    clock.goOn();
    await first.lost;
    await lab.world.rotate('ci-hub', 'fourth');
    await lab.untilLogins('ci-pull', 'fourth');
    const attempts = lab.proxy.passages
      .slice(seen)
      .filter(({ request }) => request.userAgent === 'first' && isWrite(request));
    expect(attempts).toEqual([]);
    expect(await writers(lab, mark)).toEqual(['first', 'second']);
  });

  test('what it had sent before and arrives late is refused', async () => {
    const lab = await Lab.create(cluster, 'row22');
    const mark = await lab.mark();
    const { first, second } = await pair(lab);
    const underWay = lab.proxy.hold({ userAgent: 'first' });
    await lab.world.rotate('ci-hub', 'second');
    await underWay.reached;
    // Its read goes through, and its write is what hangs.
    underWay.release();
    const write = lab.proxy.hold(
      ({ userAgent, name }) => userAgent === 'first' && (name === 'ci-pull' || name === LEASE),
    );
    await lab.world.rotate('ci-hub', 'third');
    await write.reached;
    await first.lost;
    expect(await second.elected).toBe(true);
    await lab.untilLogins('ci-pull', 'third');
    await lab.world.rotate('ci-hub', 'fourth');
    await lab.untilLogins('ci-pull', 'fourth');
    write.release();
    await lab.untilIdle();
    await lab.untilLogins('ci-pull', 'fourth');
    expect(await writers(lab, mark)).toEqual(['first', 'second']);
  });
});

describe('row 23: never do two write, and somebody always does in the end, when', () => {
  test('the leader cannot renew its lease', async () => {
    const lab = await Lab.create(cluster, 'row23');
    const mark = await lab.mark();
    const { first, second } = await pair(lab);
    lab.proxy.on({ resource: 'leases', userAgent: 'first' }, answer(500));
    expect(await first.lost).toBe('the lease could not be renewed in time');
    expect(first.mayWrite()).toBe(false);
    await lab.world.rotate('ci-hub', 'second');
    expect(await second.elected).toBe(true);
    await lab.untilLogins('ci-pull', 'second');
    expect(await writers(lab, mark)).toEqual(['first', 'second']);
  });

  test('somebody makes another the holder', async () => {
    const lab = await Lab.create(cluster, 'row23');
    const mark = await lab.mark();
    const { first, second } = await pair(lab);
    await lab.world.patch(LEASES, LEASE, { spec: { holderIdentity: 'nobody' } });
    expect(await first.lost).toBe('another process holds the lease');
    await lab.world.rotate('ci-hub', 'second');
    expect(await second.elected).toBe(true);
    await lab.untilLogins('ci-pull', 'second');
    expect(await writers(lab, mark)).toEqual(['first', 'second']);
  });

  test('somebody deletes the lease', async () => {
    const lab = await Lab.create(cluster, 'row23');
    const mark = await lab.mark();
    await pair(lab);
    const before = await lab.world.metadata(LEASES, LEASE);
    await lab.world.delete(LEASES, LEASE);
    await lab.world.until(
      'a lease to be there again',
      () => lab.world.metadata(LEASES, LEASE),
      (found) => found !== undefined && found.uid !== before?.uid,
    );
    await lab.world.rotate('ci-hub', 'second');
    await lab.untilLogins('ci-pull', 'second');
    await lab.world.apply('ci', { ...hubBehindHarbor('ci'), pullSecret: { name: 'other-pull' } });
    await lab.untilLogins('other-pull', 'second');
    const wrote = await writers(lab, mark);
    expect(wrote).toEqual([...new Set(wrote)]);
  });
});

describe('row 24: a leader keeps its lease whatever the time on the wall, when', () => {
  const skewed = (hours: number): Clock => ({
    ...systemClock,
    wallTime: () => new Date(Date.now() + hours * 3_600_000),
  });

  test.each([
    ['that of the other is an hour ahead', 0, 1],
    ['that of the other is an hour behind', 0, -1],
    ['its own is an hour behind', -1, 0],
    ['its own is an hour ahead', 1, 0],
  ])('%s', async (_, own, other) => {
    const lab = await Lab.create(cluster, 'row24');
    await lab.allowLeases();
    const first = await candidate(lab, 'first', skewed(own));
    await first.elected;
    const second = await candidate(lab, 'second', skewed(other));
    const renewals = new Set<unknown>();
    await lab.world.until(
      'more renewals than a lease lasts',
      async () => {
        const { renewTime, holderIdentity } = await leaseSpec(lab);
        expect(holderIdentity).toBe('first');
        return renewals.add(renewTime).size;
      },
      (count) => count * TIMES.retryMs > 1.2 * TIMES.leaseMs,
    );
    expect(second.mayWrite()).toBe(false);
    // And the other takes over when the first does not renew any more.
    lab.proxy.on({ resource: 'leases', userAgent: 'first' }, answer(500));
    await untilHeldBy(lab, 'second');
    expect(first.mayWrite()).toBe(false);
  });
});
