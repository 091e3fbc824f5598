import { describe, expect, it } from 'vitest';
import type { Texts } from '../../../../support/builder-files.ts';
import { mistakeNamesOf, mistakesOf } from '../../../../support/mistakes-of.ts';
import { configJson, HUB, login } from '../../../../support/secrets.ts';

/** What tells one mistake in config.json from its neighbours, and from what is none. */

const hub = { [HUB]: login('ada:lovelace') };
const MIRRORED = '[registry."docker.io"]\nmirrors = ["m.corp/hub"]\n';
const EXAMPLE = '{"auth": "<base64 of user:password>"}';

const inFile = (auths: object, more: object = {}): Texts => ({ config: configJson(auths, more) });

describe('a value of the wrong type', () => {
  const COST = 'has the wrong type, for which docker reads no auth of the whole file. Write';

  it('in entries is told of each of those, and of no other', () => {
    const auths = { 'a.corp': 5, 'b.corp': login('b:b'), 'c.corp': { username: 5 } };
    expect(mistakesOf('alpine', inFile(auths))).toEqual(
      ['a.corp', 'c.corp'].map((key) => ({
        name: 'EntryUnreadable',
        where: `config.json, auths, "${key}"`,
        message: `a value here ${COST}\n  "${key}": ${EXAMPLE}`,
      })),
    );
  });

  it('beside the entries is told of the file', () => {
    expect(mistakesOf('alpine', inFile(hub, { psFormat: 5 }))).toEqual([
      {
        name: 'EntryUnreadable',
        where: 'config.json',
        message: `a value ${COST} objects and texts where docker does:\n  {"auths": {"<host>": ${EXAMPLE}}}`,
      },
    ]);
  });
});

