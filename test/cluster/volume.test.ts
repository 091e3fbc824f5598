import { readdir, readFile, readlink } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { temporaryDirectory } from '../../testbed/temporary-directory.ts';
import { mountVolume } from '../../testbed/volume.ts';
import { SECRETS, World } from '../support/world.ts';

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;

beforeAll(async () => {
  world = await World.create(cluster, 'volume');
});

afterAll(() => world.close());

test('a mounted Secret is one link for each key, exchanged together when the Secret changes', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const dir = `${directory.path}/mounted`;
  const mount = () =>
    mountVolume(cluster, { kind: 'Secret', namespace: world.namespace, name: 'mounted' }, dir);
  const visible = async () =>
    (await readdir(dir)).filter((name) => !name.startsWith('..')).toSorted();

  await world.create(SECRETS, 'mounted', { stringData: { '.hidden': 'one', gone: 'one' } });
  await mount();
  expect(await visible()).toEqual(['.hidden', 'gone']);
  expect(await readlink(`${dir}/.hidden`)).toBe('..data/.hidden');

  await world.patch(SECRETS, 'mounted', { data: { gone: null }, stringData: { '.hidden': 'two' } });
  await mount();
  expect(await visible()).toEqual(['.hidden']);
  expect(await readFile(`${dir}/.hidden`, 'utf8')).toBe('two');
  expect((await readdir(dir)).filter((name) => name.startsWith('..volume-'))).toHaveLength(1);
});
