import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { isObject } from '../../src/kube/object.ts';
import type { AuditEvent, AuditMark } from '../../testbed/audit-log.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { eventually } from '../../testbed/eventually.ts';
import { silence } from '../support/fault-proxy.ts';
import { isWrite } from '../support/kube-request.ts';
import { bothWith, Lab, nameOfCall, untilEnded } from '../support/lab.ts';
import type { OperatorProcess } from '../support/lab.ts';

/**
 * Row 33: two processes with the lease's real times, and Secrets that change all the while. The audit
 * log tells the two apart by their user agents.
 */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const NAMES = ['ci', 'docs', 'release', 'site'];
/** The lease's 15 s, a look a second at the latest, and a busy machine. */
const TAKEOVER_MS = 25_000;
const HANDOVER_MS = 2_000;

interface Replica extends OperatorProcess {
  readonly userAgent: string;
}

interface Scene {
  readonly lab: Lab;
  readonly mark: AuditMark;
  /** It leads. */
  readonly first: Replica;
  /** It has listed everything, and waits. */
  readonly second: Replica;
  readonly rotations: Rotations;
}

async function begin(): Promise<Scene> {
  const lab = await Lab.create(cluster, 'row33');
  await lab.allowLeases();
  const mark = await lab.mark();
  const first = await startReplica(lab, 'first');
  await untilLeads(first);
  await Promise.all(NAMES.map((name) => lab.make(name)));
  const second = await startReplica(lab, 'second');
  await untilSays(second, 'everything is listed');
  const rotations = new Rotations(lab);
  onTestFinished(() => rotations.stop());
  await rotations.untilOneArrived();
  return { lab, mark, first, second, rotations };
}

async function startReplica(lab: Lab, name: string): Promise<Replica> {
  const kubeconfig = join(lab.dir, `kubeconfig-${name}`);
  const text = await readFile(lab.kubeconfig, 'utf8');
  // The Lease is where the context is.
  await writeFile(kubeconfig, text.replaceAll('mirrorauth-system', lab.world.namespace));
  const operator = await lab.spawnOperator(name, ['--leader-elect', `--kubeconfig=${kubeconfig}`]);
  const line: unknown = JSON.parse(await untilSays(operator, 'started'));
  const identity = isObject(line) ? line['identity'] : undefined;
  return { ...operator, userAgent: `mirrorauth (${String(identity)})` };
}

/** Waits for a line of its log with that message; returns the line. */
function untilSays({ running }: OperatorProcess, message: string): Promise<string> {
  return eventually(
    () => {
      const lines = running.log().split('\n').slice(0, -1);
      const found = lines.find((line) => line.includes(`"message":"${message}"`));
      if (found === undefined) {
        throw new Error('it has not');
      }
      return found;
    },
    {
      describe: `${running.name} to say: ${message}`,
      deadlineMs: 30_000,
      signal: running.died,
    },
  );
}

const untilLeads = (replica: Replica): Promise<string> => untilSays(replica, 'this process leads');

/** Sources that change, one after the other. */
class Rotations {
  readonly #lab: Lab;
  readonly #done: Promise<void>;
  readonly #last = new Map<string, string>();
  #isStopping = false;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#done = this.#run();
  }

  async untilOneArrived(): Promise<void> {
    await this.#lab.world.until(
      'a rotation to arrive',
      () => this.#lab.world.logins('ci-pull'),
      (found) => JSON.stringify(found) !== JSON.stringify(bothWith('first')),
    );
  }

  /** Waits until every output is of its source's last rotation. */
  async end(): Promise<void> {
    await this.stop();
    for (const [name, password] of this.#last) {
      await this.#lab.untilLogins(`${name}-pull`, password);
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    for (let count = 1; !this.#isStopping; count += 1) {
      for (const name of NAMES) {
        const password = `${name} ${String(count)}`;
        await this.#lab.world.rotate(`${name}-hub`, password);
        this.#last.set(name, password);
        // Their pace.
        await sleep(50);
      }
    }
  }
}

interface Shift {
  /** Of the Lease too, and also what was refused. */
  readonly writes: readonly AuditEvent[];
  readonly leaseWrites: readonly AuditEvent[];
}

