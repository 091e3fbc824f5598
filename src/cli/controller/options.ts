import { parseAddress } from '../address.ts';
import type { Address } from '../address.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../log.ts';
import type { LogOptions } from '../log.ts';
import { NAMESPACE_NAME } from '../namespace.ts';
import { oneOf, optionReader, SWITCH, UsageError } from '../options.ts';

export interface ControllerConfig {
  /** Absent: as kubectl finds it. */
  readonly kubeconfig: string | undefined;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly concurrency: number;
  readonly leaderElect: boolean;
  readonly healthAddress: Address;
  /** Absent: none are served. */
  readonly metricsAddress: Address | undefined;
  readonly log: LogOptions;
}

export const OPTIONS = {
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
  leaderElect: {
    flag: 'leader-elect',
    help: 'for several replicas: of those that share a namespace, one at a time does the work; the Lease lies in the namespace of the pod, or of the context of the kubeconfig',
    ...SWITCH,
  },
  healthAddress: {
    flag: 'health-address',
    value: '[HOST]:PORT',
    help: 'where /livez and /readyz are answered',
    default: ':8081',
    parse: parseAddress('health-address'),
  },
  metricsAddress: {
    flag: 'metrics-address',
    value: '[HOST]:PORT',
    help: 'where /metrics is answered, for Prometheus',
    default: '',
    whenEmpty: 'nowhere',
    parse: (text: string) => (text === '' ? undefined : parseAddress('metrics-address')(text)),
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

/** @throws UsageError */
export function readConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ControllerConfig {
  const read = optionReader(OPTIONS, args, environment);
  read(OPTIONS.trust);
  return {
    kubeconfig: read(OPTIONS.kubeconfig),
    namespaces: read(OPTIONS.namespaces),
    concurrency: read(OPTIONS.concurrency),
    leaderElect: read(OPTIONS.leaderElect),
    healthAddress: read(OPTIONS.healthAddress),
    metricsAddress: read(OPTIONS.metricsAddress),
    log: { level: read(OPTIONS.logLevel), format: read(OPTIONS.logFormat) },
  };
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
