import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../testbed/run.ts';

/** `npm run soak`, as a process, and short. */

const SOAK = join(import.meta.dirname, '..', '..', 'soak', 'main.ts');

test('a short soak passes, and says by what', async () => {
  const args = ['--minutes=0.25', '--mirrorauths=50', '--secrets=50', '--json'];
  const { code, stdout, stderr } = await run(process.execPath, [SOAK, ...args]);
  const verdict: unknown = stdout === '' ? stderr : JSON.parse(stdout);
  expect(verdict).toMatchObject({
    minutes: 0.25,
    mirrorAuths: 50,
    passed: true,
    checks: Array.from({ length: 6 }, () => ({ holds: true })),
  });
  expect(code).toBe(0);
});

test('a soak of no length is refused in one line', async () => {
  const { code, stdout, stderr } = await run(process.execPath, [SOAK, '--minutes=0']);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: '--minutes=0: write a number above 0\n',
  });
});
