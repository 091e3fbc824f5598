import { Buffer } from 'node:buffer';
import fc from 'fast-check';

/** Files of build clients as people have them, and as nobody should: broken ones included. */

export interface ClientCase {
  /** config.json. */
  readonly config: string;
  readonly dockerAuthConfig?: string;
  /** Mirrors of Docker Hub and of ghcr.io. */
  readonly mirrors: readonly string[];
  readonly image: string;
}

const HOSTS = ['m.corp', 'm.corp:5000', 'ghcr.io', 'docker.io', '127.0.0.1:5000', '[fd00::1]:5000'];

/** Ways to write a host into a key, of which some lead to it and some do not. */
const WRITINGS: readonly ((host: string) => string)[] = [
  (host) => host,
  (host) => host,
  (host) => `https://${host}`,
  (host) => `http://${host}/v1/`,
  (host) => `https://${host}/v2/`,
  (host) => `${host}/`,
  (host) => `${host}/team`,
  (host) => `${host}/team/`,
  (host) => `${host}/team/base`,
  (host) => `${host}/te`,
  (host) => `${host}/dockerhub/library/alpine`,
  (host) => `https://${host}/team`,
  (host) => `https://u:p@${host}/team`,
  (host) => `https://u p@${host}/`,
  (host) => `https://${host}?q`,
  (host) => `https://${host}/%zz`,
  (host) => `https://${host}/a%2fb`,
  (host) => `HTTPS://${host}/`,
  (host) => `${host} `,
  (host) => `//${host}`,
  (host) => `https:///${host}`,
  (host) => host.toUpperCase(),
  (host) => host.replace(/^[a-z]+/, '*'),
  (host) => host.replace('corp', 'c*p'),
  (host) => `${host}:443`,
];

const key = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom(...HOSTS), fc.constantFrom(...WRITINGS))
      .map(([host, write]) => write(host)),
  },
  fc.constantFrom(
    'https://index.docker.io/v1/',
    'https://index.docker.io/v1',
    'https://index.docker.io/v2/',
    'index.docker.io',
    'index.docker.io/library',
    'registry-1.docker.io',
    'docker.io/library',
    '*.docker.io',
    '*.io',
    '',
    '*',
    '://',
    'https://fd00::1:5000/',
    '\ud800',
    '__proto__',
  ),
);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The number makes each login another one. */
const ENTRIES: readonly ((number: number) => string)[] = [
  (n) => `{"auth":"${base64(`u${n}:p`)}"}`,
  (n) => `{"auth":"${base64(`u${n}:p`)}"}`,
  (n) => `{"auth":"${base64(`u${n}:p`)}"}`,
  () => `{"auth":"${base64('same:same')}"}`,
  (n) => `{"AUTH":"${base64(`u${n}:p:q`)}","email":5}`,
  (n) => `{"auth":"${base64(`u${n}:\\0\\0p\\0`).replaceAll('=', '')}"}`,
  (n) => `{"auth":"${base64(`us${n}:pä\0`)}"}`,
  (n) => `{"auth":" ${base64(`u${n}:p`)}"}`,
  (n) => `{"auth":"${base64(`u${n}:p`).replace(/^.{4}/, '$&\\n')}"}`,
  (n) => `{"auth":"${base64(`u${n}:`)}"}`,
  () => `{"auth":"${base64(':token')}"}`,
  () => `{"auth":"${base64('nocolon')}"}`,
  () => `{"auth":"ä-_"}`,
  (n) => `{"username":"u${n}","password":"p"}`,
  (n) => `{"username":"u${n}","password":"p","auth":"!"}`,
  (n) => `{"username":"u${n}"}`,
  (n) => `{"auth":"${base64(`u${n}:p`)}","identitytoken":"t${n}"}`,
  (n) => `{"identitytoken":"t${n}"}`,
  (n) => `{"registrytoken":"r${n}","auth":"${base64(`u${n}:`)}"}`,
  (n) => `{"auth":"${base64(`u${n}:p`)}","auth":null}`,
  (n) => `{"auth":"!","auth":"${base64(`u${n}:p`)}"}`,
  () => '{}',
  () => 'null',
];
const MISTYPED: readonly ((number: number) => string)[] = [
  () => '"text"',
  () => '[]',
  () => '{"auth":5}',
  (n) => `{"auth":"${base64(`u${n}:p`)}","password":{}}`,
  (n) => `{"username":"u${n}","password":"p","identitytoken":true}`,
];

