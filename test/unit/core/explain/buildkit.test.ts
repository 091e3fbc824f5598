import { describe, expect, it } from 'vitest';
import { explain } from '../../../../src/core/explain/explain.ts';
import type { BuilderFiles, Step } from '../../../../src/core/explain/explanation.ts';
import { builderFiles } from '../../../support/builder-files.ts';
import type { Texts } from '../../../support/builder-files.ts';
import { configJson, HUB, login } from '../../../support/secrets.ts';

const HUB_IMAGE = { domain: 'docker.io', path: 'library/alpine' };
const IMAGE = { domain: 'm.corp', path: 'team/app', tag: '1' };

function stepsOf(texts: Texts, image = HUB_IMAGE): readonly Step[] {
  return explain(image, builderFiles(texts)).buildkit;
}

/** Kind, key and reason of the only host. */
function credentialOf(files: BuilderFiles): readonly (string | undefined)[] {
  const [step] = explain(IMAGE, files).buildkit;
  return [step?.credential.kind, step?.credential.key, step?.credential.why];
}

const entriesOf = (auths: object, more: object = {}): BuilderFiles =>
  builderFiles({ config: configJson(auths, more) });

describe('the credential of a host', () => {
  it.each([
    ['the host', { 'm.corp': login('u:p') }, ['Login', 'm.corp', 'byte for byte']],
    [
      'a URL',
      { 'https://m.corp/v2/': login('u:p') },
      ['Login', 'https://m.corp/v2/', 'scheme, user'],
    ],
    [
      'a path',
      { 'm.corp/team': login('u:p') },
      ['Login', 'm.corp/team', 'no key is "m.corp" itself'],
    ],
    ['upper case', { 'M.corp': login('u:p') }, ['Anonymous', undefined, 'no key is "m.corp"']],
    ['the default port', { 'm.corp:443': login('u:p') }, ['Anonymous', undefined, 'no key is']],
    ['a wildcard', { '*.corp': login('u:p') }, ['Anonymous', undefined, 'no key is']],
    ['no entries', {}, ['Anonymous', undefined, 'there is no entry under auths']],
    [
      'an empty entry',
      { 'm.corp': {}, 'https://m.corp': login('u:p') },
      ['Anonymous', 'm.corp', 'the entry is empty'],
    ],
    [
      'an empty password',
      { 'm.corp': login('u:') },
      ['Anonymous', 'm.corp', 'its password is empty'],
    ],
    [
      'NULs for a password',
      { 'm.corp': login('u:\0\0') },
      ['Anonymous', 'm.corp', 'its password is empty'],
    ],
    [
      'user and password',
      { 'm.corp': { username: 'u', password: 'p' } },
      ['Login', 'm.corp', 'byte for byte'],
    ],
    [
      'an identity token',
      { 'm.corp': { ...login('u:p'), identitytoken: 't' } },
      ['Token', 'm.corp', 'identitytoken'],
    ],
    [
      'a registry token',
      { 'm.corp': { registrytoken: 't' } },
      ['Token', 'm.corp', 'registrytoken'],
    ],
    [
      'paths that differ',
      { 'm.corp/a': login('a:p'), 'm.corp/b': login('b:p') },
      ['Random', 'm.corp/a', '"m.corp/a", "m.corp/b"'],
    ],
    [
      'paths that say the same',
      { 'm.corp/a': login('u:p'), 'm.corp/b': login('u:p') },
      ['Login', 'm.corp/a', '2 keys leave that host and say the same'],
    ],
    [
      'paths beside the host',
      { 'm.corp/a': login('a:p'), 'm.corp': login('b:p') },
      ['Login', 'm.corp', 'byte for byte'],
    ],
    [
      'a broken auth',
      { 'm.corp': { auth: '!' } },
      ['Anonymous', 'm.corp', 'its auth cannot be decoded'],
    ],
    [
      'a broken auth beside a login',
      { 'm.corp': { auth: '!', username: 'u', password: 'p' } },
      ['Login', 'm.corp', 'byte for byte'],
    ],
    [
      'a broken auth elsewhere',
      { 'm.corp': login('u:p'), 'x.corp': login(':p') },
      ['Unreadable', 'm.corp', 'reading stops at "x.corp"'],
    ],
    [
      'a broken auth elsewhere and no entry',
      { 'x.corp': login(':p') },
      ['Anonymous', undefined, 'no key is'],
    ],
    [
      'a wrong type elsewhere',
      { 'm.corp': login('u:p'), 'x.corp': 'x' },
      ['Anonymous', 'm.corp', 'a value in the file has the wrong type'],
    ],
    [
      'a wrong type of its own',
      { 'm.corp': { auth: 5 } },
      ['Anonymous', 'm.corp', 'a value here has the wrong type'],
    ],
    [
      'nothing, beside a wrong type',
      { 'm.corp': {}, 'x.corp': 'x' },
      ['Anonymous', 'm.corp', 'the entry is empty'],
    ],
    [
      'a wrong type that costs nothing',
      { 'm.corp': { username: 'u', password: 'p' }, 'x.corp': 'x' },
      ['Login', 'm.corp', 'byte for byte'],
    ],
  ] as const)('with %s', (_name, auths, [kind, key, why]) => {
    expect(credentialOf(entriesOf(auths))).toEqual([kind, key, expect.stringContaining(why)]);
  });

  it.each([
    ['credsStore', { credsStore: 'desktop' }, 'Helper', 'credsStore names a helper for "m.corp"'],
    ['credHelpers', { credHelpers: { 'm.corp': 'x' } }, 'Helper', 'credHelpers names a helper'],
    ['an empty name', { credHelpers: { 'm.corp': '' }, credsStore: 'x' }, 'Login', 'byte for byte'],
    ['a helper of others', { credHelpers: { 'x.corp': 'x' } }, 'Login', 'byte for byte'],
    ['a wrong type elsewhere', { psFormat: 5 }, 'Anonymous', 'wrong type'],
  ])('with %s in the file', (_name, more, kind, why) => {
    const [found, , reason] = credentialOf(entriesOf({ 'm.corp': login('u:p') }, more));
    expect([found, reason]).toEqual([kind, expect.stringContaining(why)]);
  });

  const good = configJson({ 'm.corp': login('u:p') });
  it.each([
    ['a byte order mark', `\uFEFF${good}`, 'Anonymous'],
    ['a brace too few', good.slice(0, -1), 'Anonymous'],
    ['text after it', `${good} more`, 'Login'],
    ['AUTHS', good.replace('auths', 'AUTHS'), 'Login'],
    [
      'AUTHS beside auths',
      `{"auths":{"m.corp":{}},"AUTHS":${configJson({ 'm.corp': login('u:p') }).slice(9, -1)}}`,
      'Login',
    ],
    ['a long s in auths', good.replace('auths', 'auth\u017F'), 'Login'],
    ['a null after auths', `${good.slice(0, -1)},"auths":null}`, 'Anonymous'],
    ['nothing in it', '', 'Anonymous'],
    ['null', 'null', 'Anonymous'],
    ['the old form', JSON.stringify({ 'm.corp': login('u:p') }), 'Anonymous'],
    ['a key twice', `{"auths":{"m.corp":{"auth":"dTpw"},"m.corp":{}}}`, 'Anonymous'],
    ['a field twice', `{"auths":{"m.corp":{"auth":"!","auth":"dTpw"}}}`, 'Login'],
  ])('of a file with %s', (_name, config, kind) => {
    expect(credentialOf(builderFiles({ config }))[0]).toBe(kind);
  });

  const variable = configJson({ 'm.corp': login('v:p') });
  it.each([
    ['of the host', variable, 'Login', 'DOCKER_AUTH_CONFIG'],
    [
      'of a URL of the host',
      configJson({ 'https://m.corp': login('v:p') }),
      'Helper',
      'config.json',
    ],
    [
      'with an empty password',
      configJson({ 'm.corp': login('v:') }),
      'Anonymous',
      'DOCKER_AUTH_CONFIG',
    ],
    [
      'with a field that it does not have',
      configJson({ 'm.corp': login('v:p') }, { credsStore: '' }),
      'Helper',
      'config.json',
    ],
    [
      'with a token',
      configJson({ 'm.corp': { ...login('v:p'), identitytoken: 't' } }),
      'Helper',
      'config.json',
    ],
    ['with a broken entry', configJson({ 'm.corp': login('v:p'), x: {} }), 'Helper', 'config.json'],
    ['followed by another value', `${variable} {}`, 'Helper', 'config.json'],
    ['followed by a brace', `${variable} }`, 'Login', 'DOCKER_AUTH_CONFIG'],
    ['that is no JSON', '{', 'Helper', 'config.json'],
  ])('in DOCKER_AUTH_CONFIG %s', (_name, dockerAuthConfig, kind, from) => {
    const config = configJson({}, { credsStore: 'desktop' });
    const [step] = explain(IMAGE, builderFiles({ config, variable: dockerAuthConfig })).buildkit;
    expect([step?.credential.kind, step?.credential.from]).toEqual([kind, from]);
  });

  it.each(['{', '[]', '"m.corp"', `\uFEFF${good}`])('of no JSON object is none: %s', (config) => {
    expect(credentialOf(builderFiles({ config }))).toEqual([
      'Anonymous',
      undefined,
      expect.stringContaining('no JSON object'),
    ]);
  });

  it('says that exact keys alone count in DOCKER_AUTH_CONFIG', () => {
    const files = builderFiles({ variable: configJson({ 'https://m.corp': login('v:p') }) });
    expect(credentialOf(files)[2]).toContain('in DOCKER_AUTH_CONFIG "m.corp" itself is no key');
  });

  it('says that mirrorauth could not get it, and why', () => {
    const made = { unresolved: new Map([['m.corp', 'Secret robot is missing']]) };
    const explanation = explain(IMAGE, builderFiles({ config: configJson({}), made }));
    const why =
      'spec wants a login here, and Secret robot is missing; in a cluster the last good entry is kept';
    const credentials = [
      ...explanation.buildkit.map(({ credential }) => credential),
      ...explanation.others.flatMap(({ hosts }) => hosts.map(({ credential }) => credential)),
    ];
    expect(credentials).toEqual(Array.from({ length: 5 }, () => ({ kind: 'Anonymous', why })));
  });

  it('is not known where the Secret could not be made', () => {
    const made = { notMade: { config: 'Secret builds/pull' } };
    const { buildkit, others, notMade } = explain(IMAGE, builderFiles({ toml: '', made }));
    expect(buildkit.map(({ credential }) => credential.kind)).toEqual(['Unknown']);
    expect({ others, notMade }).toEqual({ others: [], notMade: ['Secret builds/pull'] });
  });

  it.each([
    ['dhi.io', { [HUB]: login('u:p') }, true],
    ['dhi.io', {}, false],
    ['dhi.io', { [HUB]: login('u:p'), 'dhi.io': login('d:p') }, false],
    ['m.corp', { [HUB]: login('u:p') }, false],
  ])('of %s with %o is another one for buildx: %s', (domain, auths, expected) => {
    const [step] = explain({ ...IMAGE, domain }, entriesOf(auths)).buildkit;
    expect(step?.credential.why.includes('buildx, and it alone')).toBe(expected);
  });

  it('says where an entry came from', () => {
    const files = entriesOf({ 'm.corp': login('u:p') });
    const origins = new Map([['m.corp', 'Secret robot']]);
    const made = files.config && { ...files, config: { ...files.config, origins } };
    expect(made && explain(IMAGE, made).buildkit[0]?.credential.from).toBe('Secret robot');
  });

  it('says nothing of a user that somebody wrote into a key', () => {
    const { buildkit } = explain(
      IMAGE,
      entriesOf({ 'https://ada:lovelace@m.corp/': login('u:p') }),
    );
    expect(JSON.stringify(buildkit)).toContain('https://…@m.corp/');
    expect(JSON.stringify(buildkit)).not.toContain('lovelace');
  });
});

