import { inject, onTestFinished, expect, test } from 'vitest';
import { freePorts } from '../../testbed/addresses.ts';
import { ensureBinaries } from '../../testbed/binaries.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { eventually } from '../../testbed/eventually.ts';
import { startProcess } from '../../testbed/process.ts';
import { run } from '../../testbed/run.ts';
import { temporaryDirectory } from '../../testbed/temporary-directory.ts';
import { documentedMetrics, metricsIn, samplesOf } from '../support/metrics.ts';
import { own, World } from '../support/world.ts';

/** What a real process tells Prometheus while it works on a real cluster. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const CANARY = 'canary-m3tr1c';

interface Scraped {
  readonly world: World;
  readonly scrape: () => Promise<string>;
}

/** With the arguments and the rights of deploy/, in a namespace of its own, where its Lease is too. */
async function started(): Promise<Scraped> {
  const world = await World.create(cluster, 'metrics');
  const directory = await temporaryDirectory();
  const [health = 0, port = 0] = await freePorts(2);
  const running = startProcess({
    name: 'mirrorauth',
    command: process.execPath,
    args: [
      MAIN,
      'controller',
      '--trust=open',
      '--leader-elect',
      `--kubeconfig=${await kubeconfigIn(world)}`,
      `--namespaces=${world.namespace}`,
      `--health-address=127.0.0.1:${String(health)}`,
      `--metrics-address=127.0.0.1:${String(port)}`,
    ],
    logDir: directory.path,
  });
  onTestFinished(async () => {
    await running.stop();
    await world.close();
    await directory.remove();
  });
  const scrape = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${String(port)}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return response.text();
  };
  await eventually(scrape, { describe: 'the metrics', deadlineMs: 20_000 });
  const elsewhere = await fetch(`http://127.0.0.1:${String(port)}/`);
  expect(elsewhere.status).toBe(404);
  return { world, scrape };
}

async function kubeconfigIn(world: World): Promise<string> {
  const { namespace } = world;
  await world.kubectl(['create', 'serviceaccount', 'own']);
  await world.kubectl(['create', 'role', 'lease', '--resource=leases', '--verb=get,create,update']);
  for (const role of ['--clusterrole=mirrorauth', '--role=lease']) {
    const name = role.replace(/.*=/, '');
    await world.kubectl(['create', 'rolebinding', name, role, `--serviceaccount=${namespace}:own`]);
  }
  return cluster.kubeconfigFor({ serviceAccount: 'own', namespace });
}

async function lint(text: string): Promise<readonly string[]> {
  const { promlint } = await ensureBinaries(['promlint']);
  const { code, stdout, stderr } = await run(promlint, [], { input: text });
  expect(stderr).toBe('');
  expect([0, 3]).toContain(code);
  return stdout.split('\n').filter((line) => line !== '');
}

test('a process tells of a rotation what it did, in metrics that promtool accepts', async () => {
  const { world, scrape } = await started();
  await world.login('hub', CANARY, CANARY);
  await world.apply('ci', { registries: [own('docker.io', 'hub')], pullSecret: { name: 'pull' } });
  await world.apply('lost', { registries: [own('quay.io', 'no')], pullSecret: { name: 'lost' } });
  await world.ready('ci');
  await world.ready('lost', 'SecretNotFound');
  await world.rotate('hub', `${CANARY}-2`);
  await world.until(
    'the rotation',
    () => world.logins('pull'),
    (logins) => JSON.stringify(logins).includes(`${CANARY}-2`),
  );
  const text = await eventually(
    async () => {
      const found = await scrape();
      expect(samplesOf(found, 'mirrorauth_propagation_seconds')).toMatchObject({ _count: 1 });
      expect(samplesOf(found, 'controller_runtime_active_workers')).toEqual({
        '{controller="mirrorauth"}': 0,
      });
      return found;
    },
    { describe: 'the rotation in the metrics' },
  );

  const samples = (name: string) => samplesOf(text, name);
  expect(samples('mirrorauth_ready')).toEqual({
    '{status="True",reason="Synced"}': 1,
    '{status="False",reason="SecretNotFound"}': 1,
  });
  expect(samples('mirrorauth_output_writes_total')).toMatchObject({
    '{kind="Secret",action="create"}': 1,
    '{kind="Secret",action="patch"}': 1,
    '{kind="ConfigMap",action="create"}': 0,
  });
  expect(samples('leader_election_master_status')).toEqual({ '{name="mirrorauth"}': 1 });
  expect(samples('controller_runtime_reconcile_panics_total')).toEqual({
    '{controller="mirrorauth"}': 0,
  });
  const requests = samples('rest_client_requests_total');
  const host = new URL(cluster.details.url).host;
  expect(requests[`{code="200",method="GET",host="${host}"}`]).toBeGreaterThanOrEqual(4);
  expect(requests[`{code="201",method="POST",host="${host}"}`]).toBeGreaterThanOrEqual(2);
  const ages = samples('mirrorauth_watch_last_event_age_seconds');
  expect(Object.keys(ages).toSorted()).toEqual(
    ['configmaps', 'mirrorauths', 'secrets'].map((resource) => `{resource="${resource}"}`),
  );

  const served = new Map(metricsIn(text).map((metric) => [metric.name, metric]));
  for (const documented of documentedMetrics()) {
    expect(served.get(documented.name)).toEqual(documented);
  }
  expect(served.has('process_resident_memory_bytes')).toBe(true);
  // The library's names for Node are what dashboards know, and not all as they should be.
  expect((await lint(text)).filter((finding) => !finding.startsWith('nodejs_'))).toEqual([]);
  for (const name of [CANARY, world.namespace, 'hub', 'ci', 'pull', 'lost']) {
    expect(text).not.toMatch(new RegExp(`"${name}"`));
  }
});
