import { describe, expect, it } from 'vitest';
import { credentialKeyOf } from '../../../../src/core/explain/buildkit.ts';
import { explain } from '../../../../src/core/explain/explain.ts';
import type { OtherReader, Step } from '../../../../src/core/explain/explanation.ts';
import { builderFiles } from '../../../support/builder-files.ts';
import { configJson, login } from '../../../support/secrets.ts';

/** How each host of an image is asked, and why, word for word. */

const IMAGE = { domain: 'm.corp', path: 'team/app' };

const stepsOf = (toml: string, image = IMAGE): readonly Step[] =>
  explain(image, builderFiles({ toml })).buildkit;

describe('TLS', () => {
  const HEADER = '[registry."m.corp"]';
  const fails = (names: string): string =>
    `; a file of ${names} of ${HEADER} that cannot be read fails every pull from m.corp`;
  const broken = (name: string): Step['tls'] => ({
    value: 'Broken',
    why: `${name} of ${HEADER} has an empty path, which fails every pull from m.corp`,
  });
  const ALL = 'ca = ["/c"]\nkeypair = [{key = "/k", cert = "/c"}]\ntlsconfigdir = ["/t"]';

  it.each<[string, Step['tls']]>([
    ['', { value: 'PublicCAs', why: `${HEADER} has no ca` }],
    [
      'keypair = [{key = "/k", cert = "/c"}]',
      { value: 'PublicCAs', why: `${HEADER} has no ca${fails('keypair')}` },
    ],
    [
      'ca = ["/c"]',
      { value: 'PrivateCA', why: `CAs of its own beside the public ones${fails('ca')}` },
    ],
    [
      'tlsconfigdir = ["/t"]',
      { value: 'PrivateCA', why: `CAs of its own beside the public ones${fails('tlsconfigdir')}` },
    ],
    [
      ALL,
      {
        value: 'PrivateCA',
        why: `CAs of its own beside the public ones${fails('ca, keypair, tlsconfigdir')}`,
      },
    ],
    [
      'insecure = true',
      { value: 'NotVerified', why: `${HEADER} has insecure: whoever answers is believed` },
    ],
    [
      'insecure = true\nca = ["/c"]',
      {
        value: 'NotVerified',
        why: `${HEADER} has insecure: whoever answers is believed${fails('ca')}`,
      },
    ],
    ['http = true', { value: 'NotUsed', why: 'whoever listens on the way can read what is sent' }],
    [
      'http = true\nca = ["/c"]',
      { value: 'NotUsed', why: `whoever listens on the way can read what is sent${fails('ca')}` },
    ],
    ['ca = ["/c", ""]', broken('ca')],
    ['keypair = [{key = "/k"}]', broken('keypair')],
    ['keypair = [{cert = "/c"}]', broken('keypair')],
    ['http = true\nca = [""]', broken('ca')],
  ])('with %j', (lines, tls) => {
    expect(stepsOf(`${HEADER}\n${lines}\n`)[0]?.tls).toEqual(tls);
  });
});

it('a host that ends in a colon is looked up without it', () => {
  expect(['m.corp:', 'm.corp:5000', ':', 'registry-1.docker.io:'].map(credentialKeyOf)).toEqual([
    'm.corp',
    'm.corp:5000',
    '',
    'https://index.docker.io/v1/',
  ]);
});

it('a mirror is told whose image is asked for, Docker Hub as a mirror too', () => {
  const toml = '[registry."m.corp"]\nmirrors = ["registry-1.docker.io", "n.corp"]\n';
  expect(stepsOf(toml).map(({ url }) => url)).toEqual([
    'https://registry-1.docker.io/v2/team/app/manifests/latest?ns=m.corp',
    'https://n.corp/v2/team/app/manifests/latest?ns=m.corp',
    'https://m.corp/v2/team/app/manifests/latest',
  ]);
});

describe('programs that look up names of images at the mirror', () => {
  const kindOf = (name: OtherReader['name'], mirror: string, image = IMAGE): string | undefined => {
    const config = configJson({ [mirror]: login('u:p') });
    const toml = `[registry."${image.domain}"]\nmirrors = ["${mirror}"]\n`;
    const { others } = explain(image, builderFiles({ config, toml }));
    return others.find((one) => one.name === name)?.hosts[0]?.credential.kind;
  };

  it.each([
    ['a host', 'n.corp', IMAGE, 'Login'],
    ['a host without a dot, which is read as a path', 'mirror', IMAGE, 'Anonymous'],
    [
      'Docker Hub, which adds library to the path',
      'docker.io',
      { domain: 'm.corp', path: 'app' },
      'Anonymous',
    ],
    ['Docker Hub with a path', 'docker.io', IMAGE, 'Login'],
    ['Docker Hub by a name that is read as another', 'index.docker.io', IMAGE, 'Anonymous'],
  ])('are given %s', (_, mirror, image, kind) => {
    expect(kindOf('Podman, Buildah, CRI-O', mirror, image)).toBe(kind);
  });
});
