import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionError, loadConnection } from '../../../src/kube/connection.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-connection-'));
  // Neither the developer's own kubeconfig nor a pod's environment.
  vi.stubEnv('KUBECONFIG', '');
  vi.stubEnv('HOME', folder);
  vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
}

/** Writes a kubeconfig (JSON is YAML) and returns its path. */
async function kubeconfig({ cluster, user, context }: Parts = {}): Promise<string> {
  const path = join(folder, 'config');
  const config = {
    'current-context': 'k',
    contexts: [{ name: 'k', context: { cluster: 'c', user: 'u', ...context } }],
    clusters: [{ name: 'c', cluster: { server: 'https://api.example:6443/prefix/', ...cluster } }],
    users: [{ name: 'u', user: { token: 'hunter2', ...user } }],
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

async function failureOf(options: { kubeconfig?: string }): Promise<Error> {
  try {
    await loadConnection(options);
  } catch (error) {
    if (error instanceof ConnectionError) {
      return error;
    }
    throw error;
  }
  throw new Error('it did not fail');
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a kubeconfig', () => {
  it('whose user has nothing that is read is refused, rather than asking as anonymous', async () => {
    const path = await kubeconfig({ user: { token: undefined, tokenFile: '/var/token' } });
    expect((await failureOf({ kubeconfig: path })).message).toContain('a tokenFile is not read');
  });

  it('gives the server, what TLS needs and a token', async () => {
    await writeFile(join(folder, 'tls.key'), 'the key');
    const path = await kubeconfig({
      cluster: { 'certificate-authority-data': base64('the CA'), 'tls-server-name': 'kube' },
      user: { 'client-certificate-data': base64('the certificate'), 'client-key': 'tls.key' },
    });
    const connection = await loadConnection({ kubeconfig: path });
    expect(connection.server.href).toBe('https://api.example:6443/prefix');
    expect(await connection.tls()).toEqual({
      ca: Buffer.from('the CA'),
      cert: Buffer.from('the certificate'),
      key: Buffer.from('the key'),
      servername: 'kube',
      rejectUnauthorized: undefined,
    });
    expect(await connection.authHeaders()).toEqual({ authorization: 'Bearer hunter2' });
  });

  it('can switch verification off', async () => {
    const path = await kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } });
    const { tls } = await loadConnection({ kubeconfig: path });
    expect((await tls()).rejectUnauthorized).toBe(false);
  });

  it('can hold a user name and password', async () => {
    const path = await kubeconfig({
      user: { token: undefined, username: 'a', password: 'hunter2' },
    });
    const { authHeaders } = await loadConnection({ kubeconfig: path });
    expect(await authHeaders()).toEqual({ authorization: `Basic ${base64('a:hunter2')}` });
  });

  it('can impersonate another user, which is never left out', async () => {
    const path = await kubeconfig({ user: { as: 'other' } });
    const { authHeaders } = await loadConnection({ kubeconfig: path });
    expect(await authHeaders()).toEqual({
      authorization: 'Bearer hunter2',
      'impersonate-user': 'other',
    });
  });

  it('can name a token file, of which a last newline is not part of the token', async () => {
    await writeFile(join(folder, 'token'), 'hunter2\n');
    const path = await kubeconfig({
      user: {
        token: undefined,
        'auth-provider': { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } },
      },
    });
    const { authHeaders } = await loadConnection({ kubeconfig: path });
    expect(await authHeaders()).toEqual({ authorization: 'Bearer hunter2' });
  });

  it('can name an exec plugin, whose token is kept while it is valid', async () => {
    const credential = {
      status: { token: 'hunter2', expirationTimestamp: '2999-01-01T00:00:00Z' },
    };
    const script = `echo run >> ${folder}/runs; echo '${JSON.stringify(credential)}'`;
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: ['-c', script],
    };
    const path = await kubeconfig({ user: { token: undefined, exec } });
    const { authHeaders } = await loadConnection({ kubeconfig: path });
    await rm(join(folder, 'runs'));
    expect(await authHeaders()).toEqual({ authorization: 'Bearer hunter2' });
    await rm(join(folder, 'runs'));
    expect(await authHeaders()).toEqual({ authorization: 'Bearer hunter2' });
    await expect(rm(join(folder, 'runs'))).rejects.toThrow('ENOENT');
  });

  it('is found through KUBECONFIG', async () => {
    vi.stubEnv('KUBECONFIG', await kubeconfig());
    expect((await loadConnection({})).server.hostname).toBe('api.example');
  });
});

describe('what cannot be used is refused with what to mend', () => {
  it.each<[string, Parts]>([
    ['names no cluster or no user', { context: { cluster: 'other' } }],
    ['names no cluster or no user', { context: { user: undefined } }],
    ['not https', { cluster: { server: 'http://api.example' } }],
    ['not https', { cluster: { server: 'http://localhost:8080' } }],
    ['not a URL', { cluster: { server: 'api.example' } }],
    ['proxy-url', { cluster: { 'proxy-url': 'http://proxy' } }],
    ['cannot be had (ENOENT)', { cluster: { 'certificate-authority': 'missing' } }],
    [
      'cannot be had',
      { user: { exec: { command: 'sh', args: ['-c', 'echo hunter2 >&2; exit 1'] } } },
    ],
  ])('%s: %j', async (message, parts) => {
    const error = await failureOf({ kubeconfig: await kubeconfig(parts) });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('hunter2');
  });

  it('no kubeconfig, and not in a pod', async () => {
    expect((await failureOf({})).message).toContain('does not run in a pod');
  });

  it('a kubeconfig that is not there, by its path', async () => {
    const path = join(folder, 'missing');
    expect((await failureOf({ kubeconfig: path })).message).toBe(
      `the kubeconfig ${path} cannot be read (ENOENT)`,
    );
  });

  it('a kubeconfig that is not YAML, without quoting it', async () => {
    const path = join(folder, 'config');
    await writeFile(path, 'users: [{token: hunter2');
    const { message } = await failureOf({ kubeconfig: path });
    expect(message).toBe(`the kubeconfig ${path} cannot be read`);
  });
});
