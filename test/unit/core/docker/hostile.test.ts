import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicable, sourceReader } from '../../../../src/core/docker/source-credential.ts';
import type { SourceSecret } from '../../../../src/core/docker/source-credential.ts';
import { readPullSecret } from '../../../../src/core/docker/pull-secret.ts';
import type { Redacted } from '../../../../src/core/redacted.ts';
import { base64, bytes } from '../../../support/secrets.ts';

/** Secrets that were written to hurt: the readers neither throw nor hang, and quote nothing. */

const MEBIBYTE = 1_048_576;

/** In every hostile file; letters that no message has in a row. */
const CANARY = 'QXZQ0X9Z';

const FILES: Readonly<Record<string, string>> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
  'kubernetes.io/basic-auth': 'password',
  Opaque: 'k',
};

const WANTED = [
  { host: 'ghcr.io' },
  { host: 'docker.io' },
  { host: 'ghcr.io', entry: 'ghcr.io/x' },
] as const;

const secretOf = (type: string, key: string, payload: Redacted<Uint8Array>): SourceSecret => ({
  name: 'source',
  type,
  data: new Map([
    ['username', bytes('u')],
    [key, payload],
  ]),
  isOutput: false,
});

const show = (value: unknown): string => inspect(value, { depth: null, maxArrayLength: null });

/** What people are shown of a config.json. */
function shownOf(file: string | Uint8Array): string {
  const secret = secretOf('kubernetes.io/dockerconfigjson', '.dockerconfigjson', bytes(file));
  return show(sourceReader(secret)({ host: 'ghcr.io' }));
}

/** The same, whatever it is taken for and whoever wants it. */
function shownInAnyWay(file: string | Uint8Array): string {
  const payload = bytes(file);
  const results = Object.entries(FILES).flatMap(([type, key]) =>
    WANTED.map((wanted) => {
      const choice = { ...wanted, ...(type === 'Opaque' && { key }) };
      const read = sourceReader(secretOf(type, key, payload))(choice);
      return [read, read.ok ? duplicable(read.value, 'source') : undefined];
    }),
  );
  const keys = ['.dockerconfigjson', 'ca.crt'];
  return show([results, readPullSecret(new Map(keys.map((key) => [key, payload]))).cas]);
}

const repeated = (unit: (index: number) => string, size = MEBIBYTE): string => {
  const parts: string[] = [];
  for (let length = 0, index = 0; length < size; index += 1) {
    const part = unit(index);
    parts.push(part);
    length += part.length + 1;
  }
  return parts.join(',');
};

const auths = (members: string): string => `{"auths":{${members}}}`;
const GOOD = `"ghcr.io":{"auth":"${base64('u:p')}"}`;
const nested = (open: string, close: string, depth: number): string =>
  open.repeat(depth) + `"${CANARY}"` + close.repeat(depth);

/** Each about as large as a Secret can be, or as deep. */
const HOSTILE: Readonly<Record<string, () => string | Uint8Array>> = {
  'brackets 100,000 deep': () => nested('[', ']', 100_000),
  'objects 100,000 deep': () => nested(`{"${CANARY}":`, '}', 100_000),
  'brackets without an end': () => '['.repeat(MEBIBYTE),
  'a deep entry of the host': () => auths(`"ghcr.io":${nested('[', ']', 500_000)}`),
  'a deep auth': () => auths(`"ghcr.io":{"auth":${nested('{"a":', '}', 100_000)}}`),
  'a deep helper': () => `{"credHelpers":${nested('{"a":', '}', 100_000)},"auths":{${GOOD}}}`,
  'a deep unrelated entry': () => auths(`${GOOD},"b.io":${nested('{"a":', '}', 100_000)}`),
  'entries of other hosts': () => auths(repeated((i) => `"${CANARY}${i}.io":{}`)),
  'broken entries of other hosts': () =>
    auths(`${GOOD},${repeated((i) => `"h${i}":{"auth":"!"}`)}`),
  'readable entries of other hosts': () =>
    auths(`${GOOD},${repeated((i) => `"h${i}":{"auth":"dTpw"}`)}`),
  'paths of the host': () => auths(repeated((i) => `"ghcr.io/${CANARY}${i}":{"auth":"dTpw"}`)),
  'paths of the host that differ at the end': () =>
    auths(`${repeated((i) => `"ghcr.io/${i}":{"auth":"dTpw"}`)},"ghcr.io/x":{"auth":"dTpxcQ=="}`),
  'aliases of the host': () =>
    auths(
      `${GOOD},${repeated((i) => `"https://${CANARY}${i}@ghcr.io":{"auth":"dTpw"}`)},"ghcr.io/v1":{"auth":"dTpxcQ=="}`,
    ),
  'helpers of the host': () =>
    `{"credHelpers":{${repeated((i) => `"https://u${i}@ghcr.io":"${CANARY}"`)}},"auths":{}}`,
  'the same key again and again': () => auths(`${GOOD},${repeated(() => `"${CANARY}":{}`)}`),
  'the same field again and again': () =>
    auths(`"ghcr.io":{${repeated(() => `"auth":"${base64(`u:${CANARY}`)}"`)}}`),
  'fields in the entry': () =>
    auths(`"ghcr.io":{"auth":"dTpw",${repeated((i) => `"f${i}":${i}`)}}`),
  'objects in a list': () => `{"x":[${repeated(() => '{"a":1}')}],"auths":{${GOOD}}}`,
  'one long key': () => auths(`${GOOD},"${'a.'.repeat(MEBIBYTE / 2)}!":{}`),
  'one long key that begins as a URL': () => auths(`${GOOD},"https://${'a:'.repeat(500_000)}":{}`),
  'one long key of wildcards': () => auths(`${GOOD},"${'*'.repeat(MEBIBYTE)}":{}`),
  'one long key of slashes': () => auths(`${GOOD},"ghcr.io${'/'.repeat(MEBIBYTE)}":{}`),
  'a long password': () => auths(`"ghcr.io":{"auth":"${base64(`u:${CANARY.repeat(90_000)}`)}"}`),
  'auth of equals signs': () => auths(`"ghcr.io":{"auth":"${'='.repeat(MEBIBYTE)}A"}`),
  'auth of whitespace': () => auths(`"ghcr.io":{"auth":"${' '.repeat(MEBIBYTE)}!"}`),
  'auth of colons': () => auths(`"ghcr.io":{"auth":"${base64(`u${':'.repeat(700_000)}`)}"}`),
  escapes: () => auths(`${GOOD},"${'\\u0061'.repeat(170_000)}":{}`),
  whitespace: () => `${' '.repeat(MEBIBYTE)}${auths(GOOD)}`,
  'a long number': () => `{"x":${'9'.repeat(MEBIBYTE)},"auths":{${GOOD}}}`,
  NUL: () => new Uint8Array(MEBIBYTE),
  'bytes that are no UTF-8': () => Buffer.from(auths(`"${CANARY}\u00ff":{}`), 'latin1'),
  'UTF-16': () => Buffer.from(auths(`"${CANARY}":{}`), 'utf16le'),
  'lone surrogates': () => auths(`"ghcr.io":{"username":"\\ud800","password":"${CANARY}\\udfff"}`),
  'lone surrogates for a key': () => auths(`${GOOD},"${CANARY}\\ud800":{"auth":"\\ud800"}`),
  'NUL in a key': () => auths(`"ghcr.io\\u0000${CANARY}":{},"\\u0000":5`),
  '__proto__ for everything': () =>
    `{"__proto__":{"auths":{${GOOD}}},"auths":{"__proto__":{"auth":"${CANARY}"},"constructor":5}}`,
};

