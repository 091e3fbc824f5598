import { freePorts, retryTakenPort } from './addresses.ts';
import { ensureBinaries } from './binaries.ts';
import { ControlPlaneClient } from './control-plane/client.ts';
import type { ControlPlaneDetails } from './control-plane/client.ts';
import { writeFiles } from './control-plane/files.ts';
import {
  expectOk,
  startApiServer,
  startControllerManager,
  startEtcd,
} from './control-plane/processes.ts';
import type { RunningProcess } from './process.ts';
import { eventually } from './eventually.ts';
import { printProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

export interface ControlPlaneOptions {
  /** The folder for everything, kept at the end; absent: a temporary one. */
  readonly dir?: string;
  readonly progress?: Progress;
  /**
   * Files of CRDs, served before kube-controller-manager starts: its garbage collector
   * looks for new kinds only every 30 s.
   */
  readonly crds?: readonly string[];
}

/** A running control plane, and what one does with it. */
export class ControlPlane extends ControlPlaneClient {
  /** Aborted when one of its processes ends unasked; the reason quotes that one's log. */
  readonly died: AbortSignal;
  readonly #children: RunningProcess[];
  readonly #directory: TemporaryDirectory | undefined;
  readonly #startServer: () => RunningProcess;

  constructor(
    { details, startServer }: Started,
    children: RunningProcess[],
    directory: TemporaryDirectory | undefined,
  ) {
    super(details);
    this.#children = children;
    this.#directory = directory;
    this.#startServer = startServer;
    this.died = AbortSignal.any(children.map((child) => child.died));
  }

  /** For signals. */
  get apiServerPid(): number {
    return this.#pidOf('kube-apiserver');
  }

  /** For signals: the garbage collector runs there. */
  get controllerManagerPid(): number {
    return this.#pidOf('kube-controller-manager');
  }

  /** Ends kube-apiserver, if it is not dead already, and starts it again; resolves when it is ready. */
  async restartApiServer(): Promise<void> {
    const index = this.#children.findIndex(({ name }) => name === 'kube-apiserver');
    await this.#children[index]?.stop();
    const server = this.#startServer();
    this.#children[index] = server;
    await server.whenReady(() => this.get('/readyz'));
  }

  /** Ends the processes, etcd last, and removes the temporary folder. */
  async stop(): Promise<void> {
    await stopAll(this.#children);
    await this.#directory?.remove();
  }

  #pidOf(process: string): number {
    return this.#children.find(({ name }) => name === process)?.pid ?? 0;
  }
}

/**
 * Starts etcd, kube-apiserver and kube-controller-manager on free ports of 127.0.0.1.
 * When it resolves, /readyz is ok, RBAC's bootstrap roles and the namespace `default` are there,
 * and ServiceAccounts are being made. All of it ends with this process at the latest.
 * Errors: a process that does not come up is named, with the end of its log.
 */
export function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  return retryTakenPort(async () => {
    const directory = options.dir === undefined ? await temporaryDirectory() : undefined;
    const children: RunningProcess[] = [];
    try {
      const dir = options.dir ?? directory?.path ?? '';
      return new ControlPlane(await start(dir, options, children), children, directory);
    } catch (error) {
      await stopAll(children);
      await directory?.remove();
      throw error;
    }
  });
}

interface Started {
  readonly details: ControlPlaneDetails;
  /** Starts kube-apiserver once more. */
  readonly startServer: () => RunningProcess;
}

/** Starts the processes in order and adds each to `children` as soon as it runs. */
async function start(
  dir: string,
  { progress = printProgress, crds = [] }: ControlPlaneOptions,
  children: RunningProcess[],
): Promise<Started> {
  const binaries = await ensureBinaries(
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'credentials'],
    { progress },
  );
  const [etcdPort = 0, port = 0] = await freePorts(2);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const url = `https://127.0.0.1:${port}`;
  const { files, details } = await writeFiles({
    dir,
    url,
    etcdUrl,
    kubectlPath: binaries.kubectl,
  });
  const client = new ControlPlaneClient(details);

  const etcd = startEtcd(binaries.etcd, dir, etcdUrl);
  children.push(etcd);
  await etcd.whenReady(() => expectOk(`${etcdUrl}/health`));
  const startServer = (): RunningProcess =>
    startApiServer({ command: binaries['kube-apiserver'], files, etcdUrl, port });
  const server = startServer();
  children.push(server);
  // RBAC's bootstrap roles are one of the checks of /readyz.
  await server.whenReady(() => client.get('/readyz'));
  await server.whenReady(() => client.get('/api/v1/namespaces/default'));
  await applyCrds(client, crds);
  const manager = startControllerManager(binaries['kube-controller-manager'], files);
  children.push(manager);
  await manager.whenReady(() => client.get('/api/v1/namespaces/default/serviceaccounts/default'));
  return { details, startServer };
}

async function applyCrds(client: ControlPlaneClient, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const files = paths.map((path) => `--filename=${path}`);
  await client.expectKubectl(['apply', ...files]);
  // kubectl fails on a CRD whose conditions are still null instead of waiting for them (v1.37.2).
  await eventually(() => client.expectKubectl(['wait', '--for=condition=Established', ...files]), {
    describe: 'the CRDs to be served',
    deadlineMs: 30_000,
  });
}

async function stopAll(children: readonly RunningProcess[]): Promise<void> {
  for (const child of children.toReversed()) await child.stop();
}
