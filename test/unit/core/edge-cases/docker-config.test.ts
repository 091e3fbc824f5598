import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import type { Warning, WarningReason } from '../../../../src/api/warnings.ts';
import type { Credential } from '../../../../src/core/docker/docker-config.ts';
import { renderPullSecret } from '../../../../src/core/docker/pull-secret.ts';
import { duplicable, sourceReader } from '../../../../src/core/docker/source-credential.ts';
import type { SourceSecret } from '../../../../src/core/docker/source-credential.ts';
import { Bench } from '../../../support/bench.ts';
import { aSecret, secretNamed } from '../../../support/gen.ts';
import {
  base64,
  basicAuthSecret,
  configJson,
  dockercfgSecret,
  dockerConfigSecret,
  login,
  opaqueSecret,
  plainCredential,
  texts,
  valueOf,
} from '../../../support/secrets.ts';

/** Docker configs that people really have, by the numbers of the list that they are from. */

const HUB_KEY = 'https://index.docker.io/v1/';

/** A Secret with these entries, and more fields of config.json. */
const holding = (auths: object, more: object = {}): SourceSecret =>
  dockerConfigSecret(configJson(auths, more));

/** The entry of ghcr.io alone. */
const ghcrAs = (entry: unknown): SourceSecret => holding({ 'ghcr.io': entry });

interface Choice {
  readonly key?: string;
  readonly entry?: string;
}

const find = (secret: SourceSecret, host: string, choice: Choice = {}) =>
  sourceReader(secret)({ host, ...choice });

const credentialOf = (secret: SourceSecret, host: string, choice?: Choice): Credential =>
  valueOf(find(secret, host, choice)).credential;

const loginOf = (secret: SourceSecret, host: string, choice?: Choice): string | undefined =>
  plainCredential(credentialOf(secret, host, choice)).login;

const warningsOf = (secret: SourceSecret, host: string, choice?: Choice): readonly Warning[] =>
  valueOf(find(secret, host, choice)).warnings;

const warned = (secret: SourceSecret, host: string, choice?: Choice): readonly WarningReason[] =>
  warningsOf(secret, host, choice).map(({ reason }) => reason);

/** Why it is refused, in one word and in a sentence. */
const refusal = (secret: SourceSecret, host: string, choice?: Choice): string => {
  const result = find(secret, host, choice);
  return result.ok ? 'accepted' : `${result.problem.reason}: ${result.problem.message}`;
};

/** Why another host is not given it. */
const duplicateRefusal = (secret: SourceSecret, host: string): string => {
  const result = duplicable(valueOf(find(secret, host)), secret.name);
  return result.ok ? 'accepted' : `${result.problem.reason}: ${result.problem.message}`;
};

/** The config.json that is made of the credentials of these hosts. */
const written = (secret: SourceSecret, ...hosts: readonly string[]): unknown => {
  const entries = new Map(hosts.map((host) => [host, credentialOf(secret, host)]));
  return JSON.parse(texts(renderPullSecret({ entries, cas: [] }))['config.json'] ?? '');
};

