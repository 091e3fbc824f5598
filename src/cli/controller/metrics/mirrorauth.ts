import { Counter, Gauge, Histogram } from '@prometheus-io/client';
import type { Registry } from '@prometheus-io/client';
import type { Controller, Observers } from '../../../controller/controller.ts';
import { targetOf } from '../../../controller/apply.ts';
import type { Clock } from '../../../kube/clock.ts';
import { VERSION } from '../../version.ts';
import { collectedGauge, seconds } from './collected.ts';
import type { Sample } from './collected.ts';

/** What only this operator has. No label holds the name of an object: there may be any number of them. */

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function outputMetrics(registry: Registry): Pick<Observers, 'onWrite' | 'onPropagated'> {
  const writes = new Counter({
    name: 'mirrorauth_output_writes_total',
    help: 'Number of outputs that were written or deleted, by kind and by what was done',
    labelNames: ['kind', 'action'] as const,
    registers: [registry],
  });
  const propagation = new Histogram({
    name: 'mirrorauth_propagation_seconds',
    help: 'Time from when a watch showed that a source changed until the last output that depends on it was written',
    buckets,
    registers: [registry],
  });
  for (const kind of ['Secret', 'ConfigMap']) {
    for (const action of ['create', 'patch', 'replace', 'delete']) {
      writes.inc({ kind, action }, 0);
    }
  }
  return {
    onWrite: (action) =>
      writes.inc({ kind: targetOf(action).kind, action: action.kind.toLowerCase() }),
    onPropagated: (ms) => propagation.observe(seconds(ms)),
  };
}

export function buildInfo(registry: Registry): void {
  new Gauge({
    name: 'mirrorauth_build_info',
    help: 'Always 1; its label says which version runs',
    labelNames: ['version'] as const,
    registers: [registry],
  }).set({ version: VERSION }, 1);
}

export function followReadiness(
  registry: Registry,
  { readyCounts }: Pick<Controller, 'readyCounts'>,
): void {
  collectedGauge(
    registry,
    {
      name: 'mirrorauth_ready',
      help: 'Number of MirrorAuths, by status and reason of their condition Ready',
      labelNames: ['status', 'reason'],
    },
    () =>
      readyCounts().map(({ status, reason, count }) => ({
        labels: { status, reason },
        value: count,
      })),
  );
}

/** Of several watches of one resource the one that was silent for the longest time speaks for it. */
export function followWatches(
  registry: Registry,
  { pulses }: Pick<Controller, 'pulses'>,
  clock: Clock,
): void {
  const startedAt = clock.now();
  collectedGauge(
    registry,
    {
      name: 'mirrorauth_watch_last_event_age_seconds',
      help: 'Time since the API server last said something on the watch of a resource, or since the start',
      labelNames: ['resource'],
    },
    () => {
      const now = clock.now();
      const ages = new Map<string, number>();
      for (const { resource, heardAt = startedAt } of pulses()) {
        ages.set(resource, Math.max(now - heardAt, ages.get(resource) ?? 0));
      }
      return [...ages].map(([resource, ms]): Sample<'resource'> => ({
        labels: { resource },
        value: seconds(ms),
      }));
    },
  );
}

/** As of controller-runtime v0.25.2 pkg/metrics/leaderelection.go. */
export function followLeadership(registry: Registry, lease: string, leads: () => boolean): void {
  collectedGauge(
    registry,
    {
      name: 'leader_election_master_status',
      help: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
      labelNames: ['name'],
    },
    () => [{ labels: { name: lease }, value: leads() ? 1 : 0 }],
  );
}
