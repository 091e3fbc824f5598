import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { ensureBinaries } from './binaries.ts';
import { issueCertificate } from './certs.ts';
import type { Authority } from './certs.ts';
import { eventually } from './eventually.ts';
import { writeHtpasswd } from './registry/htpasswd.ts';
import type { Users } from './registry/htpasswd.ts';
import { httpGet } from './http-get.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import { filesIn, writeHelper, writeUpstream } from './registry/files.ts';
import type { RegistryFiles, Upstream } from './registry/files.ts';
import { registryConfig } from './registry/config.ts';
import type { RegistryConfig, TokenAuthority } from './registry/config.ts';
import { listeningPort, parseRegistryLog } from './registry/log.ts';
import type { RegistryRequest } from './registry/log.ts';

const LOOPBACK = '127.0.0.1';

export interface RegistryOptions {
  /** For its log and its realm: `origin`, `mirror`. */
  readonly name: string;
  /** The parent folder of everything it has. */
  readonly dir: string;
  /** Asks for a login with one of these (HTTP Basic). */
  readonly users?: Users;
  /** Asks for a Bearer token from there; excludes `users`. */
  readonly token?: TokenAuthority;
  /** Makes it a pull-through mirror, to which nothing can be pushed. */
  readonly proxy?: Upstream;
  /** Serves HTTPS with a certificate from this authority. */
  readonly tls?: Authority;
  /** The IP address or name to listen on, to be reached by and to be certified for; absent: 127.0.0.1. */
  readonly address?: string;
  /** Absent: any free one. */
  readonly port?: number;
  /** Another registry's content; absent: its own, in `dir`. */
  readonly storageDir?: string;
}

/**
 * Starts distribution's registry and waits until it accepts connections.
 * Errors: it ends before, with the end of its log.
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { registry: command } = await ensureBinaries(['registry']);
  const dir = join(options.dir, options.name);
  await mkdir(dir, { recursive: true });
  const files = filesIn(dir, options.storageDir);
  if (options.users !== undefined) await writeHtpasswd(files.htpasswdPath, options.users);
  if (options.proxy !== undefined) {
    await writeUpstream(files, options.proxy);
    await writeHelper(files);
  }
  await writeFile(files.configPath, registryConfig(await configure(files, options)));
  const child = startProcess({
    name: options.name,
    command,
    args: ['serve', files.configPath],
    logDir: dir,
    env: {
      OTEL_TRACES_EXPORTER: 'none',
      NO_PROXY: '*',
      ...(options.proxy?.caPath === undefined ? {} : { SSL_CERT_FILE: options.proxy.caPath }),
    },
  });
  const port = await child.whenReady(() => {
    const found = listeningPort(child.log());
    if (found === undefined) throw new Error('it does not listen yet');
    return found;
  });
  return new Registry({ child, files, options, port });
}

async function configure(
  files: RegistryFiles,
  { name, address = LOOPBACK, port = 0, ...options }: RegistryOptions,
): Promise<RegistryConfig> {
  const { proxy, tls, token, users } = options;
  const subject = isIP(address) === 0 ? { hosts: [address] } : { ips: [address] };
  return {
    listen: `${address}:${port}`,
    storageDir: files.storageDir,
    htpasswd: users && { realm: name, path: files.htpasswdPath },
    token,
    certificate: tls && (await issueCertificate(tls, { name, ...subject })),
    proxy: proxy && { remoteurl: proxy.remoteurl, helper: files.helperPath },
  };
}

interface RegistryParts {
  readonly child: RunningProcess;
  readonly files: RegistryFiles;
  readonly options: RegistryOptions;
  readonly port: number;
}

/** A running registry. */
export class Registry {
  readonly name: string;
  /** `host:port`, as it stands in an image's name and in the configuration of BuildKit. */
  readonly host: string;
  readonly port: number;
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly storageDir: string;
  readonly #child: RunningProcess;
  readonly #files: RegistryFiles;
  readonly #options: RegistryOptions;
  #users: Users;
  /** Characters of the log that `clear` wants forgotten. */
  #forgotten = 0;

  constructor({ child, files, options, port }: RegistryParts) {
    this.name = options.name;
    this.port = port;
    this.host = `${options.address ?? LOOPBACK}:${port}`;
    this.url = `${options.tls === undefined ? 'http' : 'https'}://${this.host}`;
    this.storageDir = files.storageDir;
    this.#child = child;
    this.#files = files;
    this.#options = options;
    this.#users = options.users ?? {};
  }

  /** The requests since the start or the last `clear`, those of answers that came before this call. */
  async requests(): Promise<RegistryRequest[]> {
    await this.#fence();
    return this.#loggedRequests();
  }

  /** The first request, past or still to come, that the predicate takes. */
  waitFor(
    predicate: (request: RegistryRequest) => boolean,
    deadlineMs = 10_000,
  ): Promise<RegistryRequest> {
    const find = (): RegistryRequest => {
      const found = this.#loggedRequests().find((request) => predicate(request));
      if (found === undefined) throw new Error('no such request yet');
      return found;
    };
    return eventually(find, { describe: `a request to ${this.name}`, deadlineMs });
  }

  /** Forgets the requests until now. */
  async clear(): Promise<void> {
    await this.#fence();
    this.#forgotten = this.#child.log().length;
  }

  /** Changes a user's password, or adds the user. It holds for the next request. */
  async setPassword(user: string, password: string): Promise<void> {
    if (this.#options.users === undefined) throw new Error(`${this.name} asks for no password`);
    this.#users = { ...this.#users, [user]: password };
    await writeHtpasswd(this.#files.htpasswdPath, this.#users);
  }

  /** Changes the credential that a pull-through mirror shows upstream. It holds for the next request. */
  async setUpstreamPassword(password: string): Promise<void> {
    const { proxy } = this.#options;
    if (proxy === undefined) throw new Error(`${this.name} has no upstream`);
    await writeUpstream(this.#files, { ...proxy, password });
  }

  /** What it logged since it was started. */
  log(): string {
    return this.#child.log();
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  #loggedRequests(): RegistryRequest[] {
    const text = this.#child.log().slice(this.#forgotten);
    return parseRegistryLog(text).filter((request) => !request.query.has('fence'));
  }

  /** A request of our own, waited for in the log: what was answered before it is logged before it. */
  async #fence(): Promise<void> {
    const id = randomUUID();
    const { tls } = this.#options;
    const options = tls === undefined ? {} : { ca: await readFile(tls.certPath, 'utf8') };
    await httpGet(`${this.url}/v2/?fence=${id}`, options);
    const seen = (): void => {
      if (!this.#child.log().includes(id)) throw new Error('it is not logged yet');
    };
    await eventually(seen, { describe: `the log of ${this.name}`, intervalMs: 5 });
  }
}
