import { describe, expect, it } from 'vitest';
import { duplicable, sourceReader } from '../../../../src/core/docker/source-credential.ts';
import type {
  SourceCredential,
  SourceSecret,
  WantedCredential,
} from '../../../../src/core/docker/source-credential.ts';
import type { Credential } from '../../../../src/core/docker/docker-config.ts';
import { ok } from '../../../../src/core/result.ts';
import type { Result } from '../../../../src/core/result.ts';
import {
  basicAuthSecret,
  configJson,
  credential,
  dockercfgSecret,
  dockerConfigSecret,
  login,
  opaqueSecret,
  plain,
} from '../../../support/secrets.ts';

const read = (secret: SourceSecret, wanted: WantedCredential): ReturnType<typeof plain> =>
  plain(credentialOf(sourceReader(secret)(wanted)));

const credentialOf = (result: Result<SourceCredential>): Result<Credential> =>
  result.ok ? ok(result.value.credential) : result;

const messageOf = (secret: SourceSecret, wanted: WantedCredential): string | undefined => {
  const result = sourceReader(secret)(wanted);
  return result.ok ? undefined : result.problem.message;
};

const ghcr = { host: 'ghcr.io' };
const hub = { host: 'docker.io' };

describe('a source of each kind', () => {
  it('of type kubernetes.io/dockerconfigjson is read', () => {
    const secret = dockerConfigSecret(configJson({ 'ghcr.io': login('u:p') }));
    expect(read(secret, ghcr)).toEqual({ login: 'u:p' });
  });

  it('of type kubernetes.io/dockercfg is read', () => {
    const secret = dockercfgSecret(JSON.stringify({ 'ghcr.io': login('u:p') }));
    expect(read(secret, ghcr)).toEqual({ login: 'u:p' });
  });

  it('of type kubernetes.io/basic-auth is read for whatever host, a newline included', () => {
    const secret = basicAuthSecret({ username: 'u', password: 'p\n' });
    expect(read(secret, ghcr)).toEqual({ login: 'u:p\n' });
    expect(read(secret, hub)).toEqual({ login: 'u:p\n' });
  });

  it('of type Opaque is read under the key that spec names', () => {
    const secret = opaqueSecret({ 'my.json': configJson({ 'ghcr.io': login('u:p') }) });
    expect(read(secret, { ...ghcr, key: 'my.json' })).toEqual({ login: 'u:p' });
  });

  it('of type Opaque is read under that key, whatever stands beside it', () => {
    const config = configJson({ 'ghcr.io': login('u:p') });
    const secret = opaqueSecret({ username: 'v', password: 'q', 'my.json': config });
    expect(read(secret, { ...ghcr, key: 'my.json' })).toEqual({ login: 'u:p' });
  });
});