const member = (entries: typeof ENTRIES): fc.Arbitrary<(number: number) => string> =>
  fc.tuple(key, fc.constantFrom(...entries)).map(
    ([name, entry]) =>
      (number) =>
        `${JSON.stringify(name)}:${entry(number)}`,
  );

const auths = (entries: fc.Arbitrary<(number: number) => string>): fc.Arbitrary<string> =>
  fc
    .array(entries, { maxLength: 6 })
    .map((members) => `{${members.map((write, index) => write(index)).join(',')}}`);

const wellFormed = auths(member(ENTRIES.slice(0, 4)));
const broken = auths(member(ENTRIES));
const mistyped = auths(member([...ENTRIES, ...MISTYPED]));

const helpers = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  fc.constantFrom(
    ',"credHelpers":{"m.corp":"nohelper"}',
    ',"credHelpers":{"m.corp":"","ghcr.io":"nohelper"},"credsStore":"nohelper"',
    ',"CREDSSTORE":"nohelper"',
    ',"credsStore":""',
    ',"credHelpers":{"https://index.docker.io/v1/":"nohelper","docker.io":"nohelper"}',
    ',"credHelpers":{"ghcr.io/team/base":"nohelper"}',
    ',"credHelpers":null,"auths":null',
    ',"psFormat":5',
    ',"pruneFilters":["x"],"proxies":{"h":{"httpProxy":""}},"unknown":5',
    ',"HttpHeaders":{"a":5}',
  ),
);

const file = fc
  .tuple(fc.oneof(wellFormed, broken, mistyped), helpers)
  .map(([entries, more]) => `{"auths":${entries}${more}}`);

const config = fc.oneof(
  { weight: 8, arbitrary: file },
  fc.tuple(file, fc.constantFrom('', '\n', '}', ' garbage', '{}')).map((parts) => parts.join('')),
  file.map((text) => `\ufeff${text}`),
  file.map((text) => text.slice(0, -1)),
  file.map((text) => text.replace('auths', 'Auth\u017f')),
  fc.tuple(wellFormed, broken).map(([one, two]) => `{"auths":${one},"AUTHS":${two}}`),
  fc.constantFrom(
    '',
    ' \n',
    'null',
    '5',
    '[]',
    '{"auths":5}',
    '{"m.corp":{"auth":"dTpw"}}',
    'nulls',
  ),
);

const dockerAuthConfig = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  auths(member(ENTRIES.slice(0, 3))).map(
    (entries) => `{"auths":${entries.replaceAll('"u', '"v')}}`,
  ),
  broken.map((entries) => `{"auths":${entries}}`),
  fc
    .tuple(wellFormed, fc.constantFrom(' ', '}', '{}', 'x'))
    .map(([entries, rest]) => `{"Auths":${entries}}${rest}`),
  wellFormed.map((entries) => `{"auths":${entries},"credsStore":"x"}`),
  fc.constantFrom(' ', 'null', '[]', '{', '{"auths":null}'),
);

const mirror = fc
  .tuple(
    fc.constantFrom(...HOSTS, 'index.docker.io', 'M.corp'),
    fc.constantFrom('', '/team', '/dockerhub'),
  )
  .map((parts) => parts.join(''));

export const anyClientCase: fc.Arbitrary<ClientCase> = fc
  .record({
    config,
    dockerAuthConfig,
    mirrors: fc.array(mirror, { maxLength: 4 }),
    image: fc.constantFrom(
      'alpine',
      'team/base',
      'ghcr.io/team/base:1',
      'm.corp/team/base',
      '[fd00::1]:5000/team/base',
    ),
  })
  .map(({ dockerAuthConfig: variable, ...one }) => ({
    ...one,
    ...(variable !== undefined && { dockerAuthConfig: variable }),
  }));
