import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { Access } from './token-request.ts';

/** Signs the tokens that distribution's `auth.token` accepts. */
export interface TokenSigner {
  /** The public key as a JSON Web Key Set (RFC 7517). */
  readonly jwks: string;
  sign(claims: TokenClaims): string;
}

export interface TokenClaims {
  readonly issuer: string;
  readonly audience: string;
  /** The user's name; empty for an anonymous client. */
  readonly subject: string;
  readonly access: readonly Access[];
  readonly issuedAt: Date;
  /** Seconds. */
  readonly lifetime: number;
}

/** A new ES256 key. distribution finds it by `kid` (v3.1.2 registry/auth/token/token.go). */
export function newTokenSigner(): TokenSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  return {
    jwks: JSON.stringify({ keys: [jwk] }),
    sign(claims) {
      const head = `${encode({ typ: 'JWT', alg: 'ES256', kid })}.${encode(payload(claims))}`;
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
      return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`;
    },
  };
}

function payload(claims: TokenClaims): object {
  const now = Math.floor(claims.issuedAt.getTime() / 1000);
  return {
    iss: claims.issuer,
    aud: claims.audience,
    sub: claims.subject,
    iat: now,
    nbf: now,
    exp: now + claims.lifetime,
    jti: randomUUID(),
    access: claims.access,
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
