import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { withBuildLock } from '../../../testbed/binaries/build-lock.ts';
import { eventually } from '../../../testbed/eventually.ts';
import { temporaryDirectory } from '../../../testbed/temporary-directory.ts';

let path = '';

beforeEach(async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  path = join(directory.path, 'lock');
});

test('two that build the same thing do it one after the other, and the second is told of the first', async () => {
  const order: string[] = [];
  const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
  const first = withBuildLock(
    path,
    () => order.push('first waits'),
    async () => {
      order.push('first begins');
      await mayFinish;
      order.push('first ends');
    },
  );
  await eventually(() => expect(order).toEqual(['first begins']), { describe: 'the first one' });
  const second = withBuildLock(
    path,
    (pid) => {
      order.push(`second waits for ${pid}`);
      finish();
    },
    () => Promise.resolve(order.push('second builds')),
  );
  await Promise.all([first, second]);
  expect(order).toEqual([
    'first begins',
    `second waits for ${process.pid}`,
    'first ends',
    'second builds',
  ]);
});

test('a lock whose process is gone is taken over', async () => {
  // Above the largest process id that Linux gives (4194304).
  await writeFile(path, '4999999\n');
  const waits: number[] = [];
  await withBuildLock(
    path,
    (pid) => waits.push(pid),
    () => Promise.resolve(),
  );
  expect(waits).toEqual([]);
});

test('the lock is given back when the build fails', async () => {
  const failing = withBuildLock(
    path,
    () => undefined,
    () => Promise.reject(new Error('broken')),
  );
  await expect(failing).rejects.toThrow('broken');
  expect(existsSync(path)).toBe(false);
});
