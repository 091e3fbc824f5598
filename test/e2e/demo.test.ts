import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LOGIN, NAMESPACE } from '../../demo/setting.ts';
import { eventually } from '../../testbed/eventually.ts';
import { run } from '../../testbed/run.ts';
import { temporaryDirectory } from '../../testbed/temporary-directory.ts';

/** `npm run demo`, as a process. */

const DEMO = join(import.meta.dirname, '..', '..', 'demo', 'demo.ts');
const OUTSIDE = { ...process.env, FORCE_COLOR: undefined, KEEP: undefined };

function demo(env: NodeJS.ProcessEnv = {}) {
  return run(process.execPath, [DEMO], { env: { ...OUTSIDE, ...env } });
}

test('tells the story in at most 42 lines that fit a terminal, without a secret in them', async () => {
  const { code, stdout, stderr } = await demo();
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('[setup]'))).toEqual(
    [],
  );
  expect(code).toBe(0);
  const lines = stdout.split('\n').filter((line) => line !== '');
  expect(lines.length).toBeLessThanOrEqual(42);
  expect(lines.filter((line) => line.length > 80 || line.includes('\u001B'))).toEqual([]);
  for (const password of [LOGIN.password, LOGIN.nextPassword]) {
    const encoded = Buffer.from(`${LOGIN.user}:${password}`).toString('base64');
    expect(stdout + stderr).not.toContain(password);
    expect(stdout + stderr).not.toContain(encoded);
  }
  expect(stdout + stderr).not.toContain('mirror-robot-password');
});

test('with KEEP=1 leaves a cluster to look around in, and nothing of it after Ctrl-C', async () => {
  const child = spawn(process.execPath, [DEMO], {
    env: { ...OUTSIDE, KEEP: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const [, kubeconfig = '', kubectlDir = ''] = await eventually(
    () => {
      const found = /KUBECONFIG=(\S+)\n +export PATH=(\S+):\$PATH\n(.*\n){5}/.exec(told);
      if (found === null) throw new Error(told);
      return found;
    },
    { describe: 'the demo to say how to use it', deadlineMs: 60_000 },
  );

  const { stdout } = await run(join(kubectlDir, 'kubectl'), ['get', 'mauth', '-n', NAMESPACE], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
  expect(stdout).toMatch(/^ci +True +Synced +ci-pull /m);

  const exit = once(child, 'exit');
  child.kill('SIGINT');
  expect(await exit).toEqual([0, null]);
  expect(existsSync(dirname(kubeconfig))).toBe(false);
});

test('stops with a reason when a part does not start', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const etcd = join(directory.path, 'etcd');
  await writeFile(etcd, '#!/bin/sh\necho "this disk is full"\nexit 1\n');
  await chmod(etcd, 0o755);

  const { code, stdout, stderr } = await demo({ KUBEBUILDER_ASSETS: directory.path });

  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^the demo stopped: etcd ended with code 1\. .*:\nthis disk is full\n$/m);
  expect(stderr).not.toContain('    at ');
});
