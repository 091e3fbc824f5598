import { writeFile } from 'node:fs/promises';

export interface KubeconfigParts {
  readonly url: string;
  /** The API server's CA certificate, PEM. */
  readonly ca: string;
  readonly user: string;
  readonly token: string;
  /** The context's namespace; absent: `default`. */
  readonly namespace?: string;
}

/** A kubeconfig that needs no other file. JSON is YAML, and every reader of kubeconfigs takes it. */
export function kubeconfig({
  url,
  ca,
  user,
  token,
  namespace = 'default',
}: KubeconfigParts): string {
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'testbed',
        cluster: {
          server: url,
          'certificate-authority-data': Buffer.from(ca).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'testbed', context: { cluster: 'testbed', user, namespace } }],
    'current-context': 'testbed',
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** Writes it readable for its owner only: it holds a token. */
export async function writeKubeconfig(path: string, parts: KubeconfigParts): Promise<string> {
  await writeFile(path, kubeconfig(parts), { mode: 0o600 });
  return path;
}
