import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { mirrorAuthSchema } from '../../src/api/mirrorauth.ts';
import { isObject } from '../../src/kube/object.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { LISTED_APART, MIRRORAUTH_TABLE } from '../support/mirrorauth-table.ts';
import type { Row } from '../support/mirrorauth-table.ts';

const cluster = new ControlPlaneClient(inject('controlPlane'));
const namespace = `crd-${randomUUID()}`;

interface Verdict {
  readonly accepted: boolean;
  /** The object as the server would store it. */
  readonly stored: unknown;
  readonly says: string;
}

beforeAll(async () => {
  await cluster.expectKubectl(['create', 'namespace', namespace]);
});

/** What kube-apiserver says of the object, by a dry run, strictly, as kubectl asks for by default. */
async function askServer({ object }: Row): Promise<Verdict> {
  const { code, stdout, stderr } = await cluster.kubectl(
    ['create', `--namespace=${namespace}`, '--dry-run=server', '--output=json', '--filename=-'],
    { input: JSON.stringify(object) },
  );
  return {
    accepted: code === 0,
    stored: code === 0 ? JSON.parse(stdout) : undefined,
    says: stderr,
  };
}

describe('kube-apiserver and the zod schema agree', () => {
  test.concurrent.each(MIRRORAUTH_TABLE)('$name', async (row) => {
    const server = await askServer(row);
    const zod = mirrorAuthSchema.safeParse(server.accepted ? server.stored : row.object);
    expect({ server: server.accepted, zod: zod.success, says: server.says }).toMatchObject({
      server: row.accepted,
      zod: row.accepted,
      says: expect.stringContaining(row.says ?? '') as unknown,
    });
  });

  test.concurrent.each(LISTED_APART)('but for: $name', async (row) => {
    const server = await askServer(row);
    expect(server.accepted).toBe(row.accepted);
    expect(server.says).toContain(row.says ?? '');
    expect(mirrorAuthSchema.safeParse(row.object).success).not.toBe(row.accepted);
  });
});

describe('the stored object', () => {
  test('gets no default in its spec, and in its status the one that kstatus waits for', async () => {
    const spec = {
      pullSecret: { name: 'p' },
      registries: [{ host: 'a.corp', credentials: { type: 'Anonymous' } }],
    };
    const object = {
      apiVersion: 'mirrorauth.dev/v1alpha1',
      kind: 'MirrorAuth',
      metadata: { name: 'plain' },
      spec,
    };
    const created = await cluster.expectKubectl(
      ['create', `--namespace=${namespace}`, '--output=json', '--filename=-'],
      { input: JSON.stringify(object) },
    );
    const stored: unknown = JSON.parse(created);
    expect(isObject(stored) && stored['spec']).toEqual(spec);
    expect(isObject(stored) && stored['status']).toEqual({ observedGeneration: -1 });
  });

  test('is shown by `kubectl get mauth` with its columns', async () => {
    const table = await cluster.expectKubectl([
      'get',
      'mauth',
      `--namespace=${namespace}`,
      '--output=wide',
    ]);
    expect(table.split('\n')[0]?.split(/\s+/)).toEqual([
      'NAME',
      'READY',
      'REASON',
      'PULL-SECRET',
      'BUILDKIT-CONFIG',
      'MESSAGE',
      'AGE',
    ]);
  });
});
