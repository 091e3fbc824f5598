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

/**
 * Answers the kubelet's probes: `/livez` while the process can answer at all, `/readyz` once
 * everything was listed.
 *
 * @throws UsageError when the address is taken or not ours
 */
export async function serveHealth(
  { host, port }: Address,
  isReady: () => boolean,
): Promise<Server> {
  const server = createServer((request, response) => {
    const isFine = request.url === '/livez' || (request.url === '/readyz' && isReady());
    const isKnown = request.url === '/livez' || request.url === '/readyz';
    response.writeHead(statusOf(isFine, isKnown), { 'content-type': 'text/plain' });
    response.end(isFine ? 'ok\n' : 'not yet\n');
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

function statusOf(isFine: boolean, isKnown: boolean): number {
  if (!isKnown) {
    return 404;
  }
  return isFine ? 200 : 503;
}
