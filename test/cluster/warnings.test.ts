import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { duplicate, own, saidBy, World } from '../support/world.ts';

/** Warnings as people see them: in status and as events. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let operator: Operator;

beforeAll(async () => {
  world = await World.create(cluster, 'warnings');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
  await world.login('hub', 'hub', 'old');
});

afterAll(async () => {
  await operator.stop();
  await world.close();
});

const spec = (protocol: 'HTTP' | 'HTTPS') => ({
  registries: [own('docker.io', 'hub'), duplicate('m.corp:5000', 'docker.io', { protocol })],
  mirrors: [{ origin: 'docker.io', endpoints: ['m.corp:5000'] }],
  pullSecret: { name: 'pull' },
});

const warningsTold = async (): Promise<readonly string[]> =>
  (await world.events('ci')).filter((event) => event.startsWith('Warning UnprotectedCredential: '));

test('a warning stands in status beside Ready=True, and is told in one event', async () => {
  await world.apply('ci', spec('HTTP'));
  const status = await world.ready('ci');
  const [warning, ...others] = status.warnings ?? [];
  expect(warning?.reason).toBe('UnprotectedCredential');
  expect(warning?.message).toMatch(/^m\.corp:5000: its credential is sent over plain HTTP/);
  expect(others).toEqual([]);
  expect(saidBy(status, 'Ready')).toMatch(/; 1 warning: see status\.warnings$/);
  await world.until('the event', warningsTold, (events) => events.length === 1);
  expect(await world.kubectl(['describe', 'mauth', 'ci'])).toContain('UnprotectedCredential');
});

test('it is not told again when something else changes, nor by an operator that starts anew', async () => {
  await world.rotate('hub', 'new');
  await world.until(
    'the rotation',
    () => world.logins('pull'),
    (logins) => logins?.['m.corp:5000'] === 'hub:new',
  );
  await operator.stop();
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
  await world.rotate('hub', 'newer');
  await world.until(
    'the rotation',
    () => world.logins('pull'),
    (logins) => logins?.['m.corp:5000'] === 'hub:newer',
  );
  expect(await warningsTold()).toHaveLength(1);
});

test('it goes when its cause goes', async () => {
  await world.apply('ci', spec('HTTPS'));
  const status = await world.ready('ci');
  expect(status.warnings).toBeUndefined();
  expect(saidBy(status, 'Ready')).toBe('Synced: every output is as spec and sources say');
});