describe('a source that cannot be used', () => {
  const config = configJson({ 'ghcr.io': login('u:p') });

  it.each([
    ['of another type', { ...opaqueSecret({}), type: 'kubernetes.io/tls' }, ghcr],
    ['of a type that Object.prototype knows', { ...opaqueSecret({}), type: 'constructor' }, ghcr],
    [
      'of type Opaque that was meant for basic-auth',
      opaqueSecret({ username: 'u', password: 'p' }),
      ghcr,
    ],
    ['of type Opaque without a key', opaqueSecret({ 'config.json': config }), ghcr],
    ['with a key beside a type that says it', dockerConfigSecret(config), { ...ghcr, key: 'k' }],
    [
      'of type basic-auth with an entry',
      basicAuthSecret({ username: 'u', password: 'p' }),
      { ...ghcr, entry: 'ghcr.io' },
    ],
    ['with an entry of another host', dockerConfigSecret(config), { ...hub, entry: 'ghcr.io' }],
  ])('is UnsupportedCredential: %s', (_, secret, wanted) => {
    expect(read(secret, wanted)).toBe('UnsupportedCredential');
  });

  it.each([
    [
      'a login of type Opaque: its type',
      opaqueSecret({ username: 'u', password: 'p' }),
      ghcr,
      'write type: kubernetes.io/basic-auth',
    ],
    [
      'a key that is not there: the key',
      opaqueSecret({}),
      { ...ghcr, key: 'k' },
      'has no key k; correct secretRef.key, or write a config.json there',
    ],
  ])('says what to mend of %s', (_, secret, wanted, says) => {
    const result = sourceReader(secret)(wanted);
    expect(result.ok || result.problem.message).toContain(says);
  });

  it('is SourceIsOutput when a MirrorAuth wrote it, whatever it holds', () => {
    expect(read({ ...dockerConfigSecret(config), isOutput: true }, ghcr)).toBe('SourceIsOutput');
  });

  it.each([
    ['without a password', basicAuthSecret({ username: 'u' })],
    ['without a user', basicAuthSecret({ password: 'p' })],
    ['with a colon in the user', basicAuthSecret({ username: 'u:v', password: 'p' })],
    ['with an empty Docker config', dockerConfigSecret('')],
    ['that is not JSON', dockerConfigSecret('auths')],
    ['without auths', dockerConfigSecret('{}')],
    ['with a broken entry of the host', dockerConfigSecret(configJson({ 'ghcr.io': { auth: 5 } }))],
  ])('is SecretInvalid %s', (_, secret) => {
    expect(read(secret, ghcr)).toBe('SecretInvalid');
  });

  it.each([
    ['the key of an Opaque Secret is not there', opaqueSecret({}), { ...ghcr, key: 'k' }],
    ['auths is empty', dockerConfigSecret('{"auths": {}}'), ghcr],
    ['other hosts only are there', dockerConfigSecret(configJson({ 'a.io': login('a:b') })), ghcr],
    ['a glob alone would match', dockerConfigSecret(configJson({ '*.io': login('a:b') })), ghcr],
    ['the entry is empty', dockerConfigSecret(configJson({ 'ghcr.io': {} })), ghcr],
    ['the entry is null', dockerConfigSecret(configJson({ 'ghcr.io': null })), ghcr],
    [
      'another port is there',
      dockerConfigSecret(configJson({ 'm:1': login('a:b') })),
      { host: 'm' },
    ],
    [
      'the entry in secretRef is not there',
      dockerConfigSecret(config),
      { ...ghcr, entry: 'ghcr.io/org' },
    ],
  ])('is CredentialNotFound while %s', (_, secret, wanted) => {
    expect(read(secret, wanted)).toBe('CredentialNotFound');
  });
});

