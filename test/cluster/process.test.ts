import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
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

function start(args: readonly string[], nodeOptions: readonly string[] = []): Running {
  return run([process.execPath, ...nodeOptions, MAIN, ...args]);
}

function run([command = '', ...args]: readonly string[], environment = {}): Running {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of the machine's own cluster access may leak into the test.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment },
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

  test('stands by ready while another one leads, and takes over when that one ends', async () => {
    const kubeconfig = await cluster.kubeconfigFor({
      serviceAccount: 'mirrorauth',
      namespace: 'mirrorauth-system',
    });
    await cluster.expectKubectl(['create', 'namespace', 'election-test']);
    const ports = await freePorts(2);
    const replica = (port: number): Running =>
      start([
        'controller',
        '--trust=open',
        '--leader-elect',
        `--kubeconfig=${kubeconfig}`,
        '--namespaces=election-test',
        `--health-address=127.0.0.1:${String(port)}`,
      ]);
    const untilReady = (port: number | undefined): Promise<void> =>
      eventually(
        async () =>
          expect((await fetch(`http://127.0.0.1:${String(port)}/readyz`)).status).toBe(200),
        { describe: 'readiness', deadlineMs: 20_000 },
      );
    const untilLeading = ({ output }: Running): Promise<void> =>
      eventually(() => expect(output()).toContain('this process leads'), {
        describe: 'the lease',
        deadlineMs: 30_000,
      });
    const first = replica(ports[0] ?? 0);
    await untilLeading(first);
    const second = replica(ports[1] ?? 0);
    await untilReady(ports[1]);
    expect(second.output()).not.toContain('this process leads');
    first.child.kill('SIGTERM');
    expect(await first.exitCode).toBe(0);
    await untilLeading(second);
    const lease = await cluster.expectKubectl([
      'get',
      'lease/mirrorauth',
      '--namespace=mirrorauth-system',
      '--output=jsonpath={.spec.leaseTransitions}',
    ]);
    expect(lease).toBe('1');
    second.child.kill('SIGTERM');
    expect(await second.exitCode).toBe(0);
  });

  test('that loses the lease says so and ends with 1', async () => {
    const kubeconfig = await cluster.kubeconfigFor({
      serviceAccount: 'mirrorauth',
      namespace: 'mirrorauth-system',
    });
    const { output, exitCode } = start([
      'controller',
      '--trust=open',
      '--leader-elect',
      `--kubeconfig=${kubeconfig}`,
      '--namespaces=default',
      '--health-address=127.0.0.1:0',
    ]);
    await eventually(() => expect(output()).toContain('this process leads'), {
      describe: 'the lease',
      deadlineMs: 30_000,
    });
    await cluster.expectKubectl([
      'patch',
      'lease/mirrorauth',
      '--namespace=mirrorauth-system',
      '--type=merge',
      '--patch={"spec":{"holderIdentity":"somebody else"}}',
    ]);
    expect(await exitCode).toBe(1);
    const last: unknown = JSON.parse(output().trim().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({
      level: 'warn',
      reason: 'another process holds the lease',
    });
    await cluster.expectKubectl(['delete', 'lease/mirrorauth', '--namespace=mirrorauth-system']);
  });

  test.each([
    ['an error', 'throw new Error("hunter" + 2)'],
    ['a rejection', 'Promise.reject(new Error("hunter" + 2))'],
  ])(
    'that meets %s that nobody caught ends with one line, without its text',
    async (_name, fail) => {
      // As soon as somebody would catch it.
      const code = `const t = setInterval(() => {
      if (process.listenerCount("uncaughtException") > 0) { clearInterval(t); ${fail}; }
    }, 10);`;
      const { output, exitCode } = start(
        [
          'controller',
          '--trust=open',
          `--kubeconfig=${cluster.details.kubeconfigPath}`,
          '--namespaces=default',
          '--health-address=127.0.0.1:0',
        ],
        ['--import', `data:text/javascript,${encodeURIComponent(code)}`],
      );
      expect(await exitCode).toBe(1);
      const last: unknown = JSON.parse(output().trim().split('\n').at(-1) ?? '');
      expect(last).toMatchObject({ level: 'fatal', error: 'Error' });
      expect(output()).not.toContain('hunter2');
    },
  );

  // A pod's ServiceAccount lies where only a pod, or a mount namespace of one's own, can have it.
  test.skipIf(spawnSync('unshare', ['-rm', 'true']).status !== 0)(
    'finds its way as in a pod, by the ServiceAccount that is mounted',
    async () => {
      const { dir, url, caPath } = cluster.details;
      const folder = await mkdtemp(join(dir, 'pod-'));
      const token = await cluster.expectKubectl([
        'create',
        'token',
        'mirrorauth',
        '--namespace=mirrorauth-system',
      ]);
      await writeFile(join(folder, 'token'), token);
      await writeFile(join(folder, 'namespace'), 'mirrorauth-system');
      await copyFile(caPath, join(folder, 'ca.crt'));
      const { hostname, port } = new URL(url);
      const place = '/var/run/secrets/kubernetes.io';
      const mount = `mount -t tmpfs tmpfs /var/run && mkdir -p ${place} && ln -s ${folder} ${place}/serviceaccount`;
      const main = `'${process.execPath}' '${MAIN}' controller --trust=open --leader-elect --namespaces=default --health-address=127.0.0.1:0`;
      const { child, output, exitCode } = run(
        ['unshare', '-rm', 'sh', '-c', `${mount} && exec ${main}`],
        { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
      );
      await eventually(() => expect(output()).toContain('this process leads'), {
        describe: 'the lease of the namespace of the pod',
        deadlineMs: 30_000,
      });
      expect(output()).toContain('everything is listed');
      child.kill('SIGTERM');
      expect(await exitCode).toBe(0);
    },
  );

  test('--leader-elect needs a namespace for the Lease, and says so', async () => {
    const folder = await mkdtemp(join(cluster.details.dir, 'nowhere-'));
    const kubeconfig = await readFile(cluster.details.kubeconfigPath, 'utf8');
    await writeFile(
      join(folder, 'config'),
      kubeconfig.replace(/,?\s*"?namespace"?: *[^,}\s]+/, ''),
    );
    const { output, exitCode } = start([
      'controller',
      '--trust=open',
      '--leader-elect',
      `--kubeconfig=${join(folder, 'config')}`,
    ]);
    expect(await exitCode).toBe(2);
    expect(inOneLine(output())).toMatch(/^mirrorauth: --leader-elect: .* names no namespace.*$/);
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
    [['controller', '--trust=open', '--leader-elect=maybe'], 'write true or false'],
    [['controller', '--trust=open', '--elect'], "Unknown option '--elect'"],
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
