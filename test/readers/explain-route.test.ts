import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/core/explain/explain.ts';
import type { ImageReference, Step } from '../../src/core/explain/explanation.ts';
import { parseImageReference } from '../../src/core/explain/image-reference.ts';
import { useReaders } from '../support/readers.ts';

/** Whom explain says that BuildKit asks, beside whom BuildKit's own packages ask. */

const readers = useReaders();

function stepsOf(toml: string, image: ImageReference): readonly Step[] {
  return explain(image, {
    config: undefined,
    dockerAuthConfig: undefined,
    buildkitdToml: { name: 'buildkitd.toml', text: toml },
  }).buildkit;
}

function imageOf(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (!parsed.ok) {
    throw new Error(parsed.message);
  }
  return parsed.image;
}

const IMAGES = [
  'alpine',
  'index.docker.io/team/base',
  'ghcr.io/team/base:1.2',
  `m.corp:5000/a/b@sha256:${'ab'.repeat(32)}`,
  `ghcr.io/team/base:1@sha256:${'0'.repeat(64)}`,
  'localhost:5000/x',
  'localhost/x',
  '127.0.0.1/x',
  'M.corp/x',
  '[::1]:5000/x',
];

/** Hosts that a request can be made to. */
const HOSTS = [
  'm.corp',
  'm.corp:5000',
  'M.corp',
  'localhost',
  'localhost:5000',
  '127.0.0.1',
  '127.1.2.3:80',
  '127.0.0.01',
  '127.0.0.256',
  '128.0.0.1',
  '[::1]',
  '[::1]:80',
  '[0:0::1]:80',
  '[::2]:80',
  '[::ffff:127.0.0.1]:80',
  '[::ffff:128.0.0.1]:80',
  '[fd00::1]:5000',
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'ghcr.io',
  'a_b',
];
const SCHEMES = ['', '', '', 'http://', 'https://', 'ftp://', '//', 'https://u:p@', 'u@'];
const PATHS = [
  '',
  '/',
  '/dockerhub',
  '/a/b//',
  '/v2',
  '/v2/x',
  '/../y',
  '/a//b',
  '/./',
  '/A%41',
  '/a b',
  '/ü',
  '?q=1',
  '/p?q#f',
  '#f',
];
const mirror = fc
  .tuple(fc.constantFrom(...SCHEMES), fc.constantFrom(...HOSTS), fc.constantFrom(...PATHS))
  .map((parts) => parts.join(''));

/** Mirrors of which most lead nowhere. */
const odd = fc.oneof(
  mirror,
  fc.constantFrom(
    '',
    '/',
    '//',
    '/path',
    '///m.corp',
    'https://',
    'https:m.corp',
    'x:m.corp',
    ':5000',
    ':',
    '*',
    'a:b:c',
    'm.corp:',
    'localhost:',
    '::1',
    'm.corp:x',
    'https://m.corp:1:2',
    'http://fd00::1',
    '%zz',
    'm%2ecorp',
    'b%c3%bc.corp',
    'bücher.example',
    '%25.corp',
    'm.corp#%zz',
    '[',
    '[::1',
    '[x]',
    '[1.2.3.4]',
    '[::1]x',
    'a[::1]',
    'm corp',
    '<x>',
    'u p@m.corp',
    'a@b@m.corp',
    '\u0001',
  ),
);

const SETTINGS = [
  'http = true',
  'http = false',
  'HTTP = true',
  'insecure = true',
  'insecure = false',
  'Insecure = true',
  'tlsconfigdir = ["/no/such"]',
  'ca = []',
  'mirror = ["typo.corp"]',
];

/** Files in which the key registry has one spelling; keys below it may have several. */
const tomlWith = (mirrors: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('registry', 'Registry'),
      fc.uniqueArray(
        fc.record({
          host: fc.constantFrom(...HOSTS, 'ghcr.io', 'docker.io', 'ghcr.io/team', '*.io'),
          mirrors: fc.option(fc.array(mirrors, { maxLength: 4 })),
          settings: fc.uniqueArray(fc.constantFrom(...SETTINGS), {
            maxLength: 2,
            selector: (line) => line.split(' ')[0],
          }),
        }),
        { maxLength: 6, selector: ({ host }) => host },
      ),
    )
    .map(([root, tables]) =>
      tables
        .flatMap(({ host, mirrors: list, settings }) => [
          `[${root}.${JSON.stringify(host)}]`,
          ...(list === null ? [] : [`mirrors = ${JSON.stringify(list)}`]),
          ...settings,
        ])
        .join('\n'),
    );

