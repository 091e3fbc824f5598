import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../testbed/eventually.ts';
import { startProcess } from '../../../testbed/process.ts';
import { temporaryDirectory } from '../../../testbed/temporary-directory.ts';

let dir = '';

beforeEach(async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  dir = directory.path;
});

function shell(script: string) {
  return startProcess({ name: 'child', command: 'sh', args: ['-c', script], logDir: dir });
}

/** A zombie that nobody reaps counts as gone: containers often have no init that would. */
function isAlive(pid: string | number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0];
    return state !== 'Z';
  } catch {
    return false;
  }
}

function testbedModule(name: string): string {
  return JSON.stringify(join(import.meta.dirname, '..', '..', '..', 'testbed', name));
}

test('a process that ends before it is ready is named, with the end of its log', async () => {
  const child = shell('echo "cannot bind"; exit 3');
  const never = child.whenReady(() => Promise.reject(new Error('not ready')));
  await expect(never).rejects.toThrow(/^child ended with code 3\. .*child\.log:\ncannot bind$/s);
});

test('a program that is not there is an error of the same kind', async () => {
  const child = startProcess({ name: 'child', command: 'no-such', args: [], logDir: dir });
  const never = child.whenReady(() => Promise.reject(new Error('not ready')));
  await expect(never).rejects.toThrow(/^child ended with code 127\. .*no-such: not found$/s);
});

test('a process that does not get ready in time is named, with the end of its log', async () => {
  const child = shell('echo "still thinking"; exec sleep 60');
  onTestFinished(() => child.stop());
  await eventually(() => expect(child.log()).not.toBe(''), { describe: 'its first line' });
  const never = child.whenReady(() => Promise.reject(new Error('not ready')), 100);
  await expect(never).rejects.toThrow(/^child was not ready within 0\.1 s\. .*still thinking$/s);
});

test('a process that is stopped did not die', async () => {
  const child = shell('exec sleep 60');
  await child.stop();
  expect(child.died.aborted).toBe(false);
  expect(isAlive(child.pid)).toBe(false);
});

test('the log of a second run begins at its own start', async () => {
  for (const run of ['first', 'second']) {
    const child = shell(`echo ${run}; exec sleep 60`);
    await eventually(() => expect(child.log()).toBe(`${run}\n`), { describe: 'its line' });
    await child.stop();
  }
});

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'children and temporary folders do not outlive a parent that gets %s',
  async (signal) => {
    const script = `
      import { startProcess } from ${testbedModule('process.ts')};
      import { temporaryDirectory } from ${testbedModule('temporary-directory.ts')};
      const { path } = await temporaryDirectory();
      const child = startProcess({ name: 'c', command: 'sleep', args: ['60'], logDir: path });
      process.stdout.write(child.pid + ' ' + path);
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    let output = '';
    parent.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await once(parent.stdout, 'data');
    const [pid = '', path = ''] = output.split(' ');
    expect(isAlive(pid)).toBe(true);
    expect(existsSync(path)).toBe(true);

    parent.kill(signal);
    await eventually(
      () => {
        expect(isAlive(pid)).toBe(false);
        expect(existsSync(path)).toBe(false);
      },
      { describe: 'the child to end' },
    );
  },
);
