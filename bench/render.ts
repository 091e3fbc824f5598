import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../testbed/run.ts';
import { quantile } from './quantile.ts';
import type { Measurement } from './report.ts';
import type { Setting } from './setting.ts';

/** `render` as a whole process, beside kubectl with as many Secrets. */

const COUNT = 1_000;
const FILE_COUNT = 10;
const RUNS = 5;

const NUMBERS = Array.from({ length: COUNT }, (_, index) => index);

export async function measureRender({ cluster, program }: Setting): Promise<Measurement> {
  const mirrorAuths = join(cluster.details.dir, 'render-mirrorauths');
  const secrets = join(cluster.details.dir, 'render-secrets');
  await writeFiles(mirrorAuths, (index) => [sourceSecret(index), mirrorAuth(index)]);
  await writeFiles(secrets, (index) => [sourceSecret(index)]);
  const [node = '', ...args] = program;
  const times = { render: [] as number[], kubectl: [] as number[] };
  for (let turn = 0; turn < RUNS; turn += 1) {
    times.kubectl.push(
      await timed(() =>
        cluster.expectKubectl([
          'create',
          '--dry-run=client',
          '--output=yaml',
          `--filename=${secrets}`,
        ]),
      ),
    );
    times.render.push(
      await timed(async () => {
        const { code, stderr } = await run(node, [
          ...args,
          'render',
          '--show-credentials',
          `--filename=${mirrorAuths}`,
        ]);
        if (code !== 0) {
          throw new Error(`render failed: ${stderr}`);
        }
      }),
    );
  }
  const render = quantile(times.render, 0.5);
  const kubectl = quantile(times.kubectl, 0.5);
  return {
    title: `render: ${COUNT} MirrorAuths and their ${COUNT} Secrets from files, whole processes, ${RUNS} times`,
    figures: [
      {
        name: `kubectl create --dry-run=client of ${COUNT} Secrets, p50`,
        value: kubectl,
        unit: 'ms',
      },
      { name: 'mirrorauth render, p50', value: render, unit: 'ms' },
      { name: 'in times of kubectl', value: render / kubectl, unit: 'x' },
    ],
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

async function writeFiles(
  folder: string,
  documents: (index: number) => readonly object[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let file = 0; file < FILE_COUNT; file += 1) {
    const text = NUMBERS.filter((index) => index % FILE_COUNT === file)
      .flatMap(documents)
      // JSON is YAML.
      .map((document) => `---\n${JSON.stringify(document, undefined, 2)}\n`)
      .join('');
    await writeFile(join(folder, `${file}.yaml`), text);
  }
}

const sourceSecret = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: `hub-${index}`, namespace: 'default' },
  type: 'kubernetes.io/basic-auth',
  stringData: { username: 'user', password: `password-${index}` },
});

const mirrorAuth = (index: number): object => ({
  apiVersion: 'mirrorauth.dev/v1alpha1',
  kind: 'MirrorAuth',
  metadata: { name: `ci-${index}`, namespace: 'default' },
  spec: {
    registries: [
      {
        host: 'docker.io',
        credentials: { type: 'SecretRef', secretRef: { name: `hub-${index}` } },
      },
      { host: 'harbor.corp', credentials: { type: 'DuplicateOf', duplicateOf: 'docker.io' } },
    ],
    mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp/dockerhub'] }],
    pullSecret: { name: `ci-${index}-pull` },
    buildkitConfig: { name: `ci-${index}-buildkitd` },
  },
});
