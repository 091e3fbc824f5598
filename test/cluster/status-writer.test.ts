import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Memory } from '../../src/controller/memory.ts';
import { StatusWriter } from '../../src/controller/status-writer.ts';
import { createStores, projectMirrorAuth } from '../../src/controller/stores.ts';
import type { MirrorAuthItem } from '../../src/controller/stores.ts';
import { viewOf } from '../../src/controller/view.ts';
import type { View } from '../../src/controller/view.ts';
import { parseObjectMeta } from '../../src/kube/object.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { adminClient } from '../support/operator.ts';
import { MIRRORAUTHS, World } from '../support/world.ts';

const cluster = new ControlPlaneClient(inject('controlPlane'));
let world: World;
let admin: Awaited<ReturnType<typeof adminClient>>;

beforeAll(async () => {
  world = await World.create(cluster, 'status');
  admin = await adminClient(cluster);
});

afterAll(async () => {
  await admin.close();
  await world.close();
});

async function itemOf(name: string): Promise<MirrorAuthItem> {
  const object = (await world.get(MIRRORAUTHS, name)) ?? {};
  const metadata = parseObjectMeta(object['metadata']);
  if (metadata === undefined) {
    throw new Error(`there is no ${name}`);
  }
  return projectMirrorAuth(object, metadata);
}

const viewOn = (item: MirrorAuthItem): View => viewOf(createStores(['all']), item);
const memoryOf = ({ item, subject }: View): Memory => new Memory(subject, item.uid);
const STATUS = { observedGeneration: 1, pullSecret: { name: 'p', entries: [] } };

describe('writing status', () => {
  test('writes once, and not again what is there', async () => {
    await world.apply('once', { pullSecret: { name: 'p' } });
    const view = viewOn(await itemOf('once'));
    const memory = memoryOf(view);
    const writer = new StatusWriter(admin.client);
    expect(await writer.write(view, memory, STATUS)).toBe(true);
    // The store, and so the view, has not caught up with that write yet.
    expect(await writer.write(view, memory, STATUS)).toBe(false);
    expect(await writer.write(viewOn(await itemOf('once')), memoryOf(view), STATUS)).toBe(false);
    expect(await world.status('once')).toEqual(STATUS);
  });

  test('takes out what is no longer said', async () => {
    await world.apply('less', { pullSecret: { name: 'p' } });
    const view = viewOn(await itemOf('less'));
    const memory = memoryOf(view);
    const writer = new StatusWriter(admin.client);
    await writer.write(view, memory, STATUS);
    await writer.write(view, memory, { observedGeneration: 1 });
    expect(await world.status('less')).toEqual({ observedGeneration: 1 });
  });

  test('does not tell a MirrorAuth of the same name what was found of an earlier one', async () => {
    await world.apply('again', { pullSecret: { name: 'p' } });
    const before = viewOn(await itemOf('again'));
    await world.delete(MIRRORAUTHS, 'again');
    await world.apply('again', { pullSecret: { name: 'p' } });
    await expect(
      new StatusWriter(admin.client).write(before, memoryOf(before), STATUS),
    ).rejects.toMatchObject({ kind: 'Conflict' });
    expect(await world.status('again')).toEqual({ observedGeneration: -1 });
  });
});
