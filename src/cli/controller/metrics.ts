import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { Controller, Observers } from '../../controller/controller.ts';
import type { Clock } from '../../kube/clock.ts';
import type { RequestObserver } from '../../kube/observed.ts';
import { listen } from '../address.ts';
import type { Address } from '../address.ts';
import {
  buildInfo,
  followLeadership,
  followReadiness,
  followWatches,
  outputMetrics,
} from './metrics/mirrorauth.ts';
import { workerMetrics } from './metrics/reconcile.ts';
import { requestMetrics } from './metrics/rest-client.ts';
import { followQueue, queueMetrics } from './metrics/work-queue.ts';

/** What Prometheus is told. docs/metrics.md says what each metric means, and a test holds it to this. */
export interface Metrics {
  readonly requests: RequestObserver;
  readonly observers: Observers;
  /** Takes the things that are looked up when metrics are asked for. To be called once. */
  follow(source: MetricsSource): void;
  /** In the text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsSource {
  readonly controller: Pick<Controller, 'queueState' | 'readyCounts' | 'pulses'>;
  /** Absent: nobody is elected. */
  readonly leadership?: { readonly lease: string; readonly leads: () => boolean };
}

export interface MetricsOptions {
  readonly clock: Clock;
  /** Of the API server, with its port. */
  readonly host: string;
  readonly concurrency: number;
}

export function createMetrics({ clock, host, concurrency }: MetricsOptions): Metrics {
  const registry = new Registry();
  // By default two timers of 10 and 100 ms are what an idle operator does most.
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: 100,
    eventLoopUtilizationTimeout: 1_000,
  });
  buildInfo(registry);
  return {
    requests: requestMetrics(registry, host),
    observers: {
      queue: queueMetrics(registry),
      workers: workerMetrics(registry, concurrency),
      ...outputMetrics(registry),
    },
    follow: ({ controller, leadership }) => {
      followQueue(registry, () => controller.queueState());
      followReadiness(registry, controller);
      followWatches(registry, controller, clock);
      if (leadership !== undefined) {
        followLeadership(registry, leadership.lease, leadership.leads);
      }
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** @throws UsageError when the address is taken or not ours */
export async function serveMetrics(address: Address, metrics: Metrics): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, address, 'metrics-address');
  return server;
}
