import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isObject } from '../../src/kube/object.ts';
import type { JsonObject } from '../../src/kube/object.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { eventually } from '../../testbed/eventually.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { own, saidBy, World } from '../support/world.ts';

/** With what rights the operator is installed, and what it does without them. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const DEPLOY = new URL('../../deploy/', import.meta.url).pathname;

async function manifests(folder: string): Promise<readonly JsonObject[]> {
  const text = await cluster.expectKubectl(['kustomize', `${DEPLOY}${folder}`]);
  return parseAllDocuments(text).map((document): JsonObject => {
    const value: unknown = document.toJSON();
    return isObject(value) ? value : {};
  });
}

describe('deploy/', () => {
  test('is admitted with pod security enforced at its strictest: the Pod of its Deployment', async () => {
    const deployment = (await manifests('')).find(({ kind }) => kind === 'Deployment');
    const spec = isObject(deployment?.['spec']) ? deployment['spec'] : {};
    const template = isObject(spec['template']) ? spec['template'] : {};
    const namespace = 'mirrorauth-system';
    const enforced = await cluster.expectKubectl([
      'get',
      'namespace',
      namespace,
      '--output=jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}',
    ]);
    expect(enforced).toBe('restricted');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      ...template,
      metadata: { name: 'admitted', namespace },
    };
    const create = (input: unknown): ReturnType<typeof cluster.kubectl> =>
      cluster.kubectl(['create', '--dry-run=server', '--filename=-'], {
        input: JSON.stringify(input),
      });
    expect(await create(pod)).toMatchObject({ code: 0, stderr: '' });

    // The same Pod with one right more is refused: admission really looks.
    const privileged: unknown = JSON.parse(
      JSON.stringify(pod).replace(
        '"allowPrivilegeEscalation":false',
        '"allowPrivilegeEscalation":true',
      ),
    );
    expect((await create(privileged)).stderr).toContain('violates PodSecurity "restricted');
  });

  test('gives the operator these rights and no others', async () => {
    const may = async (verb: string, resource: string): Promise<string> => {
      const [plural = '', subresource = ''] = resource.split('/');
      const { stdout } = await cluster.kubectl([
        'auth',
        'can-i',
        verb,
        plural,
        `--subresource=${subresource}`,
        '--all-namespaces',
        '--as=system:serviceaccount:mirrorauth-system:mirrorauth',
      ]);
      return stdout.trim();
    };
    const allowed = [
      ...['get', 'list', 'watch', 'create', 'patch', 'delete'].flatMap((verb) => [
        `${verb} secrets`,
        `${verb} configmaps`,
      ]),
      'get mirrorauths.mirrorauth.dev',
      'list mirrorauths.mirrorauth.dev',
      'watch mirrorauths.mirrorauth.dev',
      'patch mirrorauths.mirrorauth.dev/status',
      'create events.events.k8s.io',
      'patch events.events.k8s.io',
    ];
    const refused = [
      'update secrets',
      'deletecollection secrets',
      'patch mirrorauths.mirrorauth.dev',
      'delete mirrorauths.mirrorauth.dev',
      'create mirrorauths.mirrorauth.dev',
      'create pods',
      'get pods',
      'create serviceaccounts/token',
      'list namespaces',
      'get nodes',
    ];
    const verdicts = async (calls: readonly string[]): Promise<readonly string[]> =>
      Promise.all(
        calls.map(async (call) => {
          const [verb = '', resource = ''] = call.split(' ');
          return `${call}: ${await may(verb, resource)}`;
        }),
      );
    expect(await verdicts(allowed)).toEqual(allowed.map((call) => `${call}: yes`));
    expect(await verdicts(refused)).toEqual(refused.map((call) => `${call}: no`));
  });

  test('gives the operator one Lease, in its own namespace and nowhere else', async () => {
    const may = async (verb: string, lease: string, namespace: string): Promise<string> => {
      const { stdout } = await cluster.kubectl([
        'auth',
        'can-i',
        verb,
        lease,
        `--namespace=${namespace}`,
        '--as=system:serviceaccount:mirrorauth-system:mirrorauth',
      ]);
      return `${verb} ${lease} in ${namespace}: ${stdout.trim()}`;
    };
    const own = 'mirrorauth-system';
    expect(
      await Promise.all([
        may('get', 'leases/mirrorauth', own),
        may('update', 'leases/mirrorauth', own),
        may('create', 'leases', own),
        may('get', 'leases/other', own),
        may('update', 'leases/other', own),
        may('delete', 'leases/mirrorauth', own),
        may('patch', 'leases/mirrorauth', own),
        may('list', 'leases', own),
        may('get', 'leases/mirrorauth', 'default'),
        may('create', 'leases', 'kube-node-lease'),
      ]),
    ).toEqual([
      'get leases/mirrorauth in mirrorauth-system: yes',
      'update leases/mirrorauth in mirrorauth-system: yes',
      'create leases in mirrorauth-system: yes',
      'get leases/other in mirrorauth-system: no',
      'update leases/other in mirrorauth-system: no',
      'delete leases/mirrorauth in mirrorauth-system: no',
      'patch leases/mirrorauth in mirrorauth-system: no',
      'list leases in mirrorauth-system: no',
      'get leases/mirrorauth in default: no',
      'create leases in kube-node-lease: no',
    ]);
  });

  test('gives people view and edit rights through the roles that they have', async () => {
    const may = async (role: string, verb: string): Promise<string> => {
      const { stdout } = await cluster.kubectl(['get', 'clusterrole', role, '--output=json']);
      return stdout.includes('mirrorauths') && stdout.includes(verb) ? 'yes' : 'no';
    };
    await eventually(async () => expect(await may('edit', 'deletecollection')).toBe('yes'), {
      describe: 'the edit role to be aggregated',
    });
    await eventually(async () => expect(await may('view', 'watch')).toBe('yes'), {
      describe: 'the view role to be aggregated',
    });
  });
});

describe('deploy/namespaces', () => {
  let world: World;
  let operator: Operator;
  const serviceAccount = { serviceAccount: 'narrow', namespace: 'mirrorauth-system' };

  beforeAll(async () => {
    world = await World.create(cluster, 'narrow');
    await cluster.expectKubectl([
      'create',
      'serviceaccount',
      'narrow',
      '--namespace=mirrorauth-system',
    ]);
    // The binding of deploy/namespaces, for this namespace and an account of the test's own.
    const binding = await readFile(`${DEPLOY}namespaces/role-binding.yaml`, 'utf8');
    await cluster.expectKubectl(['apply', '--filename=-'], {
      input: binding
        .replace('namespace: builds', `namespace: ${world.namespace}`)
        .replace(/(kind: ServiceAccount\n\s+name:) mirrorauth/, '$1 narrow'),
    });
    operator = await startOperator(cluster, { namespaces: [world.namespace], serviceAccount });
    await world.login('hub', 'me', 'first');
  });

  afterAll(async () => {
    await operator.stop();
    await world.close();
  });

  test('binds the role in the namespace and nowhere else', async () => {
    const kinds = (await manifests('namespaces')).map(({ kind }) => kind);
    expect(kinds).toContain('RoleBinding');
    expect(kinds).not.toContain('ClusterRoleBinding');
    const elsewhere = await cluster.kubectl(['get', 'secrets', '--namespace=default'], {
      kubeconfigPath: await cluster.kubeconfigFor(serviceAccount),
    });
    expect(elsewhere.stderr).toContain('cannot list resource "secrets"');
  });

  test('suffices for everything in that namespace', async () => {
    await world.apply('ci', {
      registries: [own('a.corp', 'hub')],
      pullSecret: { name: 'pull' },
      buildkitConfig: { name: 'config' },
    });
    await world.ready('ci');
    await world.rotate('hub', 'second');
    await world.until(
      'the rotation',
      () => world.logins('pull'),
      (found) => found?.['a.corp'] === 'me:second',
    );
    await world.apply('ci', {
      registries: [own('a.corp', 'hub')],
      pullSecret: { name: 'renamed' },
    });
    await world.ready('ci');
    await world.until(
      'the event',
      () => world.events('ci'),
      (notes) =>
        notes.includes('Normal Deleted: deleted Secret pull: the spec no longer asks for it'),
    );
  });
});

describe('a namespace that the operator has no right in', () => {
  test('does not hold up the others', async () => {
    const world = await World.create(cluster, 'bound');
    const unbound = await World.create(cluster, 'unbound');
    const serviceAccount = { serviceAccount: 'half', namespace: world.namespace };
    await world.kubectl(['create', 'serviceaccount', 'half']);
    await world.kubectl([
      'create',
      'rolebinding',
      'half',
      '--clusterrole=mirrorauth',
      `--serviceaccount=${world.namespace}:half`,
    ]);
    const operator = await startOperator(cluster, {
      namespaces: [unbound.namespace, world.namespace],
      serviceAccount,
      isPartlyBlind: true,
    });
    await world.login('hub', 'me', 'x');
    await world.apply('ci', { registries: [own('a.corp', 'hub')], pullSecret: { name: 'pull' } });
    await world.ready('ci');
    const complaints = operator
      .logged()
      .split('\n')
      .filter((line) => line.includes('"level":"error"') && line.includes(unbound.namespace));
    expect(new Set(complaints.map((line) => /"resource":"(\w+)"/.exec(line)?.[1]))).toEqual(
      new Set(['configmaps', 'mirrorauths', 'secrets']),
    );
    expect(complaints).toHaveLength(3);
    expect(complaints.join('\n')).toContain('a Role or a RoleBinding is missing');
    expect(operator.notReady()).toEqual(
      ['secrets', 'configmaps', 'mirrorauths'].map(
        (resource) => `${resource} in ${unbound.namespace} are not listed yet`,
      ),
    );
    await operator.stop();
    await unbound.close();
    await world.close();
  });
});

describe('without the right to write Secrets', () => {
  test('the ConfigMap is written, and people are told which right is missing', async () => {
    const world = await World.create(cluster, 'denied');
    const serviceAccount = { serviceAccount: 'reader', namespace: world.namespace };
    await world.kubectl(['create', 'serviceaccount', 'reader']);
    await world.kubectl(['apply', '--filename=-'], {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader' },
      rules: [
        { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] },
        { apiGroups: ['mirrorauth.dev'], resources: ['*'], verbs: ['*'] },
        { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
      ],
    });
    await world.kubectl([
      'create',
      'rolebinding',
      'reader',
      '--role=reader',
      `--serviceaccount=${world.namespace}:reader`,
    ]);
    const operator = await startOperator(cluster, {
      namespaces: [world.namespace],
      serviceAccount,
    });
    await world.login('hub', 'me', 'x');
    await world.apply('ci', {
      registries: [own('a.corp', 'hub')],
      pullSecret: { name: 'pull' },
      buildkitConfig: { name: 'config' },
    });
    const status = await world.ready('ci', 'AccessDenied');
    expect(saidBy(status, 'PullSecretSynced')).toContain(
      'Secret pull cannot be written: the operator lacks create',
    );
    expect(saidBy(status, 'BuildkitConfigSynced')).toMatch(/^Synced/);
    await operator.stop();
    await world.close();
  });
});