describe('the entry of a host', () => {
  it.each([
    'docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'https://index.docker.io/v1/',
    'https://index.docker.io/v1',
    'https://index.docker.io/v2/',
    'https://registry-1.docker.io/v2/',
  ])('of Docker Hub is found under %s', (key) => {
    expect(read(dockerConfigSecret(configJson({ [key]: login('u:p') })), hub)).toEqual({
      login: 'u:p',
    });
  });

  it.each(['https://ghcr.io/v2/', 'http://ghcr.io', 'GHCR.IO', 'ghcr.io:443', 'ghcr.io/org'])(
    'is found under %s',
    (key) => {
      expect(read(dockerConfigSecret(configJson({ [key]: login('u:p') })), ghcr)).toEqual({
        login: 'u:p',
      });
    },
  );

  it('under the exact key wins over URL forms and path keys', () => {
    const secret = dockerConfigSecret(
      configJson({
        'https://ghcr.io/v2/': login('url:1'),
        'ghcr.io/org': login('path:2'),
        'ghcr.io': login('exact:3'),
      }),
    );
    expect(read(secret, ghcr)).toEqual({ login: 'exact:3' });
  });

  it('of Docker Hub under its one valid key wins over its aliases', () => {
    const secret = dockerConfigSecret(
      configJson({ 'docker.io': login('a:1'), 'https://index.docker.io/v1/': login('b:2') }),
    );
    expect(read(secret, hub)).toEqual({ login: 'b:2' });
  });

  it('that stands under an exact port is not that of the host without it', () => {
    const secret = dockerConfigSecret(
      configJson({ 'm.corp': login('a:1'), 'm.corp:443': login('b:2') }),
    );
    expect(read(secret, { host: 'm.corp' })).toEqual({ login: 'a:1' });
    expect(read(secret, { host: 'm.corp:443' })).toEqual({ login: 'b:2' });
  });

  it('is not disturbed by broken entries of other hosts', () => {
    const secret = dockerConfigSecret(
      configJson({ 'a.io': { auth: '!' }, 'b.io': 5, 'ghcr.io': login('u:p'), '': null }),
    );
    expect(read(secret, ghcr)).toEqual({ login: 'u:p' });
  });

  it('that is empty shadows a good URL form, as it does for BuildKit', () => {
    const secret = dockerConfigSecret(
      configJson({ 'ghcr.io': {}, 'https://ghcr.io': login('u:p') }),
    );
    expect(read(secret, ghcr)).toBe('CredentialNotFound');
  });

  it.each([
    ['two path keys', { 'ghcr.io/a': login('a:1'), 'ghcr.io/b': login('b:2') }],
    ['a URL form and a path key', { 'https://ghcr.io': login('a:1'), 'ghcr.io/b': login('b:2') }],
    ['a broken one among them', { 'ghcr.io/a': login('a:1'), 'ghcr.io/b': { auth: '!' } }],
    [
      'tokens that differ',
      {
        'ghcr.io/a': { ...login('a:1'), identitytoken: 'x' },
        'ghcr.io/b': { ...login('a:1'), identitytoken: 'y' },
      },
    ],
  ])('is AmbiguousCredential with %s', (_, auths) => {
    expect(read(dockerConfigSecret(configJson(auths)), ghcr)).toBe('AmbiguousCredential');
  });

  it('may stand there several times when all say the same', () => {
    const secret = dockerConfigSecret(
      configJson({
        'https://ghcr.io/v2/': login('u:p'),
        'ghcr.io/org': { username: 'u', password: 'p' },
      }),
    );
    expect(read(secret, ghcr)).toEqual({ login: 'u:p' });
  });

  it('is the one that secretRef.entry picks', () => {
    const secret = dockerConfigSecret(
      configJson({
        'ghcr.io': login('exact:0'),
        'ghcr.io/a': login('a:1'),
        'ghcr.io/b': login('b:2'),
      }),
    );
    expect(read(secret, { ...ghcr, entry: 'ghcr.io/b' })).toEqual({ login: 'b:2' });
  });

  it('is the exact one that secretRef.entry picks, a port that is the default elsewhere included', () => {
    const secret = dockerConfigSecret(configJson({ 'm.corp:443': login('u:p') }));
    const wanted = { host: 'm.corp:443', entry: 'm.corp:443' };
    expect(read(secret, wanted)).toEqual({ login: 'u:p' });
  });

  it.each([
    ['credsStore', { credsStore: 'desktop' }],
    ['credHelpers', { credHelpers: { 'ghcr.io': 'gcloud' } }],
  ])('is UnsupportedCredential when %s holds it, auth or not', (_, settings) => {
    for (const auths of [{}, { 'ghcr.io': {} }, { 'ghcr.io': login('u:p') }]) {
      const secret = dockerConfigSecret(configJson(auths, settings));
      expect(read(secret, ghcr)).toBe('UnsupportedCredential');
    }
  });

  it('of Docker Hub is held by the helper under its one valid key', () => {
    const helper = { credHelpers: { 'https://index.docker.io/v1/': 'pass' } };
    expect(read(dockerConfigSecret(configJson({}, helper)), hub)).toBe('UnsupportedCredential');
  });

  it('is read beside a helper for another host', () => {
    const helper = { credHelpers: { 'gcr.io': 'gcloud' } };
    const secret = dockerConfigSecret(configJson({ 'ghcr.io': login('u:p') }, helper));
    expect(read(secret, ghcr)).toEqual({ login: 'u:p' });
  });

  it('is found in bounded time among a mebibyte of its kind', { timeout: 5_000 }, () => {
    const many = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`ghcr.io/${i}`, login('u:p')]),
    );
    const long = { 'ghcr.io/first': login(`u:${'p'.repeat(100_000)}`), ...many };
    expect(read(dockerConfigSecret(configJson(many)), ghcr)).toEqual({ login: 'u:p' });
    expect(read(dockerConfigSecret(configJson(long)), ghcr)).toBe('AmbiguousCredential');
  });
});

