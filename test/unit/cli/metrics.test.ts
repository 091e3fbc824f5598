import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/cli/controller/metrics.ts';
import type { Metrics } from '../../../src/cli/controller/metrics.ts';
import { VERSION } from '../../../src/cli/version.ts';
import type { Action } from '../../../src/core/plan/action.ts';
import type { ReadyCount } from '../../../src/controller/readiness.ts';
import type { Pulse } from '../../../src/kube/reflector.ts';
import type { QueueState } from '../../../src/kube/work-queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { documentedMetrics, metricsIn, samplesOf } from '../../support/metrics.ts';

/** What happens, and what Prometheus is told of it. */

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

let clock: FakeClock;
let metrics: Metrics;
let queueState: QueueState;
let readyCounts: readonly ReadyCount[];
let pulses: readonly Pulse[];
let leads: boolean;

beforeEach(() => {
  clock = new FakeClock();
  queueState = { depth: 0, unfinishedMs: 0, longestMs: 0 };
  readyCounts = [];
  pulses = [];
  leads = false;
  metrics = createMetrics({ clock, host: 'api:6443', concurrency: 8 });
  metrics.follow({
    controller: {
      queueState: () => queueState,
      readyCounts: () => readyCounts,
      pulses: () => pulses,
    },
    leadership: { lease: 'mirrorauth', leads: () => leads },
  });
});

async function told(name: string): Promise<Readonly<Record<string, number>>> {
  return samplesOf(await metrics.text(), name);
}

const OURS = 'controller="mirrorauth"';
const QUEUE = 'name="mirrorauth",controller="mirrorauth"';

describe('the queue', () => {
  it('tells additions and retries from the start', async () => {
    expect(await told('workqueue_adds_total')).toEqual({ [`{${QUEUE}}`]: 0 });
    expect(await told('workqueue_retries_total')).toEqual({ [`{${QUEUE}}`]: 0 });
    metrics.observers.queue.onAdd();
    metrics.observers.queue.onAdd();
    metrics.observers.queue.onRetry();
    expect(await told('workqueue_adds_total')).toEqual({ [`{${QUEUE}}`]: 2 });
    expect(await told('workqueue_retries_total')).toEqual({ [`{${QUEUE}}`]: 1 });
  });

  it('tells waiting and work in seconds', async () => {
    metrics.observers.queue.onTake(500);
    metrics.observers.queue.onDone(20_000);
    expect(await told('workqueue_queue_duration_seconds')).toMatchObject({
      [`_bucket{le="0.1",${QUEUE}}`]: 0,
      [`_bucket{le="1",${QUEUE}}`]: 1,
      [`_sum{${QUEUE}}`]: 0.5,
    });
    expect(await told('workqueue_work_duration_seconds')).toMatchObject({
      [`_bucket{le="10",${QUEUE}}`]: 0,
      [`_bucket{le="100",${QUEUE}}`]: 1,
      [`_sum{${QUEUE}}`]: 20,
    });
  });

  it('tells how it stands when it is asked', async () => {
    queueState = { depth: 3, unfinishedMs: 2_500, longestMs: 1_500 };
    expect(await told('workqueue_depth')).toEqual({ [`{${QUEUE}}`]: 3 });
    expect(await told('workqueue_unfinished_work_seconds')).toEqual({ [`{${QUEUE}}`]: 2.5 });
    expect(await told('workqueue_longest_running_processor_seconds')).toEqual({
      [`{${QUEUE}}`]: 1.5,
    });
    queueState = { depth: 0, unfinishedMs: 0, longestMs: 0 };
    expect(await told('workqueue_depth')).toEqual({ [`{${QUEUE}}`]: 0 });
  });
});

describe('the workers', () => {
  it('tell how many there are and how many are at work', async () => {
    expect(await told('controller_runtime_max_concurrent_reconciles')).toEqual({
      [`{${OURS}}`]: 8,
    });
    expect(await told('controller_runtime_active_workers')).toEqual({ [`{${OURS}}`]: 0 });
    metrics.observers.workers.onStart();
    metrics.observers.workers.onStart();
    metrics.observers.workers.onEnd('done', 40);
    expect(await told('controller_runtime_active_workers')).toEqual({ [`{${OURS}}`]: 1 });
  });

  it('tell how each look ended: a mistake of ours is a panic, and an error too', async () => {
    for (const outcome of ['done', 'done', 'again', 'failed', 'broken'] as const) {
      metrics.observers.workers.onStart();
      metrics.observers.workers.onEnd(outcome, 200);
    }
    expect(await told('controller_runtime_reconcile_total')).toEqual({
      [`{${OURS},result="success"}`]: 2,
      [`{${OURS},result="requeue_after"}`]: 1,
      [`{${OURS},result="error"}`]: 2,
    });
    expect(await told('controller_runtime_reconcile_errors_total')).toEqual({ [`{${OURS}}`]: 2 });
    expect(await told('controller_runtime_reconcile_panics_total')).toEqual({ [`{${OURS}}`]: 1 });
    expect(await told('controller_runtime_reconcile_time_seconds')).toMatchObject({
      [`_bucket{le="0.15",${OURS}}`]: 0,
      [`_bucket{le="0.2",${OURS}}`]: 5,
      [`_sum{${OURS}}`]: 1,
    });
  });

  it('tell zeros before anything happened, so that the first failure is an increase', async () => {
    expect(await told('controller_runtime_reconcile_total')).toMatchObject({
      [`{${OURS},result="error"}`]: 0,
    });
    expect(await told('controller_runtime_reconcile_errors_total')).toEqual({ [`{${OURS}}`]: 0 });
    expect(await told('controller_runtime_reconcile_panics_total')).toEqual({ [`{${OURS}}`]: 0 });
  });
});

