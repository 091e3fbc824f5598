import { describe, expect, it } from 'vitest';
import { explain } from '../../../../src/core/explain/explain.ts';
import type { OtherReader } from '../../../../src/core/explain/explanation.ts';
import { lookUpImage } from '../../../../src/core/explain/kubelet.ts';
import { builderFiles } from '../../../support/builder-files.ts';
import type { Texts } from '../../../support/builder-files.ts';
import { base64, configJson, HUB, login } from '../../../support/secrets.ts';

const HUB_IMAGE = { domain: 'docker.io', path: 'library/alpine' };

const MIRRORED = '[registry."docker.io"]\nmirrors = ["m.corp/dockerhub"]\n';

/** Kind and key of each host, the origin last. */
function shownBy(
  name: OtherReader['name'],
  texts: Texts,
  image = HUB_IMAGE,
): readonly (readonly (string | undefined)[])[] {
  const reader = explain(image, builderFiles(texts)).others.find((one) => one.name === name);
  return (reader?.hosts ?? []).map(({ host, credential: { kind, key } }) => [host, kind, key]);
}

const mirrored = (auths: object, more: object = {}): Texts => ({
  config: configJson(auths, more),
  toml: MIRRORED,
});

describe('kubelet', () => {
  it.each([
    ['the one key of Docker Hub', { [HUB]: login('u:p') }, 'Login', HUB],
    ['docker.io', { 'docker.io': login('u:p') }, 'Login', 'docker.io'],
    [
      'docker.io before the other',
      { [HUB]: login('u:p'), 'docker.io': login('v:p') },
      'Login',
      'docker.io',
    ],
    [
      'the longest path first',
      { 'docker.io': login('u:p'), 'docker.io/lib': login('v:p') },
      'Login',
      'docker.io/lib',
    ],
    [
      'one that sends something',
      { 'docker.io': login('u:p'), 'docker.io/lib': {} },
      'Login',
      'docker.io',
    ],
    ['a wildcard', { '*.io': login('u:p') }, 'Login', '*.io'],
    ['no mirror', { 'm.corp': login('u:p') }, 'Anonymous', undefined],
    ['no token', { [HUB]: { identitytoken: 't' } }, 'Anonymous', HUB],
    [
      'nothing of a broken Secret',
      { [HUB]: login('u:p'), x: { auth: '!' } },
      'Unreadable',
      undefined,
    ],
  ] as const)('finds %s', (_name, auths, kind, key) => {
    expect(shownBy('kubelet', mirrored(auths))).toEqual([['docker.io', kind, key]]);
  });

  it.each([
    ['*.corp', 'h.corp', true],
    ['h*.corp', 'harbor.corp', true],
    ['h*b*r.corp', 'harbor.corp', true],
    ['h*x*r.corp', 'harbor.corp', false],
    ['*r*r*r*r*.corp', 'harbor.corp', false],
    ['ab*ba.corp', 'aba.corp', false],
    ['*.corp', 'a.b.corp', false],
    ['*.corp', 'h.corp.example', false],
    ['*.corp:5000', 'h.corp', false],
    ['*.corp:5000', 'h.corp:5000', true],
    ['ab*ba.corp', 'abba.corp', true],
    ['*h*.corp', 'harbor.corp', true],
    ['h*.corp', 'xharbor.corp', false],
    ['*r.corp', 'harbox.corp', false],
    ['a*b*b.corp', 'ab.corp', false],
    ['ab*b*.corp', 'ab.corp', false],
    ['http://h.corp', 'h.corp', true],
    ['https://h.corp/v1/', 'h.corp', true],
    ['h.corp/v2/app', 'h.corp', true],
    ['h.corp/v3/', 'h.corp', false],
    ['h.corp/x/v1/', 'h.corp', false],
    ['h.corp/v1', 'h.corp', false],
    ['h.corp/ap', 'h.corp', true],
    ['h corp', 'h.corp', false],
    ['h%25corp', 'h.corp', false],
    ['h.corp', '[fd00:::1]', false],
    [HUB, 'h.corp', false],
  ])('matches %s with %s: %s', (key, domain, isMatch) => {
    const [[, kind] = []] = shownBy(
      'kubelet',
      { config: configJson({ [key]: login('u:p') }) },
      { domain, path: 'app' },
    );
    expect(kind).toBe(isMatch ? 'Login' : 'Anonymous');
  });

  it.each([
    ['user and password', { username: 'ada', password: 'lovelace' }],
    ['auth', login('ada:lovelace')],
  ])('takes user and password from %s', (_, entry) => {
    const files = builderFiles({ config: configJson({ 'm.corp': entry }) });
    const tries = lookUpImage({ domain: 'm.corp', path: 'app' }, files);
    const parts = tries === 'Refused' ? [] : tries.map(({ credential }) => credential.parts);
    expect(parts.map((one) => one.reveal())).toEqual([
      { user: 'ada', password: 'lovelace', identityToken: '', registryToken: '' },
    ]);
  });

  it.each([
    ['user and password', { username: 'u', password: 'p' }, 'Login'],
    ['padding and a newline after it', { auth: `${base64('u:pw')}\n` }, 'Login'],
    ['no colon', login('user'), 'Unreadable'],
    ['a user that is a number', { username: 5 }, 'Unreadable'],
    ['a password that is a number', { password: 5 }, 'Unreadable'],
    ['an e-mail address that is a number', { email: 5 }, 'Unreadable'],
    ['an auth that is a number', { auth: 5 }, 'Unreadable'],
    ['a token that is a number', { ...login('u:p'), identitytoken: 5 }, 'Login'],
  ])('takes an entry with %s for %j: %s', (_name, entry, kind) => {
    expect(shownBy('kubelet', { config: configJson({ [HUB]: entry }) })[0]?.[1]).toBe(kind);
  });

  it.each([
    ['with headers that are none', configJson({ [HUB]: login('u:p') }, { HttpHeaders: { a: 5 } })],
    [
      'with a broken entry in whose place another stands',
      `{"auths":{"x":{"auth":"!"},"x":{},"${HUB}":{"auth":"${base64('u:p')}"}}}`,
    ],
    ['that is no JSON', '{'],
  ])('refuses a file %s', (_name, config) => {
    expect(shownBy('kubelet', { config })).toEqual([['docker.io', 'Unreadable', undefined]]);
  });

  it.each([
    ['is not there', {}],
    ['is empty', { config: '' }],
  ])('finds nothing in a file that %s', (_name, texts) => {
    expect(shownBy('kubelet', texts)).toEqual([['docker.io', 'Anonymous', undefined]]);
  });

  it('takes /v1/ for a part of the path where something stands before it', () => {
    const image = { domain: 'h.corp', path: 'team/v1/app' };
    const config = configJson({ 'h.corp/team/v1/': login('u:p') });
    expect(shownBy('kubelet', { config }, image)).toEqual([['h.corp', 'Login', 'h.corp/team/v1/']]);
  });

  it('tries writings of one key in the order of the file', () => {
    const keys = ['https://m.corp', 'm.corp', 'http://m.corp'];
    const config = configJson(Object.fromEntries(keys.map((key) => [key, login('u:p')])));
    const { others } = explain({ domain: 'm.corp', path: 'app' }, builderFiles({ config }));
    const kubelet = others.find(({ name }) => name === 'kubelet');
    expect(kubelet?.hosts[0]?.credential.why).toBe(
      'tried in turn: "https://m.corp", "m.corp", "http://m.corp"',
    );
  });

  it('reads unpadded base64, where docker does not', () => {
    const config = configJson({ [HUB]: { auth: base64('u:pw').replace(/=+$/, '') } });
    expect(shownBy('kubelet', { config })).toEqual([['docker.io', 'Login', HUB]]);
    expect(explain(HUB_IMAGE, builderFiles({ config })).buildkit[0]?.credential.kind).toBe(
      'Anonymous',
    );
  });
});

