import { describe, expect, it } from 'vitest';
import {
  configKeyOf,
  hasWildcard,
  hostOfConfigKey,
  namesWholeHost,
} from '../../../../src/core/docker/credential-key.ts';

describe('configKeyOf', () => {
  it.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['ghcr.io', 'ghcr.io'],
    ['harbor.corp:8443', 'harbor.corp:8443'],
    ['127.0.0.1:5000', '127.0.0.1:5000'],
  ])('writes %s under %s', (host, key) => {
    expect(configKeyOf(host)).toBe(key);
  });
});

describe('hostOfConfigKey', () => {
  it.each([
    'docker.io',
    'Docker.IO',
    'index.docker.io',
    'registry-1.docker.io',
    'https://index.docker.io/v1/',
    'https://index.docker.io/v1',
    'https://index.docker.io/v2/',
    'https://registry-1.docker.io/v2/',
    'index.docker.io/v1/',
    'index.docker.io:443',
    'docker.io/library/alpine',
  ])('takes %s for Docker Hub', (key) => {
    expect(hostOfConfigKey(key)).toBe('docker.io');
  });

  it.each([
    ['ghcr.io', 'ghcr.io'],
    ['ghcr.io/', 'ghcr.io'],
    ['ghcr.io/org-a', 'ghcr.io'],
    ['https://ghcr.io', 'ghcr.io'],
    ['https://ghcr.io/v2/', 'ghcr.io'],
    ['http://ghcr.io/v1/', 'ghcr.io'],
    ['HTTPS://GHCR.io/v2/', 'ghcr.io'],
    ['https://user:password@ghcr.io/', 'ghcr.io'],
    ['https://ghcr.io?x=1', 'ghcr.io'],
    ['M.Corp:5000/Team', 'm.corp:5000'],
    ['localhost:5000', 'localhost:5000'],
    ['10.0.0.1', '10.0.0.1'],
  ])('takes %s for %s', (key, host) => {
    expect(hostOfConfigKey(key)).toBe(host);
  });

  it.each([
    ['m.corp:443', 'm.corp'],
    ['https://m.corp:443/v2/', 'm.corp'],
    ['http://m.corp:80', 'm.corp'],
    ['http://m.corp:443', 'm.corp:443'],
    ['https://m.corp:80', 'm.corp:80'],
    ['m.corp:80', 'm.corp:80'],
  ])('leaves the default port of the scheme out: %s is %s', (key, host) => {
    expect(hostOfConfigKey(key)).toBe(host);
  });

  it.each([
    '',
    '*.corp',
    'm.*.corp',
    'm.corp ',
    ' m.corp',
    'm.corp:port',
    'm.corp:0',
    'm.corp:',
    '/path',
    'https://',
    'https:///v2/',
    'ftp://m.corp',
    '[::1]:5000',
    'fd00::1',
    'https://[fd00::1]/',
    'user@m.corp',
    '-m.corp',
    'bücher.example',
    '\u{212a}.corp',
    '__proto__',
    'a\u0000b',
  ])('knows no host of %j', (key) => {
    expect(hostOfConfigKey(key)).toBeUndefined();
  });

  it('is done with a key of a mebibyte', { timeout: 2_000 }, () => {
    expect(hostOfConfigKey(`${'a'.repeat(1_048_576)}!`)).toBeUndefined();
    expect(hostOfConfigKey(`https://${'a:'.repeat(524_288)}`)).toBeUndefined();
  });
});

describe('namesWholeHost', () => {
  it.each([
    'ghcr.io',
    'ghcr.io/',
    'GHCR.io:443/V2',
    'https://ghcr.io',
    'HTTP://ghcr.io/v1/',
    'https://user:password@ghcr.io/v2',
    'https://ghcr.io?x=1',
  ])('says so of %s', (key) => {
    expect(namesWholeHost(key)).toBe(true);
  });

  it.each(['ghcr.io/team', 'ghcr.io/v2/team', 'ghcr.io/v3', 'ghcr.io//', 'https://ghcr.io/v1/x'])(
    'does not say so of %s',
    (key) => {
      expect(namesWholeHost(key)).toBe(false);
    },
  );
});

describe('hasWildcard', () => {
  it.each(['*', '*.corp', 'm.*.corp', 'https://*.corp/v2/', 'http://*.corp', 'm.corp:*'])(
    'finds it in %s',
    (key) => {
      expect(hasWildcard(key)).toBe(true);
      expect(hostOfConfigKey(key)).toBeUndefined();
    },
  );

  it.each(['m.corp', 'm.corp/*', 'https://m.corp/team/*', ''])('finds none in %j', (key) => {
    expect(hasWildcard(key)).toBe(false);
  });
});
