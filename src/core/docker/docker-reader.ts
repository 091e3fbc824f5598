import { Buffer } from 'node:buffer';
import { COLON } from './entry-parts.ts';
import { fieldOf, isRecord } from './docker-config.ts';
import type { Redacted } from '../redacted.ts';

/**
 * What docker's own reader, which BuildKit's clients share, makes of an entry (docker/cli v29.8.2
 * cli/config/configfile/file.go LoadFromReader, decodeAuth). At the first entry that it cannot read
 * it stops, and those that it had not come to, in an order that changes, have no login.
 */

/** The fields of its struct (cli/config/types/authconfig.go); any other may be of any type. */
const STRING_FIELDS: ReadonlySet<string> = new Set([
  'username',
  'password',
  'auth',
  'serveraddress',
  'identitytoken',
  'registrytoken',
]);

/** Whether it stops at this entry. */
export function stopsDocker(value: Redacted<unknown>): boolean {
  const entry = value.reveal();
  if (entry === null) {
    return false;
  }
  return !isRecord(entry) || hasFieldOfWrongType(entry) || !isReadableAuth(fieldOf(entry, 'auth'));
}

/**
 * Whether it decodes this text: padded base64 of the standard alphabet, and no other whitespace
 * than line breaks (Go's base64.StdEncoding).
 */
export function isBase64ForDocker(text: string): boolean {
  const digits = text.replaceAll(/[\r\n]/g, '');
  return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits);
}

function hasFieldOfWrongType(entry: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(entry).some(
    ([name, field]) =>
      STRING_FIELDS.has(name.toLowerCase()) && field !== null && typeof field !== 'string',
  );
}

function isReadableAuth(auth: unknown): boolean {
  if (typeof auth !== 'string' || auth === '') {
    return true;
  }
  return isBase64ForDocker(auth) && Buffer.from(auth, 'base64').indexOf(COLON) > 0;
}
