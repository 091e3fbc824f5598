import { z } from 'zod';

/** etcd's JSON gateway (etcd v3.6 Documentation/dev-guide/api_grpc_gateway.md): int64 are strings. */
const rangeAnswer = z.object({ header: z.object({ revision: z.string() }) });

/** Makes etcd forget all history up to now. @throws when it does not */
export async function compact(etcdUrl: string): Promise<void> {
  const { header } = rangeAnswer.parse(await post(`${etcdUrl}/v3/kv/range`, { key: btoa('/') }));
  await post(`${etcdUrl}/v3/kv/compaction`, { revision: header.revision });
}

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) {
    throw new Error(`${url} was answered ${String(response.status)}: ${await response.text()}`);
  }
  return response.json();
}