describe('a message', () => {
  it.each([
    [
      dockerConfigSecret('x'),
      ghcr,
      'Secret source: key .dockerconfigjson: not a JSON object; write {"auths": {"<host>": {"auth": "<base64 of user:password>"}}}',
    ],
    [
      dockerConfigSecret(configJson({ 'ghcr.io': { auth: '!' } })),
      ghcr,
      'Secret source: entry of ghcr.io: auth is not base64; write the base64 of user:password',
    ],
    [
      dockerConfigSecret(configJson({})),
      ghcr,
      'Secret source: has no entry of ghcr.io; log in to that host, or name another Secret',
    ],
    [
      dockerConfigSecret(configJson({ 'ghcr.io': login('token') })),
      ghcr,
      'Secret source: entry of ghcr.io: auth has no colon; write the base64 of user:password',
    ],
    [
      dockerConfigSecret(configJson({ 'ghcr.io': { auth: 5 } })),
      ghcr,
      'Secret source: entry of ghcr.io: one of auth, username, password, identitytoken, registrytoken is not a well-formed string; write it as a string',
    ],
    [
      { ...dockerConfigSecret(''), data: new Map() },
      ghcr,
      'Secret source: has no key .dockerconfigjson; write a config.json there',
    ],
    [
      opaqueSecret({}),
      { ...ghcr, key: 'my.json' },
      'Secret source: has no key my.json; correct secretRef.key, or write a config.json there',
    ],
    [
      { ...opaqueSecret({}), type: 'kubernetes.io/tls' },
      ghcr,
      'Secret source: its type holds no registry credential; use kubernetes.io/dockerconfigjson, kubernetes.io/dockercfg, kubernetes.io/basic-auth, or Opaque with secretRef.key',
    ],
    [
      basicAuthSecret({ username: 'u' }),
      ghcr,
      'Secret source: lacks username or password; write both keys',
    ],
    [
      basicAuthSecret({ username: '', password: 'p' }),
      ghcr,
      'Secret source: the user is empty, for which docker refuses the whole file; write a user',
    ],
  ])('names the Secret, what is wrong, and what to write (%#)', (secret, wanted, message) => {
    expect(messageOf(secret, wanted)).toBe(message);
  });
});

describe('duplicable', () => {
  it('lets a user and password be given to another host', () => {
    const warnings = [{ reason: 'PasswordEndsInNul', message: 'look' }] as const;
    const source = { credential: credential('u:p'), warnings };
    expect(duplicable(source, 'source')).toEqual(ok(source));
  });

  it.each([{ identityToken: 'i' }, { registryToken: 'r' }])('refuses %j', (tokens) => {
    const source = { credential: credential('u:p', tokens), warnings: [] };
    expect(duplicable(source, 'source')).toEqual({
      ok: false,
      problem: {
        reason: 'UnsupportedCredential',
        message:
          'Secret source: holds an identitytoken or registrytoken, which no other host accepts; log in with user and password, or give the mirror a credential of its own',
      },
    });
  });
});
