import { startController } from '../../src/controller/controller.ts';
import type { ControllerOptions } from '../../src/controller/controller.ts';
import { whyNotReady } from '../../src/cli/controller/probes.ts';
import { createLogger } from '../../src/cli/log.ts';
import { createClient } from '../../src/kube/client.ts';
import type { Client } from '../../src/kube/client.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { loadConnection } from '../../src/kube/connection.ts';
import { withRetries } from '../../src/kube/retry.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { ControlPlaneClient } from '../../testbed/control-plane/client.ts';

/** The operator as it runs in a cluster, in this process: its own ServiceAccount, the RBAC of deploy/. */
export interface Operator {
  /** Everything that it logged, at the most verbose level, as it would stand on stderr. */
  readonly logged: () => string;
  /** What /readyz says is missing. */
  readonly notReady: () => readonly string[];
  /** As the audit log names it. */
  readonly user: string;
  stop(): Promise<void>;
}

export interface OperatorOptions extends Partial<
  Pick<ControllerOptions, 'clock' | 'concurrency' | 'watchTimeoutSeconds'>
> {
  readonly namespaces: readonly string[];
  /** For faults that a real API server cannot be made to show. */
  readonly faulty?: (client: Client) => Client;
  /** Not to wait until every namespace was listed: one of them cannot be. */
  readonly isPartlyBlind?: boolean;
  /** Absent: made for the ServiceAccount, straight to the API server. */
  readonly kubeconfig?: string;
  /** Absent: the ServiceAccount that deploy/ makes. */
  readonly serviceAccount?: { readonly serviceAccount: string; readonly namespace: string };
}

const DEPLOYED = { serviceAccount: 'mirrorauth', namespace: 'mirrorauth-system' };

export async function startOperator(
  cluster: ControlPlaneClient,
  options: OperatorOptions,
): Promise<Operator> {
  const {
    serviceAccount = DEPLOYED,
    clock = systemClock,
    isPartlyBlind,
    faulty,
    kubeconfig = await cluster.kubeconfigFor(serviceAccount),
    ...rest
  } = options;
  const lines: string[] = [];
  const log = createLogger(
    { level: 'debug', format: 'json' },
    { write: (line) => lines.push(line) },
  );
  const connection = await loadConnection({ kubeconfig });
  const transport = createTransport({ connection, clock, userAgent: 'mirrorauth' });
  const client = createClient(withRetries(transport, { clock, random: Math.random }));
  const controller = startController({
    client: faulty === undefined ? client : faulty(client),
    clock,
    random: Math.random,
    log,
    concurrency: 4,
    instance: 'test',
    ...rest,
  });
  if (isPartlyBlind !== true) {
    await controller.synced;
  }
  return {
    logged: () => lines.join(''),
    notReady: () => whyNotReady(controller),
    user: `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.serviceAccount}`,
    stop: async () => {
      await controller.stop();
      await transport.close();
    },
  };
}

/** A client with the administrator's rights, to make and look at the world with. */
export async function adminClient(
  cluster: ControlPlaneClient,
): Promise<{ readonly client: Client; readonly close: () => Promise<void> }> {
  const connection = await loadConnection({ kubeconfig: cluster.details.kubeconfigPath });
  const transport = createTransport({ connection, clock: systemClock, userAgent: 'test-admin' });
  return { client: createClient(transport), close: () => transport.close() };
}
