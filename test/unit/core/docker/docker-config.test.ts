import { describe, expect, it } from 'vitest';
import {
  isHeldByHelper,
  parseDockerConfig,
  serialiseDockerConfig,
} from '../../../../src/core/docker/docker-config.ts';
import { Redacted } from '../../../../src/core/redacted.ts';
import { base64, bytes, configJson, credential, valueOf } from '../../../support/secrets.ts';

const keysOf = (text: string): readonly string[] =>
  valueOf(parseDockerConfig(bytes(text), 'config.json')).entries.map(({ key }) => key);

describe('parseDockerConfig', () => {
  it('lists the entries in their order and looks into none of them', () => {
    expect(keysOf(configJson({ 'b.io': 5, 'a.io': 'broken', 'c.io': null }))).toEqual([
      'b.io',
      'a.io',
      'c.io',
    ]);
  });

  it('reads a flat .dockercfg', () => {
    const config = valueOf(parseDockerConfig(bytes('{"ghcr.io": {}}'), '.dockercfg'));
    expect(config.entries.map(({ key }) => key)).toEqual(['ghcr.io']);
  });

  it.each([
    '{"AUTHS": {"ghcr.io": {}}}',
    '{"Auths": {"ghcr.io": {}}}',
    '\n {"auths":{"ghcr.io":{}}}\r\n',
  ])('takes %j, as Go does', (text) => {
    expect(keysOf(text)).toEqual(['ghcr.io']);
  });

  it('takes the last of several equal keys, as Go does', () => {
    const text = '{"auths": {"ghcr.io": {"auth": "first"}, "ghcr.io": {"auth": "second"}}}';
    const config = valueOf(parseDockerConfig(bytes(text), 'config.json'));
    expect(config.entries.map(({ value }) => value.reveal())).toEqual([{ auth: 'second' }]);
  });

  it('takes __proto__ for a key like others', () => {
    expect(keysOf('{"auths": {"__proto__": {"auth": "x"}, "constructor": {}}}')).toEqual([
      '__proto__',
      'constructor',
    ]);
    const polluted = bytes('{"__proto__": {"auths": {"ghcr.io": {}}}}');
    expect(parseDockerConfig(polluted, 'config.json').ok).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['text', 'auths'],
    ['a number', '5'],
    ['null', 'null'],
    ['a list', '[]'],
    ['YAML', 'auths: {}'],
    ['a byte order mark', '\ufeff{"auths": {}}'],
    ['text after it', '{"auths": {}} {}'],
    ['no auths', '{}'],
    ['auths: null', '{"auths": null}'],
    ['auths as a list', '{"auths": []}'],
    ['bytes that are not UTF-8', Buffer.from('{"auths":{"\u00ff":{}}}', 'latin1')],
    ['brackets a mebibyte deep', '['.repeat(1_048_576)],
  ])('refuses %s', (_, text) => {
    expect(parseDockerConfig(bytes(text), 'config.json')).toMatchObject({
      ok: false,
      problem: { reason: 'SecretInvalid' },
    });
  });

  it('is done with a mebibyte of entries', { timeout: 5_000 }, () => {
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`h${i}.io`, {}]));
    expect(keysOf(configJson(many))).toHaveLength(60_000);
  });
});

describe('isHeldByHelper', () => {
  it.each([
    ['credsStore for every key', { credsStore: 'desktop' }, true],
    ['a helper for this key', { credHelpers: { 'ghcr.io': 'gcloud' } }, true],
    ['a helper for another key', { credHelpers: { 'gcr.io': 'gcloud' } }, false],
    ['an empty credsStore', { credsStore: '' }, false],
    [
      'an empty helper before credsStore',
      { credsStore: 'x', credHelpers: { 'ghcr.io': '' } },
      false,
    ],
    ['keys in another case', { CredsStore: 'desktop' }, true],
    ['what is no name', { credsStore: 5, credHelpers: [] }, false],
  ])('goes by %s', (_, settings, isHeld) => {
    const config = valueOf(parseDockerConfig(bytes(configJson({}, settings)), 'config.json'));
    expect(isHeldByHelper(config, 'ghcr.io')).toBe(isHeld);
  });

  it.each(['{"credsStore": "desktop"}', '{"credHelpers": {"gcr.io": "gcloud"}}'])(
    'does not miss auths where a helper stands for them: %s',
    (text) => {
      expect(parseDockerConfig(bytes(text), 'config.json')).toMatchObject({
        ok: true,
        value: { entries: [] },
      });
    },
  );
});

describe('serialiseDockerConfig', () => {
  it('writes auths alone, sorted by key, Docker Hub under its one key, and no newline', () => {
    const entries = new Map([
      ['z.corp', credential('z:1')],
      ['docker.io', credential('hub:2')],
      ['ghcr.io', credential('g:3', { registryToken: 'r', identityToken: 'i' })],
      ['a.corp:5000', credential('a:4')],
      ['tokens.io', { identityToken: new Redacted('t') }],
    ]);
    const expected = [
      `"a.corp:5000":{"auth":"${base64('a:4')}"}`,
      `"ghcr.io":{"auth":"${base64('g:3')}","identitytoken":"i","registrytoken":"r"}`,
      `"https://index.docker.io/v1/":{"auth":"${base64('hub:2')}"}`,
      `"tokens.io":{"identitytoken":"t"}`,
      `"z.corp":{"auth":"${base64('z:1')}"}`,
    ];
    expect(serialiseDockerConfig(entries).reveal()).toBe(`{"auths":{${expected.join(',')}}}`);
  });

  it('writes an empty object of auths when there are none', () => {
    expect(serialiseDockerConfig(new Map()).reveal()).toBe('{"auths":{}}');
  });

  it('does not depend on the order of its input', () => {
    const entries = ['c', 'a', 'b'].map((host) => [host, credential(`${host}:x`)] as const);
    expect(serialiseDockerConfig(new Map(entries)).reveal()).toBe(
      serialiseDockerConfig(new Map(entries.toReversed())).reveal(),
    );
  });
});
