import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { answer } from '../support/fault-proxy.ts';
import { bothWith, hubBehindHarbor, Lab, newCertificate, pemOf } from '../support/lab.ts';
import { startOperator } from '../support/operator.ts';
import { World } from '../support/world.ts';

/** Rows 27 and 28: rights and credentials that change while the operator runs. */

const cluster = new ControlPlaneClient(inject('controlPlane'));

test('row 27: rights that go in one namespace touch no other, and are used again when they are back', async () => {
  const one = await World.create(cluster, 'row27-one');
  const two = await World.create(cluster, 'row27-two');
  const serviceAccount = { serviceAccount: 'narrow', namespace: one.namespace };
  await one.kubectl(['create', 'serviceaccount', 'narrow']);
  const bind = (world: World) =>
    world.kubectl([
      'create',
      'rolebinding',
      'narrow',
      '--clusterrole=mirrorauth',
      `--serviceaccount=${one.namespace}:narrow`,
    ]);
  await bind(one);
  await bind(two);
  const operator = await startOperator(cluster, {
    namespaces: [one.namespace, two.namespace],
    serviceAccount,
    // Rights are asked for when a watch is opened.
    watchTimeoutSeconds: () => 1,
  });
  onTestFinished(async () => {
    await operator.stop();
    await one.close();
    await two.close();
  });
  for (const world of [one, two]) {
    await world.login('ci-hub', 'me', 'first');
    await world.apply('ci', hubBehindHarbor('ci'));
    await world.ready('ci');
  }
  const has = (world: World, password: string) =>
    world.until(
      `the password ${password}`,
      () => world.logins('ci-pull'),
      (found) => JSON.stringify(found) === JSON.stringify(bothWith(password)),
    );

  await two.kubectl(['delete', 'rolebinding', 'narrow']);
  await two.until(
    'the operator to be refused',
    () => cluster.auditEvents({ user: operator.user, namespace: two.namespace }),
    (calls) => calls.filter(({ code }) => code === 403).length >= 3,
  );
  await two.rotate('ci-hub', 'second');
  for (const password of ['second', 'third']) {
    await one.rotate('ci-hub', password);
    await has(one, password);
  }
  expect(await two.logins('ci-pull')).toEqual(bothWith('first'));

  await bind(two);
  await has(two, 'second');
  await two.ready('ci');
});

describe('row 28: read anew without a restart is', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A kubeconfig that names files, as a pod has them. */
  async function withFiles(lab: Lab) {
    const files = {
      token: join(lab.dir, 'token'),
      ca: join(lab.dir, 'mounted-ca.crt'),
      kubeconfig: join(lab.dir, 'kubeconfig-of-files'),
    };
    await put(files.token, await tokenOf(lab.kubeconfig));
    await put(files.ca, await readFile(join(lab.dir, 'tls', 'ca.crt'), 'utf8'));
    await put(
      files.kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          { name: 'c', cluster: { server: lab.proxy.url, 'certificate-authority': files.ca } },
        ],
        // As client-node sets it up in a pod.
        users: [
          {
            name: 'u',
            user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile: files.token } } },
          },
        ],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    );
    return files;
  }

  /** As kubelet does: another file in the place of the old one. */
  async function put(path: string, text: string): Promise<void> {
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async function tokenOf(kubeconfig: string): Promise<string> {
    const found = /"token": "(?<token>[^"]+)"/.exec(await readFile(kubeconfig, 'utf8'));
    return found?.groups?.['token'] ?? '';
  }

  test('a token', async () => {
    // client-node reads a token file again after a minute on the wall.
    vi.useFakeTimers({ toFake: ['Date'] });
    const lab = await Lab.create(cluster, 'row28');
    const files = await withFiles(lab);
    await lab.startOperator({ kubeconfig: files.kubeconfig, watchTimeoutSeconds: () => 1 });
    await lab.make('ci');
    const old = `Bearer ${await tokenOf(lab.kubeconfig)}`;
    const refused = lab.proxy.on(
      ({ authorization }) => authorization === old,
      answer(401, { reason: 'Unauthorized' }),
    );
    await lab.world.rotate('ci-hub', 'second');
    await lab.world.until(
      'the operator to be refused',
      () => Promise.resolve(refused.hits),
      (hits) => hits >= 2,
    );
    const another = await cluster.kubeconfigFor({
      serviceAccount: 'mirrorauth',
      namespace: 'mirrorauth-system',
    });
    await put(files.token, await tokenOf(another));
    vi.setSystemTime(Date.now() + 61_000);
    await lab.untilLogins('ci-pull', 'second');
  });

  test('a CA', async () => {
    const lab = await Lab.create(cluster, 'row28');
    const files = await withFiles(lab);
    await lab.startOperator({ kubeconfig: files.kubeconfig, watchTimeoutSeconds: () => 1 });
    await lab.make('ci');
    const { caPath, certificate } = await newCertificate(join(lab.dir, 'tls-two'));
    await put(files.ca, await readFile(caPath, 'utf8'));
    lab.proxy.setCertificate(await pemOf(certificate));
    lab.proxy.resetAll();
    await lab.world.rotate('ci-hub', 'second');
    await lab.untilLogins('ci-pull', 'second');
  });
});
