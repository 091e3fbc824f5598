import type { Certificate } from '../certs.ts';

/** Where a registry sends its clients for a token. */
export interface TokenAuthority {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** A JSON Web Key Set with the keys that sign tokens. */
  readonly jwksPath: string;
}

export interface RegistryConfig {
  /** `address:port` to listen on; port 0 takes any free one. */
  readonly listen: string;
  readonly storageDir: string;
  readonly htpasswd: { readonly realm: string; readonly path: string } | undefined;
  readonly token: TokenAuthority | undefined;
  readonly certificate: Certificate | undefined;
  readonly proxy: ProxyConfig | undefined;
}

export interface ProxyConfig {
  readonly remoteurl: string;
  /** A program that prints the upstream credential each time it is asked. */
  readonly helper: string;
}

/** The text of distribution's configuration file. JSON is YAML, and leaves out what is undefined. */
export function registryConfig(config: RegistryConfig): string {
  const { certificate } = config;
  return JSON.stringify({
    version: '0.1',
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: config.storageDir } },
    http: {
      addr: config.listen,
      secret: 'only signs upload states',
      tls: certificate && { certificate: certificate.certPath, key: certificate.keyPath },
    },
    auth: auth(config),
    proxy: proxy(config),
  });
}

function auth({ htpasswd, token }: RegistryConfig): object | undefined {
  if (token === undefined) return htpasswd && { htpasswd };
  const { issuer, jwksPath, realm, service } = token;
  return { token: { realm, service, issuer, jwks: jwksPath } };
}

/** Without a lifetime the helper would be asked once; with zero it is asked for each request. */
function proxy({ proxy }: RegistryConfig): object | undefined {
  return proxy && { remoteurl: proxy.remoteurl, exec: { command: proxy.helper, lifetime: '0s' } };
}