describe('under which key', () => {
  test('row 1: Docker Hub is found under docker.io and written under the key that builders look up', () => {
    const secret = holding({ 'docker.io': login('u:p') });
    expect(written(secret, 'docker.io')).toEqual({ auths: { [HUB_KEY]: login('u:p') } });
    expect(warned(secret, 'docker.io')).toEqual([]);
  });

  test.each([
    'https://index.docker.io/v1',
    'https://index.docker.io/v2/',
    'index.docker.io',
    'registry-1.docker.io',
    'https://registry-1.docker.io/v2/',
  ])('row 2: Docker Hub is found under %s too', (key) => {
    const secret = holding({ [key]: login('u:p') });
    expect(written(secret, 'docker.io')).toEqual({ auths: { [HUB_KEY]: login('u:p') } });
    expect(warned(secret, 'docker.io')).toEqual([]);
  });

  test('row 3: the exact key of Docker Hub wins over an alias with another login, with a warning', () => {
    const secret = holding({ 'docker.io': login('a:1'), [HUB_KEY]: login('b:2') });
    expect(loginOf(secret, 'docker.io')).toBe('b:2');
    expect(warningsOf(secret, 'docker.io')).toEqual([
      {
        reason: 'OtherEntryIgnored',
        message:
          'Secret source: entry of docker.io: other keys give the same host another login; the one under the exact key is used, as builders do; take the others out',
      },
    ]);
  });

  test.each([
    'docker.io',
    'docker.io/',
    'Index.Docker.io/v1',
    'https://registry-1.docker.io/v2/',
    'https://u:p@index.docker.io/v1/',
    'docker.io:443',
  ])('row 3: %s is such an alias', (alias) => {
    expect(
      warned(holding({ [HUB_KEY]: login('b:2'), [alias]: login('a:1') }), 'docker.io'),
    ).toEqual(['OtherEntryIgnored']);
  });

  test('row 3: an alias with the same login, or with none, is nothing to warn of', () => {
    const secret = holding({
      [HUB_KEY]: login('b:2'),
      'docker.io': { username: 'b', password: '2' },
      'index.docker.io': {},
      'registry-1.docker.io': null,
    });
    expect(warned(secret, 'docker.io')).toEqual([]);
  });

  test('row 3: an alias that differs by a token alone is warned of', () => {
    const secret = holding({
      [HUB_KEY]: login('b:2'),
      'docker.io': { ...login('b:2'), identitytoken: 'i' },
    });
    expect(warned(secret, 'docker.io')).toEqual(['OtherEntryIgnored']);
  });

  test('row 3: aliases that differ, without the exact key, are ambiguous', () => {
    const secret = holding({ 'docker.io': login('a:1'), 'index.docker.io': login('b:2') });
    expect(refusal(secret, 'docker.io')).toBe(
      'AmbiguousCredential: Secret source: several entries of docker.io differ, of which builders take one at random; write one under the host alone, or name one in secretRef.entry',
    );
  });

  test('row 4: a URL form is found and written as the host alone', () => {
    const secret = holding({ 'https://ghcr.io/v2/': login('u:p') });
    expect(written(secret, 'ghcr.io')).toEqual({ auths: { 'ghcr.io': login('u:p') } });
    expect(warned(secret, 'ghcr.io')).toEqual([]);
  });

  test('row 5: path keys that differ are ambiguous until spec picks one', () => {
    const secret = holding({ 'ghcr.io/org-a': login('a:1'), 'ghcr.io/org-b': login('b:2') });
    expect(refusal(secret, 'ghcr.io')).toMatch(/^AmbiguousCredential: /);
    expect(loginOf(secret, 'ghcr.io', { entry: 'ghcr.io/org-b' })).toBe('b:2');
    expect(warned(secret, 'ghcr.io', { entry: 'ghcr.io/org-b' })).toEqual([]);
  });

  test('row 5: what spec picks is used without a word, whatever the exact key says', () => {
    const secret = holding({ 'ghcr.io': login('h:0'), 'https://ghcr.io': login('a:1') });
    expect(loginOf(secret, 'ghcr.io', { entry: 'https://ghcr.io' })).toBe('a:1');
    expect(warned(secret, 'ghcr.io', { entry: 'https://ghcr.io' })).toEqual([]);
  });

  test('row 5: a pick that is not there is missing, whatever else is', () => {
    const secret = holding({ 'ghcr.io': login('h:0'), '*': login('a:1') });
    expect(refusal(secret, 'ghcr.io', { entry: 'ghcr.io/org' })).toBe(
      'CredentialNotFound: Secret source: has no entry as in secretRef.entry; correct one of the two',
    );
  });

  test('row 6: beside path keys the host key is used, and nobody is warned', () => {
    const secret = holding({ 'ghcr.io/org': login('a:1'), 'ghcr.io': login('h:0') });
    expect(loginOf(secret, 'ghcr.io')).toBe('h:0');
    expect(warned(secret, 'ghcr.io')).toEqual([]);
  });

  test.each(['https://harbor.corp:443/p', 'harbor.corp:443', 'http://harbor.corp:80'])(
    'row 9: %s is a key of harbor.corp',
    (key) => {
      const secret = holding({ [key]: login('u:p') });
      expect(written(secret, 'harbor.corp')).toEqual({ auths: { 'harbor.corp': login('u:p') } });
    },
  );

  test('row 17: a key in upper case is one of the host all the same', () => {
    expect(loginOf(holding({ 'M.CORP': login('u:p') }), 'm.corp')).toBe('u:p');
  });

  test('row 27: a key with the default port is one of the same host', () => {
    const secret = holding({ 'm.corp': login('a:1'), 'm.corp:443': login('b:2') });
    expect(loginOf(secret, 'm.corp')).toBe('a:1');
    expect(warned(secret, 'm.corp')).toEqual(['OtherEntryIgnored']);
  });

  test('row 28: two ports are two hosts', () => {
    const secret = holding({ 'h:5000': login('a:1'), 'h:5001': login('b:2') });
    expect(written(secret, 'h:5000', 'h:5001')).toEqual({
      auths: { 'h:5000': login('a:1'), 'h:5001': login('b:2') },
    });
    expect(warned(secret, 'h:5000')).toEqual([]);
    expect(refusal(secret, 'h')).toMatch(/^CredentialNotFound: /);
  });

  test('row 59: a wildcard matches no host, with a warning', () => {
    const secret = holding({ '*.corp': login('a:1'), 'm.corp': login('u:p') });
    expect(loginOf(secret, 'm.corp')).toBe('u:p');
    expect(warningsOf(secret, 'm.corp')).toEqual([
      {
        reason: 'WildcardKeyIgnored',
        message:
          'Secret source: a key has a wildcard, which kubelet alone understands; it matches no host here; write an entry for each host',
      },
    ]);
  });

  test('row 59: a wildcard alone is no entry, and the message says so', () => {
    for (const key of ['*.corp', 'https://*.corp/v2/', '*']) {
      expect(refusal(holding({ [key]: login('a:1') }), 'm.corp')).toBe(
        'CredentialNotFound: Secret source: has no entry of m.corp, but a key with a wildcard, which kubelet alone understands; write an entry for the host itself',
      );
    }
  });

  test('row 59: a star in a path is no wildcard', () => {
    const secret = holding({ 'm.corp': login('u:p'), 'ghcr.io/*': login('a:1') });
    expect(warned(secret, 'm.corp')).toEqual([]);
  });

  test.each([
    'm.corp ',
    ' m.corp',
    'm. corp',
    'm.corp:port',
    'm.corp:',
    'm.corp:0',
    'm.corp:99999999',
  ])('row 60: %j is a key of no host', (key) => {
    expect(refusal(holding({ [key]: login('u:p') }), 'm.corp')).toBe(
      'CredentialNotFound: Secret source: has no entry of m.corp; log in to that host, or name another Secret',
    );
  });

  test('row 66: a mirror is given its own login out of a file without one of the origin', () => {
    const secret = holding({ 'm.corp': login('u:p') });
    expect(written(secret, 'm.corp')).toEqual({ auths: { 'm.corp': login('u:p') } });
    expect(refusal(secret, 'docker.io')).toMatch(/^CredentialNotFound: /);
  });
});

