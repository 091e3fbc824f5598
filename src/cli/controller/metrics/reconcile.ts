import { Counter, Gauge, Histogram } from '@prometheus-io/client';
import type { Registry } from '@prometheus-io/client';
import type { WorkerObserver, WorkOutcome } from '../../../kube/workers.ts';
import { seconds } from './collected.ts';

/** As of controller-runtime v0.25.2 pkg/internal/controller/metrics/metrics.go. */

const CONTROLLER = { controller: 'mirrorauth' } as const;
const buckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
  1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** A panic is what Go has for it; here anything is thrown that is no answer of the server. */
const RESULTS: Readonly<Record<WorkOutcome, string>> = {
  done: 'success',
  again: 'requeue_after',
  failed: 'error',
  broken: 'error',
};

export function workerMetrics(registry: Registry, concurrency: number): WorkerObserver {
  const common = { labelNames: ['controller'] as const, registers: [registry] };
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'] as const,
    registers: [registry],
  });
  const errors = new Counter({
    ...common,
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors per controller',
  });
  const panics = new Counter({
    ...common,
    name: 'controller_runtime_reconcile_panics_total',
    help: 'Total number of reconciliation panics per controller',
  });
  const time = new Histogram({
    ...common,
    buckets,
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
  });
  const active = new Gauge({
    ...common,
    name: 'controller_runtime_active_workers',
    help: 'Number of currently used workers per controller',
  });
  new Gauge({
    ...common,
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles per controller',
  }).set(CONTROLLER, concurrency);
  for (const result of new Set(Object.values(RESULTS))) {
    total.inc({ ...CONTROLLER, result }, 0);
  }
  errors.inc(CONTROLLER, 0);
  panics.inc(CONTROLLER, 0);
  time.zero(CONTROLLER);
  active.set(CONTROLLER, 0);
  return {
    onStart: () => active.inc(CONTROLLER),
    onEnd: (outcome, workedMs) => {
      active.dec(CONTROLLER);
      time.observe(CONTROLLER, seconds(workedMs));
      total.inc({ ...CONTROLLER, result: RESULTS[outcome] });
      errors.inc(CONTROLLER, RESULTS[outcome] === 'error' ? 1 : 0);
      panics.inc(CONTROLLER, outcome === 'broken' ? 1 : 0);
    },
  };
}
