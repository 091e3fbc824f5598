import { Buffer } from 'node:buffer';
import { isBase64ForDocker } from '../docker/docker-reader.ts';
import { Redacted } from '../redacted.ts';

/** What a reader has in hand once it has found an entry. */

/** Bytes, one for each character: a password need not be text. */
export interface CredentialParts {
  readonly user: string;
  readonly password: string;
  readonly identityToken: string;
  readonly registryToken: string;
}

export const NO_PARTS: CredentialParts = {
  user: '',
  password: '',
  identityToken: '',
  registryToken: '',
};

export interface FoundCredential {
  /** What is sent: user and password, a token, or nothing. */
  readonly kind: 'Login' | 'Token' | 'Anonymous';
  /** Nothing at all stands there; else an anonymous one has a user and an empty password. */
  readonly isEmpty: boolean;
  /** Of a token. */
  readonly field: 'identitytoken' | 'registrytoken' | undefined;
  readonly parts: Redacted<CredentialParts>;
}

/**
 * A token stands before user and password, and an empty password is anonymous (moby/buildkit v0.34.2
 * session/auth/authprovider/authprovider.go toCredentials, FetchToken).
 */
export function foundCredential(parts: CredentialParts): FoundCredential {
  const { user, password, identityToken, registryToken } = parts;
  const token = registryToken === '' ? undefined : 'registrytoken';
  const field = identityToken === '' ? token : 'identitytoken';
  const login = password === '' ? 'Anonymous' : 'Login';
  return {
    kind: field === undefined ? login : 'Token',
    isEmpty: [user, password, identityToken, registryToken].every((part) => part === ''),
    field,
    parts: new Redacted(parts),
  };
}

export const NO_CREDENTIAL: FoundCredential = foundCredential(NO_PARTS);

/** One of each that a server could tell apart: no login is sent beside an identitytoken. */
export function distinct(credentials: readonly FoundCredential[]): readonly FoundCredential[] {
  return [...new Map(credentials.map((one) => [identityOf(one).reveal(), one])).values()];
}

function identityOf({ parts }: FoundCredential): Redacted<string> {
  const { user, password, identityToken, registryToken } = parts.reveal();
  const login = identityToken === '' && password !== '' ? [user, password] : [];
  return new Redacted(JSON.stringify([identityToken, registryToken, ...login]));
}

/** Text as the bytes that are sent. */
export function bytesOfText(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Go's base64.StdEncoding; undefined where it returns an error. */
export function decodeStandard(text: string): string | undefined {
  return isBase64ForDocker(text) ? Buffer.from(text, 'base64').toString('latin1') : undefined;
}

/** Go's base64.RawStdEncoding, which takes no padding; undefined where it returns an error. */
export function decodeUnpadded(text: string): string | undefined {
  const digits = text.replaceAll(/[\r\n]/g, '');
  return /^[A-Za-z0-9+/]*$/.test(digits) && digits.length % 4 !== 1
    ? Buffer.from(digits, 'base64').toString('latin1')
    : undefined;
}

/** strings.Trim(password, "\x00"): beyond a text charCodeAt is NaN, and none is left of NULs alone. */
export function withoutNuls(password: string): string {
  let start = 0;
  let end = password.length;
  while (password.charCodeAt(start) === 0) {
    start += 1;
  }
  while (password.charCodeAt(end - 1) === 0) {
    end -= 1;
  }
  return password.slice(start, end);
}