describe('tokens', () => {
  const IDENTITY = '00000000-0000-0000-0000-000000000000:';

  test.each([
    ['row 32: an identity token', { identitytoken: 'i' }],
    ['row 33: an identity token beside auth', { ...login('u:p'), identitytoken: 'i' }],
    [
      'row 33: an identity token as docker login writes it',
      { ...login(IDENTITY), identitytoken: 'i' },
    ],
    ['row 34: a registry token', { registrytoken: 'r' }],
    ['row 34: a registry token beside auth', { ...login('u:p'), registrytoken: 'r' }],
  ])('%s stays in the entry of its own host and is given to no other', (_, entry) => {
    expect(written(ghcrAs(entry), 'ghcr.io')).toEqual({ auths: { 'ghcr.io': entry } });
    expect(duplicateRefusal(ghcrAs(entry), 'ghcr.io')).toMatch(
      /^UnsupportedCredential: Secret source: holds an identitytoken or registrytoken, /,
    );
  });
});

describe('credential helpers', () => {
  test.each([
    ['credsStore', { credsStore: 'desktop' }],
    ['credHelpers', { credHelpers: { 'ghcr.io': 'gcloud' } }],
  ])('row 35: %s holds the credential of a needed host: refused, auth or not', (_, settings) => {
    for (const auths of [{}, { 'ghcr.io': {} }, { 'ghcr.io': login('u:p') }]) {
      expect(refusal(holding(auths, settings), 'ghcr.io')).toBe(
        'UnsupportedCredential: Secret source: a credential helper holds the credential of ghcr.io; write auth under auths and take credsStore and credHelpers out',
      );
    }
  });

  test('row 35: a helper of Docker Hub counts under the one key that docker looks up', () => {
    const secret = holding({ [HUB_KEY]: login('u:p') }, { credHelpers: { [HUB_KEY]: 'pass' } });
    expect(refusal(secret, 'docker.io')).toMatch(
      /^UnsupportedCredential: .*holds the credential of docker.io/,
    );
  });

  test.each(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'https://index.docker.io/v1'])(
    'row 35: a helper under %s is never asked, and shows that there is no login to write',
    (key) => {
      expect(refusal(holding({}, { credHelpers: { [key]: 'pass' } }), 'docker.io')).toBe(
        'UnsupportedCredential: Secret source: has no entry of docker.io, but a credential helper under a key of this host that docker does not look up; write auth under auths and take the helper out',
      );
    },
  );

  test('row 35: a helper that is never asked does not stand in the way of an entry', () => {
    const secret = holding({ [HUB_KEY]: login('u:p') }, { credHelpers: { 'docker.io': 'pass' } });
    expect(loginOf(secret, 'docker.io')).toBe('u:p');
    expect(warned(secret, 'docker.io')).toEqual(['HelperIgnored']);
  });

  test('row 35: an empty name is no helper', () => {
    const secret = holding({}, { credHelpers: { 'docker.io': '' } });
    expect(refusal(secret, 'docker.io')).toMatch(/^CredentialNotFound: /);
  });

  test('row 36: a helper of another host says nothing of an entry that is missing', () => {
    const secret = holding({}, { credHelpers: { 'gcr.io': 'gcloud' } });
    expect(refusal(secret, 'ghcr.io')).toMatch(/^CredentialNotFound: .+no entry of ghcr\.io; /);
  });

  test('row 36: a helper of another host is not written, with a warning', () => {
    const secret = holding({ 'ghcr.io': login('u:p') }, { credHelpers: { 'gcr.io': 'gcloud' } });
    expect(written(secret, 'ghcr.io')).toEqual({ auths: { 'ghcr.io': login('u:p') } });
    expect(warningsOf(secret, 'ghcr.io')).toEqual([
      {
        reason: 'HelperIgnored',
        message:
          'Secret source: a credential helper is named beside it, which is never written; give hosts that need one an entry with auth',
      },
    ]);
  });

  test('row 36: credsStore, where this host is exempt from it, is warned of too', () => {
    const settings = { credsStore: 'desktop', credHelpers: { 'ghcr.io': '' } };
    expect(warned(holding({ 'ghcr.io': login('u:p') }, settings), 'ghcr.io')).toEqual([
      'HelperIgnored',
    ]);
  });

  test('row 36: empty names are nothing to warn of', () => {
    const settings = { credsStore: '', credHelpers: { 'gcr.io': '' } };
    expect(warned(holding({ 'ghcr.io': login('u:p') }, settings), 'ghcr.io')).toEqual([]);
  });
});

