import { describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { isWrite, nameOfRequest } from '../support/kube-request.ts';
import { bothWith, hubBehindHarbor, Lab, untilEnded } from '../support/lab.ts';
import { MIRRORAUTHS, SECRETS } from '../support/world.ts';

/** Row 25: ends of the process, at each step of a look. */

const cluster = new ControlPlaneClient(inject('controlPlane'));

/** What a first look asks for, in its order. */
const STEPS = [
  'get secrets/ci-hub',
  'create secrets/ci-pull',
  'create configmaps/ci-config',
  'patch mirrorauths/ci/status',
];

describe('row 25: a process that is killed leaves nothing half done, and the next one ends the work:', () => {
  test.each(STEPS.flatMap((step) => [['Request', step] as const, ['Answer', step] as const]))(
    'at the %s of %s',
    async (at, step) => {
      const lab = await Lab.create(cluster, 'row25');
      await lab.world.login('ci-hub', 'me', 'first');
      await lab.world.apply('ci', hubBehindHarbor('ci'));
      const mark = await lab.mark();
      const hold = lab.proxy.hold((request) => nameOfRequest(request) === step, at);
      const killed = await lab.spawnOperator('killed');
      await killed.running.whenReady(() => hold.reached);
      killed.signal('SIGKILL');
      await untilEnded(killed);
      // Nothing half done: each output is whole or not there.
      const logins = await lab.world.logins('ci-pull');
      expect([undefined, JSON.stringify(bothWith('first'))]).toContain(
        logins && JSON.stringify(logins),
      );
      hold.release();
      await lab.spawnOperator('next');
      await lab.world.ready('ci');
      await lab.untilLogins('ci-pull', 'first');
      await lab.untilIdle();
      const writes = await lab.writes(mark);
      const counts = new Map(writes.map((write) => [write, writes.filter((w) => w === write)]));
      expect(counts.get('create secrets/ci-pull')).toHaveLength(1);
      expect(counts.get('create configmaps/ci-config')).toHaveLength(1);
      expect(counts.get('patch mirrorauths/ci/status')?.length).toBeLessThanOrEqual(2);
      expect([...counts.keys()].toSorted()).toEqual(STEPS.slice(1).toSorted());
    },
  );
});

test('row 25: a process that is asked to end in the middle of a write ends it, and then itself', async () => {
  const lab = await Lab.create(cluster, 'row25');
  const operator = await lab.spawnOperator('operator');
  await lab.make('ci');
  await lab.make('other');
  await lab.untilIdle();
  const mark = await lab.mark();
  const hold = lab.proxy.hold(isWrite);
  await lab.world.rotate('ci-hub', 'second');
  expect(await hold.reached).toMatchObject({ name: 'ci-pull' });
  operator.signal('SIGTERM');
  await lab.world.until(
    'the operator to close its watches',
    () => Promise.resolve(lab.proxy.passages.filter(({ request }) => request.verb === 'watch')),
    (watches) => watches.every(({ to }) => to !== undefined),
  );
  // Work that comes now is for the next process.
  await lab.world.rotate('other-hub', 'second');
  hold.release();
  expect(await untilEnded(operator)).toContain('ended with code 0');
  expect(await lab.writes(mark)).toContain('patch secrets/ci-pull');
  expect(await lab.world.logins('other-pull')).toEqual(bothWith('first'));
  await lab.spawnOperator('next');
  await lab.untilLogins('ci-pull', 'second');
  await lab.untilLogins('other-pull', 'second');
  expect(await lab.world.get(MIRRORAUTHS, 'ci')).toBeDefined();
  expect(await lab.world.get(SECRETS, 'ci-pull')).toBeDefined();
});
