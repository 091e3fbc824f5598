import { globSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startControlPlane } from '../../testbed/control-plane.ts';
import type { ControlPlane } from '../../testbed/control-plane.ts';
import { eventually } from '../../testbed/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { answer } from '../support/fault-proxy.ts';
import { bothWith, hubBehindHarbor, Lab } from '../support/lab.ts';
import { MissedDeletions } from '../support/missed-deletions.ts';
import { CONFIG_MAPS, MIRRORAUTHS, SECRETS } from '../support/world.ts';

/** Rows 16, 19 and 20: an API server of its own that is stopped, killed, loses its history and has no collector. */

const ROOT = join(import.meta.dirname, '..', '..');
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({
    crds: globSync(join(ROOT, 'crds', 'mirrorauth.dev_*.yaml')),
  });
  await cluster.expectKubectl(['apply', '--server-side', `--kustomize=${join(ROOT, 'deploy')}`]);
});

afterAll(() => cluster.stop());

/** The lists that the operator made since, by resource. */
function listsSince(lab: Lab, since: number): readonly string[] {
  return lab.proxy.passages
    .slice(since)
    .filter(({ request, status }) => request.verb === 'list' && status === 200)
    .map(({ request }) => request.resource)
    .toSorted();
}

test('row 16: an API server that stands still for two minutes is waited for, and then followed again with a list for each kind at most', async () => {
  const clock = new FakeClock();
  const lab = await Lab.start(cluster, 'row16', { clock });
  await lab.make('ci');
  const before = lab.proxy.passages.length;
  const late = lab.proxy.hold({ verb: 'watch', resource: 'secrets' }, 'Answer');
  await lab.world.rotate('ci-hub', 'second');
  await late.reached;
  process.kill(cluster.apiServerPid, 'SIGSTOP');
  try {
    late.release();
    const gets = () =>
      lab.proxy.passages.slice(before).filter(({ request }) => request.name === 'ci-hub').length;
    await eventually(() => expect(gets()).toBe(1), { describe: 'the first try' });
    // Requests fail after their 20 s, and are made again after their backoff.
    const end = clock.now() + 120_000;
    await lab.world.until(
      'two minutes to pass',
      () => {
        clock.advance(1_000);
        return Promise.resolve(clock.now());
      },
      (now) => now >= end,
    );
    expect(gets()).toBeGreaterThan(2);
    expect(gets()).toBeLessThan(12);
  } finally {
    process.kill(cluster.apiServerPid, 'SIGCONT');
  }
  await lab.whileTimePasses(clock, {
    describe: 'the rotation',
    look: () => lab.world.logins('ci-pull'),
    isRight: (found) => JSON.stringify(found) === JSON.stringify(bothWith('second')),
  });
  const lists = listsSince(lab, before);
  expect(lists).toEqual([...new Set(lists)]);
});

test('row 16: an API server that is killed and comes back is followed again by the same process, with a list for each kind at most', async () => {
  const lab = await Lab.create(cluster, 'row16');
  const { running, probe } = await lab.spawnOperator('operator');
  await lab.make('ci');
  const before = lab.proxy.passages.length;
  process.kill(cluster.apiServerPid, 'SIGKILL');
  const isDown = (count: number): void =>
    expect(lab.proxy.passages.length - before).toBeGreaterThan(count);
  await running.whenReady(() => isDown(6));
  expect(await probe('/livez')).toBe(200);
  await cluster.restartApiServer();
  await lab.world.rotate('ci-hub', 'second');
  await lab.untilLogins('ci-pull', 'second');
  await lab.make('new');
  expect(running.died.aborted).toBe(false);
  const lists = listsSince(lab, before);
  expect(lists).toEqual([...new Set(lists)]);
});

test('row 20: a MirrorAuth that is deleted and made again while nobody collects garbage gets outputs of its own', async () => {
  const lab = await Lab.start(cluster, 'row20');
  await lab.make('ci');
  process.kill(cluster.controllerManagerPid, 'SIGSTOP');
  try {
    await lab.world.delete(MIRRORAUTHS, 'ci');
    await lab.world.apply('ci', hubBehindHarbor('ci'));
    await lab.world.ready('ci');
    const owner = await lab.world.metadata(MIRRORAUTHS, 'ci');
    for (const [resource, name] of [
      [SECRETS, 'ci-pull'],
      [CONFIG_MAPS, 'ci-config'],
    ] as const) {
      const child = await lab.world.metadata(resource, name);
      expect(child?.ownerReferences.map(({ uid }) => uid)).toEqual([owner?.uid]);
    }
  } finally {
    process.kill(cluster.controllerManagerPid, 'SIGCONT');
  }
});

test('row 19: a watch whose version is compacted away leads to a list, and what was deleted in the gap is noticed', async () => {
  const lab = await Lab.start(cluster, 'row19');
  const missed = await MissedDeletions.happen(lab);
  await lab.world.create(CONFIG_MAPS, 'newer', {});
  await compact(await lab.world.version(CONFIG_MAPS, 'newer'));
  // It serves watches of the past from its memory, which is gone now.
  await cluster.restartApiServer();
  await missed.caughtUp();
  // Each in its own time. The answer is 200, and an event in it says 410.
  const lists = (): void =>
    expect(listsSince(lab, missed.seen)).toEqual(['configmaps', 'mirrorauths', 'secrets']);
  await eventually(lists, { describe: 'a list of each kind', deadlineMs: 30_000 });
  await missed.collected();
});

test('row 19: a list whose next page is compacted away is begun again', async () => {
  const lab = await Lab.create(cluster, 'row19');
  await Promise.all(
    Array.from({ length: 110 }, (_, i) => lab.world.login(`filler-${String(i)}`, 'a', 'b')),
  );
  await lab.world.login('ci-hub', 'me', 'first');
  await lab.world.apply('ci', hubBehindHarbor('ci'));
  // As a server answers that cannot stream a list.
  lab.proxy.on(({ query }) => query['sendInitialEvents'] === 'true', answer(422));
  const hold = lab.proxy.hold(
    ({ resource, query }) => resource === 'secrets' && query['continue'] !== undefined,
  );
  const started = lab.startOperator();
  await hold.reached;
  await lab.world.create(CONFIG_MAPS, 'newer', {});
  await compact(await lab.world.version(CONFIG_MAPS, 'newer'));
  // It serves lists of the past from its memory, which is gone now.
  await cluster.restartApiServer();
  hold.release();
  await started;
  await lab.world.ready('ci');
  await lab.untilLogins('ci-pull', 'first');
  expect(lab.proxy.passages.filter(({ status }) => status === 410)).toHaveLength(1);
});

/** etcd forgets everything before that version. */
async function compact(revision: string | undefined): Promise<void> {
  const response = await fetch(`${cluster.details.etcdUrl}/v3/kv/compaction`, {
    method: 'POST',
    body: JSON.stringify({ revision, physical: true }),
  });
  expect(await response.text()).toContain('revision');
  expect(response.status).toBe(200);
}