describe('broken entries', () => {
  test.each<[string, unknown]>([
    ['bad base64', { auth: '!' }],
    ['base64 without padding', { auth: 'dTpwdw' }],
    ['the URL alphabet', { auth: 'dTo_Pz4-' }],
    ['no colon', login('token')],
    ['an empty user', login(':token')],
    ['a number for auth', { auth: 5 }],
    ['a field of the wrong type in another case', { AUTH: [] }],
    ['a number for serveraddress', { ...login('u:p'), serveraddress: 5 }],
    ['text for an entry', 'dTpwdw=='],
    ['a list for an entry', []],
  ])('row 37: %s in an unrelated entry is warned of, and not written', (_, broken) => {
    const secret = holding({ 'other.io': broken, 'ghcr.io': login('u:p') });
    expect(written(secret, 'ghcr.io')).toEqual({ auths: { 'ghcr.io': login('u:p') } });
    expect(warningsOf(secret, 'ghcr.io')).toEqual([
      {
        reason: 'OtherEntryInvalid',
        message:
          'Secret source: another entry is broken, for which docker leaves out others at random; it is not written; mend it or take it out',
      },
    ]);
  });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['null', null],
    ['an empty password', login('u:')],
    ['null for auth', { auth: null, username: 'u', password: 'p' }],
    ['a line break in auth', { auth: 'dTpw\r\ndw==' }],
    ['an unknown field', { ...login('u:p'), email: 5 }],
    ['a lone surrogate', { username: 'u\ud800', password: 'p' }],
  ])('row 37: %s in an unrelated entry does not stop docker', (_, entry) => {
    expect(warned(holding({ 'other.io': entry, 'ghcr.io': login('u:p') }), 'ghcr.io')).toEqual([]);
  });

  test('row 37: an alias of the same host that is broken is an unrelated entry', () => {
    const secret = holding({ 'https://ghcr.io': { auth: '!' }, 'ghcr.io': login('u:p') });
    expect(warned(secret, 'ghcr.io')).toEqual(['OtherEntryInvalid']);
  });

  test('row 37: the entry that is needed is refused', () => {
    expect(refusal(ghcrAs({ auth: '!' }), 'ghcr.io')).toBe(
      'SecretInvalid: Secret source: entry of ghcr.io: auth is not base64; write the base64 of user:password',
    );
  });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['null', null],
    ['an empty auth', { auth: '' }],
    ['an address alone', { email: 'a@b.c' }],
  ])('row 49: %s for an entry is no credential, even beside a good URL form', (_, entry) => {
    const secret = holding({ 'ghcr.io': entry, 'https://ghcr.io': login('u:p') });
    expect(refusal(secret, 'ghcr.io')).toBe(
      'CredentialNotFound: Secret source: entry of ghcr.io: holds no credential; write auth, the base64 of user:password',
    );
  });

  test.each<[string, unknown]>([
    ['a number for auth', { auth: 5 }],
    ['an object for a password', { username: 'u', password: {} }],
    ['text for an entry', 'dTpwdw=='],
    ['a list for an entry', []],
  ])('row 55: %s is refused', (_, entry) => {
    expect(refusal(ghcrAs(entry), 'ghcr.io')).toMatch(/^SecretInvalid: .+; write /);
  });
});

