import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { isObject } from '../../src/kube/object.ts';
import type { JsonObject } from '../../src/kube/object.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { duplicate, own, SECRETS, World } from '../support/world.ts';

/** What the log says of a life with all sorts of trouble, at the most verbose level. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const CANARY = 'canary-l0g';
let world: World;
let operator: Operator;
let lines: readonly JsonObject[];

beforeAll(async () => {
  world = await World.create(cluster, 'logs');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
  await world.login('hub', CANARY, CANARY);
  await world.apply('ci', {
    registries: [own('docker.io', 'hub'), duplicate('harbor.corp', 'docker.io')],
    mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp/hub'] }],
    pullSecret: { name: 'ci-pull' },
    buildkitConfig: { name: 'ci-config' },
  });
  await world.ready('ci');
  await world.create(SECRETS, 'foreign', { stringData: { password: CANARY } });
  await world.apply('greedy', {
    registries: [own('docker.io', 'hub')],
    pullSecret: { name: 'foreign' },
  });
  await world.ready('greedy', 'TargetNotOwned');
  await world.apply('lost', {
    registries: [own('quay.io', 'nowhere')],
    pullSecret: { name: 'lost-pull' },
  });
  await world.ready('lost', 'SecretNotFound');
  await world.delete(SECRETS, 'ci-pull');
  await world.until(
    'the repair',
    () => world.logins('ci-pull'),
    (logins) => logins !== undefined,
  );
  await world.until(
    'the event of it',
    () => world.events('ci'),
    (events) => events.some((event) => event.includes('created Secret ci-pull again')),
  );
  await operator.stop();
  lines = operator
    .logged()
    .trim()
    .split('\n')
    .map((line) => {
      const parsed: unknown = JSON.parse(line);
      return isObject(parsed) ? parsed : {};
    });
});

afterAll(() => world.close());

const page = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
/** `level message` */
const MESSAGES = new Set(
  [...page.matchAll(/^\| ([a-z, ]+?) +\| `([^`]+)` +\|/gm)].flatMap(
    ([, levels = '', message = '']) => levels.split(', ').map((level) => `${level} ${message}`),
  ),
);
const KEYS = new Set([...page.matchAll(/^\| `(\w+)` +\| /gm)].map(([, key]) => key));

test('every line has a level, a time and a message', () => {
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    expect(line['level']).toMatch(/^(debug|info|warn|error|fatal)$/);
    expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(line['message']).toMatch(/./);
  }
});

test('every message stands in docs/operating.md, at that level, and so does every key', () => {
  const unknown = lines
    .map(({ level, message }) => `${String(level)} ${String(message)}`)
    .filter((line) => !MESSAGES.has(line));
  expect(unknown).toEqual([]);
  const found = new Set(lines.flatMap((line) => Object.keys(line)));
  expect([...found].filter((key) => !KEYS.has(key))).toEqual([]);
});

test('every line of a look names its MirrorAuth and the look, and each look another', () => {
  const ofLooks = lines.filter(({ message }) => message === 'MirrorAuth changed');
  expect(ofLooks.length).toBeGreaterThanOrEqual(6);
  for (const line of ofLooks) {
    expect(line).toMatchObject({ namespace: world.namespace });
    expect(line['reconcileId']).toMatch(/^[0-9a-f]{12}$/);
  }
  const looks = new Map<unknown, Set<unknown>>();
  for (const { reconcileId, name } of ofLooks) {
    looks.set(reconcileId, (looks.get(reconcileId) ?? new Set()).add(name));
  }
  expect([...looks.values()].filter((names) => names.size !== 1)).toEqual([]);
  expect(looks.size).toBeGreaterThanOrEqual(4);
});

test('nothing in it calls for anybody, and nothing in it is a secret', () => {
  expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  const forms = [CANARY, Buffer.from(`${CANARY}:${CANARY}`).toString('base64')];
  expect(forms.filter((form) => operator.logged().includes(form))).toEqual([]);
});
