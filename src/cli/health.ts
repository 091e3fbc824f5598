import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { UsageError } from './options.ts';

/** Where the probes are answered. */
export interface Address {
  /** Undefined: on all addresses. */
  readonly host: string | undefined;
  readonly port: number;
}

/**
 * Reads `:8081`, `127.0.0.1:8081` or `[::1]:8081`.
 *
 * @throws UsageError
 */
export function parseAddress(flag: string): (text: string) => Address {
  return (text) => {
    const found = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/i.exec(
      text,
    )?.groups;
    const port = Number(found?.['port']);
    if (found === undefined || port > 65_535) {
      throw new UsageError(`--${flag}=${text} is no address: write [host]:port, such as :8081`);
    }
    const host = found['v6'] ?? found['host'];
    return { host: host === '' ? undefined : host, port };
  };
}

/** What is wrong, one line for each thing; nothing: all is well. */
export type Probe = () => readonly string[];

/**
 * Answers the kubelet's probes, at the path of each, with 200, or with 503 and what is wrong.
 *
 * @param probes by path, such as `/livez`
 * @throws UsageError when the address is taken or not ours
 */
export async function serveHealth(
  { host, port }: Address,
  probes: Readonly<Record<string, Probe>>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const probe = new Map(Object.entries(probes)).get(request.url ?? '');
    const wrong = probe?.() ?? ['there is no such probe'];
    response.writeHead(statusOf(probe, wrong), { 'content-type': 'text/plain' });
    response.end(wrong.length === 0 ? 'ok\n' : `${wrong.join('\n')}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new UsageError(
          `nothing can listen on ${host ?? ''}:${String(port)} (${error.code ?? error.name}): choose another --health-address`,
        ),
      );
    });
    server.listen({ port, host }, resolve);
  });
  return server;
}

function statusOf(probe: Probe | undefined, wrong: readonly string[]): number {
  if (probe === undefined) {
    return 404;
  }
  return wrong.length === 0 ? 200 : 503;
}
