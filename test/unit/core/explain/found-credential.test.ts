import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  bytesOfText,
  decodeStandard,
  decodeUnpadded,
  distinct,
  foundCredential,
  NO_CREDENTIAL,
  NO_PARTS,
  withoutNuls,
} from '../../../../src/core/explain/found-credential.ts';
import type { CredentialParts } from '../../../../src/core/explain/found-credential.ts';

const found = (parts: Partial<CredentialParts>) => foundCredential({ ...NO_PARTS, ...parts });

describe('what is sent', () => {
  it.each([
    [{ user: 'me', password: 'pw' }, 'Login', undefined],
    [{ user: 'me' }, 'Anonymous', undefined],
    [{ user: 'me', password: 'pw', registryToken: 'r' }, 'Token', 'registrytoken'],
    [{ registryToken: 'r', identityToken: 'i' }, 'Token', 'identitytoken'],
  ])('of %j is a %s in %s', (parts, kind, field) => {
    expect(found(parts)).toMatchObject({ kind, field, isEmpty: false });
  });

  it('is nothing where nothing stands', () => {
    expect(NO_CREDENTIAL).toMatchObject({ kind: 'Anonymous', isEmpty: true });
  });
});

describe('credentials that a server cannot tell apart count once', () => {
  const count = (...parts: readonly Partial<CredentialParts>[]): number =>
    distinct(parts.map(found)).length;

  it('whatever user an anonymous one has', () => {
    expect(count({}, { user: 'me' }, { user: 'you' })).toBe(1);
  });

  it('whatever login stands beside an identitytoken', () => {
    expect(count({ identityToken: 'i' }, { identityToken: 'i', user: 'me', password: 'pw' })).toBe(
      1,
    );
  });

  it('but logins do that differ, beside a registrytoken too', () => {
    expect(count({ user: 'me', password: 'a' }, { user: 'me', password: 'b' })).toBe(2);
    expect(count({ user: 'me', password: 'a' }, { user: 'you', password: 'a' })).toBe(2);
    expect(count({ registryToken: 'r' }, { registryToken: 'r', user: 'me', password: 'a' })).toBe(
      2,
    );
  });

  it('whatever user stands beside a registrytoken without a password', () => {
    expect(count({ registryToken: 'r' }, { registryToken: 'r', user: 'me' })).toBe(1);
  });

  it('and tokens do that differ, or stand in another field', () => {
    expect(count({ identityToken: 'a' }, { identityToken: 'b' }, { registryToken: 'a' })).toBe(3);
  });
});

describe('base64', () => {
  it.each([
    ['bWU6cHc', 'me:pw'],
    ['bWU6\ncH\r\nc', 'me:pw'],
    ['', ''],
    // A last digit has bits to spare.
    ['bWU', 'me'],
    ['/+8', Buffer.from([0xff, 0xef]).toString('latin1')],
  ])('without padding: %j is %j', (text, bytes) => {
    expect(decodeUnpadded(text)).toBe(bytes);
  });

  it.each(['bWU6cHc=', 'bWU6c', 'bW U', '-bWU', 'bWU-', 'bWU_', 'b'])(
    'without padding: %j is none',
    (text) => {
      expect(decodeUnpadded(text)).toBeUndefined();
    },
  );

  it('with padding is taken as docker takes it, and is bytes', () => {
    expect(decodeStandard('bWU6cHc=')).toBe('me:pw');
    expect(decodeStandard('bWU6cHc')).toBeUndefined();
    expect(decodeStandard('/w==')).toBe('\u00ff');
  });
});

it('text is its bytes in UTF-8', () => {
  expect(bytesOfText('ü')).toBe('\u00c3\u00bc');
});

describe('NUL around a password', () => {
  it.each([
    ['pw', 'pw'],
    ['\0\0pw', 'pw'],
    ['pw\0\0', 'pw'],
    ['\0p\0w\0', 'p\0w'],
    ['\0', ''],
    ['\0\0', ''],
    ['', ''],
  ])('%j is %j', (password, trimmed) => {
    expect(withoutNuls(password)).toBe(trimmed);
  });
});
