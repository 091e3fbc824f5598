import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import type { Cluster, User } from '@kubernetes/client-node';

/** What the transport needs to know of an API server. */
export interface Connection {
  /** Base of every path; may itself have a path (Rancher's proxies do). */
  readonly server: URL;
  /** Namespace of the current context, in a pod the pod's own. */
  readonly namespace: string | undefined;
  /**
   * CA and client certificate as they are now: their files are read again at each call.
   *
   * @throws ConnectionError
   */
  readonly tls: () => Promise<TlsOptions>;
  /**
   * Headers that say who we are (Authorization, Impersonate-User). Asked for with every request: a
   * token file is read again each minute, an exec plugin is run again when its token has expired.
   */
  readonly authHeaders: () => Promise<Readonly<Record<string, string>>>;
}

export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'
>;

/**
 * There is no usable connection. The message says what to mend. It never quotes the kubeconfig or
 * what an exec plugin printed: both hold credentials.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/**
 * Finds the API server as kubectl does: the given kubeconfig, else `$KUBECONFIG`, else
 * `~/.kube/config`, else the ServiceAccount of the pod that this runs in.
 *
 * Loading `@kubernetes/client-node` takes half a second and some 80 MB: whoever needs no cluster
 * should import this file only when needed.
 *
 * @throws ConnectionError
 */
export async function loadConnection(options: {
  readonly kubeconfig?: string;
}): Promise<Connection> {
  const config = readConfig(options.kubeconfig);
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null || user === null) {
    throw new ConnectionError('the current context of the kubeconfig names no cluster or no user');
  }
  const connection = {
    server: serverUrl(config, cluster),
    namespace: namespaceOf(config),
    tls: () => tlsOptions(config),
    authHeaders: authenticator(cluster, user),
  };
  refuseAnonymous(user);
  // What cannot be read at the start is a mistake, and not somebody in the middle of writing it.
  await connection.tls();
  return connection;
}

function readConfig(path: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (path === undefined) {
      config.loadFromDefault();
    } else {
      config.loadFromFile(path);
    }
  } catch (error) {
    const where = path ?? 'of $KUBECONFIG or ~/.kube/config';
    throw new ConnectionError(`the kubeconfig ${where} cannot be read${codeOf(error)}`);
  }
  return config;
}

/**
 * Outside a pod and without a kubeconfig, client-node 2.0.1 does not fail but falls back to
 * `http://localhost:8080` (config.js, loadFromDefault), and with a ServiceAccount but without
 * `$KUBERNETES_SERVICE_HOST` it makes `https://undefined:undefined` (loadFromCluster).
 */
function serverUrl(config: KubeConfig, cluster: Cluster): URL {
  const { server } = cluster;
  if (server === 'http://localhost:8080' && config.getCurrentContext() === 'loaded-context') {
    throw new ConnectionError('no kubeconfig was given or found, and this does not run in a pod');
  }
  if (server.includes('//undefined:')) {
    throw new ConnectionError(
      'there is a ServiceAccount, but KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
    );
  }
  if (!URL.canParse(server)) {
    throw new ConnectionError('the server in the kubeconfig is not a URL');
  }
  if (!server.startsWith('https:')) {
    throw new ConnectionError(
      'the server in the kubeconfig is not https: a token would be sent in the open',
    );
  }
  if (cluster.proxyUrl !== undefined) {
    throw new ConnectionError('the kubeconfig has a proxy-url, which is not supported');
  }
  return new URL(server);
}

const CREDENTIALS = ['token', 'username', 'certData', 'certFile', 'exec', 'authProvider'] as const;

/** client-node 2.0.1 leaves out what it does not know, `tokenFile` for one, and would ask as anonymous. */
function refuseAnonymous(user: User): void {
  if (CREDENTIALS.every((name) => user[name] === undefined)) {
    throw new ConnectionError(
      'the user in the kubeconfig has no credential that is supported: write token, a client certificate or an exec plugin (a tokenFile is not read)',
    );
  }
}

function namespaceOf(config: KubeConfig): string | undefined {
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace?.trim();
  return namespace === '' ? undefined : namespace;
}

async function tlsOptions(config: KubeConfig): Promise<TlsOptions> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new ConnectionError(
      `the CA, client certificate or token of the current context cannot be had${codeOf(error)}`,
    );
  }
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return { ca, cert, key, servername, rejectUnauthorized };
}

/**
 * A second KubeConfig, without the CA, answers who we are: `applyToHTTPSOptions` reads the files of
 * a cluster again at each call. The https.Agent that it also makes is made once and opens nothing.
 */
function authenticator(cluster: Cluster, user: User): Connection['authHeaders'] {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: cluster.name, server: cluster.server, skipTLSVerify: cluster.skipTLSVerify },
    user,
  );
  return async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const headers: Record<string, string> = {};
    if (typeof options.auth === 'string') {
      headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    }
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      // A token file may end in a newline, which is not allowed in a header.
      headers[name.toLowerCase()] = String(value).trim();
    }
    return headers;
  };
}

/** The code of a system error (`ENOENT`), which unlike its message quotes nothing. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? ` (${error.code})`
    : '';
}