describe('the route that explain tells', () => {
  it('has the hosts, schemes and TLS of BuildKit, whatever is written for a mirror', async () => {
    await fc.assert(
      fc.asyncProperty(tomlWith(odd), fc.constantFrom(...IMAGES), async (toml, name) => {
        const image = imageOf(name);
        const origins = [image.domain];
        const [real] = await readers().hosts({ toml, mountPath: '/', files: {}, origins });
        expect(
          stepsOf(toml, image).map(({ host, role, scheme, tls }) => ({
            host,
            scheme: scheme.value,
            isPushedTo: role === 'origin',
            isVerified: tls.value !== 'NotVerified',
          })),
        ).toEqual(
          real?.hosts.map(({ host, scheme, push, insecureSkipVerify }) => ({
            host,
            scheme,
            isPushedTo: push,
            isVerified: !insecureSkipVerify,
          })),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('has the URLs that are asked one after the other while all answer 401', async () => {
    await fc.assert(
      fc.asyncProperty(tomlWith(mirror), fc.constantFrom(...IMAGES), async (toml, image) => {
        const urls = stepsOf(toml, imageOf(image)).map(({ url }) => url);
        const real = await readers().route({ toml, image });
        expect(real).toEqual({ starts: true, failed: false, urls: [...new Set(urls)] });
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a list for a text', '[registry."docker.io"]\nmirrors = "m.corp"'],
    ['a text for a boolean', '[registry."m.corp"]\nhttp = "true"'],
    ['a wrong type elsewhere', 'debug = "yes"'],
    ['no TOML', '[registry.docker.io'],
  ])('is empty where buildkitd does not start: %s', async (_name, toml) => {
    expect(await readers().route({ toml, image: 'alpine' })).toMatchObject({ starts: false });
    expect(stepsOf(toml, imageOf('alpine'))).toEqual([]);
  });

  it.each([
    ['ca = [""]', 'Broken'],
    ['keypair = [{ cert = "/c.crt" }]', 'Broken'],
    ['ca = ["/no/such.crt"]', 'PrivateCA'],
    ['http = true\nca = ["/no/such.crt"]', 'NotUsed'],
  ])('says that %s of a mirror fails the pull before anybody is asked', async (line, value) => {
    const toml = `[registry."docker.io"]\nmirrors = ["m.corp"]\n[registry."m.corp"]\n${line}`;
    expect(await readers().route({ toml, image: 'alpine' })).toMatchObject({ failed: true });
    const [first] = stepsOf(toml, imageOf('alpine'));
    expect(first?.tls.value).toBe(value);
    expect(first?.tls.why).toMatch(/fails every pull from docker.io$/);
  });

  it('says that a folder for tlsconfigdir need not be there', async () => {
    const toml = '[registry."docker.io"]\ntlsconfigdir = ["/no/such"]';
    expect(await readers().route({ toml, image: 'alpine' })).toMatchObject({ failed: false });
    expect(stepsOf(toml, imageOf('alpine'))[0]?.tls.value).toBe('PrivateCA');
  });
});

const part = fc.constantFrom(
  'alpine',
  'library',
  'A',
  'a-b',
  'a__b',
  'a___b',
  'a..b',
  '-a',
  '',
  'ä',
  '_',
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'ghcr.io',
  'localhost',
  'Localhost',
  'host:5000',
  'host:',
  '[::1]:5000',
  '[::1]',
  '[x]',
  '127.0.0.1',
  '-x.io',
  'x-.io',
  'a'.repeat(256),
);
const tail = fc.constantFrom(
  '',
  '',
  ':1',
  ':',
  ':A_b-.c',
  ':-x',
  `:${'t'.repeat(129)}`,
  '@',
  `@sha256:${'a'.repeat(64)}`,
  `@sha256:${'A'.repeat(64)}`,
  `:1@sha256:${'0'.repeat(64)}`,
  `@sha256:${'a'.repeat(63)}`,
  `@md5:${'a'.repeat(32)}`,
  `@sha512:${'a'.repeat(128)}`,
  `@sha256:${'a'.repeat(64)}@x`,
  ' ',
  '\n',
);
const anyReference = fc.oneof(
  fc
    .tuple(fc.array(part, { minLength: 1, maxLength: 3 }), tail)
    .map(([parts, end]) => `${parts.join('/')}${end}`),
  fc.constantFrom('', 'a'.repeat(64), 'http://ghcr.io/x', '/x', 'x/', ' x'),
  fc.string({ maxLength: 12 }),
);

describe('the name of an image', () => {
  it('is read as docker and BuildKit read it, or refused as they refuse it', async () => {
    await fc.assert(
      fc.asyncProperty(anyReference, async (text) => {
        const parsed = parseImageReference(text);
        const real = await readers().reference(text);
        expect(parsed.ok ? { ...parsed.image } : 'refused').toEqual(
          real.refused ? 'refused' : definedOf(real),
        );
      }),
      { numRuns: 3000 },
    );
  });
});

function definedOf({
  domain,
  path,
  tag,
  digest,
}: Readonly<Record<'domain' | 'path' | 'tag' | 'digest', string | undefined>>) {
  return {
    domain,
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}