/** What is said of some of them, so that it is known that they were read to the end. */
const SAID: Readonly<Record<string, string>> = {
  'brackets 100,000 deep': 'SecretInvalid',
  'broken entries of other hosts': 'OtherEntryInvalid',
  'readable entries of other hosts': 'warnings: []',
  'paths of the host that differ at the end': 'AmbiguousCredential',
  'aliases of the host': 'OtherEntryIgnored',
  'helpers of the host': 'UnsupportedCredential',
  'the same key again and again': 'DuplicateKey',
  'one long key of wildcards': 'WildcardKeyIgnored',
};

describe('a hostile file', () => {
  it.each(Object.entries(HOSTILE))('is done with, and not quoted: %s', (name, make) => {
    const shown = shownOf(make());
    expect(shown).toContain(SAID[name] ?? '');
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain(base64(CANARY).slice(0, 8));
    expect(shown).toMatch(/^[\n -~]*$/);
    expect(shown.length).toBeLessThan(20_000);
  });

  it('does not reach any prototype', () => {
    shownInAnyWay(
      '{"__proto__":{"polluted":1},"auths":{"__proto__":{"__proto__":{"polluted":1}}}}',
    );
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

/** Pieces that mean something to a reader, in any order. */
const piece = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '\ufeff',
  '\0',
  'null',
  '5',
  '//',
  '/*',
  '"auths":',
  '"AUTHS":',
  '"credHelpers":',
  '"credsStore":',
  '"ghcr.io":',
  '"https://ghcr.io":',
  '"*.io":',
  '"auth":',
  '"identitytoken":',
  '"__proto__":',
  `"${base64('u:p')}"`,
  `"${CANARY}"`,
  '{"auths":{"ghcr.io":',
);

/** JSON of any shape, with keys that readers look for, some of them twice. */
const anyJson = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom('null', 'true', '5', '""', '"!"', '"\\ud800"', `"${CANARY}"`),
    fc.constantFrom(base64('u:p'), base64('u:p\n'), 'dTpwdw', '*').map((text) => `"${text}"`),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(
        fc.tuple(
          piece.filter((text) => /^".*":$/.test(text)),
          tie('value'),
        ),
        { maxLength: 6 },
      )
      .map((members) => `{${members.map((member) => member.join('')).join(',')}}`),
  ),
})).value;

describe('arbitrary files', () => {
  it.each<[string, fc.Arbitrary<string | Uint8Array>]>([
    ['bytes', fc.uint8Array({ maxLength: 300 })],
    ['text', fc.string({ unit: 'binary', maxLength: 100 })],
    ['pieces of JSON', fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))],
    ['JSON', anyJson],
    ['JSON of a config', anyJson.map((value) => `{"auths":{"ghcr.io":${value},"x":${value}}}`)],
    ['JSON of entries', anyJson.map((value) => `{"auths":${value},"credHelpers":${value}}`)],
  ])('neither throw nor show through: %s', (_, file) => {
    fc.assert(
      fc.property(file, (payload) => {
        const shown = shownInAnyWay(payload);
        expect(shown).not.toContain(CANARY);
        expect(shown).toMatch(/^[\n -~]*$/);
      }),
      { numRuns: 200 },
    );
  });
});
