import { describe, expect, it } from 'vitest';
import { explain } from '../../../../src/core/explain/explain.ts';
import type { OtherReader, StepCredential } from '../../../../src/core/explain/explanation.ts';
import { builderFiles } from '../../../support/builder-files.ts';
import type { Texts } from '../../../support/builder-files.ts';
import { configJson, HUB, login } from '../../../support/secrets.ts';

/** What a person is told of the credential for a host, word for word. */

const IMAGE = { domain: 'm.corp', path: 'team/app' };
const HUB_IMAGE = { domain: 'docker.io', path: 'library/alpine' };
const PODMAN = 'Podman, Buildah, CRI-O';
const KANIKO = 'kaniko, crane';

/** The credential for the first host. */
function credentialOf(
  name: OtherReader['name'],
  texts: Texts,
  image = IMAGE,
): StepCredential | undefined {
  const reader = explain(image, builderFiles(texts)).others.find((one) => one.name === name);
  return reader?.hosts[0]?.credential;
}

const inFile = (auths: object, more: object = {}): Texts => ({ config: configJson(auths, more) });
const keysOf = (count: number): object =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`m.corp/${'team/'.slice(0, n)}`, login('u:p')]),
  );
const GIVEN = { from: 'config.json' };

describe('of BuildKit', () => {
  const BYTE_FOR_BYTE = 'it is what is looked up, byte for byte';
  const DROPPED = 'no key is "m.corp" itself, and scheme, user and path of this one are dropped';
  const broken = { auth: '!' };

  const whyFor = (texts: Texts, domain = 'm.corp'): string | undefined =>
    explain({ ...IMAGE, domain }, builderFiles(texts)).buildkit.at(-1)?.credential.why;

  it.each<[string, object, string]>([
    ['the host', { 'm.corp': login('u:p') }, BYTE_FOR_BYTE],
    ['a path', { 'm.corp/team': login('u:p') }, DROPPED],
    [
      'two paths alike',
      { 'm.corp/a': login('u:p'), 'm.corp/b': login('u:p') },
      `${DROPPED}; 2 keys leave that host and say the same`,
    ],
    [
      'two paths that differ',
      { 'm.corp/a': login('a:p'), 'm.corp/b': login('b:p') },
      'no key is "m.corp" itself; of those that leave it one is taken, another one in each run: "m.corp/a", "m.corp/b"',
    ],
    ['an empty entry', { 'm.corp': {} }, `${BYTE_FOR_BYTE}; the entry is empty`],
    [
      'an empty password',
      { 'm.corp': login('u:') },
      `${BYTE_FOR_BYTE}; its password is empty, which is no login`,
    ],
    [
      'an identitytoken',
      { 'm.corp': { identitytoken: 't' } },
      `${BYTE_FOR_BYTE}; an identitytoken serves registries with a token service, not Basic login`,
    ],
    [
      'a registrytoken',
      { 'm.corp': { registrytoken: 't' } },
      `${BYTE_FOR_BYTE}; a registrytoken is sent as it is, and not for Basic login`,
    ],
    ['no entry', {}, 'there is no entry under auths'],
    ['entries of others', { 'n.corp': login('u:p') }, 'no key is "m.corp" or leaves it'],
    ['a broken auth', { 'm.corp': broken }, 'its auth cannot be decoded: nothing is sent'],
    [
      'a broken auth elsewhere',
      { 'm.corp': login('u:p'), 'n.corp': broken },
      'in some runs and not in others: reading stops at "n.corp", whose auth cannot be decoded, in an order that changes',
    ],
    [
      'a broken auth elsewhere that costs nothing',
      { 'm.corp': { username: 'u', password: 'p', ...login('u:p') }, 'n.corp': broken },
      BYTE_FOR_BYTE,
    ],
    [
      'two paths that differ, and a broken auth elsewhere',
      { 'm.corp/a': login('a:p'), 'm.corp/b': login('b:p'), 'n.corp': broken },
      'no key is "m.corp" itself; of those that leave it one is taken, another one in each run: "m.corp/a", "m.corp/b"',
    ],
    [
      'a wrong type of its own',
      { 'm.corp': { auth: 5 } },
      'a value here has the wrong type, for which no auth of the file is decoded: nothing is sent',
    ],
    [
      'a wrong type elsewhere',
      { 'm.corp': login('u:p'), 'n.corp': 5 },
      'a value in the file has the wrong type, for which no auth of the file is decoded: nothing is sent',
    ],
  ])('with %s', (_, auths, why) => {
    expect(whyFor(inFile(auths))).toBe(why);
  });

  it('with a file that is none', () => {
    expect(whyFor({ config: '[]' })).toBe(
      'the file is no JSON object that docker reads, so nothing of it is sent to anybody',
    );
  });

  it('with Docker Hub under another of its names', () => {
    const hub = inFile({ [HUB]: login('u:p') });
    const none = inFile({ 'docker.io': login('u:p') });
    const alias = 'BuildKit 0.31 and later look index.docker.io up as Docker Hub; ';
    const other = `Docker Hub is looked up under "${HUB}" and nothing else, which is no key`;
    expect(whyFor(hub, 'docker.io')).toBe(BYTE_FOR_BYTE);
    expect(whyFor(none, 'docker.io')).toBe(other);
    expect(whyFor(hub, 'index.docker.io')).toBe(`${alias}${BYTE_FOR_BYTE}`);
    expect(whyFor(none, 'index.docker.io')).toBe(`${alias}${other}`);
  });

  const NOT_IN_VARIABLE =
    'in DOCKER_AUTH_CONFIG "m.corp" itself is no key, and no other counts there';
  it.each<[string, object, string]>([
    [
      'of the host',
      { 'm.corp': login('u:p') },
      'it stands before files and helpers, for BuildKit 0.24 and later',
    ],
    [
      'of the host without a password',
      { 'm.corp': login('u:') },
      'it stands before files and helpers, for BuildKit 0.24 and later; its password is empty, which is no login',
    ],
    [
      'of others',
      { 'https://m.corp': login('u:p') },
      `there is no entry under auths; ${NOT_IN_VARIABLE}`,
    ],
    ['without entries', {}, 'there is no entry under auths'],
  ])('with a variable %s', (_, auths, why) => {
    expect(whyFor({ variable: configJson(auths) })).toBe(why);
  });

  const BUILDX = 'buildx, and it alone, sends the login of Docker Hub to this host';
  const LOGIN = { [HUB]: login('u:p') };
  it.each<[string, Texts, string]>([
    ['in the file', inFile(LOGIN), `no key is "dhi.io" or leaves it; ${BUILDX}`],
    [
      'from a helper',
      inFile({}, { credHelpers: { [HUB]: 'x' } }),
      `there is no entry under auths; ${BUILDX}`,
    ],
    [
      'in the variable',
      { variable: configJson(LOGIN) },
      `there is no entry under auths; ${NOT_IN_VARIABLE.replace('m.corp', 'dhi.io')}; ${BUILDX}`,
    ],
    ['without a password', inFile({ [HUB]: login('u:') }), 'no key is "dhi.io" or leaves it'],
    [
      'that is lost in some runs',
      inFile({ ...LOGIN, 'n.corp': broken }),
      `no key is "dhi.io" or leaves it; ${BUILDX}`,
    ],
    [
      'without a password in the variable',
      { variable: configJson({ [HUB]: login('u:') }) },
      `there is no entry under auths; ${NOT_IN_VARIABLE.replace('m.corp', 'dhi.io')}`,
    ],
  ])('with a login of Docker Hub %s, for a host that depends on it', (_, texts, why) => {
    expect(whyFor(texts, 'dhi.io')).toBe(why);
  });

  it('with the login that mirrorauth was to write, where another is there', () => {
    const made = { unresolved: new Map([['m.corp', 'Secret x is not there']]) };
    expect(whyFor({ ...inFile({ 'm.corp': login('u:p') }), made })).toBe(BYTE_FOR_BYTE);
  });

  it('with a Secret that could not be made', () => {
    const made = { notMade: { config: 'Secret builds/pull' } };
    expect(whyFor({ made })).toBe(
      'Secret builds/pull could not be made, because of the errors above',
    );
  });
});

