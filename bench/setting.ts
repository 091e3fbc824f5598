import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'rolldown';
import { parse } from 'yaml';
import { z } from 'zod';
import { bundle } from '../rolldown.config.ts';
import { adminClient } from '../test/support/operator.ts';
import type { Client } from '../src/kube/client.ts';
import { startControlPlane } from '../testbed/control-plane.ts';
import type { ControlPlane } from '../testbed/control-plane.ts';
import { startProcess } from '../testbed/process.ts';
import type { RunningProcess } from '../testbed/process.ts';
import { printProgress } from '../testbed/progress.ts';

const ROOT = join(import.meta.dirname, '..');

/** What all measurements of a run share. */
export interface Setting {
  readonly cluster: ControlPlane;
  /** Command line of the bundle, to which a subcommand is added. */
  readonly program: readonly string[];
  /** With an administrator's rights. */
  readonly client: Client;
  /** The operator, as the audit log names it. */
  readonly user: string;
  /**
   * Starts the operator as the image and the Deployment do: the bundle on Node, with the arguments
   * and the environment of the Deployment and nothing else, as its ServiceAccount. Only these differ
   * from a pod: there is a kubeconfig, and the probes have any free port.
   *
   * @param more arguments behind those of the Deployment
   * @returns when it has listed everything
   */
  startOperator(more?: readonly string[]): Promise<RunningProcess>;
  /** Ends everything and leaves nothing behind. */
  stop(): Promise<void>;
}

/** Starts a control plane, installs deploy/ there and makes the bundle. */
export async function startSetting(): Promise<Setting> {
  printProgress('starting etcd, kube-apiserver and kube-controller-manager');
  const cluster = await startControlPlane({
    crds: [join(ROOT, 'crds', 'mirrorauth.dev_mirrorauths.yaml')],
  });
  try {
    const { dir } = cluster.details;
    await cluster.expectKubectl(['apply', '--server-side', `--kustomize=${join(ROOT, 'deploy')}`]);
    const { env, args, ...account } = await readDeployment();
    const kubeconfig = await cluster.kubeconfigFor(account);
    const app = join(dir, 'app');
    await build({ ...bundle(app), cwd: ROOT });
    const admin = await adminClient(cluster);
    const program = [process.execPath, join(app, 'mirrorauth.mjs')];
    const command = [...program, ...args];
    const inPlaceOfAPod = [
      `--kubeconfig=${kubeconfig}`,
      '--health-address=127.0.0.1:0',
      '--metrics-address=127.0.0.1:0',
    ];
    return {
      cluster,
      program,
      client: admin.client,
      user: `system:serviceaccount:${account.namespace}:${account.serviceAccount}`,
      startOperator: (more = []) =>
        startOperator(dir, ['-i', ...env, ...command, ...inPlaceOfAPod, ...more]),
      stop: async () => {
        await admin.close();
        await cluster.stop();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

const deploymentSchema = z.object({
  metadata: z.object({ namespace: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        serviceAccountName: z.string(),
        containers: z.tuple([
          z.object({
            args: z.array(z.string()),
            env: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
          }),
        ]),
      }),
    }),
  }),
});

async function readDeployment(): Promise<{
  readonly serviceAccount: string;
  readonly namespace: string;
  readonly args: readonly string[];
  /** `NAME=value` */
  readonly env: readonly string[];
}> {
  const text = await readFile(join(ROOT, 'deploy', 'base', 'deployment.yaml'), 'utf8');
  const { metadata, spec } = deploymentSchema.parse(parse(text));
  const { serviceAccountName, containers } = spec.template.spec;
  const [{ args, env }] = containers;
  return {
    serviceAccount: serviceAccountName,
    namespace: metadata.namespace,
    args,
    env: env.map(({ name, value }) => `${name}=${value}`),
  };
}

/** @param args of env(1), which is what keeps this process's environment away */
async function startOperator(logDir: string, args: readonly string[]): Promise<RunningProcess> {
  const operator = startProcess({ name: 'mirrorauth', command: 'env', args, logDir });
  await operator.whenReady(() => {
    if (!operator.log().includes('"everything is listed"')) {
      throw new Error('it has not listed everything yet');
    }
  });
  return operator;
}
