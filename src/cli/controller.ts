import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { startController } from '../controller/controller.ts';
import type { Controller } from '../controller/controller.ts';
import { createClient } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import type { Connection } from '../kube/connection.ts';
import { createTransport } from '../kube/transport.ts';
import type { Command } from './command.ts';
import { parseAddress, serveHealth } from './health.ts';
import { NAMESPACE_NAME } from './namespace.ts';
import { createLogger, LOG_FORMATS, LOG_LEVELS } from './log.ts';
import { helpOf, oneOf, optionReader, UsageError } from './options.ts';

const OPTIONS = {
  trust: {
    flag: 'trust',
    value: 'open',
    help: 'who decides which mirrors may be given which credentials: open trusts whoever may write a MirrorAuth, which is for clusters with a single tenant',
    parse: oneOf('trust', ['open']),
  },
  kubeconfig: {
    flag: 'kubeconfig',
    value: 'FILE',
    help: 'how to reach the cluster',
    default: '',
    whenEmpty: 'as kubectl does, and in a pod its ServiceAccount',
    parse: (text: string) => (text === '' ? undefined : text),
  },
  namespaces: {
    flag: 'namespaces',
    value: 'A,B',
    help: 'look after these namespaces only; needs rights in them and nowhere else',
    default: '',
    whenEmpty: 'all',
    parse: parseNamespaces,
  },
  concurrency: {
    flag: 'concurrency',
    value: 'N',
    help: 'how many MirrorAuths are worked on at the same time, 1 to 64',
    default: '8',
    parse: parseConcurrency,
  },
  healthAddress: {
    flag: 'health-address',
    value: '[HOST]:PORT',
    help: 'where /livez and /readyz are answered',
    default: ':8081',
    parse: parseAddress('health-address'),
  },
  logLevel: {
    flag: 'log-level',
    value: LOG_LEVELS.join('|'),
    help: 'the least that is logged',
    default: 'info',
    parse: oneOf('log-level', LOG_LEVELS),
  },
  logFormat: {
    flag: 'log-format',
    value: LOG_FORMATS.join('|'),
    help: 'json for collectors, text for people',
    default: 'json',
    parse: oneOf('log-format', LOG_FORMATS),
  },
} as const;

export const controllerCommand: Command = {
  name: 'controller',
  summary: 'keep the outputs of every MirrorAuth in a cluster',
  usage: 'controller --trust=open [options]',
  help: helpOf(OPTIONS),
  run: async (args, world) => {
    const stopSignal = world.stopSignal();
    const read = optionReader(OPTIONS, args, world.environment);
    read(OPTIONS.trust);
    const namespaces = read(OPTIONS.namespaces);
    const concurrency = read(OPTIONS.concurrency);
    const healthAddress = read(OPTIONS.healthAddress);
    const log = createLogger(
      { level: read(OPTIONS.logLevel), format: read(OPTIONS.logFormat) },
      world.stderr,
    );
    const connection = await connect(read(OPTIONS.kubeconfig));
    const transport = createTransport({ connection, clock: systemClock, userAgent: 'mirrorauth' });
    // First, so that an address that is taken ends the process before it has done anything.
    let controller: Controller | undefined;
    const health = await serveHealth(healthAddress, () => controller?.hasSynced() ?? false);
    controller = startController({
      client: createClient(transport),
      clock: systemClock,
      random: Math.random,
      log,
      namespaces,
      concurrency,
      instance: hostname(),
    });
    log.info(
      { server: connection.server.host, namespaces: namespaces.join(',') || 'all' },
      'started',
    );
    await untilStopped(controller, stopSignal, log);
    await controller.stop();
    health.close();
    await transport.close();
    log.info({}, 'stopped');
    return 0;
  },
};

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

async function untilStopped(
  controller: Controller,
  stopSignal: AbortSignal,
  log: Logger,
): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (stopSignal.aborted) {
      resolve();
    }
    stopSignal.addEventListener('abort', () => resolve(), { once: true });
  });
  if (await Promise.race([controller.synced, stopped])) {
    log.info({}, 'everything is listed');
  }
  await stopped;
}

function parseNamespaces(text: string): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  const wrong = names.find((name) => !NAMESPACE_NAME.test(name));
  if (wrong !== undefined) {
    throw new UsageError(`--namespaces: ${wrong} is no name of a namespace: write a,b`);
  }
  return [...new Set(names)];
}

const MAX_CONCURRENCY = 64;

function parseConcurrency(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > MAX_CONCURRENCY) {
    throw new UsageError(
      `--concurrency=${text}: write a number from 1 to ${String(MAX_CONCURRENCY)}`,
    );
  }
  return number;
}
