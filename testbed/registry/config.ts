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
  readonly htpasswd?: { readonly realm: string; readonly path: string };
  readonly token?: TokenAuthority;
  readonly certificate?: Certificate;
  /** `helper` is a program that prints the upstream credential each time it is asked. */
  readonly proxy?: { readonly remoteurl: string; readonly helper?: string };
}

/** The text of distribution's configuration file; JSON is YAML. */
export function registryConfig(config: RegistryConfig): string {
  const { certificate, htpasswd, proxy, token } = config;
  return JSON.stringify({
    version: '0.1',
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: config.storageDir } },
    http: {
      addr: config.listen,
      secret: 'only signs upload states',
      ...(certificate === undefined
        ? {}
        : { tls: { certificate: certificate.certPath, key: certificate.keyPath } }),
    },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd } }),
    ...(token === undefined
      ? {}
      : {
          auth: {
            token: {
              realm: token.realm,
              service: token.service,
              issuer: token.issuer,
              jwks: token.jwksPath,
            },
          },
        }),
    ...(proxy === undefined
      ? {}
      : {
          proxy: {
            remoteurl: proxy.remoteurl,
            ...(proxy.helper === undefined
              ? {}
              : { exec: { command: proxy.helper, lifetime: '0s' } }),
          },
        }),
  });
}
