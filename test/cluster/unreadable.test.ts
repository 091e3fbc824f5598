import { expect, inject, test } from 'vitest';
import { KubeError } from '../../src/kube/errors.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { startOperator } from '../support/operator.ts';
import { own, SECRETS, World } from '../support/world.ts';

const cluster = new ControlPlaneClient(inject('controlPlane'));

test('a source that the API server fails to give holds up no removal, and comes when it can', async () => {
  const world = await World.create(cluster, 'unreadable');
  let isBroken = false;
  const operator = await startOperator(cluster, {
    namespaces: [world.namespace],
    faulty: (client) => ({
      ...client,
      get: (resource, ref) =>
        isBroken && ref.name === 'other'
          ? Promise.reject(new KubeError({ verb: 'get', resource, on: ref }, 'ServerError'))
          : client.get(resource, ref),
    }),
  });
  await world.login('evil', 'me', 'x');
  await world.login('other', 'me', 'y');
  const other = own('other.corp', 'other');
  await world.apply('ci', {
    registries: [own('evil.corp', 'evil'), other],
    pullSecret: { name: 'pull' },
  });
  await world.ready('ci');

  isBroken = true;
  await world.apply('ci', { registries: [other], pullSecret: { name: 'pull' } });
  const logins = await world.until(
    'the host that spec dropped to be gone',
    () => world.logins('pull'),
    (found) => found !== undefined && !('evil.corp' in found),
  );
  expect(logins).toEqual({ 'other.corp': 'me:y' });

  isBroken = false;
  await world.ready('ci');
  expect(await world.get(SECRETS, 'pull')).toBeDefined();
  await operator.stop();
  await world.close();
});
