import { Counter, Histogram } from '@prometheus-io/client';
import type { Registry } from '@prometheus-io/client';
import type { QueueObserver, QueueState } from '../../../kube/work-queue.ts';
import { collectedGauge, seconds } from './collected.ts';

/** As of controller-runtime v0.25.2 pkg/internal/metrics/workqueue.go, without priorities. */

const LABELS = { name: 'mirrorauth', controller: 'mirrorauth' } as const;
const labelNames = ['name', 'controller'] as const;
const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

export function queueMetrics(registry: Registry): QueueObserver {
  const common = { labelNames, registers: [registry] };
  const adds = new Counter({
    ...common,
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue',
  }).labels(LABELS);
  const retries = new Counter({
    ...common,
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue',
  }).labels(LABELS);
  const waited = new Histogram({
    ...common,
    buckets,
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
  });
  const worked = new Histogram({
    ...common,
    buckets,
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes.',
  });
  adds.inc(0);
  retries.inc(0);
  waited.zero(LABELS);
  worked.zero(LABELS);
  return {
    onAdd: () => adds.inc(),
    onRetry: () => retries.inc(),
    onTake: (ms) => waited.observe(LABELS, seconds(ms)),
    onDone: (ms) => worked.observe(LABELS, seconds(ms)),
  };
}

export function followQueue(registry: Registry, state: () => QueueState): void {
  const follow = (name: string, help: string, valueOf: (state: QueueState) => number): void =>
    collectedGauge(registry, { name, help, labelNames }, () => [
      { labels: LABELS, value: valueOf(state()) },
    ]);
  follow('workqueue_depth', 'Current depth of workqueue', ({ depth }) => depth);
  follow(
    'workqueue_unfinished_work_seconds',
    "How many seconds of work has been done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
    ({ unfinishedMs }) => seconds(unfinishedMs),
  );
  follow(
    'workqueue_longest_running_processor_seconds',
    'How many seconds has the longest running processor for workqueue been running.',
    ({ longestMs }) => seconds(longestMs),
  );
}
