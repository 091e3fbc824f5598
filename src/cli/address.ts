import type { Server } from 'node:http';
import { UsageError } from './options.ts';

/** Where something is served. */
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
 * Makes a server listen.
 *
 * @param flag that gives the address
 * @throws UsageError when the address is taken or not ours
 */
export async function listen(server: Server, { host, port }: Address, flag: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new UsageError(
          `nothing can listen on ${host ?? ''}:${String(port)} (${error.code ?? error.name}): choose another --${flag}`,
        ),
      );
    });
    server.listen({ port, host }, resolve);
  });
}
