import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'rolldown';
import { parse } from 'yaml';
import { z } from 'zod';
import { bundle } from '../rolldown.config.ts';
import type { ControlPlane } from '../testbed/control-plane.ts';
import { startProcess } from '../testbed/process.ts';
import type { RunningProcess } from '../testbed/process.ts';

const DEPLOY = join(import.meta.dirname, '..', 'deploy');

/** What of the Deployment says how the program is started. */
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

/** Starts the operator as the image and the Deployment do. */
export interface Operators {
  /** Resolves when it has listed everything. */
  start(): Promise<RunningProcess>;
}

/**
 * Installs deploy/ in the cluster and makes the bundle. Each operator is the bundle on this Node,
 * with the arguments and the environment of the Deployment and nothing else, and with a token of its
 * ServiceAccount. Only two things differ from a pod: there is a kubeconfig, and probes have any port.
 */
export async function installOperator(cluster: ControlPlane): Promise<Operators> {
  await cluster.expectKubectl([
    'apply',
    '--server-side',
    '--force-conflicts',
    `--kustomize=${DEPLOY}`,
  ]);
  const { metadata, spec } = deploymentSchema.parse(
    parse(await readFile(join(DEPLOY, 'base', 'deployment.yaml'), 'utf8')),
  );
  const { serviceAccountName, containers } = spec.template.spec;
  const [{ args, env }] = containers;
  const kubeconfig = await cluster.kubeconfigFor({
    serviceAccount: serviceAccountName,
    namespace: metadata.namespace,
  });
  const app = join(cluster.details.dir, 'app');
  await build(bundle(app));
  return {
    async start() {
      const operator = startProcess({
        name: 'mirrorauth',
        command: 'env',
        args: [
          '-i',
          ...env.map(({ name, value }) => `${name}=${value}`),
          process.execPath,
          join(app, 'mirrorauth.mjs'),
          ...args,
          `--kubeconfig=${kubeconfig}`,
          '--health-address=127.0.0.1:0',
        ],
        logDir: cluster.details.dir,
      });
      await operator.whenReady(() => {
        if (!operator.log().includes('"everything is listed"')) {
          throw new Error('it has not listed everything');
        }
      });
      return operator;
    },
  };
}
