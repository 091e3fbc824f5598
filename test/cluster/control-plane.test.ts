import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { eventually } from '../../testbed/eventually.ts';

const cluster = new ControlPlaneClient(inject('controlPlane'));
let namespace = '';

beforeEach(async () => {
  namespace = `testbed-${randomUUID()}`;
  await cluster.expectKubectl(['create', 'namespace', namespace]);
});

function inNamespace(...args: string[]): Promise<string> {
  return cluster.expectKubectl([`--namespace=${namespace}`, ...args]);
}

describe('the test control plane', () => {
  test('RBAC gives a fresh ServiceAccount nothing, and what a RoleBinding gives it', async () => {
    await inNamespace('create', 'serviceaccount', 'fresh');
    const kubeconfigPath = await cluster.kubeconfigFor({ serviceAccount: 'fresh', namespace });
    const list = () => cluster.kubectl(['get', 'secrets'], { kubeconfigPath });

    const before = await list();
    expect(before.code).toBe(1);
    expect(before.stderr).toContain(
      `User "system:serviceaccount:${namespace}:fresh" cannot list resource "secrets"`,
    );

    await inNamespace('create', 'role', 'reader', '--verb=list', '--resource=secrets');
    const subject = `--serviceaccount=${namespace}:fresh`;
    await inNamespace('create', 'rolebinding', 'reader', '--role=reader', subject);
    await eventually(async () => expect((await list()).code).toBe(0), { describe: 'the right' });
  });

  test('the garbage collector deletes an object whose owner is gone', async () => {
    await inNamespace('create', 'configmap', 'owner');
    const uid = await inNamespace('get', 'configmap', 'owner', '--output=jsonpath={.metadata.uid}');
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid };
    await cluster.expectKubectl(['create', '--filename=-'], {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'owned', namespace, ownerReferences: [owner] },
      }),
    });
    await inNamespace('create', 'secret', 'generic', 'free');

    await inNamespace('delete', 'configmap', 'owner');
    const names = () => inNamespace('get', 'secrets', '--output=name');
    await eventually(async () => expect(await names()).toBe('secret/free\n'), {
      describe: 'the owned Secret to be collected',
      deadlineMs: 30_000,
    });
  });

  test('the namespace controller empties a namespace that is deleted', async () => {
    await inNamespace('create', 'configmap', 'left-behind');
    await cluster.expectKubectl(['delete', 'namespace', namespace, '--timeout=30s']);
    const { stderr } = await cluster.kubectl(['get', 'namespace', namespace]);
    expect(stderr).toContain('NotFound');
  });

  test('the audit log has each request once, and nothing from before a mark', async () => {
    await inNamespace('create', 'serviceaccount', 'counted');
    const kubeconfigPath = await cluster.kubeconfigFor({ serviceAccount: 'counted', namespace });
    const user = `system:serviceaccount:${namespace}:counted`;
    const get = (name: string) => cluster.kubectl(['get', 'configmap', name], { kubeconfigPath });

    await get('before');
    const since = await cluster.auditMark();
    await get('after');
    const events = await cluster.auditEvents({ user, since, resource: 'configmaps' });

    expect(events).toMatchObject([
      {
        stage: 'ResponseComplete',
        verb: 'get',
        resource: 'configmaps',
        namespace,
        name: 'after',
        user,
        code: 403,
      },
    ]);
    expect(events[0]?.userAgent).toMatch(/^kubectl\/v1\.37\.2 /);
    expect(await cluster.auditEvents({ user, resource: 'configmaps' })).toHaveLength(2);
  });

  test('pod-security admission refuses a privileged pod where it enforces restricted', async () => {
    const pod = (name: string) => ({
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace },
        spec: {
          containers: [{ name: 'c', image: 'x', securityContext: { privileged: true } }],
        },
      }),
    });
    const create = ['create', '--filename=-'];
    expect(await cluster.kubectl(create, pod('without'))).toMatchObject({ code: 0 });

    const label = 'pod-security.kubernetes.io/enforce=restricted';
    await cluster.expectKubectl(['label', 'namespace', namespace, label]);
    const refused = await cluster.kubectl(create, pod('with'));
    expect(refused.stderr).toContain('violates PodSecurity "restricted:latest": privileged');
  });
});