describe('of kubelet', () => {
  it.each<[string, object, StepCredential]>([
    [
      'the only key',
      { 'm.corp': login('u:p') },
      { kind: 'Login', key: 'm.corp', ...GIVEN, why: 'it is the only key that fits the image' },
    ],
    [
      'the only key, which is empty',
      { 'm.corp': {} },
      {
        kind: 'Anonymous',
        key: 'm.corp',
        ...GIVEN,
        why: 'it is the only key that fits the image; it holds no user and password',
      },
    ],
    [
      'two keys',
      { 'm.corp': login('u:p'), 'm.corp/team': login('v:p') },
      {
        kind: 'Login',
        key: 'm.corp/team',
        ...GIVEN,
        why: 'tried in turn: "m.corp/team", "m.corp"',
      },
    ],
    [
      'two keys, which are empty',
      { 'm.corp': {}, 'm.corp/team': {} },
      {
        kind: 'Anonymous',
        key: 'm.corp/team',
        ...GIVEN,
        why: 'tried in turn: "m.corp/team", "m.corp"; it holds no user and password',
      },
    ],
    [
      'five keys',
      keysOf(5),
      {
        kind: 'Login',
        key: 'm.corp/team',
        ...GIVEN,
        why: 'tried in turn: "m.corp/team", "m.corp/tea", "m.corp/te", "m.corp/t", "m.corp/"',
      },
    ],
    [
      'six keys',
      keysOf(6),
      {
        kind: 'Login',
        key: 'm.corp/team/',
        ...GIVEN,
        why: 'tried in turn: "m.corp/team/", "m.corp/team", "m.corp/tea", "m.corp/te", "m.corp/t", …',
      },
    ],
    [
      'no key',
      { 'n.corp': login('u:p') },
      { kind: 'Anonymous', why: 'no key fits "m.corp/team/app"' },
    ],
    [
      'a broken entry',
      { 'n.corp': { auth: '!' } },
      {
        kind: 'Unreadable',
        why: 'an entry or the file cannot be read: the Secret is refused, and the pod does not start',
      },
    ],
  ])('with %s', (_, auths, credential) => {
    expect(credentialOf('kubelet', inFile(auths))).toEqual(credential);
  });

  it('and of the login that mirrorauth was to write', () => {
    const made = { unresolved: new Map([['m.corp', 'Secret x is not there']]) };
    expect(credentialOf('kubelet', { ...inFile({}), made })).toEqual({
      kind: 'Anonymous',
      why: 'spec wants a login here, and Secret x is not there; in a cluster the last good entry is kept',
    });
  });
});

