import { describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { answer, dropAnswer, dropRequest, silence } from '../support/fault-proxy.ts';
import type { Fault } from '../support/fault-proxy.ts';
import { isWrite, nameOfRequest } from '../support/kube-request.ts';
import { bothWith, hubBehindHarbor, Lab } from '../support/lab.ts';
import { SECRETS } from '../support/world.ts';

/** Rows 14, 15 and 31: answers that are no help. */

const cluster = new ControlPlaneClient(inject('controlPlane'));

/** Watches that do not end while the clock is turned. */
const hours = (): number => 7_200;

describe('row 14: 30 s of 409 are answered by fewer than one try a second, and all is well after them, for', () => {
  test.each([
    ['every status', 'mirrorauths', 'patch mirrorauths/ci/status'],
    ['every patch of an output', 'secrets', 'patch secrets/ci-pull'],
  ])('%s', async (_, resource, name) => {
    const clock = new FakeClock();
    const lab = await Lab.start(cluster, 'row14', { clock, watchTimeoutSeconds: hours });
    await lab.make('ci');
    const rule = lab.proxy.on({ verb: 'patch', resource }, answer(409, { reason: 'Conflict' }));
    await lab.world.apply('ci', {
      ...hubBehindHarbor('ci'),
      pullSecret: { name: 'ci-pull', labels: { team: 'build' } },
    });
    await lab.world.until(
      'the first 409',
      () => Promise.resolve(rule.hits),
      (hits) => hits > 0,
    );
    const tries = await lab.countWithin(clock, 30_000, () => rule.hits);
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(30);
    const asked = lab.proxy.passages.map(({ request }) => nameOfRequest(request));
    const reads = asked.slice(asked.indexOf(name)).filter((one) => one === 'get secrets/ci-pull');
    expect(resource === 'secrets' ? reads.length : tries).toBeGreaterThanOrEqual(tries);
    rule.lift();
    await lab.whileTimePasses(clock, {
      describe: 'the label',
      look: async () => (await lab.world.metadata(SECRETS, 'ci-pull'))?.labels['team'],
      isRight: (team) => team === 'build',
    });
    await lab.whileTimePasses(clock, {
      describe: 'status to be written',
      look: async () => (await lab.world.status('ci')).observedGeneration,
      isRight: (generation) => generation === 2,
    });
  });
});

describe('row 15: an API server that cannot now', () => {
  test('is not asked again before the time that Retry-After says', async () => {
    const clock = new FakeClock();
    const lab = await Lab.start(cluster, 'row15', { clock, watchTimeoutSeconds: hours });
    await lab.make('ci');
    const busy = lab.proxy.on(
      { verb: 'patch', resource: 'secrets' },
      answer(429, { reason: 'TooManyRequests', retryAfter: 37 }),
    );
    await lab.world.rotate('ci-hub', 'second');
    await lab.world.until(
      'the first 429',
      () => Promise.resolve(busy.hits),
      (hits) => hits > 0,
    );
    await lab.countWithin(clock, 36_900, () => busy.hits);
    // The echo of the status that tells of it may come before or after the count begins.
    expect(busy.hits).toBe(1);
    busy.lift();
    await lab.whileTimePasses(clock, {
      describe: 'the rotation',
      look: () => lab.world.logins('ci-pull'),
      isRight: (found) => JSON.stringify(found) === JSON.stringify(bothWith('second')),
    });
  });

  test.each<readonly [string, Fault]>([
    ['500', answer(500)],
    ['503', answer(503)],
    ['429', answer(429)],
    ['with a reset before', dropRequest],
    ['with a reset after', dropAnswer],
  ])('is asked fewer times than once a second: %s', async (_, fault) => {
    const clock = new FakeClock();
    const lab = await Lab.start(cluster, 'row15', { clock, watchTimeoutSeconds: hours });
    await lab.make('ci');
    const rule = lab.proxy.on({ resource: 'secrets', name: 'ci-hub' }, fault);
    await lab.world.rotate('ci-hub', 'second');
    await lab.world.until(
      'the first failure',
      () => Promise.resolve(rule.hits),
      (hits) => hits > 0,
    );
    const tries = await lab.countWithin(clock, 60_000, () => rule.hits);
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(60);
    expect(await lab.world.logins('ci-pull')).toEqual(bothWith('first'));
    rule.lift();
    await lab.whileTimePasses(clock, {
      describe: 'the rotation',
      look: () => lab.world.logins('ci-pull'),
      isRight: (found) => JSON.stringify(found) === JSON.stringify(bothWith('second')),
    });
  });

  test('and never answers at all does not keep a worker for more than 20 s', async () => {
    const clock = new FakeClock();
    const lab = await Lab.start(cluster, 'row15', {
      clock,
      concurrency: 1,
      watchTimeoutSeconds: hours,
    });
    await lab.make('stuck');
    await lab.make('other');
    const rule = lab.proxy.on({ verb: 'get', name: 'stuck-hub' }, silence);
    await lab.world.rotate('stuck-hub', 'second');
    await lab.world.until(
      'the worker to be stuck',
      () => Promise.resolve(rule.hits),
      (hits) => hits > 0,
    );
    await lab.world.rotate('other-hub', 'second');
    clock.advance(20_000);
    await lab.untilLogins('other-pull', 'second');
  });

  test('does not make the process end or fail its liveness', async () => {
    const lab = await Lab.create(cluster, 'row15');
    const down = lab.proxy.on({}, answer(503));
    const { running, probe } = await lab.spawnOperator('operator');
    await running.whenReady(() => expect(down.hits).toBeGreaterThan(5));
    expect(await probe('/livez')).toBe(200);
    expect(await probe('/readyz')).toBe(503);
    lab.proxy.letGo();
    await lab.make('ci');
    expect(await probe('/livez')).toBe(200);
    expect(await probe('/readyz')).toBe(200);
    expect(running.died.aborted).toBe(false);
  });
});

test('row 31: a MirrorAuth that the code chokes on is alone with that', async () => {
  const lab = await Lab.create(cluster, 'row31');
  let throws = 0;
  const operator = await lab.startOperator({
    concurrency: 2,
    faulty: (client) => ({
      ...client,
      get: (resource, ref) => {
        if (ref.name === 'poison-hub') {
          throws += 1;
          throw new TypeError('c4n4ry: cannot read properties of undefined');
        }
        return client.get(resource, ref);
      },
    }),
  });
  await lab.world.login('poison-hub', 'me', 'first');
  await lab.world.apply('poison', hubBehindHarbor('poison'));
  await lab.world.until(
    'it to choke twice',
    () => Promise.resolve(throws),
    (count) => count >= 2,
  );
  for (const name of ['one', 'two', 'three', 'four']) {
    await lab.make(name);
    await lab.world.rotate(`${name}-hub`, 'second');
    await lab.untilLogins(`${name}-pull`, 'second');
  }
  // Backed off, and told of without the error's own words.
  expect(throws).toBeLessThan(20);
  expect(operator.logged()).toContain('a mistake in this program');
  expect(operator.logged()).not.toContain('c4n4ry');
});

test('row 26: a namespace that is being deleted is written to no more than the backoff allows, and goes', async () => {
  const clock = new FakeClock();
  const lab = await Lab.start(cluster, 'row26', { clock, watchTimeoutSeconds: hours });
  const { namespace } = lab.world;
  let probes = 0;
  await lab.world.login('ci-hub', 'me', 'first');
  // It can be read, and holds the namespace up, until the end.
  const anchor = (finalizers: readonly string[]): Promise<unknown> =>
    lab.world.patch(SECRETS, 'ci-hub', { metadata: { finalizers } });
  await anchor(['example.com/anchor']);
  const read = lab.proxy.hold({ verb: 'get', name: 'ci-hub' }, 'Answer');
  await lab.world.apply('ci', hubBehindHarbor('ci'));
  await read.reached;
  // The operator does not hear that the MirrorAuth goes too.
  const late = lab.proxy.hold({ verb: 'watch', resource: 'mirrorauths' }, 'Answer');
  await cluster.expectKubectl(['delete', 'namespace', namespace, '--wait=false']);
  await lab.world.until(
    'nothing to be made in it any more',
    () => cluster.kubectl(['-n', namespace, 'create', 'configmap', `probe-${String(++probes)}`]),
    ({ stderr }) => stderr.includes('being terminated'),
  );
  read.release();
  const creates = () =>
    lab.proxy.passages.filter(
      ({ request, status }) =>
        isWrite(request) && request.verb === 'create' && status !== undefined && status >= 400,
    );
  await lab.whileTimePasses(clock, {
    describe: 'a refused create',
    look: () => Promise.resolve(creates().length),
    isRight: (count) => count > 0,
  });
  expect(creates().every(({ status }) => status === 403)).toBe(true);
  const tries = await lab.countWithin(clock, 60_000, () => creates().length);
  // A Secret and a ConfigMap each time.
  expect(tries).toBeLessThan(40);
  late.release();
  await anchor([]);
  await lab.world.until(
    'the namespace to be gone',
    () => cluster.kubectl(['get', 'namespace', namespace]),
    ({ stderr }) => stderr.includes('NotFound'),
  );
});
