import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { inject, describe, expect, test } from 'vitest';
import { freePorts } from '../../testbed/addresses.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { eventually } from '../../testbed/eventually.ts';

/** The operator as a process: its start, its probes, its end, and how it refuses. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exitCode: Promise<number | null>;
}

function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of the machine's own cluster access may leak into the test.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  return {
    child,
    output: () => text,
    exitCode: once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null)),
  };
}

describe('the controller process', () => {
  test('answers its probes, and ends in good order when it is asked to', async () => {
    const kubeconfig = await cluster.kubeconfigFor({
      serviceAccount: 'mirrorauth',
      namespace: 'mirrorauth-system',
    });
    await cluster.expectKubectl(['create', 'namespace', 'process-test']);
    const [port = 0] = await freePorts(1);
    const { child, output, exitCode } = start([
      'controller',
      '--trust=open',
      `--kubeconfig=${kubeconfig}`,
      '--namespaces=process-test',
      `--health-address=127.0.0.1:${String(port)}`,
    ]);
    const probe = async (path: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${String(port)}${path}`)).status;
    await eventually(async () => expect(await probe('/readyz')).toBe(200), {
      describe: 'readiness',
      deadlineMs: 20_000,
    });
    expect(await probe('/livez')).toBe(200);
    expect(await probe('/elsewhere')).toBe(404);
    child.kill('SIGTERM');
    expect(await exitCode).toBe(0);
    const messages = output()
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(messages).toMatchObject([
      { message: 'started' },
      { message: 'everything is listed' },
      { message: 'stopped' },
    ]);
  });

  test('that finds its health address taken says so and ends', async () => {
    const kubeconfig = cluster.details.kubeconfigPath;
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { output, exitCode } = start([
      'controller',
      '--trust=open',
      `--kubeconfig=${kubeconfig}`,
      `--health-address=127.0.0.1:${String(port)}`,
    ]);
    expect(await exitCode).toBe(2);
    expect(inOneLine(output())).toMatch(
      /^mirrorauth: nothing can listen on .* \(EADDRINUSE\): .*$/,
    );
    taken.close();
  });

  test.each([
    [[], 2, 'usage: mirrorauth <command> [options]'],
    [['help'], 0, '--trust=open'],
    [['render', '--help'], 0, '--show-credentials'],
    [['help', 'render'], 0, 'usage: mirrorauth render -f FILE... [options]'],
  ])('%j ends with %i and shows how it is used', async (args, code, says) => {
    const { output, exitCode } = start(args);
    expect(await exitCode).toBe(code);
    expect(output()).toContain(says);
  });

  test.each([
    [['rendr'], 'there is no command rendr: write one of controller'],
    [['render'], '--filename is missing'],
    [['controller'], '--trust is missing'],
    [['controller', '--trust=policy'], '--trust=policy is unknown: write open'],
    [['controller', '--trust=open', '--namespaces=A_b'], 'A_b is no name of a namespace'],
    [['controller', '--trust=open', '--concurrency=0'], 'write a number from 1 to 64'],
    [['controller', '--trust=open', '--leader-elect'], "Unknown option '--leader-elect'"],
    [['controller', '--trust=open', '--kubeconfig=/nonexistent'], '/nonexistent'],
    [['controller', '--trust=open'], 'kubeconfig'],
  ])('%j ends with 2 and one complaint that says: %s', async (args, says) => {
    const { output, exitCode } = start(args);
    expect(await exitCode).toBe(2);
    expect(inOneLine(output())).toMatch(/^mirrorauth: [^{}]*$/);
    expect(inOneLine(output())).toContain(says);
  });
});

/** Complaints are wrapped for a terminal of 80 columns. */
function inOneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
