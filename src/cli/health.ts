import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { listen } from './address.ts';
import type { Address } from './address.ts';

/** What is wrong, one line for each thing; nothing: all is well. */
export type Probe = () => readonly string[];

/**
 * Answers the kubelet's probes, at the path of each, with 200, or with 503 and what is wrong.
 *
 * @param probes by path, such as `/livez`
 * @throws UsageError when the address is taken or not ours
 */
export async function serveHealth(
  address: Address,
  probes: Readonly<Record<string, Probe>>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const probe = new Map(Object.entries(probes)).get(request.url ?? '');
    const wrong = probe?.() ?? ['there is no such probe'];
    response.writeHead(statusOf(probe, wrong), { 'content-type': 'text/plain' });
    response.end(wrong.length === 0 ? 'ok\n' : `${wrong.join('\n')}\n`);
  });
  await listen(server, address, 'health-address');
  return server;
}

function statusOf(probe: Probe | undefined, wrong: readonly string[]): number {
  if (probe === undefined) {
    return 404;
  }
  return wrong.length === 0 ? 200 : 503;
}