async function shiftOf({ lab, mark }: Scene, { userAgent }: Replica): Promise<Shift> {
  const writes = (await lab.calls(mark)).filter(
    (call) => call.userAgent === userAgent && call.verb !== 'get' && call.verb !== 'list',
  );
  return { writes, leaseWrites: writes.filter(({ resource }) => resource === 'leases') };
}

/** Ends the rotations. All arrive, and the server got no write of the first after the other's first. */
async function expectTurns(scene: Scene): Promise<void> {
  const { first, second, rotations } = scene;
  await rotations.end();
  const one = (await shiftOf(scene, first)).writes;
  const other = (await shiftOf(scene, second)).writes;
  expect(one.map(nameOfCall)).toContain('patch secrets/ci-pull');
  expect(other.map(nameOfCall)).toContain('patch secrets/ci-pull');
  const change = Math.min(...other.map(({ receivedAt }) => receivedAt.getTime()));
  const late = one.filter(({ time }) => time.getTime() >= change).map(nameOfCall);
  expect(late, 'writes of the first after the other began').toEqual([]);
}

/** When the Lease was given to the second. */
async function takenAt(scene: Scene): Promise<number> {
  const { leaseWrites } = await shiftOf(scene, scene.second);
  return leaseWrites.find(({ code }) => code < 300)?.time.getTime() ?? NaN;
}

test('row 33: a leader that is killed is followed within the time of its lease', async () => {
  const scene = await begin();
  const killedAt = Date.now();
  scene.first.signal('SIGKILL');
  await untilLeads(scene.second);
  expect((await takenAt(scene)) - killedAt).toBeLessThan(TAKEOVER_MS);
  await expectTurns(scene);
});

test('row 33: a leader that is frozen and thawed sends no write any more, says why and ends with 1', async () => {
  const scene = await begin();
  const { lab, first, second } = scene;
  const { userAgent } = first;
  // What it would answer with a write is the first thing that it finds when it goes on.
  const unread = lab.proxy.hold({ userAgent, verb: 'get', resource: 'secrets' }, 'Answer');
  await unread.reached;
  const frozenAt = Date.now();
  first.signal('SIGSTOP');
  unread.release();
  await untilLeads(second);
  expect((await takenAt(scene)) - frozenAt).toBeLessThan(TAKEOVER_MS);
  const seen = lab.proxy.passages.length;
  first.signal('SIGCONT');
  const end = await untilEnded(first);
  expect(end).toContain('first ended with code 1');
  expect(end).toContain('"reason":"the lease could not be renewed in time"');
  const attempts = lab.proxy.passages
    .slice(seen)
    .filter(({ request }) => request.userAgent === userAgent && isWrite(request));
  expect(attempts).toEqual([]);
  await expectTurns(scene);
});

test('row 33: a leader that is cut off from the API server ends before the other begins', async () => {
  const scene = await begin();
  const { lab, first, second } = scene;
  const { userAgent } = first;
  const cutOffAt = Date.now();
  lab.proxy.on({ userAgent }, silence);
  lab.proxy.silence({ userAgent });
  const end = await untilEnded(first);
  expect(end).toContain('first ended with code 1');
  expect(end).toContain('"reason":"the lease could not be renewed in time"');
  expect(second.running.log()).not.toContain('this process leads');
  await untilLeads(second);
  expect((await takenAt(scene)) - cutOffAt).toBeLessThan(TAKEOVER_MS);
  await expectTurns(scene);
});

test('row 33: a leader that is asked to end in the middle of a write hands over in less than 2 s', async () => {
  const scene = await begin();
  const { lab, first, second } = scene;
  const underWay = lab.proxy.hold(
    (request) => request.userAgent === first.userAgent && request.name.endsWith('-pull'),
  );
  await underWay.reached;
  const askedAt = Date.now();
  first.signal('SIGTERM');
  underWay.release();
  expect(await untilEnded(first)).toContain('first ended with code 0');
  await untilLeads(second);
  const last = (await shiftOf(scene, first)).writes.at(-1);
  expect(last && nameOfCall(last), 'last write of the first').toBe('update leases/mirrorauth');
  const takeover = await takenAt(scene);
  expect(takeover - (last?.time.getTime() ?? NaN), 'since it gave the lease back').toBeLessThan(
    HANDOVER_MS,
  );
  expect(takeover - askedAt, 'since it was asked').toBeLessThan(HANDOVER_MS);
  await expectTurns(scene);
});
