import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { MirrorAuthSpec, Registry } from '../../src/api/mirrorauth.ts';
import type { SourceSecret } from '../../src/core/docker/source-credential.ts';
import { anyCase, HOSTS } from './any-case.ts';
import { aSpec } from './gen.ts';
import { base64, bytes } from './secrets.ts';

/** MirrorAuths whose sources are written in all the ways that people have. */

/** What a host is to be logged in with. */
export interface Wanted {
  /** `user:password`, each byte a character. */
  readonly login: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}

export interface SourcedCase {
  readonly spec: MirrorAuthSpec;
  readonly secrets: readonly SourceSecret[];
  /** By host; one that is not there is to have nothing. */
  readonly wanted: ReadonlyMap<string, Wanted>;
}

type SecretRef = NonNullable<NonNullable<Registry['credentials']>['secretRef']>;

/** A Secret, and how it is referred to. */
interface Sourced {
  readonly secret: SourceSecret;
  readonly secretRef: SecretRef;
  readonly wanted: Wanted;
}

/** Keys under which people write down the credential of a host. */
function keysOf(host: string): readonly string[] {
  if (host === 'docker.io') {
    return [
      'https://index.docker.io/v1/',
      'docker.io',
      'index.docker.io',
      'registry-1.docker.io',
      'https://index.docker.io/v1',
      'https://registry-1.docker.io/v2/',
      'index.docker.io/v1/',
      'Docker.io',
    ];
  }
  return [
    host,
    `https://${host}`,
    `https://${host}/`,
    `https://${host}/v1/`,
    `https://${host}/v2/`,
    `http://${host}/v2/`,
    `${host}/`,
    `${host}/team/project`,
    `https://user:old@${host}/v2/`,
    host.toUpperCase(),
    ...(host.includes(':') ? [] : [`${host}:443`, `https://${host}:443/v2/`, `http://${host}:80`]),
  ];
}

const urlSafe = (auth: string): string => auth.replaceAll('+', '-').replaceAll('/', '_');
const unpadded = (auth: string): string => auth.replaceAll('=', '');

/** Ways to write an entry of this `auth`. */
const ENTRIES: readonly ((auth: string) => object)[] = [
  (auth) => ({ auth }),
  (auth) => ({ Auth: auth }),
  (auth) => ({ auth: urlSafe(auth) }),
  (auth) => ({ auth: unpadded(auth) }),
  (auth) => ({ auth: unpadded(urlSafe(auth)) }),
  (auth) => ({ auth: ` ${auth}\n` }),
  (auth) => ({ auth: auth.replaceAll(/(.{10})/g, '$1\r\n') }),
  (auth) => ({ auth, email: 'a@b.c', serveraddress: 'elsewhere.example' }),
  (auth) => ({ username: 'stale', password: 'stale', auth }),
  asFields,
];

/** JSON holds text only. */
function asFields(auth: string): object {
  const login = Buffer.from(auth, 'base64');
  const text = login.toString();
  const [username = '', ...password] = text.split(':');
  return Buffer.from(text).equals(login) ? { username, password: password.join(':') } : { auth };
}

/** Entries of no interest, broken ones among them. */
const noiseFor = (host: string): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc
    .subarray<readonly [string, unknown]>([
      ['broken.example', { auth: '%%%' }],
      ['broken.example/team', 5],
      ['https://broken.example/v1/', { auth: 7 }],
      ['nocolon.example', { auth: base64('nocolon') }],
      ['', { auth: base64('a:b') }],
      ['*.corp', { auth: base64('glob:glob') }],
      ...HOSTS.flatMap((other) =>
        other === host
          ? []
          : [
              [other, { auth: base64('stranger:exact') }] as const,
              [`${other}/team`, { auth: base64('stranger:path') }] as const,
              [`https://${other}/v2/`, { username: 'stranger', password: 'url' }] as const,
            ],
      ),
    ])
    .map((entries) => Object.fromEntries(entries));

/** Which keys of the host hold its entry, beside which others, and how it is picked. */
interface Placement {
  readonly keys: readonly string[];
  readonly others: readonly string[];
  readonly entry?: string;
}

const placementIn = (host: string): fc.Arbitrary<Placement> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(...keysOf(host)).map((key) => ({ keys: [key], others: [] })),
    },
    fc
      .subarray([...keysOf(host)], { minLength: 2, maxLength: 3 })
      .map((keys) => ({ keys, others: [] })),
    fc.constant({ keys: [keysOf(host)[0] ?? host], others: [`${host}/a`, `https://${host}/b/`] }),
    fc.constant({ keys: [`${host}/b`], others: [`${host}/a`], entry: `${host}/b` }),
  );

/** Entries of a file, and the one to pick, if one has to be picked. */
interface Entries {
  readonly entries: Readonly<Record<string, unknown>>;
  readonly entry?: string;
}