it('requests are told by code, method and host, those without an answer too', async () => {
  metrics.requests.onAnswer('GET', 200);
  metrics.requests.onAnswer('GET', 200);
  metrics.requests.onAnswer('PATCH', undefined);
  metrics.requests.onDuration('PATCH', 20_000);
  expect(await told('rest_client_requests_total')).toEqual({
    '{code="200",method="GET",host="api:6443"}': 2,
    '{code="<error>",method="PATCH",host="api:6443"}': 1,
  });
  expect(await told('rest_client_request_duration_seconds')).toMatchObject({
    '_bucket{le="15",verb="PATCH",host="api:6443"}': 0,
    '_bucket{le="30",verb="PATCH",host="api:6443"}': 1,
  });
});

it('leadership is 1 for whoever leads and 0 for the others', async () => {
  expect(await told('leader_election_master_status')).toEqual({ '{name="mirrorauth"}': 0 });
  leads = true;
  expect(await told('leader_election_master_status')).toEqual({ '{name="mirrorauth"}': 1 });
});

it('writes are told by kind and action, and propagation in seconds', async () => {
  expect(Object.values(await told('mirrorauth_output_writes_total'))).toEqual(
    Array.from({ length: 8 }, () => 0),
  );
  const target = { kind: 'Secret', name: 'pull' } as const;
  const live = {
    target,
    uid: '',
    resourceVersion: '',
    isTerminating: false,
    isImmutable: false,
    labels: {},
    annotations: {},
    ownerReferences: [],
    data: { keys: [], matches: () => false },
    binaryKeys: [],
  };
  const action: Action = { kind: 'Delete', live };
  metrics.observers.onWrite(action);
  metrics.observers.onPropagated(2_000);
  expect(await told('mirrorauth_output_writes_total')).toMatchObject({
    '{kind="Secret",action="delete"}': 1,
    '{kind="ConfigMap",action="delete"}': 0,
  });
  expect(await told('mirrorauth_propagation_seconds')).toMatchObject({
    '_bucket{le="1"}': 0,
    '_bucket{le="2.5"}': 1,
    _sum: 2,
    _count: 1,
  });
});

it('a reason that no MirrorAuth has any more is told no more', async () => {
  readyCounts = [
    { status: 'True', reason: 'Synced', count: 4 },
    { status: 'False', reason: 'Contended', count: 1 },
  ];
  expect(await told('mirrorauth_ready')).toEqual({
    '{status="True",reason="Synced"}': 4,
    '{status="False",reason="Contended"}': 1,
  });
  readyCounts = [{ status: 'True', reason: 'Synced', count: 5 }];
  expect(await told('mirrorauth_ready')).toEqual({ '{status="True",reason="Synced"}': 5 });
});

it('the age of a watch grows while its server is silent, and the oldest of a resource counts', async () => {
  const pulse = { steppedAt: 0, isSynced: true };
  clock.advance(60_000);
  pulses = [
    { ...pulse, resource: 'secrets', namespace: 'a', heardAt: 50_000 },
    { ...pulse, resource: 'secrets', namespace: 'b', heardAt: 20_000 },
    { ...pulse, resource: 'configmaps', namespace: 'a', heardAt: undefined },
  ];
  expect(await told('mirrorauth_watch_last_event_age_seconds')).toEqual({
    '{resource="secrets"}': 40,
    '{resource="configmaps"}': 60,
  });
});

it('the version is that of package.json', async () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ version: VERSION });
  expect(await told('mirrorauth_build_info')).toEqual({
    [`{version="${VERSION}"}`]: 1,
  });
});

it('docs/metrics.md has every metric with its type and labels, and no other', async () => {
  metrics.requests.onAnswer('GET', 200);
  metrics.requests.onDuration('GET', 1);
  readyCounts = [{ status: 'True', reason: 'Synced', count: 1 }];
  pulses = [{ resource: 'secrets', namespace: '', heardAt: 0, steppedAt: 0, isSynced: true }];
  // Those of the library are its own to document.
  const served = metricsIn(await metrics.text()).filter(
    ({ name }) => !/^(process|nodejs)_/.test(name),
  );
  expect(served.toSorted(byName)).toEqual(documentedMetrics().toSorted(byName));
});

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name.localeCompare(other.name);