describe('of Podman', () => {
  it.each<[string, Texts, StepCredential]>([
    [
      'the host',
      inFile({ 'm.corp': login('u:p') }),
      { kind: 'Login', key: 'm.corp', ...GIVEN, why: 'it is the longest key that fits' },
    ],
    [
      'an empty entry',
      inFile({ 'm.corp': {} }),
      {
        kind: 'Anonymous',
        key: 'm.corp',
        ...GIVEN,
        why: 'it holds no auth with user and password',
      },
    ],
    [
      'no key',
      inFile({}),
      { kind: 'Anonymous', why: 'no key is "m.corp", below it or another writing of it' },
    ],
    [
      'no file',
      {},
      { kind: 'Anonymous', why: 'no key is "m.corp", below it or another writing of it' },
    ],
    [
      'a helper',
      inFile({}, { credHelpers: { 'm.corp': 'ecr-login' } }),
      { kind: 'Helper', why: 'credHelpers names a helper for "m.corp"' },
    ],
    [
      'a helper of the host beside a login of a path',
      inFile({ 'm.corp/team': login('u:p') }, { credHelpers: { 'm.corp': 'ecr-login' } }),
      { kind: 'Helper', why: 'credHelpers names a helper for "m.corp"' },
    ],
    [
      'a wrong type',
      inFile({ 'm.corp': { auth: 5 } }),
      { kind: 'Unreadable', why: 'the file is no JSON of the right types: every pull fails' },
    ],
    [
      'a token of the wrong type',
      inFile({ 'm.corp': { identitytoken: 5 } }),
      { kind: 'Unreadable', why: 'the file is no JSON of the right types: every pull fails' },
    ],
    [
      'a helper of the wrong type',
      inFile({}, { credHelpers: { 'n.corp': 5 } }),
      { kind: 'Unreadable', why: 'the file is no JSON of the right types: every pull fails' },
    ],
    [
      'no JSON',
      { config: '{' },
      { kind: 'Unreadable', why: 'the file is no JSON of the right types: every pull fails' },
    ],
    [
      'a broken auth',
      inFile({ 'm.corp': { auth: '!' } }),
      {
        kind: 'Unreadable',
        key: 'm.corp',
        ...GIVEN,
        why: 'its auth is no base64: the pull fails',
      },
    ],
    [
      'a broken auth beside a whole one',
      inFile({ 'https://m.corp': login('u:p'), 'http://m.corp': { auth: '!' } }),
      {
        kind: 'Unreadable',
        key: 'https://m.corp',
        ...GIVEN,
        why: 'its auth is no base64: the pull fails',
      },
    ],
    [
      'the host beside another writing of it',
      inFile({ 'https://m.corp': login('v:p'), 'm.corp': login('u:p') }),
      { kind: 'Login', key: 'm.corp', ...GIVEN, why: 'it is the longest key that fits' },
    ],
    [
      'two writings of the host, which say the same',
      inFile({ 'https://m.corp': login('u:p'), 'http://m.corp': login('u:p') }),
      { kind: 'Login', key: 'https://m.corp', ...GIVEN, why: 'it is the longest key that fits' },
    ],
    [
      'six writings of the host, which say something else each',
      inFile(
        Object.fromEntries(
          ['a', 'b', 'c', 'd', 'e', 'f'].map((path) => [
            `https://m.corp/${path}`,
            login(`${path}:p`),
          ]),
        ),
      ),
      {
        kind: 'Random',
        key: 'https://m.corp/a',
        ...GIVEN,
        why: 'another one in each run of "https://m.corp/a", "https://m.corp/b", "https://m.corp/c", "https://m.corp/d", "https://m.corp/e"',
      },
    ],
    [
      'an auth without a colon',
      inFile({ 'm.corp': { ...login('user'), identitytoken: 't' } }),
      {
        kind: 'Anonymous',
        key: 'm.corp',
        ...GIVEN,
        why: 'it holds no auth with user and password',
      },
    ],
  ])('with %s', (_, texts, credential) => {
    expect(credentialOf(PODMAN, texts)).toEqual(credential);
  });

  it('and of a path below http:// and https:// alone', () => {
    const kindFor = (key: string): string | undefined =>
      credentialOf(PODMAN, inFile({ [key]: login('u:p') }))?.kind;
    expect(
      ['http://m.corp/x', 'https://m.corp/x', 'http://https://m.corp/x', 'm.corp/x'].map(kindFor),
    ).toEqual(['Login', 'Login', 'Login', 'Anonymous']);
  });

  it('and of the login that mirrorauth was to write', () => {
    const made = { unresolved: new Map([['m.corp', 'Secret x is not there']]) };
    expect(credentialOf(PODMAN, { ...inFile({}), made })).toEqual({
      kind: 'Anonymous',
      why: 'spec wants a login here, and Secret x is not there; in a cluster the last good entry is kept',
    });
  });

  it.each([PODMAN, KANIKO] as const)('and %s of a mirror whose path is no name', (name) => {
    const toml = '[registry."m.corp"]\nmirrors = ["n.corp/UPPER"]\n';
    expect(credentialOf(name, { ...inFile({ 'n.corp': login('u:p') }), toml })).toEqual({
      kind: 'Anonymous',
      why: 'it takes no such name of an image, and asks nobody',
    });
  });
});