describe('Docker Hub', () => {
  it.each([
    [HUB, 'Login'],
    ['docker.io', 'Anonymous'],
    ['index.docker.io', 'Anonymous'],
    ['registry-1.docker.io', 'Anonymous'],
    ['https://index.docker.io/v1', 'Anonymous'],
    ['https://index.docker.io/v2/', 'Anonymous'],
  ])('under %s is %s', (key, kind) => {
    const [step] = stepsOf({ config: configJson({ [key]: login('u:p') }) });
    expect([step?.host, step?.credential.kind]).toEqual(['registry-1.docker.io', kind]);
  });

  it.each(['index.docker.io', 'docker.io'])(
    'as a mirror by its name %s is looked up in the same way, by new versions',
    (name) => {
      const [mirror] = stepsOf({
        config: configJson({ [HUB]: login('u:p') }),
        toml: `[registry."docker.io"]\nmirrors = ["${name}"]`,
      });
      expect(mirror?.credential).toMatchObject({ kind: 'Login', key: HUB });
      expect(mirror?.credential.why).toContain(`BuildKit 0.31 and later look ${name} up`);
    },
  );
});

describe('the hosts that are asked', () => {
  const toml = [
    '[registry."docker.io"]',
    'mirrors = ["http://m.corp/dockerhub/", "n.corp:5000", "localhost:5000"]',
    '[registry."n.corp:5000"]',
    'http = true',
    '[registry."m.corp"]',
    'ca = ["/etc/ca.crt"]',
  ].join('\n');

  it('are the mirrors in their order and the origin last', () => {
    expect(stepsOf({ toml }).map(({ role, url }) => [role, url])).toEqual([
      ['mirror', 'https://m.corp/v2/dockerhub/library/alpine/manifests/latest?ns=docker.io'],
      ['mirror', 'http://n.corp:5000/v2/library/alpine/manifests/latest?ns=docker.io'],
      ['mirror', 'http://localhost:5000/v2/library/alpine/manifests/latest?ns=docker.io'],
      ['origin', 'https://registry-1.docker.io/v2/library/alpine/manifests/latest'],
    ]);
  });

  it('have their scheme and TLS for a reason', () => {
    const reasons = stepsOf({ toml }).map(({ scheme, tls }) => [scheme.why, tls.value]);
    expect(reasons).toEqual([
      ['[registry."m.corp"] has no http = true', 'PrivateCA'],
      ['[registry."n.corp:5000"] has http = true', 'NotUsed'],
      [
        'localhost:5000 is the builder itself, and [registry."localhost:5000"] has no http = false',
        'NotUsed',
      ],
      ['[registry."docker.io"] has no http = true', 'PublicCAs'],
    ]);
  });

  it.each([
    ['insecure = true', 'https', 'NotVerified', 'has no http = true'],
    ['http = false', 'https', 'PublicCAs', 'has http = false'],
    ['http = true\ninsecure = true', 'https', 'NotVerified', 'only when HTTPS fails'],
    ['http = false\ninsecure = true', 'https', 'NotVerified', 'has http = false'],
    ['HTTP = true', 'http', 'NotUsed', 'has http = true'],
    ['ca = [""]', 'https', 'Broken', 'has no http = true'],
  ])('with %s are asked by %s, TLS %s', (line, scheme, tls, why) => {
    const [step] = stepsOf({ toml: `[registry."m.corp"]\n${line}` }, IMAGE);
    expect([step?.scheme.value, step?.tls.value]).toEqual([scheme, tls]);
    expect(step?.scheme.why).toContain(why);
  });

  it('say what a 401 leads to', () => {
    expect(stepsOf({ toml }).map(({ onUnauthorized }) => onUnauthorized)).toEqual([
      expect.stringContaining('n.corp:5000 is asked next'),
      expect.stringContaining('localhost:5000 is asked next'),
      expect.stringContaining('registry-1.docker.io is asked next'),
      'the build fails, as nobody is left to be asked',
    ]);
  });

  it('are asked for the digest where there are a tag and a digest', () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const [step] = explain({ ...IMAGE, digest }, builderFiles({})).buildkit;
    expect(step?.url).toBe(`https://m.corp/v2/team/app/manifests/${digest}`);
  });

  it('are not known where mirrorauth could not make the file', () => {
    const made = { notMade: { buildkitdToml: 'ConfigMap builds/b' } };
    const { buildkit, others, notMade } = explain(
      IMAGE,
      builderFiles({ config: configJson({ 'm.corp': login('u:p') }), made }),
    );
    expect(buildkit).toEqual([]);
    expect(others.map(({ name }) => name)).toEqual(['kubelet']);
    expect(notMade).toEqual(['ConfigMap builds/b']);
  });

  it('are none where buildkitd does not start', () => {
    expect(stepsOf({ toml: '[registry.' })).toEqual([]);
  });
});
