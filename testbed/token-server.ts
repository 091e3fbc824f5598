import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { portOf } from './addresses.ts';
import { issueCertificate } from './certs.ts';
import type { Authority } from './certs.ts';
import type { Users } from './registry/htpasswd.ts';
import type { TokenAuthority } from './registry/config.ts';
import { parseScope, parseTokenRequest } from './registry/token-request.ts';
import type { TokenQuestion } from './registry/token-request.ts';
import { newTokenSigner } from './registry/token-signer.ts';
import type { TokenSigner } from './registry/token-signer.ts';

const LIFETIME_S = 300;

export interface TokenServerOptions {
  /** The folder for the key set and the certificate. */
  readonly dir: string;
  readonly users: Users;
  /** Serves HTTPS with a certificate from this authority. */
  readonly tls?: Authority;
  /** The IP address or name to listen on; absent: 127.0.0.1. */
  readonly address?: string;
}

/** A question and what became of it. Passwords are not kept. */
export interface TokenRequest {
  readonly method: 'GET' | 'POST';
  /** Absent: anonymous. */
  readonly user?: string;
  readonly scopes: readonly string[];
  /** 200 for a known user, and for an anonymous client (a token that allows nothing); else 401. */
  readonly status: number;
  readonly userAgent: string;
}

/**
 * Starts a token server (distribution/docs spec/auth/token.md and oauth.md). A known user gets
 * every scope that was asked for: BuildKit adds to a path mirror's scope one with the repository's
 * name at the origin, which does not exist at the mirror.
 */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  await mkdir(options.dir, { recursive: true });
  const signer = newTokenSigner();
  const jwksPath = join(options.dir, 'jwks.json');
  await writeFile(jwksPath, signer.jwks);
  const address = options.address ?? '127.0.0.1';
  const server = await newServer(options, address);
  server.unref().listen(0, address);
  await once(server, 'listening');
  const scheme = options.tls === undefined ? 'http' : 'https';
  const realm = `${scheme}://${address}:${portOf(server)}/token`;
  return new TokenServer(server, { realm, jwksPath, signer, users: options.users });
}

async function newServer({ tls }: TokenServerOptions, address: string): Promise<Server> {
  if (tls === undefined) return createHttpServer();
  const subject = isIP(address) === 0 ? { hosts: [address] } : { ips: [address] };
  const certificate = await issueCertificate(tls, { name: 'token-server', ...subject });
  return createHttpsServer({
    cert: await readFile(certificate.certPath),
    key: await readFile(certificate.keyPath),
  });
}

interface TokenServerParts {
  readonly realm: string;
  readonly jwksPath: string;
  readonly signer: TokenSigner;
  readonly users: Users;
}

/** A running token server; as it is it can be given to `startRegistry({token})`. */
export class TokenServer implements TokenAuthority {
  readonly realm: string;
  readonly service = 'testbed';
  readonly issuer = 'testbed';
  readonly jwksPath: string;
  readonly #server: Server;
  readonly #signer: TokenSigner;
  #users: Users;
  #requests: TokenRequest[] = [];

  constructor(server: Server, { realm, jwksPath, signer, users }: TokenServerParts) {
    this.realm = realm;
    this.jwksPath = jwksPath;
    this.#server = server;
    this.#signer = signer;
    this.#users = users;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  /** The questions since the start or the last `clear`. */
  requests(): readonly TokenRequest[] {
    return this.#requests;
  }

  clear(): void {
    this.#requests = [];
  }

  /** Changes a user's password, or adds the user. Tokens that are out stay good. */
  setPassword(user: string, password: string): void {
    this.#users = { ...this.#users, [user]: password };
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.realm);
    const question = parseTokenRequest(request.method ?? 'GET', url.searchParams, {
      authorization: request.headers.authorization,
      form: new URLSearchParams(await text(request)),
    });
    const granted = question.user === undefined || this.#knows(question);
    this.#requests.push({
      method: question.method,
      ...(question.user === undefined ? {} : { user: question.user }),
      scopes: question.scopes,
      status: granted ? 200 : 401,
      userAgent: request.headers['user-agent'] ?? '',
    });
    response.writeHead(granted ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(granted ? this.#token(question) : { details: 'wrong password' }));
  }

  #knows({ user, password }: TokenQuestion): boolean {
    return user !== undefined && Object.hasOwn(this.#users, user) && this.#users[user] === password;
  }

  #token({ user, scopes }: TokenQuestion): object {
    const access = user === undefined ? [] : scopes.map(parseScope).filter((a) => a !== undefined);
    const issuedAt = new Date();
    const token = this.#signer.sign({
      issuer: this.issuer,
      audience: this.service,
      subject: user ?? '',
      access,
      issuedAt,
      lifetime: LIFETIME_S,
    });
    return {
      token,
      access_token: token,
      expires_in: LIFETIME_S,
      issued_at: issuedAt.toISOString(),
    };
  }
}
