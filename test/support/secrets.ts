import { Buffer } from 'node:buffer';
import type { Credential } from '../../src/core/docker/docker-config.ts';
import { Redacted } from '../../src/core/redacted.ts';
import type { Result } from '../../src/core/result.ts';
import type { SourceSecret } from '../../src/core/docker/source-credential.ts';

/** Builders of Secrets and Docker configs, and views of what is redacted. */

export const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');

export const bytes = (value: string | Uint8Array): Redacted<Uint8Array> =>
  new Redacted(Buffer.from(value));

/** The one key of Docker Hub. */
export const HUB = 'https://index.docker.io/v1/';

/** The entry of `user:password`. */
export const login = (text: string | Uint8Array): { readonly auth: string } => ({
  auth: base64(text),
});

/** JSON text of a config.json. */
export const configJson = (auths: object, more: object = {}): string =>
  JSON.stringify({ auths, ...more });

const secretOf = (
  type: string,
  data: Readonly<Record<string, string | Uint8Array>>,
): SourceSecret => ({
  name: 'source',
  type,
  data: new Map(Object.entries(data).map(([key, value]) => [key, bytes(value)])),
  isOutput: false,
});

export const dockerConfigSecret = (text: string | Uint8Array): SourceSecret =>
  secretOf('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': text });

export const dockercfgSecret = (text: string): SourceSecret =>
  secretOf('kubernetes.io/dockercfg', { '.dockercfg': text });

export const basicAuthSecret = (
  data: Readonly<Record<string, string | Uint8Array>>,
): SourceSecret => secretOf('kubernetes.io/basic-auth', data);

export const opaqueSecret = (data: Readonly<Record<string, string | Uint8Array>>): SourceSecret =>
  secretOf('Opaque', data);

export const credential = (
  userAndPassword: string,
  tokens: { readonly identityToken?: string; readonly registryToken?: string } = {},
): Credential => ({
  auth: new Redacted(base64(userAndPassword)),
  ...(tokens.identityToken !== undefined && { identityToken: new Redacted(tokens.identityToken) }),
  ...(tokens.registryToken !== undefined && { registryToken: new Redacted(tokens.registryToken) }),
});

/** A credential as a test compares it: vitest cannot see into `Redacted`. */
export const plain = (
  result: Result<Credential>,
):
  | { readonly login?: string; readonly identityToken?: string; readonly registryToken?: string }
  | string => (result.ok ? plainCredential(result.value) : result.problem.reason);

export const plainCredential = ({
  auth,
  identityToken,
  registryToken,
}: Credential): {
  readonly login?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
} => ({
  ...(auth && { login: Buffer.from(auth.reveal(), 'base64').toString('latin1') }),
  ...(identityToken && { identityToken: identityToken.reveal() }),
  ...(registryToken && { registryToken: registryToken.reveal() }),
});

/** The text of each file. */
export const texts = (
  files: ReadonlyMap<string, Redacted<Uint8Array>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...files].map(([name, value]) => [name, Buffer.from(value.reveal()).toString()]),
  );

/** The value of a result that is fine. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) {
    throw new Error(`${result.problem.reason}: ${result.problem.message}`);
  }
  return result.value;
}