describe('keys with paths', () => {
  it('that say the same do not collide', () => {
    const auths = { 'm.corp/a': login('u:p'), 'm.corp/b': login('u:p') };
    expect(mistakeNamesOf('m.corp/app', inFile(auths))).toEqual(['PathKeyIsHostWide']);
  });

  it('collide for a host that ends in a colon, too', () => {
    const auths = { ...hub, 'm.corp/a': login('a:a'), 'm.corp/b': login('b:b') };
    const toml = '[registry."docker.io"]\nmirrors = ["m.corp:"]\n';
    const found = mistakesOf('alpine', { ...inFile(auths), toml });
    const collision = found.find(({ name }) => name === 'PathKeysCollide');
    expect(collision?.where).toBe('config.json, auths, "m.corp/a", "m.corp/b"');
    expect(collision?.message).toMatch(/:\n {2}"m\.corp": \{"auth": /);
  });

  it.each([
    ['m.corp/', []],
    ['m.corp//', []],
    ['m.corp/v1', []],
    ['m.corp/v1/', []],
    ['https://m.corp/v2/', []],
    ['m.corp/v3', ['PathKeyIsHostWide']],
    ['HTTPS://m.corp/team', ['PathKeyIsHostWide']],
    ['m.corp/x://', ['PathKeyIsHostWide']],
  ])('are those with a path of their own: %s', (key, expected) => {
    expect(mistakeNamesOf('m.corp/app', inFile({ [key]: login('u:p') }))).toEqual(expected);
  });
});

describe('a mirror without an entry', () => {
  it.each([
    ['a login', hub, {}],
    ['a token', { [HUB]: { identitytoken: 't' } }, {}],
    ['a helper', {}, { credHelpers: { [HUB]: 'desktop' } }],
  ])('is a mistake where the origin has %s', (_, auths, more) => {
    expect(mistakeNamesOf('alpine', { ...inFile(auths, more), toml: MIRRORED })).toEqual([
      'MirrorEntryMissing',
    ]);
  });

  it('is none where the origin has no login either', () => {
    const auths = { [HUB]: {} };
    expect(mistakeNamesOf('alpine', { ...inFile(auths), toml: MIRRORED })).toEqual([]);
  });
});

it('an entry that cannot be decoded is not told to be hidden by a helper', () => {
  const texts = inFile({ [HUB]: { auth: '!' } }, { credsStore: 'desktop' });
  expect(mistakeNamesOf('alpine', texts)).toEqual(['EntryUnreadable']);
});

describe('a password that ends in a newline', () => {
  const NEWLINE = 'the password ends in a newline, which is sent with it. Write';

  it.each([
    ['as it is sent', login('ada:lovelace\r'), ['PasswordEndsInNewline']],
    ['not of one beside a token', { ...login('ada:lovelace\n'), identitytoken: 't' }, []],
    ['not of one with a newline inside', login('ada:love\nlace'), []],
  ])('is told of %s', (_, entry, expected) => {
    expect(mistakeNamesOf('m.corp/app', inFile({ 'm.corp': entry }))).toEqual(expected);
  });

  it('is mended in config.json', () => {
    expect(mistakesOf('m.corp/app', inFile({ 'm.corp': login('a:b\n') }))[0]).toMatchObject({
      where: 'config.json, auths, "m.corp"',
      message: `${NEWLINE} what this prints:\n  printf '%s' 'user:password' | base64 -w0`,
    });
  });

  it('is mended in the Secret that it was copied from', () => {
    const origins = new Map([['m.corp', 'Secret robot']]);
    const texts = { ...inFile({ 'm.corp': login('a:b\n') }), origins, made: {} };
    expect(mistakesOf('m.corp/app', texts)).toEqual([
      {
        name: 'PasswordEndsInNewline',
        where: 'Secret robot',
        message: `${NEWLINE} it without one: in data it is what this prints:\n  printf '%s' 'password' | base64 -w0`,
      },
    ]);
  });
});

describe('a token at a mirror', () => {
  const tokens = (origin: object, mirror: object): Texts => ({
    ...inFile({ [HUB]: origin, 'm.corp': mirror }),
    toml: MIRRORED,
  });
  const found = (origin: object, mirror: object): readonly string[] =>
    mistakeNamesOf('alpine', tokens(origin, mirror));
  const WHAT = 'this is the token of registry-1.docker.io, which no other host takes.';

  it.each([
    ['the same registrytoken', { registrytoken: 't' }, { registrytoken: 't' }, true],
    ['another registrytoken', { registrytoken: 't' }, { registrytoken: 'u' }, false],
    ['the token in another field', { registrytoken: 't' }, { identitytoken: 't' }, true],
    [
      'the same identitytoken beside another',
      { identitytoken: 't', registrytoken: 'a' },
      { identitytoken: 't', registrytoken: 'b' },
      true,
    ],
    ['a token where the origin has a login', login('u:p'), { identitytoken: 't' }, false],
    ['a login where the origin has a token', { identitytoken: 't' }, login('u:p'), false],
    ['a login where the origin has one', login('u:p'), login('u:p'), false],
  ])('is the origin’s where it is %s', (_, origin, mirror, isSame) => {
    expect(found(origin, mirror)).toEqual(isSame ? ['TokenForMirror'] : []);
  });

  it('is mended in config.json', () => {
    const [mistake] = mistakesOf('alpine', tokens({ identitytoken: 't' }, { identitytoken: 't' }));
    expect(mistake).toMatchObject({
      where: 'config.json, auths, "m.corp"',
      message: `${WHAT} Write the login of m.corp:\n  "m.corp": ${EXAMPLE}`,
    });
  });

  it('is mended in the MirrorAuth', () => {
    const texts = { ...tokens({ identitytoken: 't' }, { identitytoken: 't' }), made: {} };
    expect(mistakesOf('alpine', texts)).toEqual([
      {
        name: 'TokenForMirror',
        where: 'MirrorAuth builds/ci, registry "m.corp"',
        message: `${WHAT} Write a Secret with the login of m.corp into its credentials`,
      },
    ]);
  });

  it('is found under a key with a user', () => {
    const auths = {
      [HUB]: { identitytoken: 't' },
      'https://ada:lovelace@m.corp': { identitytoken: 't' },
    };
    expect(mistakeNamesOf('alpine', { ...inFile(auths), toml: MIRRORED })).toEqual([
      'TokenForMirror',
    ]);
  });

  it('is the mirror’s own beside an auth that cannot be decoded, whatever the origin has', () => {
    expect(found(login('u:p'), { auth: '!', identitytoken: 't' })).toEqual(['EntryUnreadable']);
  });

  it('is nothing of its own where it is one of several at random', () => {
    const auths = {
      [HUB]: { identitytoken: 't' },
      'm.corp/a': { identitytoken: 't' },
      'm.corp/b': login('u:p'),
    };
    expect(mistakeNamesOf('alpine', { ...inFile(auths), toml: MIRRORED })).toEqual([
      'PathKeysCollide',
    ]);
  });
});

it('an entry that the variable stands before is told as that alone', () => {
  const variable = configJson({ 'm.corp': login('v:p') });
  const texts = { ...inFile({ 'm.corp': login('ada:') }), variable };
  expect(mistakeNamesOf('m.corp/app', texts)).toEqual(['DockerAuthConfigShadows']);
});

describe('a wildcard', () => {
  it.each([
    ['*.corp', 'm.corp/app', true],
    ['*.corp', 'a.m.corp/app', false],
    ['*.m', 'a.m.corp/app', false],
    ['*.*.corp', 'm.corp/app', false],
    ['*.corp', 'm.example/app', false],
    ['m.*', 'm.corp/app', true],
    ['*.corp/team', 'm.corp/app', true],
  ])('%s stands for %s label by label: %s', (key, image, isMeant) => {
    expect(mistakeNamesOf(image, inFile({ [key]: login('u:p') }))).toEqual(
      isMeant ? ['KeyNotTheHost'] : [],
    );
  });
});

it('an empty entry under another writing of a host was meant for nothing', () => {
  expect(mistakeNamesOf('m.corp/app', inFile({ 'M.corp': {} }))).toEqual([]);
});

it('a host that is written oddly in the name of the image is mended there, once', () => {
  const message =
    'M.corp is compared byte for byte, and is not m.corp. Write it in lower case and without the ' +
    'default port, in all places:\n  m.corp/team/app';
  const mended = [{ name: 'KeyNotTheHost', where: 'the name of the image', message }];
  const auths = { 'm.corp': login('u:p') };
  expect(mistakesOf('M.corp/team/app', inFile(auths))).toEqual(mended);
  expect(mistakesOf('M.corp/team/app', { variable: configJson(auths) })).toEqual(mended);
});
