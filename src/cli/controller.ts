import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { FIELD_MANAGER } from '../controller/apply.ts';
import { startController } from '../controller/controller.ts';
import type { Controller } from '../controller/controller.ts';
import { createClient } from '../kube/client.ts';
import type { Client } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import type { Connection } from '../kube/connection.ts';
import { errorFields } from '../kube/errors.ts';
import { fenced } from '../kube/fence.ts';
import { runLeaderElection } from '../kube/leader-election.ts';
import type { Election, LossReason } from '../kube/leader-election.ts';
import { withRetries } from '../kube/retry.ts';
import { observed } from '../kube/observed.ts';
import { createTransport } from '../kube/transport.ts';
import type { Transport } from '../kube/transport.ts';
import type { Command } from './command.ts';
import type { Metrics } from './controller/metrics.ts';
import { OPTIONS, readConfig } from './controller/options.ts';
import type { ControllerConfig } from './controller/options.ts';
import { whyNotLive, whyNotReady } from './controller/probes.ts';
import { serveHealth } from './health.ts';
import { createLogger } from './log.ts';
import { helpOf, UsageError } from './options.ts';

export const controllerCommand: Command = {
  name: 'controller',
  summary: 'keep the outputs of every MirrorAuth in a cluster',
  usage: 'controller --trust=open [options]',
  help: helpOf(OPTIONS),
  run: async (args, world) => {
    const config = readConfig(args, world.environment);
    const log = createLogger(config.log, world.stderr);
    try {
      return await Promise.race([run(config, world.stopSignal(), log), world.fault()]);
    } catch (error) {
      if (error instanceof UsageError) {
        throw error;
      }
      log.fatal(errorFields(error), 'ended by an error that nobody expected');
      return 1;
    }
  },
};

/** Of the Lease, in the namespace of the pod. */
const LEASE = 'mirrorauth';

interface Measurement extends Metrics {
  readonly close: () => void;
}

/** From start to end, in good order or not. */
async function run(
  config: ControllerConfig,
  stopSignal: AbortSignal,
  log: Logger,
): Promise<number> {
  const connection = await connect(config.kubeconfig);
  const leaseNamespace = config.leaderElect ? leaseNamespaceOf(connection) : undefined;
  // First, so that an address that is taken ends the process before it has done anything.
  let controller: Controller | undefined;
  const health = await serveHealth(config.healthAddress, {
    '/livez': () => (controller === undefined ? [] : whyNotLive(controller, systemClock.now())),
    '/readyz': () => (controller === undefined ? ['not started yet'] : whyNotReady(controller)),
  });
  const metrics = await measure(config, connection);
  // The pod's name, and which of its containers' lives this is; audit logs show it as user agent.
  const identity = `${hostname()}_${randomUUID()}`;
  const transport = transportTo(connection, metrics, identity);
  const election =
    leaseNamespace === undefined
      ? undefined
      : campaign(transport, { namespace: leaseNamespace, identity, log });
  controller = startWork(config, log, { transport, election, metrics });
  log.info(
    {
      server: connection.server.host,
      namespaces: config.namespaces.join(',') || 'all',
      identity,
    },
    'started',
  );
  void controller.synced.then((isSynced) => isSynced && log.info({}, 'everything is listed'));
  const loss = await Promise.race([asked(stopSignal), ...(election ? [election.lost] : [])]);
  if (loss !== undefined) {
    // Cuts off what is under way. The process ends with what this returns, and starts anew.
    void transport.close();
    log.warn({ reason: loss }, 'this process leads no more, and ends');
    return 1;
  }
  await controller.stop();
  await election?.resign();
  health.close();
  metrics?.close();
  await transport.close();
  log.info({}, 'stopped');
  return 0;
}

interface Parts {
  readonly transport: Transport;
  readonly election: Election | undefined;
  readonly metrics: Measurement | undefined;
}

function startWork(
  { namespaces, concurrency }: ControllerConfig,
  log: Logger,
  { transport, election, metrics }: Parts,
): Controller {
  const controller = startController({
    client: clientOf(transport, election),
    clock: systemClock,
    random: Math.random,
    log,
    namespaces,
    concurrency,
    instance: hostname(),
    ...(election && { begin: election.elected }),
    ...(metrics && { observers: metrics.observers }),
  });
  metrics?.follow({
    controller,
    ...(election && { leadership: { lease: LEASE, leads: () => election.mayWrite() } }),
  });
  return controller;
}

/** client-node is loaded here and not before: it takes half a second and 80 MB. */
async function connect(kubeconfig: string | undefined): Promise<Connection> {
  const { ConnectionError, loadConnection } = await import('../kube/connection.ts');
  try {
    return await loadConnection(kubeconfig === undefined ? {} : { kubeconfig });
  } catch (error) {
    if (error instanceof ConnectionError) {
      throw new UsageError(error.message);
    }
    throw error;
  }
}

/** Its library is loaded where it is asked for, and not before. */
async function measure(
  { metricsAddress, concurrency }: ControllerConfig,
  { server }: Connection,
): Promise<Measurement | undefined> {
  if (metricsAddress === undefined) {
    return undefined;
  }
  const { createMetrics, serveMetrics } = await import('./controller/metrics.ts');
  const metrics = createMetrics({
    clock: systemClock,
    host: server.host,
    concurrency,
  });
  const served = await serveMetrics(metricsAddress, metrics);
  return { ...metrics, close: () => served.close() };
}

function transportTo(
  connection: Connection,
  metrics: Measurement | undefined,
  identity: string,
): Transport {
  const userAgent = `mirrorauth (${identity})`;
  const transport = createTransport({ connection, clock: systemClock, userAgent });
  return metrics === undefined
    ? transport
    : observed(transport, { observer: metrics.requests, clock: systemClock });
}

function leaseNamespaceOf({ namespace }: Connection): string {
  if (namespace === undefined) {
    throw new UsageError(
      '--leader-elect: the context of the kubeconfig names no namespace, in which the Lease would lie',
    );
  }
  return namespace;
}

function campaign(
  transport: Transport,
  {
    namespace,
    identity,
    log,
  }: { readonly namespace: string; readonly identity: string; readonly log: Logger },
): Election {
  return runLeaderElection({
    client: createClient(transport),
    lease: { namespace, name: LEASE },
    identity,
    fieldManager: FIELD_MANAGER,
    clock: systemClock,
    random: Math.random,
    log,
  });
}

/** What the controller works through: it writes only while this process leads. */
function clientOf(transport: Transport, election: Election | undefined): Client {
  const guarded = election === undefined ? transport : fenced(transport, () => election.mayWrite());
  return createClient(withRetries(guarded, { clock: systemClock, random: Math.random }));
}

/** Resolves when somebody asks the process to end. */
function asked(stopSignal: AbortSignal): Promise<LossReason | undefined> {
  return new Promise((resolve) => {
    if (stopSignal.aborted) {
      resolve(undefined);
    }
    stopSignal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
