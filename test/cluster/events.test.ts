import { expect, inject, onTestFinished, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator, OperatorOptions } from '../support/operator.ts';
import { own, SECRETS, World } from '../support/world.ts';

/** Events as the API server takes them and kubectl shows them. */

const cluster = new ControlPlaneClient(inject('controlPlane'));

async function setUp(
  name: string,
  optionsIn: (world: World) => Promise<Partial<OperatorOptions>> = () => Promise.resolve({}),
): Promise<{ readonly world: World; readonly operator: Operator }> {
  const world = await World.create(cluster, name);
  const operator = await startOperator(cluster, {
    namespaces: [world.namespace],
    ...(await optionsIn(world)),
  });
  onTestFinished(async () => {
    await operator.stop();
    await world.close();
  });
  await world.login('hub', 'me', 'x');
  await world.apply('ci', { registries: [own('docker.io', 'hub')], pullSecret: { name: 'pull' } });
  await world.ready('ci');
  return { world, operator };
}

test('describe tells what happened in its order, and what happened again once with a count', async () => {
  const { world } = await setUp('events');
  for (let round = 0; round < 3; round += 1) {
    const uid = (await world.metadata(SECRETS, 'pull'))?.uid;
    await world.delete(SECRETS, 'pull');
    await world.until(
      'another Secret',
      () => world.metadata(SECRETS, 'pull'),
      (found) => found !== undefined && found.uid !== uid,
    );
  }
  const told = await world.until(
    'three repairs',
    async () => eventsIn(await world.kubectl(['describe', 'mauth', 'ci'])),
    (lines) => lines.some((line) => line.includes('(x3 over')),
  );
  expect(
    told.map((line) => line.split(/ {2,}/)).map(([, reason, , , text]) => [reason, text]),
  ).toEqual([
    ['Created', 'created Secret pull'],
    ['Synced', 'every output is as spec and sources say'],
    ['Repaired', 'created Secret pull again: somebody else had deleted it'],
  ]);
});

/** The lines of the table of events. */
function eventsIn(described: string): readonly string[] {
  const [, table = ''] = described.split(/^ {2}-{4}.*$/m);
  return table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

test('without the right to write events everything else is done', async () => {
  const { world, operator } = await setUp('no-events', async (world) => {
    const serviceAccount = { serviceAccount: 'mute', namespace: world.namespace };
    await world.kubectl(['create', 'serviceaccount', 'mute']);
    await world.kubectl(['apply', '--filename=-'], {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'mute' },
      rules: [
        { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['*'] },
        { apiGroups: ['mirrorauth.dev'], resources: ['*'], verbs: ['*'] },
      ],
    });
    await world.kubectl([
      'create',
      'rolebinding',
      'mute',
      '--role=mute',
      `--serviceaccount=${world.namespace}:mute`,
    ]);
    return { serviceAccount };
  });
  await world.rotate('hub', 'y');
  await world.until(
    'the rotation',
    () => world.logins('pull'),
    (logins) => JSON.stringify(logins).includes('me:y'),
  );
  expect(await world.events('ci')).toEqual([]);
  const refusals = operator.logged().match(/.*an event could not be written.*/g) ?? [];
  expect(refusals.length).toBeGreaterThanOrEqual(2);
  expect(refusals.join('\n')).toContain('Forbidden (HTTP 403)');
});
