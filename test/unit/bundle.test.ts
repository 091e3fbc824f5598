import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { bundle } from '../../rolldown.config.ts';
import { temporaryDirectory } from '../../testbed/temporary-directory.ts';
import type { TemporaryDirectory } from '../../testbed/temporary-directory.ts';

/** The bundle, started as the image starts it: Node, one file, no packages, nowhere to write. */

let directory: TemporaryDirectory;
/** Where it is started: without a node_modules anywhere above, and read-only. */
let workingDir: string;
let program: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const dir = join(directory.path, 'app');
  workingDir = join(directory.path, 'empty');
  program = join(dir, 'mirrorauth.mjs');
  await mkdir(workingDir);
  await chmod(workingDir, 0o555);
  await build(bundle(dir));
});

afterAll(() => directory.remove());

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param until text on stderr after which it is asked to end; absent: it ends by itself */
async function start(args: readonly string[], until?: string): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd: workingDir, env: {} });
  const ended = once(child, 'close');
  const stdout = text(child.stdout);
  let stderr = '';
  for await (const chunk of child.stderr.setEncoding('utf8')) {
    stderr += String(chunk);
    // A second signal would end it at once.
    if (until !== undefined && stderr.includes(until) && !child.killed) {
      child.kill('SIGTERM');
    }
  }
  await ended;
  return { code: child.exitCode, stdout: await stdout, stderr };
}

it('is one file, and the licences of what is in it', async () => {
  const files = await readdir(join(directory.path, 'app'));
  expect(files.toSorted()).toEqual(['THIRD-PARTY-LICENCES.txt', 'mirrorauth.mjs']);
  const licences = await readFile(join(directory.path, 'app', 'THIRD-PARTY-LICENCES.txt'), 'utf8');
  for (const name of [
    '@kubernetes/client-node',
    '@prometheus-io/client',
    'jsonc-parser',
    'pino',
    'smol-toml',
    'undici',
    'zod',
  ]) {
    expect(licences).toMatch(new RegExp(`^=== ${name}: `, 'm'));
  }
});

it('shows its help', async () => {
  const { code, stdout, stderr } = await start(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('--trust=open');
});

it('says its version, as package.json has it', async () => {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));
  expect(await start(['--version'])).toEqual({
    code: 0,
    stdout: `mirrorauth ${version}\n`,
    stderr: '',
  });
});

it('says what is missing, in lines of at most 80 columns, and nothing else', async () => {
  const { code, stdout, stderr } = await start(['controller']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^mirrorauth: --trust is missing: .{1,48}\n(?: {2}.{1,78}\n)*$/);
});

it('runs the controller, logs JSON and stops in order', async () => {
  const kubeconfig = join(directory.path, 'kubeconfig.json');
  await writeFile(kubeconfig, JSON.stringify(KUBECONFIG));
  const options = [
    '--trust=open',
    `--kubeconfig=${kubeconfig}`,
    '--health-address=127.0.0.1:0',
    '--metrics-address=127.0.0.1:0',
  ];
  const { code, stderr } = await start(['controller', ...options], '"started"');
  const lines = stderr
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(code).toBe(0);
  expect(lines[0]).toMatchObject({ level: 'info', message: 'started', server: '127.0.0.1:9' });
  expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'stopped' });
});

it('leaves nothing behind where it was started', async () => {
  await expect(readdir(workingDir)).resolves.toEqual([]);
});

/** Nothing answers at port 9 (discard): the controller waits for the server and does not end. */
const KUBECONFIG = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:9' } }],
  users: [{ name: 'u', user: { token: 't' } }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  'current-context': 'x',
};
