import { Buffer } from 'node:buffer';
import type { MirrorAuthSpec } from '../src/api/mirrorauth.ts';
import { MAX_ENDPOINTS, MAX_MIRRORS, parseSpec } from '../src/api/mirrorauth.ts';
import type { SourceSecret } from '../src/core/docker/source-credential.ts';
import { dryRun } from '../src/core/plan/dry-run.ts';
import { Redacted } from '../src/core/redacted.ts';
import { quantile } from './quantile.ts';
import type { Measurement } from './report.ts';

/** The whole decision for the largest MirrorAuth, beside reading its Secret once and nothing more. */

const SECRET_BYTES = 500_000;
const RUNS = 200;
const WARM_UP = 50;

export async function measurePlan(): Promise<Measurement> {
  const spec = largestSpec();
  const file = largeConfig(spec);
  const secret: SourceSecret = {
    name: 'source',
    type: 'kubernetes.io/dockerconfigjson',
    data: new Map([['.dockerconfigjson', new Redacted(file)]]),
    isOutput: false,
  };
  const planTimes: number[] = [];
  const parseTimes: number[] = [];
  for (let run = -WARM_UP; run < RUNS; run += 1) {
    const parsed = timed(() => JSON.parse(file.toString()));
    const planned = timed(() => planOf(spec, secret));
    if (run >= 0) {
      parseTimes.push(parsed);
      planTimes.push(planned);
    }
    // Garbage of one run is not collected in the next one's time.
    await new Promise(setImmediate);
  }
  return {
    title: `plan: ${MAX_MIRRORS} origins x ${MAX_ENDPOINTS} mirrors, a Secret of ${SECRET_BYTES / 1000} kB, ${RUNS} times`,
    figures: [
      { name: 'JSON.parse of the Secret, p50', value: quantile(parseTimes, 0.5), unit: 'ms' },
      { name: 'plan with both outputs, p50', value: quantile(planTimes, 0.5), unit: 'ms' },
      { name: 'plan with both outputs, p99', value: quantile(planTimes, 0.99), unit: 'ms' },
      {
        name: 'p50 in times of JSON.parse',
        value: quantile(planTimes, 0.5) / quantile(parseTimes, 0.5),
        unit: 'x',
      },
    ],
  };
}

function timed(work: () => unknown): number {
  const before = performance.now();
  work();
  return performance.now() - before;
}

/** 32 origins with a login each, mirrored by 8 paths on each of the same 32 mirrors: 64 registries. */
function largestSpec(): MirrorAuthSpec {
  const numbers = Array.from({ length: MAX_MIRRORS }, (_, index) => index);
  const mirrorOf = (index: number): string => `mirror-${index % MAX_MIRRORS}.corp:5000`;
  const parsed = parseSpec({
    registries: numbers.flatMap((index) => [
      {
        host: `origin-${index}.corp`,
        credentials: { type: 'SecretRef', secretRef: { name: 'source' } },
      },
      {
        host: mirrorOf(index),
        credentials: { type: 'DuplicateOf', duplicateOf: `origin-${index}.corp` },
      },
    ]),
    mirrors: numbers.map((index) => ({
      origin: `origin-${index}.corp`,
      endpoints: Array.from(
        { length: MAX_ENDPOINTS },
        (_, endpoint) => `${mirrorOf(index + endpoint)}/origin-${index}`,
      ),
    })),
    pullSecret: { name: 'ci-pull' },
    buildkitConfig: { name: 'ci-buildkitd' },
  });
  if ('issues' in parsed) {
    throw new Error(parsed.issues.join('; '));
  }
  return parsed.valid;
}

/** The logins of the origins among thousands of others. */
function largeConfig({ registries = [] }: MirrorAuthSpec): Buffer {
  const entry = (host: string) =>
    [host, { auth: Buffer.from(`user:password of ${host}`).toString('base64') }] as const;
  const entries = registries.map(({ host }) => entry(host));
  const size = JSON.stringify(Object.fromEntries([entry('other-00000.corp')])).length - 1;
  const others = Array.from(
    { length: Math.floor(SECRET_BYTES / size) - entries.length },
    (_, index) => entry(`other-${String(index).padStart(5, '0')}.corp`),
  );
  return Buffer.from(JSON.stringify({ auths: Object.fromEntries([...others, ...entries]) }));
}

function planOf(spec: MirrorAuthSpec, secret: SourceSecret): void {
  const { outputs } = dryRun({
    namespace: 'bench',
    name: 'bench',
    uid: 'uid-of-bench',
    creationTimestamp: '2026-01-01T00:00:00Z',
    spec,
    secrets: new Map([['source', { kind: 'Found', object: secret }]]),
    configMaps: new Map(),
    rivals: [],
  });
  if (outputs.length !== 2) {
    throw new Error('both outputs should be planned');
  }
}