describe('of kaniko', () => {
  it.each<[string, Texts, string]>([
    ['a wrong type', inFile({ x: 5 }), 'the file cannot be read: every pull fails'],
    [
      'a broken auth',
      inFile({ 'x.corp': { auth: '!' } }),
      'the auth of "x.corp" cannot be read: every pull fails',
    ],
    ['no JSON', { config: '[]' }, 'the file cannot be read: every pull fails'],
  ])('with %s', (_, texts, why) => {
    expect(credentialOf(KANIKO, texts)).toEqual({ kind: 'Unreadable', why });
  });

  it.each<[string, Texts, StepCredential]>([
    [
      'the variable for the repository',
      {
        ...inFile({ 'm.corp': login('u:p') }),
        variable: configJson({ 'm.corp/team/app': login('v:p') }),
      },
      {
        kind: 'Login',
        key: 'm.corp/team/app',
        from: 'DOCKER_AUTH_CONFIG',
        why: 'it stands before files and helpers, for BuildKit 0.24 and later',
      },
    ],
    [
      'a helper for the repository',
      inFile({ 'm.corp': login('u:p') }, { credHelpers: { 'm.corp/team/app': 'x' } }),
      {
        kind: 'Helper',
        ...GIVEN,
        why: 'credHelpers names a helper for "m.corp/team/app", and auths is not read then',
      },
    ],
    [
      'a helper for all',
      inFile({ 'm.corp': login('u:p') }, { credsStore: 'x' }),
      {
        kind: 'Helper',
        ...GIVEN,
        why: 'credsStore names a helper for "m.corp/team/app", and auths is not read then',
      },
    ],
    [
      'no helper, where none is named for the host',
      inFile(
        { 'm.corp': login('u:p') },
        { credsStore: 'x', credHelpers: { 'm.corp/team/app': '', 'm.corp': '' } },
      ),
      {
        kind: 'Login',
        key: 'm.corp',
        ...GIVEN,
        why: 'it is what is looked up, byte for byte',
      },
    ],
  ])('with %s', (_, texts, credential) => {
    expect(credentialOf(KANIKO, texts)).toEqual(credential);
  });

  it.each(['docker.io', 'index.docker.io'])('and of Docker Hub under its name %s', (domain) => {
    const at = (key: string): string | undefined =>
      credentialOf(KANIKO, inFile({ [key]: login('u:p') }), { ...HUB_IMAGE, domain })?.key;
    expect(at(HUB)).toBe(HUB);
    expect(at('index.docker.io/library/alpine')).toBe('index.docker.io/library/alpine');
    expect(at('docker.io/library/alpine')).toBeUndefined();
  });
});
