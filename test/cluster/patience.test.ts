import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { KubeError } from '../../src/kube/errors.ts';
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

describe('a spec that is edited while a deleted source may still come back', () => {
  test('does not make the loss known before its ten seconds are over', async () => {
    const spec = { registries: [own('a.corp', 'edited')], pullSecret: { name: 'edited-pull' } };
    await world.login('edited', 'me', 'x');
    await world.apply('edited', spec);
    await world.ready('edited');
    await world.delete(SECRETS, 'edited');
    await clock.waitFor((ms) => ms === 10_000);
    const labels = { team: 'a' };
    await world.apply('edited', { ...spec, pullSecret: { ...spec.pullSecret, labels } });
    await world.until(
      'the label',
      () => world.get(SECRETS, 'edited-pull'),
      (secret) => JSON.stringify(secret).includes('"team":"a"'),
    );
    expect(saidBy(await world.status('edited'), 'Ready')).toMatch(/^Synced/);
    clock.advance(10_000);
    await readyWhileTimePasses('edited', 'SecretNotFound');
    expect(await world.logins('edited-pull')).toEqual({ 'a.corp': 'me:x' });
  });
});

describe('an output that changes before every write', () => {
  test('is told of after some tries, and is fine when that ends', async () => {
    const other = await World.create(cluster, 'outdated');
    let isOutdated = true;
    const outdated = await startOperator(cluster, {
      namespaces: [other.namespace],
      faulty: (client) => ({
        ...client,
        create: (resource, namespace, body, options) =>
          isOutdated && resource.plural === 'secrets'
            ? Promise.reject(new KubeError({ verb: 'create', resource }, 'AlreadyExists'))
            : client.create(resource, namespace, body, options),
      }),
    });
    await other.login('hub', 'me', 'x');
    await other.apply('ci', { registries: [own('a.corp', 'hub')], pullSecret: { name: 'pull' } });
    const status = await other.ready('ci', 'WriteFailed');
    expect(saidBy(status, 'PullSecretSynced')).toContain('it keeps being changed: AlreadyExists');
    isOutdated = false;
    await other.ready('ci');
    await outdated.stop();
    await other.close();
  });
});

describe('a right that is missing', () => {
  test.each([
    ['get', 'cannot be read: grant the operator get'],
    ['create', 'cannot be written: the operator lacks create'],
  ])('(%s) is tried again every half minute, since no event tells of it', async (missing, says) => {
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
    await rights(['get', 'list', 'watch', 'create', 'patch'].filter((verb) => verb !== missing));
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
    expect(saidBy(status, 'Reconciling')).toContain(says);

    await rights(['*']);
    await clock.waitFor((ms) => ms === 30_000);
    clock.advance(30_000);
    await narrow.ready('ci');
    await blind.stop();
    await narrow.close();
  });
});
