import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { conditionOf, own, saidBy, SECRETS, World } from '../support/world.ts';

/** What the operator does when time passes and nothing else happens. The test turns its clock. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const clock = new FakeClock();
const MINUTE = 60_000;
let world: World;
let operator: Operator;

beforeAll(async () => {
  world = await World.create(cluster, 'patience');
  operator = await startOperator(cluster, {
    namespaces: [world.namespace],
    clock,
    watchTimeoutSeconds: () => 7_200,
  });
});

afterAll(async () => {
  await operator.stop();
  await world.close();
});

/** Waits for a reason of Ready while time passes in small steps, as retries need it. */
function readyWhileTimePasses(name: string, reason: string): Promise<unknown> {
  return world.until(
    `${name} to be ${reason}`,
    async () => {
      clock.advance(100);
      return world.status(name);
    },
    (status) => saidBy(status, 'Ready').startsWith(reason),
  );
}

describe('row 4: a Secret that does not come', () => {
  test('is waited for five minutes, then a person is asked to look, and it may still come', async () => {
    await world.apply('late', {
      registries: [own('a.corp', 'late')],
      pullSecret: { name: 'late-pull' },
    });
    const waiting = await world.ready('late', 'SecretNotFound');
    expect(saidBy(waiting, 'Reconciling')).toMatch(/^SecretNotFound/);
    expect(conditionOf(waiting, 'Stalled')).toBeUndefined();

    await clock.waitFor((ms) => ms === 5 * MINUTE);
    clock.advance(5 * MINUTE);
    const stalled = await world.until(
      'Stalled',
      () => world.status('late'),
      (status) => conditionOf(status, 'Stalled') !== undefined,
    );
    expect(saidBy(stalled, 'Stalled')).toMatch(/^SecretNotFound/);
    expect(conditionOf(stalled, 'Reconciling')).toBeUndefined();

    await world.login('late', 'me', 'x');
    const ready = await world.ready('late');
    expect(conditionOf(ready, 'Stalled')).toBeUndefined();
    expect(await world.logins('late-pull')).toEqual({ 'a.corp': 'me:x' });
  });
});

describe('an output that somebody else keeps rewriting', () => {
  test('is tried once after five minutes, and is fine when the other writer has gone', async () => {
    await world.login('besieged', 'me', 'x');
    await world.apply('besieged', {
      registries: [own('a.corp', 'besieged')],
      pullSecret: { name: 'besieged-pull' },
    });
    await world.ready('besieged');
    await world.until(
      'Contended',
      async () => {
        await world.patch(SECRETS, 'besieged-pull', {
          data: { extra: btoa(String(Math.random())) },
        });
        clock.advance(100);
        return world.status('besieged');
      },
      (status) => saidBy(status, 'Ready').startsWith('Contended'),
    );
    expect(await world.files(SECRETS, 'besieged-pull')).toHaveProperty('extra');
    await clock.waitFor((ms) => ms > 4 * MINUTE && ms <= 5 * MINUTE);
    clock.advance(5 * MINUTE);
    await readyWhileTimePasses('besieged', 'Synced');
    expect(await world.files(SECRETS, 'besieged-pull')).not.toHaveProperty('extra');
  });
});

describe('a source Secret that is deleted', () => {
  test('is told of after ten seconds and not before', async () => {
    await world.login('deleted', 'me', 'x');
    await world.apply('deleted', {
      registries: [own('a.corp', 'deleted')],
      pullSecret: { name: 'deleted-pull' },
    });
    await world.ready('deleted');
    const mark = await cluster.auditMark();
    await world.delete(SECRETS, 'deleted');
    await world.until(
      'the operator to look',
      () => cluster.auditEvents({ user: operator.user, namespace: world.namespace, since: mark }),
      (calls) =>
        calls.some(({ verb, name, code }) => verb === 'get' && name === 'deleted' && code === 404),
    );
    expect(saidBy(await world.status('deleted'), 'Ready')).toMatch(/^Synced/);
    await clock.waitFor((ms) => ms === 10_000);
    clock.advance(10_000);
    await readyWhileTimePasses('deleted', 'SecretNotFound');
    expect(await world.logins('deleted-pull')).toEqual({ 'a.corp': 'me:x' });
  });
});

describe('a right that is missing', () => {
  test('is tried again every half minute, since no event tells of it', async () => {
    const narrow = await World.create(cluster, 'unreadable');
    const serviceAccount = { serviceAccount: 'blind', namespace: narrow.namespace };
    const rights = (verbs: readonly string[]): Promise<string> =>
      narrow.kubectl(['apply', '--filename=-'], {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'blind' },
        rules: [
          { apiGroups: [''], resources: ['secrets'], verbs },
          { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] },
          { apiGroups: ['mirrorauth.dev', 'events.k8s.io'], resources: ['*'], verbs: ['*'] },
        ],
      });
    await narrow.kubectl(['create', 'serviceaccount', 'blind']);
    await rights(['list', 'watch']);
    const subject = `--serviceaccount=${narrow.namespace}:blind`;
    await narrow.kubectl(['create', 'rolebinding', 'blind', '--role=blind', subject]);
    const blind = await startOperator(cluster, {
      namespaces: [narrow.namespace],
      serviceAccount,
      clock,
      watchTimeoutSeconds: () => 7_200,
    });
    await narrow.login('hub', 'me', 'x');
    await narrow.apply('ci', { registries: [own('a.corp', 'hub')], pullSecret: { name: 'pull' } });
    const status = await narrow.ready('ci', 'AccessDenied');
    expect(saidBy(status, 'Reconciling')).toContain(
      'Secret hub cannot be read: grant the operator get',
    );

    await rights(['*']);
    await clock.waitFor((ms) => ms === 30_000);
    clock.advance(30_000);
    await narrow.ready('ci');
    await blind.stop();
    await narrow.close();
  });
});