describe('containerd', () => {
  it('sends the origin’s login to every mirror, and none of a mirror’s own', () => {
    const auths = { [HUB]: login('u:p'), 'm.corp': login('m:p') };
    expect(shownBy('containerd CRI', mirrored(auths))).toEqual([
      ['m.corp', 'Login', HUB],
      ['registry-1.docker.io', 'Login', HUB],
    ]);
  });
});

describe('Podman', () => {
  const at = (auths: object, more: object = {}) =>
    shownBy('Podman, Buildah, CRI-O', mirrored(auths, more)).map(([, kind, key]) => [kind, key]);

  it.each([
    [
      'the repository',
      { 'm.corp/dockerhub/library/alpine': login('u:p'), 'm.corp': login('v:p') },
      'Login',
      'm.corp/dockerhub/library/alpine',
    ],
    [
      'a path above it',
      { 'm.corp/dockerhub': login('u:p'), 'm.corp': login('v:p') },
      'Login',
      'm.corp/dockerhub',
    ],
    [
      'no half of a segment',
      { 'm.corp/docker': login('u:p'), 'm.corp': login('v:p') },
      'Login',
      'm.corp',
    ],
    ['no path of others', { 'm.corp/ghcr': login('u:p') }, 'Anonymous', undefined],
    ['a URL', { 'https://m.corp/v1/': login('u:p') }, 'Login', 'https://m.corp/v1/'],
    [
      'one of several URLs',
      { 'https://m.corp/v1/': login('u:p'), 'http://m.corp': login('v:p') },
      'Random',
      'https://m.corp/v1/',
    ],
    ['no username', { 'm.corp': { username: 'u', password: 'p' } }, 'Anonymous', 'm.corp'],
    [
      'an identity token beside auth',
      { 'm.corp': { ...login('u:p'), identitytoken: 't' } },
      'Token',
      'm.corp',
    ],
    ['no identity token alone', { 'm.corp': { identitytoken: 't' } }, 'Anonymous', 'm.corp'],
    ['a broken auth', { 'm.corp': { auth: '!' } }, 'Unreadable', 'm.corp'],
    [
      'what stands beside a broken auth',
      { 'm.corp': login('u:p'), 'x.corp': { auth: '!' } },
      'Login',
      'm.corp',
    ],
    [
      'nothing beside a wrong type',
      { 'm.corp': login('u:p'), 'x.corp': 5 },
      'Unreadable',
      undefined,
    ],
  ] as const)('finds %s', (_name, auths, kind, key) => {
    expect(at(auths)[0]).toEqual([kind, key]);
  });

  it('finds Docker Hub under all of its names', () => {
    const found = [
      HUB,
      'docker.io',
      'index.docker.io',
      'registry-1.docker.io',
      'docker.io/library',
    ].map((key) => at({ [key]: login('u:p') })[1]);
    expect(found.map((one) => one?.[0])).toEqual(found.map(() => 'Login'));
  });

  it('asks the helper of a host, and knows no credsStore', () => {
    const auths = { 'm.corp': login('u:p') };
    expect(at(auths, { credHelpers: { 'm.corp': 'x' }, credsStore: 'y' })[0]?.[0]).toBe('Helper');
    expect(at(auths, { credsStore: 'y' })[0]?.[0]).toBe('Login');
  });

  it('takes no IPv6 address for a registry', () => {
    const image = { domain: '[fd00::1]:5000', path: 'app' };
    const config = configJson({ '[fd00::1]:5000': login('u:p') });
    const [[, kind] = []] = shownBy('Podman, Buildah, CRI-O', { config }, image);
    expect(kind).toBe('Anonymous');
    expect(explain(image, builderFiles({ config })).buildkit[0]?.credential.kind).toBe('Login');
  });
});

