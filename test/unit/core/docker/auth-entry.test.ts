import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loginCredential, readEntry } from '../../../../src/core/docker/auth-entry.ts';
import type { CheckedCredential } from '../../../../src/core/docker/checked-credential.ts';
import type { Credential } from '../../../../src/core/docker/docker-config.ts';
import { Redacted } from '../../../../src/core/redacted.ts';
import { ok } from '../../../../src/core/result.ts';
import type { Result } from '../../../../src/core/result.ts';
import { base64, bytes, plain, valueOf } from '../../../support/secrets.ts';

const credentialOf = (result: Result<CheckedCredential>): Result<Credential> =>
  result.ok ? ok(result.value.credential) : result;
const read = (value: unknown): ReturnType<typeof plain> =>
  plain(credentialOf(readEntry(new Redacted(value))));

describe('readEntry', () => {
  it.each([
    ['padded standard base64', 'dTpwdw=='],
    ['unpadded base64', 'dTpwdw'],
    ['wrongly padded base64', 'dTpwdw='],
    ['a leading space', ' dTpwdw=='],
    ['an embedded newline', 'dTpw\r\ndw=='],
    ['a newline at the end', 'dTpwdw==\n'],
  ])('decodes %s', (_, auth) => {
    expect(read({ auth })).toEqual({ login: 'u:pw' });
  });

  it('decodes the URL alphabet and writes the standard one', () => {
    const { credential } = valueOf(readEntry(new Redacted({ auth: 'dTo_Pz4-' })));
    expect(credential.auth?.reveal()).toBe('dTo/Pz4+');
  });

  it.each([
    ['splits at the first colon', { auth: base64('u:p:q:') }, { login: 'u:p:q:' }],
    ['keeps a newline at the end of the password', { auth: base64('u:p\n') }, { login: 'u:p\n' }],
    ['keeps NUL at the end of the password', { auth: base64('u:p\0') }, { login: 'u:p\0' }],
    ['takes username and password', { username: 'u', password: 'p' }, { login: 'u:p' }],
    [
      'lets auth win over username and password',
      { auth: base64('a:b'), username: 'u', password: 'p' },
      { login: 'a:b' },
    ],
    [
      'takes username and password beside an empty auth',
      { auth: '', username: 'u', password: 'p:q' },
      { login: 'u:p:q' },
    ],
    ['takes fields in any case', { Auth: base64('a:b') }, { login: 'a:b' }],
    [
      'takes the last spelling of a field, as Go does',
      { auth: base64('a:b'), AUTH: base64('c:d') },
      { login: 'c:d' },
    ],
    ['ignores other fields', { auth: base64('a:b'), email: 5, x: [] }, { login: 'a:b' }],
    ['takes null for absent', { auth: base64('a:b'), identitytoken: null }, { login: 'a:b' }],
    [
      'keeps tokens beside auth',
      { auth: base64('u:p'), identitytoken: 'i', registrytoken: 'r' },
      { login: 'u:p', identityToken: 'i', registryToken: 'r' },
    ],
    ['takes a token alone', { identitytoken: 'i' }, { identityToken: 'i' }],
    ['takes a registry token alone', { registrytoken: 'r', auth: '' }, { registryToken: 'r' }],
    [
      'takes the empty password that docker login writes beside an identity token',
      { auth: base64('00000000-0000-0000-0000-000000000000:'), identitytoken: 'i' },
      { login: '00000000-0000-0000-0000-000000000000:', identityToken: 'i' },
    ],
  ])('%s', (_, entry, expected) => {
    expect(read(entry)).toEqual(expected);
  });

  it.each([
    ['null', null],
    ['an empty object', {}],
    ['an empty auth', { auth: '' }],
    ['an e-mail address alone', { email: 'a@b.c' }],
    ['empty tokens', { identitytoken: '', registrytoken: '' }],
  ])('finds no credential in %s', (_, entry) => {
    expect(read(entry)).toBe('CredentialNotFound');
  });

  it.each([
    ['a text', 'dTpwdw=='],
    ['a number', 5],
    ['a list', []],
    ['a number for auth', { auth: 5 }],
    ['an object for a password', { username: 'u', password: {} }],
    ['a lone surrogate', { username: 'u', password: 'p\ud800' }],
    ['a token that is no text', { auth: base64('u:p'), identitytoken: 5 }],
    ['auth that is no base64', { auth: 'dTpw!w==' }],
    ['base64 of impossible length', { auth: 'dTpwd' }],
    ['three equals signs', { auth: 'dTpwdw===' }],
    ['an equals sign within', { auth: 'dTpw=dw' }],
    ['auth without a colon', { auth: base64('token') }],
    ['an empty user', { auth: base64(':token') }],
    ['an empty user beside a token', { auth: base64(':x'), identitytoken: 'i' }],
    ['an empty password', { auth: base64('u:') }],
    ['a user without a password', { username: 'u' }],
    ['a password without a user', { password: 'p' }],
    ['a user with a colon', { username: 'u:v', password: 'p' }],
  ])('refuses %s', (_, entry) => {
    expect(read(entry)).toBe('SecretInvalid');
  });

  it('keeps every byte of a password, whether it is text or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (password) => {
        const auth = base64(Buffer.concat([Buffer.from('u:'), password]));
        const { credential } = valueOf(readEntry(new Redacted({ auth })));
        expect(credential.auth?.reveal()).toBe(auth);
      }),
    );
  });

  it('is done with a mebibyte of nonsense', { timeout: 2_000 }, () => {
    expect(read({ auth: `${'='.repeat(1_048_576)}A` })).toBe('SecretInvalid');
    expect(read({ auth: `${' '.repeat(1_048_576)}!` })).toBe('SecretInvalid');
    expect(read(Object.fromEntries(Array.from({ length: 90_000 }, (_, i) => [`k${i}`, i])))).toBe(
      'CredentialNotFound',
    );
  });
});

describe('loginCredential', () => {
  it('keeps user and password byte for byte', () => {
    const password = new Uint8Array([0xff, 0x3a, 0x0a, 0x00]);
    expect(plain(credentialOf(loginCredential(bytes('u'), bytes(password))))).toEqual({
      login: 'u:\u00ff:\n\0',
    });
  });

  it.each([
    ['an empty user', '', 'p'],
    ['a user with a colon', 'u:', 'p'],
    ['an empty password', 'u', ''],
  ])('refuses %s', (_, user, password) => {
    expect(plain(credentialOf(loginCredential(bytes(user), bytes(password))))).toBe(
      'SecretInvalid',
    );
  });
});