const entriesIn = (host: string, { login, ...tokens }: Wanted): fc.Arbitrary<Entries> =>
  fc
    .record({
      placement: placementIn(host),
      entryOf: fc.constantFrom(...ENTRIES),
      noise: noiseFor(host),
    })
    .map(({ placement: { keys, others, entry }, entryOf, noise }) => {
      const value = {
        ...entryOf(Buffer.from(login, 'latin1').toString('base64')),
        ...(tokens.identityToken !== undefined && { identitytoken: tokens.identityToken }),
        ...(tokens.registryToken !== undefined && { registrytoken: tokens.registryToken }),
      };
      const other = { auth: base64('other:other') };
      return {
        entries: {
          ...Object.fromEntries(others.map((key) => [key, other])),
          ...noise,
          ...Object.fromEntries(keys.map((key) => [key, value])),
        },
        ...(entry !== undefined && { entry }),
      };
    });

const wantedOf = (host: string, mayHaveTokens: boolean): fc.Arbitrary<Wanted> =>
  fc
    .record({
      password: fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map(utf8),
        fc.uint8Array({ minLength: 1, maxLength: 30 }).map((one) => Buffer.from(one)),
        fc.constantFrom('p:w', ' lead', 'trail\n', '"q"', '>>>???', '{}', 'a\\b').map(utf8),
      ),
      tokens: mayHaveTokens
        ? fc.constantFrom<Omit<Wanted, 'login'>>(
            {},
            {},
            { identityToken: 'id' },
            { registryToken: 'bearer' },
            { identityToken: 'id', registryToken: 'bearer' },
          )
        : fc.constant({}),
    })
    // docker cuts NUL off both ends, and a warning says so.
    .filter(({ password }) => password.at(0) !== 0 && password.at(-1) !== 0)
    .map(({ password, tokens }) => ({
      login: `user.${host}:${password.toString('latin1')}`,
      ...tokens,
    }));

function utf8(text: string): Buffer {
  return Buffer.from(text);
}

/** A Secret without its name. */
interface Content {
  readonly type: string;
  readonly data: Readonly<Record<string, Buffer>>;
  readonly key?: string;
}

/** Secrets that hold a Docker config with these entries. */
const FILES: readonly ((entries: object) => Content)[] = [
  (entries) => dockerConfig({ auths: entries }),
  (entries) => dockerConfig({ credHelpers: { 'ecr.example': 'ecr-login' }, auths: entries }),
  (entries) => ({ type: 'kubernetes.io/dockercfg', data: { '.dockercfg': json(entries) } }),
  (entries) => ({
    type: 'Opaque',
    data: { 'config.json': json({ HttpHeaders: { a: 'b' }, AUTHS: entries }) },
    key: 'config.json',
  }),
];

function dockerConfig(file: object): Content {
  return { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': json(file) } };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function basicAuth({ login }: Wanted): Content {
  const [username = '', ...password] = login.split(':');
  return {
    type: 'kubernetes.io/basic-auth',
    data: {
      username: Buffer.from(username, 'latin1'),
      password: Buffer.from(password.join(':'), 'latin1'),
    },
  };
}

const sourceOf = (name: string, host: string, wanted: Wanted): fc.Arbitrary<Sourced> => {
  const ofFile = fc
    .tuple(entriesIn(host, wanted), fc.constantFrom(...FILES))
    .map(([{ entries, entry }, fileOf]) => ({ ...fileOf(entries), entry }));
  const hasTokens = wanted.identityToken !== undefined || wanted.registryToken !== undefined;
  const content = hasTokens
    ? ofFile
    : fc.oneof(
        { weight: 6, arbitrary: ofFile },
        fc.constant({ ...basicAuth(wanted), entry: undefined }),
      );
  return content.map(({ type, data, key, entry }) => ({
    secret: {
      name,
      type,
      data: new Map(Object.entries(data).map(([file, content]) => [file, bytes(content)])),
      isOutput: false,
    },
    secretRef: { name, ...(key !== undefined && { key }), ...(entry !== undefined && { entry }) },
    wanted,
  }));
};

/** Every registry with a credential of its own has a Secret of its own. */
export const sourcedCase: fc.Arbitrary<SourcedCase> = anyCase.chain(({ spec }) => {
  const registries = spec.registries ?? [];
  const duplicated = new Set(registries.map(({ credentials }) => credentials?.duplicateOf));
  return fc
    .tuple(
      ...registries.map(({ host, credentials }, index) =>
        credentials?.type === 'SecretRef'
          ? wantedOf(host, !duplicated.has(host)).chain((wanted) =>
              sourceOf(`source-${String(index)}`, host, wanted),
            )
          : fc.constant(undefined),
      ),
    )
    .map((sources) => caseOf(spec, registries, sources));
});

function caseOf(
  spec: MirrorAuthSpec,
  registries: readonly Registry[],
  sources: readonly (Sourced | undefined)[],
): SourcedCase {
  const own = new Map(registries.map(({ host }, index) => [host, sources[index]]));
  const wanted = new Map<string, Wanted>();
  for (const { host, credentials, pullSecretEntry } of registries) {
    const source = own.get(credentials?.duplicateOf ?? host);
    if (source !== undefined && pullSecretEntry === undefined) wanted.set(host, source.wanted);
  }
  return {
    spec: aSpec({
      ...spec,
      registries: registries.map((registry) => {
        const source = own.get(registry.host);
        return source === undefined
          ? registry
          : { ...registry, credentials: { type: 'SecretRef', secretRef: source.secretRef } };
      }),
    }),
    secrets: sources.flatMap((source) => source?.secret ?? []),
    wanted,
  };
}
