import { Counter, Histogram } from '@prometheus-io/client';
import type { Registry } from '@prometheus-io/client';
import type { RequestObserver } from '../../../kube/observed.ts';
import { seconds } from './collected.ts';

/**
 * As of Kubernetes v1.37.2 component-base/metrics/prometheus/restclient/metrics.go. A duration is of one
 * try; that of client-go has the retries in it.
 */

const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** @param host of the API server, with its port */
export function requestMetrics(registry: Registry, host: string): RequestObserver {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'] as const,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Request latency in seconds. Broken down by verb, and host.',
    labelNames: ['verb', 'host'] as const,
    buckets,
    registers: [registry],
  });
  return {
    onAnswer: (method, status) =>
      requests.inc({ code: status === undefined ? '<error>' : String(status), method, host }),
    onDuration: (verb, ms) => durations.observe({ verb, host }, seconds(ms)),
  };
}
