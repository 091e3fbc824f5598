import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  convertToHostname,
  decodeAuth,
  readDockerAuthConfig,
  readDockerConfig,
} from '../../../../src/core/explain/docker-config-reader.ts';
import { Redacted } from '../../../../src/core/redacted.ts';
import { base64, configJson, login } from '../../../support/secrets.ts';

describe('the host that is left of a key', () => {
  it.each([
    ['m.corp', 'm.corp'],
    ['m.corp/team/app', 'm.corp'],
    ['//m.corp/team', ''],
    ['https://m.corp/team', 'm.corp'],
    ['https://u:p@m.corp:443/v2/', 'm.corp:443'],
    ['https://m.corp:5000/team', 'm.corp:5000'],
    ['https://ada:lovelace@m.corp/team', 'm.corp'],
    ['https://[fd00::1]:5000/team', '[fd00::1]:5000'],
    ['https://[fd00::1]/team', 'fd00::1'],
    // Those that net/url refuses.
    ['https://fd00::1:5000/team', '[fd00::1]:5000'],
    ['https://fd00::a/team', 'fd00::a'],
    ['https://fd00::1:50x/team', 'fd00::1:50x'],
    ['https://[zz::1]:5000/team', '[zz::1]:5000'],
    ['https://m corp:5000/team', 'm corp:5000'],
    ['https://m corp/team', 'm corp'],
    ['https:///team', 'https:'],
    ['://m.corp/team', 'm.corp'],
  ])('of %s is %s', (key, host) => {
    expect(convertToHostname(key)).toBe(host);
  });
});

describe('an auth', () => {
  it.each([
    ['user and password', base64('ada:lovelace'), { user: 'ada', password: 'lovelace' }],
    ['a password with colons', base64('ada:a:b'), { user: 'ada', password: 'a:b' }],
    ['no password', base64('ada:'), { user: 'ada', password: '' }],
    ['NULs around the password', base64('ada:\0p\0'), { user: 'ada', password: 'p' }],
    ['no user', base64(':lovelace'), undefined],
    ['no colon', base64('ada'), undefined],
    ['no base64', 'ada:lovelace', undefined],
  ])('with %s is read as docker does', (_, auth, expected) => {
    expect(decodeAuth(auth)).toEqual(expected);
  });
});

describe('a config.json', () => {
  const read = (auths: object, more: object = {}): ReturnType<typeof readDockerConfig> =>
    readDockerConfig(new Redacted(Buffer.from(configJson(auths, more))));

  it('keeps user and password of an entry until its auth is decoded, and tokens after it', () => {
    const entry = { username: 'u', password: 'p', identitytoken: 'i', registrytoken: 'r' };
    const found = read({ 'm.corp': { ...entry, ...login('ada:lovelace') } }).entries.get('m.corp');
    expect(found?.literal.parts.reveal()).toEqual({
      user: 'u',
      password: 'p',
      identityToken: 'i',
      registryToken: 'r',
    });
    expect(found?.decoded?.parts.reveal()).toEqual({
      user: 'ada',
      password: 'lovelace',
      identityToken: 'i',
      registryToken: 'r',
    });
  });

  it('names a helper where the name is a text that is not empty', () => {
    const { helpers } = read({}, { credHelpers: { a: 'x', b: '', c: null } });
    expect([...helpers]).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
    ]);
  });

  it('is as good as an empty one where there is none', () => {
    expect(readDockerConfig(undefined)).toEqual(readDockerConfig(new Redacted(Buffer.from('{}'))));
  });
});

describe('a DOCKER_AUTH_CONFIG', () => {
  const keysOf = (text: string): readonly string[] | undefined => {
    const read = readDockerAuthConfig(new Redacted(text));
    return read && [...read.keys()];
  };
  const m = login('u:p');

  it.each([
    ['entries with auth alone', configJson({ 'm.corp': m, 'n.corp': m }), ['m.corp', 'n.corp']],
    ['no entries', '{}', []],
    ['nothing', '', []],
    ['a bracket behind it', '{} ]', []],
    ['a field more in one of them', configJson({ a: m, b: { ...m, email: '' } }), undefined],
    ['a field more in the first', configJson({ a: { ...m, email: '' }, b: m }), undefined],
    ['an auth of the wrong type', '{"auths": {"a": {"auth": 5, "auth": "dTpw"}}}', undefined],
    ['an entry of the wrong type', '{"auths": {"a": 5}}', undefined],
    ['auths of the wrong type', '{"auths": []}', undefined],
    ['an entry without auth', configJson({ a: m, b: {} }), undefined],
    ['something behind it', '{} {}', undefined],
    ['a list', '[]', undefined],
  ])('with %s is read as docker does', (_, text, keys) => {
    expect(keysOf(text)).toEqual(keys);
  });
});
