import { join } from 'node:path';
import { freePorts } from '../testbed/addresses.ts';
import { BINARY_NAMES } from '../testbed/binaries/catalog.ts';
import { ensureBinaries } from '../testbed/binaries.ts';
import { startBuildkitd } from '../testbed/buildkit.ts';
import type { Buildkitd } from '../testbed/buildkit.ts';
import { startControlPlane } from '../testbed/control-plane.ts';
import type { ControlPlane } from '../testbed/control-plane.ts';
import { expectOk } from '../testbed/control-plane/processes.ts';
import { startOriginAndMirror } from '../testbed/origin-and-mirror.ts';
import type { OriginAndMirror } from '../testbed/origin-and-mirror.ts';
import { startProcess } from '../testbed/process.ts';
import type { RunningProcess } from '../testbed/process.ts';
import { seedImages } from '../testbed/seed-images.ts';
import { temporaryDirectory } from '../testbed/temporary-directory.ts';
import { progress } from './page.ts';

const ROOT = join(import.meta.dirname, '..');
/** As deploy/ names them. */
const SERVICE_ACCOUNT = { serviceAccount: 'mirrorauth', namespace: 'mirrorauth-system' };

export const NAMESPACE = 'demo';
export const LOGIN = { user: 'ci', password: 'first-password', nextPassword: 'second-password' };

/** The real parts that the demo happens among. */
export interface Setting extends OriginAndMirror {
  readonly dir: string;
  readonly cluster: ControlPlane;
  readonly operator: RunningProcess;
  /** Starts a buildkitd with this buildkitd.toml and nothing in store. */
  startBuildkitd(name: string, configPath: string): Promise<Buildkitd>;
  /** Ends everything and leaves nothing behind. */
  stop(): Promise<void>;
}

/** Starts everything, and says on stderr what it is doing. */
export async function startSetting(): Promise<Setting> {
  await ensureBinaries(BINARY_NAMES, { progress });
  const directory = await temporaryDirectory();
  const dir = directory.path;
  const stops: (() => Promise<void>)[] = [() => directory.remove()];
  const stop = async (): Promise<void> => {
    for (const one of stops.toReversed()) await one();
  };
  const stopping = <T extends { stop(): Promise<void> }>(started: T): T => {
    stops.push(() => started.stop());
    return started;
  };
  try {
    progress('starting etcd, kube-apiserver and kube-controller-manager');
    const cluster = stopping(await startCluster(dir));
    progress('starting mirrorauth with the ServiceAccount and the rights of deploy/');
    const operator = stopping(await startOperator(cluster, dir));
    progress('starting two registries, and pushing two images to one of them');
    const { origin, mirror } = await startRegistries(dir);
    stopping(origin);
    stopping(mirror);
    return {
      dir,
      cluster,
      operator,
      origin,
      mirror,
      stop,
      startBuildkitd: async (name, configPath) =>
        stopping(await startBuildkitd({ dir: join(dir, name), configPath })),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A control plane with everything of deploy/, whose Deployment no kubelet runs, and our namespace. */
async function startCluster(dir: string): Promise<ControlPlane> {
  const cluster = await startControlPlane({
    dir: join(dir, 'control-plane'),
    crds: [join(ROOT, 'crds', 'mirrorauth.dev_mirrorauths.yaml')],
  });
  await cluster.expectKubectl(['apply', '--server-side', `--kustomize=${join(ROOT, 'deploy')}`]);
  await cluster.expectKubectl(['create', 'namespace', NAMESPACE]);
  return cluster;
}

async function startOperator(cluster: ControlPlane, dir: string): Promise<RunningProcess> {
  const [port = 0] = await freePorts(1);
  const operator = startProcess({
    name: 'mirrorauth',
    command: process.execPath,
    args: [
      join(ROOT, 'src', 'main.ts'),
      'controller',
      '--trust=open',
      `--kubeconfig=${await cluster.kubeconfigFor(SERVICE_ACCOUNT)}`,
      `--health-address=127.0.0.1:${port}`,
      '--log-format=text',
    ],
    logDir: dir,
  });
  await operator.whenReady(() => expectOk(`http://127.0.0.1:${port}/readyz`));
  return operator;
}

async function startRegistries(dir: string): Promise<OriginAndMirror> {
  const users = { [LOGIN.user]: LOGIN.password };
  const registries = await startOriginAndMirror({ dir, origin: { users }, mirror: { users } });
  const shared = { 'etc/motd': 'welcome' };
  await seedImages(registries.origin, {
    'team/base:1': { ...shared, release: '1' },
    'team/base:2': { ...shared, release: '2' },
  });
  return registries;
}