describe('logins', () => {
  test.each([
    ['no padding', 'dTpwdw', 'dTpwdw=='],
    ['wrong padding', 'dTpwdw=', 'dTpwdw=='],
    ['the URL alphabet', 'dTo_Pz4-', 'dTo/Pz4+'],
    ['a leading space', ' dTpwdw==', 'dTpwdw=='],
    ['a space at the end', 'dTpwdw== ', 'dTpwdw=='],
    ['a tab within', 'dTpw\tdw==', 'dTpwdw=='],
  ])('row 38: auth with %s is written as docker reads it, with a warning', (_, auth, normal) => {
    expect(written(ghcrAs({ auth }), 'ghcr.io')).toEqual({
      auths: { 'ghcr.io': { auth: normal } },
    });
    expect(warningsOf(ghcrAs({ auth }), 'ghcr.io')).toEqual([
      {
        reason: 'AuthNormalised',
        message:
          'Secret source: entry of ghcr.io: docker does not read auth as it stands (padding, alphabet or a space); it is written as docker reads it; write padded standard base64 there too',
      },
    ]);
  });

  test.each(['dTpwd', 'dTpw!w==', 'dTpw=dw', 'dTpwdw==='])(
    'row 38: %s, which nobody can decode, is refused',
    (auth) => {
      expect(refusal(ghcrAs({ auth }), 'ghcr.io')).toMatch(
        /^SecretInvalid: .+auth is not base64; /,
      );
    },
  );

  test.each(['dTpw\ndw==', 'dTpwdw==\r\n', '\ndTpwdw=\n='])(
    'row 39: line breaks in auth, as in %j, are read and not written',
    (auth) => {
      expect(written(ghcrAs({ auth }), 'ghcr.io')).toEqual({
        auths: { 'ghcr.io': { auth: 'dTpwdw==' } },
      });
      expect(warned(ghcrAs({ auth }), 'ghcr.io')).toEqual([]);
    },
  );

  test.each(['\n', '\r\n'])(
    'row 40: %j at the end of a password is kept, with a warning',
    (end) => {
      const basic = basicAuthSecret({ username: 'u', password: `p${end}` });
      expect(loginOf(ghcrAs(login(`u:p${end}`)), 'ghcr.io')).toBe(`u:p${end}`);
      expect(warned(ghcrAs(login(`u:p${end}`)), 'ghcr.io')).toEqual(['PasswordEndsInNewline']);
      expect(loginOf(basic, 'ghcr.io')).toBe(`u:p${end}`);
      expect(warningsOf(basic, 'ghcr.io')).toEqual([
        {
          reason: 'PasswordEndsInNewline',
          message:
            'Secret source: the password ends in a newline, which is sent with it; if it is none of the password, write it without: printf instead of echo',
        },
      ]);
    },
  );

  test('row 40: a newline within a password is nothing to warn of', () => {
    expect(warned(ghcrAs(login('u:p\nq')), 'ghcr.io')).toEqual([]);
  });

  test('row 41: the first colon ends the user, and others belong to the password', () => {
    expect(loginOf(ghcrAs(login('u:p:q:')), 'ghcr.io')).toBe('u:p:q:');
    expect(loginOf(ghcrAs({ username: 'u', password: 'p:q' }), 'ghcr.io')).toBe('u:p:q');
  });

  test('row 42: a user with a colon cannot be written', () => {
    const entry = { username: 'u:v', password: 'p' };
    expect(refusal(ghcrAs(entry), 'ghcr.io')).toMatch(/^SecretInvalid: .+the user holds a colon/);
    expect(refusal(basicAuthSecret(entry), 'ghcr.io')).toMatch(/^SecretInvalid: .+a colon/);
  });

  test.each([
    ['in auth', ghcrAs(login('u:'))],
    ['in fields', ghcrAs({ username: 'u' })],
    ['in a basic-auth Secret', basicAuthSecret({ username: 'u', password: '' })],
  ])('row 43: an empty password %s is refused: BuildKit takes it for anonymous', (_, secret) => {
    expect(refusal(secret, 'ghcr.io')).toMatch(/^SecretInvalid: .+the password is empty/);
  });

  test.each([
    ['in auth', ghcrAs(login(':token'))],
    ['in fields', ghcrAs({ password: 'token' })],
    ['in a basic-auth Secret', basicAuthSecret({ username: '', password: 'token' })],
  ])('row 44: an empty user %s is refused: docker refuses the whole file', (_, secret) => {
    expect(refusal(secret, 'ghcr.io')).toMatch(/^SecretInvalid: .+the user is empty/);
  });

  test.each<[string, Uint8Array]>([
    ['bytes that are no text', new Uint8Array([0xff, 0x00, 0xfe, 0x21])],
    ['an emoji', Buffer.from('pass🔑word')],
  ])('row 45: a password of %s is kept byte for byte', (_, password) => {
    const auth = base64(Buffer.concat([Buffer.from('u:'), password]));
    const expected = { auths: { 'ghcr.io': { auth } } };
    expect(written(ghcrAs({ auth }), 'ghcr.io')).toEqual(expected);
    expect(written(basicAuthSecret({ username: 'u', password }), 'ghcr.io')).toEqual(expected);
    expect(warned(ghcrAs({ auth }), 'ghcr.io')).toEqual([]);
  });

  test.each(['p\0', '\0p'])(
    'row 46: NUL at an end of a password, as in %j, is warned of',
    (password) => {
      expect(loginOf(ghcrAs(login(`u:${password}`)), 'ghcr.io')).toBe(`u:${password}`);
      expect(warningsOf(ghcrAs(login(`u:${password}`)), 'ghcr.io')).toEqual([
        {
          reason: 'PasswordEndsInNul',
          message:
            'Secret source: entry of ghcr.io: the password begins or ends in NUL, which docker cuts off; write a password without',
        },
      ]);
    },
  );

  test.each([
    ['the user', { username: 'v', password: 'p' }],
    ['the password', { username: 'u', password: 'q' }],
    ['the user alone', { username: 'v' }],
    ['the password alone', { password: 'q' }],
  ])(
    'row 47: where auth and the fields differ in %s, auth is used, with a warning',
    (_, fields) => {
      const secret = ghcrAs({ ...login('u:p'), ...fields });
      expect(loginOf(secret, 'ghcr.io')).toBe('u:p');
      expect(warningsOf(secret, 'ghcr.io')).toEqual([
        {
          reason: 'LoginsDiffer',
          message:
            'Secret source: entry of ghcr.io: auth says another login than username and password; auth is used, as docker does; leave username and password out',
        },
      ]);
    },
  );

  test('row 47: what kubectl create secret docker-registry writes is nothing to warn of', () => {
    const entry = { username: 'u', password: 'p:ü', email: 'a@b.c', ...login('u:p:ü') };
    expect(warned(ghcrAs(entry), 'ghcr.io')).toEqual([]);
  });

  test('row 48: username and password alone are written as auth', () => {
    expect(written(ghcrAs({ username: 'u', password: 'p' }), 'ghcr.io')).toEqual({
      auths: { 'ghcr.io': login('u:p') },
    });
    expect(warned(ghcrAs({ username: 'u', password: 'p' }), 'ghcr.io')).toEqual([]);
  });
});

