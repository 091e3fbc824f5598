import { Buffer } from 'node:buffer';
import { ENTRY_EXAMPLE, isRecord } from './docker-config.ts';
import type { Redacted } from '../redacted.ts';
import { fail, ok } from '../result.ts';
import type { Result } from '../result.ts';

/** What stands in one entry of a Docker config, taken apart and not judged yet. */

/** Bytes, because a password need not be text. */
export interface Login {
  readonly user: Buffer;
  readonly password: Buffer;
}

export interface EntryParts {
  /** Out of `auth`, or else out of `username` and `password`. */
  readonly login: Login | undefined;
  /** The fields as they stand there; empty: none. */
  readonly fields: Readonly<Record<FieldName, string>>;
}

const FIELD_NAMES = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'] as const;
type FieldName = (typeof FIELD_NAMES)[number];

export const COLON = 0x3a;

/**
 * By the rules of docker/cli v29.8.2 cli/config/configfile/file.go: a non-empty `auth` wins over
 * `username` and `password`, and its first colon ends the user. Where that reader stops at a missing
 * `=` or at the URL alphabet, what was meant is clear and is taken.
 *
 * @returns the problem SecretInvalid without a subject; it never holds text of the entry
 */
export function partsOfEntry(value: Redacted<unknown>): Result<EntryParts> {
  const entry = value.reveal() ?? {};
  if (!isRecord(entry)) {
    return fail('SecretInvalid', `not an object; write ${ENTRY_EXAMPLE}`);
  }
  // In any case, and the last one wins, as in Go.
  const values = new Map(Object.entries(entry).map(([name, field]) => [name.toLowerCase(), field]));
  if (FIELD_NAMES.some((name) => !isText(values.get(name) ?? ''))) {
    return fail(
      'SecretInvalid',
      `one of ${FIELD_NAMES.join(', ')} is not a well-formed string; write it as a string`,
    );
  }
  const text = (name: FieldName): string => textOrEmpty(values.get(name));
  const fields = {
    auth: text('auth'),
    username: text('username'),
    password: text('password'),
    identitytoken: text('identitytoken'),
    registrytoken: text('registrytoken'),
  };
  const login = fields.auth === '' ? ok(loginOfFields(fields)) : loginOfAuth(fields.auth);
  return login.ok ? ok({ login: login.value, fields }) : login;
}

/** The parts of a user and password that stand in no entry. */
export function partsOfLogin(login: Login): EntryParts {
  const fields = { auth: '', username: '', password: '', identitytoken: '', registrytoken: '' };
  return { login, fields };
}

/** Lone surrogates have no bytes in UTF-8; every reader would see another password. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

function textOrEmpty(value: unknown): string {
  return isText(value) ? value : '';
}

function loginOfFields({ username, password }: EntryParts['fields']): Login | undefined {
  return username === '' && password === ''
    ? undefined
    : { user: Buffer.from(username), password: Buffer.from(password) };
}

function loginOfAuth(auth: string): Result<Login> {
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
