import { Buffer } from 'node:buffer';
import { fieldOf, isRecord } from './docker-config.ts';
import type { Credential } from './docker-config.ts';
import { Redacted } from '../redacted.ts';
import { fail, firstProblem, ok } from '../result.ts';
import type { Check, Result } from '../result.ts';

/** What counts as a credential, and the one way in which it is written down. */

/** The parts of a credential before they are checked. Bytes, because a password need not be text. */
interface Parts {
  readonly login: { readonly user: Buffer; readonly password: Buffer } | undefined;
  /** Empty: none. */
  readonly identityToken: string;
  /** Empty: none. */
  readonly registryToken: string;
}

const COLON = 0x3a;

const credentialIsMissing: Check<Parts> = {
  finds: (parts) => parts.login === undefined && !hasToken(parts),
  reason: 'CredentialNotFound',
  message: 'holds no credential; write auth, the base64 of user:password',
};
const userIsEmpty: Check<Parts> = {
  finds: ({ login }) => login?.user.length === 0,
  reason: 'SecretInvalid',
  message: 'the user is empty, for which docker refuses the whole file; write a user',
};
const userHasColon: Check<Parts> = {
  finds: ({ login }) => login?.user.includes(COLON) === true,
  reason: 'SecretInvalid',
  message: 'the user holds a colon, which ends it in user:password; use a user without one',
};
/** `docker login` writes an empty password beside an identity token. */
const passwordIsEmpty: Check<Parts> = {
  finds: (parts) => parts.login?.password.length === 0 && !hasToken(parts),
  reason: 'SecretInvalid',
  message: 'the password is empty, which BuildKit takes for anonymous; write the password',
};

const CREDENTIAL_CHECKS: readonly Check<Parts>[] = [
  credentialIsMissing,
  userIsEmpty,
  userHasColon,
  passwordIsEmpty,
];

function hasToken(parts: Parts): boolean {
  return parts.identityToken !== '' || parts.registryToken !== '';
}

/** A credential of user and password; both are kept byte for byte, a newline at the end too. */
export function loginCredential(
  user: Redacted<Uint8Array>,
  password: Redacted<Uint8Array>,
): Result<Credential> {
  return checked({
    login: { user: Buffer.from(user.reveal()), password: Buffer.from(password.reveal()) },
    identityToken: '',
    registryToken: '',
  });
}

/**
 * The credential that the value of an entry holds, by the rules of docker/cli v29.8.2
 * cli/config/configfile/file.go: a non-empty `auth` wins over `username` and `password`, and its
 * first colon ends the user. Where that reader stops at a missing `=` or at the URL alphabet, what
 * was meant is clear and is taken.
 *
 * @returns a problem without a subject; it never holds text of the entry
 */
export function readEntry(value: Redacted<unknown>): Result<Credential> {
  const entry = value.reveal() ?? {};
  if (!isRecord(entry)) {
    return fail('SecretInvalid', 'not an object; write {"auth": "<base64 of user:password>"}');
  }
  if (FIELDS.some((name) => !isText(fieldOf(entry, name) ?? ''))) {
    return fail(
      'SecretInvalid',
      `one of ${FIELDS.join(', ')} is not a well-formed string; write it as a string`,
    );
  }
  const text = (name: (typeof FIELDS)[number]): string => textOrEmpty(fieldOf(entry, name));
  const login =
    text('auth') === ''
      ? loginOfFields(text('username'), text('password'))
      : loginOfAuth(text('auth'));
  return login.ok
    ? checked({
        login: login.value,
        identityToken: text('identitytoken'),
        registryToken: text('registrytoken'),
      })
    : login;
}

const FIELDS = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'] as const;

/** Lone surrogates have no bytes in UTF-8; every reader would see another password. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

function textOrEmpty(value: unknown): string {
  return isText(value) ? value : '';
}

function loginOfFields(username: string, password: string): Result<Parts['login']> {
  return ok(
    username === '' && password === ''
      ? undefined
      : { user: Buffer.from(username), password: Buffer.from(password) },
  );
}

function loginOfAuth(auth: string): Result<Parts['login']> {
  const decoded = decodeBase64(auth);
  if (decoded === undefined) {
    return fail('SecretInvalid', 'auth is not base64; write the base64 of user:password');
  }
  const colon = decoded.indexOf(COLON);
  return colon < 0
    ? fail('SecretInvalid', 'auth has no colon; write the base64 of user:password')
    : ok({ user: decoded.subarray(0, colon), password: decoded.subarray(colon + 1) });
}

const BASE64 = /^(?<digits>[A-Za-z0-9+/_-]*)={0,2}$/;

/**
 * Standard or URL alphabet, padded or not, whitespace anywhere. Checked by hand, because
 * `Buffer.from` skips what it does not know.
 */
function decodeBase64(text: string): Buffer | undefined {
  const digits = BASE64.exec(text.replaceAll(/[ \t\r\n]/g, ''))?.groups?.['digits'];
  return digits === undefined || digits.length % 4 === 1
    ? undefined
    : Buffer.from(digits, 'base64');
}

function checked(parts: Parts): Result<Credential> {
  const problem = firstProblem(parts, CREDENTIAL_CHECKS);
  if (problem !== undefined) {
    return { ok: false, problem };
  }
  const { login, identityToken, registryToken } = parts;
  return ok({
    ...(login && { auth: new Redacted(encodeLogin(login)) }),
    ...(identityToken !== '' && { identityToken: new Redacted(identityToken) }),
    ...(registryToken !== '' && { registryToken: new Redacted(registryToken) }),
  });
}

function encodeLogin({ user, password }: NonNullable<Parts['login']>): string {
  return Buffer.concat([user, Buffer.from([COLON]), password]).toString('base64');
}