describe('files', () => {
  test.each(['{}', '{"auths":null}', '{"auths":[]}', '{"auths":5}', ''])(
    'row 50: %j has no auths',
    (text) => {
      expect(refusal(dockerConfigSecret(text), 'ghcr.io')).toMatch(
        /^SecretInvalid: Secret source: key \.dockerconfigjson: .+; write \{"auths": /,
      );
    },
  );

  test('row 50: empty auths are a file that waits for an entry', () => {
    expect(refusal(holding({}), 'ghcr.io')).toMatch(
      /^CredentialNotFound: .+no entry of ghcr\.io; /,
    );
  });

  test.each([
    ['a byte order mark', '\ufeff{"auths":{"ghcr.io":{"auth":"dTpw"}}}'],
    ['a syntax error', '{"auths":{"ghcr.io":{"auth":"dTpw"},}}'],
    ['a list', '[{"auths":{"ghcr.io":{"auth":"dTpw"}}}]'],
    ['YAML', 'auths: {}'],
    ['base64 twice', base64(configJson({ 'ghcr.io': login('u:p') }))],
  ])('row 51: %s is refused', (_, text) => {
    expect(refusal(dockerConfigSecret(text), 'ghcr.io')).toMatch(
      /^SecretInvalid: Secret source: key \.dockerconfigjson: not a JSON object; write \{"auths": /,
    );
  });

  test.each([
    ['row 50: no auths', '{}', 'SecretInvalid'],
    ['row 50: empty auths', '{"auths":{}}', 'CredentialNotFound'],
    ['row 51: a syntax error', '{"auths":', 'SecretInvalid'],
    ['row 55: a type error', '{"auths":{"ghcr.io":{"auth":5}}}', 'SecretInvalid'],
  ])('%s in a source that was good leaves the last good entry', (_, text, reason) => {
    const bench = new Bench({
      registries: [
        {
          host: 'ghcr.io',
          credentials: { type: 'SecretRef', secretRef: { name: 'ghcr', key: 'config.json' } },
        },
      ],
      pullSecret: { name: 'ci-pull' },
    });
    for (const state of [configJson({ 'ghcr.io': login('u:good') }), text]) {
      bench.cluster.put(secretNamed('ghcr'), aSecret('Opaque', { 'config.json': state }));
      bench.reconcile();
    }
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'u:good' });
    expect(bench.condition('CredentialsResolved')?.reason).toBe(reason);
  });

  test('row 52: whitespace after the value is fine, anything else is refused', () => {
    const text = configJson({ 'ghcr.io': login('u:p') });
    expect(loginOf(dockerConfigSecret(`${text}\r\n\n`), 'ghcr.io')).toBe('u:p');
    for (const garbage of ['x', '{}', '}', '\0', '// end']) {
      expect(refusal(dockerConfigSecret(`${text}\n${garbage}`), 'ghcr.io')).toMatch(
        /^SecretInvalid: .+not a JSON object; /,
      );
    }
  });

  test('row 53: of two equal keys the last one counts, with a warning', () => {
    const text = `{"auths":{"ghcr.io":{"auth":"${base64('a:1')}"},"ghcr.io":{"auth":"${base64('b:2')}"}}}`;
    expect(loginOf(dockerConfigSecret(text), 'ghcr.io')).toBe('b:2');
    expect(warningsOf(dockerConfigSecret(text), 'ghcr.io')).toEqual([
      {
        reason: 'DuplicateKey',
        message:
          'Secret source: one JSON object has a key twice, of which the last one counts; write it once',
      },
    ]);
  });

  const ENTRY = `"ghcr.io":{"auth":"${base64('u:p')}"}`;

  test.each([
    ['auths', `{"auths":{},"auths":{${ENTRY}}}`],
    ['auths in another case', `{"AUTHS":{},"auths":{${ENTRY}}}`],
    ['a key with an escape', `{"auths":{"a":{},"\\u0061":{},${ENTRY}}}`],
    ['a field', `{"auths":{"ghcr.io":{"auth":"x","auth":"${base64('u:p')}"}}}`],
    ['a field in another case', `{"auths":{"ghcr.io":{"AUTH":"x","auth":"${base64('u:p')}"}}}`],
    ['a field of an unrelated entry', `{"auths":{${ENTRY},"b":{"email":1,"email":2}}}`],
    ['__proto__', `{"auths":{"__proto__":{},"__proto__":{},${ENTRY}}}`],
    ['a key of credHelpers', `{"credHelpers":{"a":"","a":""},"auths":{${ENTRY}}}`],
  ])('row 53: %s that stands twice is warned of', (_, text) => {
    expect(loginOf(dockerConfigSecret(text), 'ghcr.io')).toBe('u:p');
    expect(warned(dockerConfigSecret(text), 'ghcr.io')).toEqual(['DuplicateKey']);
  });

  test.each([
    ['the same field in two entries', `{"auths":{"a":{"auth":""},${ENTRY}}}`],
    ['a key and a value alike', `{"auths":{${ENTRY}},"x":"auths","y":"auths"}`],
    ['the same key further in', `{"auths":{${ENTRY},"auths":{"auths":""}}}`],
    ['the same key in a list of objects', `{"auths":{${ENTRY}},"x":[{"a":1},{"a":1}]}`],
    ['hosts in another case', `{"auths":{"A.io":{},"a.io":{},${ENTRY}}}`],
    ['a key twice where nobody looks', `{"auths":{${ENTRY},"b":{"x":{"a":1,"a":1}}}}`],
  ])('row 53: %s is no key that stands twice', (_, text) => {
    expect(warned(dockerConfigSecret(text), 'ghcr.io')).toEqual([]);
  });

  test('row 53: in a .dockercfg hosts are told apart by case, and fields are not', () => {
    const good = `"ghcr.io":{"auth":"${base64('u:p')}"}`;
    expect(warned(dockercfgSecret(`{${good},"A":{},"a":{}}`), 'ghcr.io')).toEqual([]);
    expect(warned(dockercfgSecret(`{${good},"a":{},"a":{}}`), 'ghcr.io')).toEqual(['DuplicateKey']);
    expect(warned(dockercfgSecret(`{${good},"a":{"x":1,"X":1}}`), 'ghcr.io')).toEqual([
      'DuplicateKey',
    ]);
  });

  test('row 53: an entry that a second auths hides is missing, and the message says why', () => {
    const text = `{"auths":{${ENTRY}},"auths":{}}`;
    expect(refusal(dockerConfigSecret(text), 'ghcr.io')).toBe(
      'CredentialNotFound: Secret source: has no entry of ghcr.io, but one JSON object has a key twice, of which the last one counts; write it once',
    );
  });

  test('row 54: AUTHS is read and written as auths', () => {
    const secret = dockerConfigSecret(`{"AUTHS":{${ENTRY}}}`);
    expect(written(secret, 'ghcr.io')).toEqual({ auths: { 'ghcr.io': login('u:p') } });
    expect(warned(secret, 'ghcr.io')).toEqual([]);
  });

  test('row 56: a .dockercfg is written as a config.json', () => {
    const secret = dockercfgSecret(`{${ENTRY}}`);
    expect(written(secret, 'ghcr.io')).toEqual({ auths: { 'ghcr.io': login('u:p') } });
    expect(warned(secret, 'ghcr.io')).toEqual([]);
  });

  test('row 57: an Opaque Secret is read under the key that spec names', () => {
    const secret = opaqueSecret({ 'config.json': `{"auths":{${ENTRY}}}` });
    expect(loginOf(secret, 'ghcr.io', { key: 'config.json' })).toBe('u:p');
    expect(refusal(secret, 'ghcr.io')).toMatch(/^UnsupportedCredential: .+secretRef\.key/);
  });
});

test('what is well written is nothing to warn of', () => {
  const secret = holding({
    [HUB_KEY]: login('u:p'),
    'ghcr.io': { ...login('a:b'), username: 'a', password: 'b' },
    'm.corp:5000': { username: 'c', password: 'd' },
  });
  for (const host of ['docker.io', 'ghcr.io', 'm.corp:5000']) {
    expect(warned(secret, host)).toEqual([]);
  }
});

test('several things to look at are told in a fixed order', () => {
  const text = `{"credsStore":"","credHelpers":{"x":"y"},"auths":{"*":{},"a":5,"a":5,
    "https://ghcr.io":{"auth":"${base64('v:q')}"},
    "ghcr.io":{"auth":" ${base64('u:\0p\n')}","username":"w"}}}`;
  expect(warned(dockerConfigSecret(text), 'ghcr.io')).toEqual([
    'AuthNormalised',
    'PasswordEndsInNewline',
    'PasswordEndsInNul',
    'LoginsDiffer',
    'OtherEntryIgnored',
    'HelperIgnored',
    'OtherEntryInvalid',
    'DuplicateKey',
    'WildcardKeyIgnored',
  ]);
});