describe('kaniko', () => {
  const at = (auths: object, more: object = {}) =>
    shownBy('kaniko, crane', mirrored(auths, more)).map(([, kind, key]) => [kind, key]);

  it.each([
    [
      'the repository',
      { 'm.corp/dockerhub/library/alpine': login('u:p'), 'm.corp': login('v:p') },
      'Login',
      'm.corp/dockerhub/library/alpine',
    ],
    [
      'the host where the repository has an empty entry',
      { 'm.corp/dockerhub/library/alpine': {}, 'm.corp': login('v:p') },
      'Login',
      'm.corp',
    ],
    ['a path of the host, as BuildKit does', { 'm.corp/x': login('u:p') }, 'Login', 'm.corp/x'],
    [
      'paths at random, as BuildKit does',
      { 'm.corp/x': login('u:p'), 'm.corp/y': login('v:p') },
      'Random',
      'm.corp/x',
    ],
    [
      'nothing beside a broken auth',
      { 'm.corp': login('u:p'), 'x.corp': { auth: '!' } },
      'Unreadable',
      undefined,
    ],
    [
      'nothing beside a wrong type',
      { 'm.corp': login('u:p'), 'x.corp': 5 },
      'Unreadable',
      undefined,
    ],
  ] as const)('finds %s', (_name, auths, kind, key) => {
    expect(at(auths)[0]).toEqual([kind, key]);
  });

  it('finds Docker Hub under one key and under that of the repository', () => {
    expect(at({ [HUB]: login('u:p') })[1]).toEqual(['Login', HUB]);
    expect(at({ 'docker.io': login('u:p') })[1]?.[0]).toBe('Anonymous');
    expect(at({ 'index.docker.io/library/alpine': login('u:p') })[1]?.[0]).toBe('Login');
  });
});

it('the other programs are told of with the same route, and each with its difference', () => {
  const { others } = explain(HUB_IMAGE, builderFiles(mirrored({})));
  expect(others.map(({ name, hosts }) => [name, hosts.length])).toEqual([
    ['containerd CRI', 2],
    ['kubelet', 1],
    ['Podman, Buildah, CRI-O', 2],
    ['kaniko, crane', 2],
  ]);
  expect(new Set(others.map(({ difference }) => difference)).size).toBe(4);
});

it('where buildkitd does not start they ask the registry of the image', () => {
  const texts = { config: configJson({}), toml: '[' };
  expect(shownBy('kaniko, crane', texts).map(([host]) => host)).toEqual(['registry-1.docker.io']);
});
