import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../src/kube/object.ts';
import { SECRETS } from '../test/support/world.ts';
import { inParallel } from './parallel.ts';
import type { Setting } from './setting.ts';

/** Secrets that no MirrorAuth names, in namespaces of their own. */

const SECRET_BYTES = 32 * 1024;
const NAMESPACE_COUNT = 10;
const AT_ONCE = 16;
const NAMESPACES_AT_ONCE = 4;

const namespaces = (prefix: string): readonly string[] =>
  Array.from({ length: NAMESPACE_COUNT }, (_, index) => `${prefix}-${index}`);

function secretsOf(namespace: string, count: number): readonly JsonObject[] {
  return Array.from({ length: Math.ceil(count / NAMESPACE_COUNT) }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `unrelated-${index}`, namespace },
    data: { payload: randomBytes(SECRET_BYTES).toString('base64') },
  }));
}

/** How they come to be. */
export type Make = (setting: Setting, prefix: string, count: number) => Promise<void>;

/** By POST, as programs do. */
export const create: Make = async ({ cluster, client }, prefix, count) => {
  for (const namespace of namespaces(prefix)) {
    await cluster.expectKubectl(['create', 'namespace', namespace]);
    await inParallel(secretsOf(namespace, count), AT_ONCE, (secret) =>
      client.create(SECRETS, namespace, secret, { fieldManager: 'bench' }),
    );
  }
};

/**
 * By client-side `kubectl apply`, which writes the whole object into an annotation too, so that it
 * is part of what a list of metadata brings.
 */
export const apply: Make = async ({ cluster }, prefix, count) => {
  await inParallel(namespaces(prefix), NAMESPACES_AT_ONCE, async (namespace) => {
    await cluster.expectKubectl(['create', 'namespace', namespace]);
    const items = secretsOf(namespace, count);
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await cluster.expectKubectl(['apply', '--filename=-'], { input });
  });
};

export async function remove({ cluster }: Setting, prefix: string): Promise<void> {
  await inParallel(namespaces(prefix), NAMESPACES_AT_ONCE, (namespace) =>
    cluster.expectKubectl(['delete', `--raw=/api/v1/namespaces/${namespace}/secrets`]),
  );
}
