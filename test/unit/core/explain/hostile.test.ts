import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildkitSteps } from '../../../../src/core/explain/buildkit.ts';
import { containerdReader } from '../../../../src/core/explain/containerd.ts';
import { explain } from '../../../../src/core/explain/explain.ts';
import type { BuilderFiles } from '../../../../src/core/explain/explanation.ts';
import { kanikoReader } from '../../../../src/core/explain/kaniko.ts';
import { podmanReader } from '../../../../src/core/explain/podman.ts';
import { readFiles } from '../../../../src/core/explain/reading.ts';
import { parseImageReference } from '../../../../src/core/explain/image-reference.ts';
import { Redacted } from '../../../../src/core/redacted.ts';
import { builderFiles } from '../../../support/builder-files.ts';
import { anyClientCase } from '../../../support/client-files.ts';
import { base64 } from '../../../support/secrets.ts';

/** Files that nobody should have: explain neither throws nor hangs, and quotes no credential. */

const IMAGE = { domain: 'docker.io', path: 'library/alpine' };

const filesOf = (config: Uint8Array, variable: string, toml: string): BuilderFiles => ({
  config: { name: 'config.json', bytes: new Redacted(config), origins: new Map() },
  dockerAuthConfig: new Redacted(variable),
  buildkitdToml: { name: 'buildkitd.toml', text: toml },
});

it('takes any bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      (config, variable, toml) => {
        expect(explain(IMAGE, filesOf(config, variable, toml)).others).toHaveLength(4);
      },
    ),
    { numRuns: 500 },
  );
});

it('takes any JSON, and any text for the name of an image', () => {
  fc.assert(
    fc.property(fc.json(), fc.string({ unit: 'binary' }), (json, text) => {
      const config = `{"auths":${json},"credHelpers":${json}}`;
      expect(explain(IMAGE, filesOf(Buffer.from(config), config, json)).others).toHaveLength(4);
      expect(parseImageReference(text)).toHaveProperty('ok');
    }),
    { numRuns: 500 },
  );
});

it('takes any mirror', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: fc.constantFrom(...'/ : @ [ ] % ? # . 4 A a ü'.split(' '), ' ') }),
      ),
      (mirrors) => {
        const toml = `[registry."docker.io"]\nmirrors = ${JSON.stringify(mirrors)}`;
        expect(explain(IMAGE, builderFiles({ toml })).buildkit).toHaveLength(mirrors.length + 1);
      },
    ),
    { numRuns: 1000 },
  );
});

const SIZE = 20_000;

const MIRRORS = Array.from({ length: 500 }, (_, index) => `m.corp/x${String(index)}`);
const MIRRORED = `[registry."docker.io"]\nmirrors = ${JSON.stringify(MIRRORS)}`;

it.each([
  ['deep nesting', '{"auths":'.repeat(SIZE)],
  ['closed deep nesting', `${'['.repeat(SIZE)}${']'.repeat(SIZE)}`],
  ['nesting as deep as Go takes it', `${'{"a":'.repeat(9_999)}{}${'}'.repeat(9_999)}`],
  [
    'a long string',
    JSON.stringify({ auths: { ['https://'.repeat(SIZE)]: { auth: 'A'.repeat(SIZE * 40) } } }),
  ],
])('takes %s, and many mirrors of one host beside it', (_name, config) => {
  const { buildkit } = explain(IMAGE, filesOf(Buffer.from(config), '', MIRRORED));
  expect(buildkit).toHaveLength(MIRRORS.length + 1);
});

it('looks up many mirrors of one host that has many keys', () => {
  const auths = Object.fromEntries(
    Array.from({ length: SIZE }, (_, index) => {
      const number = String(index);
      return [`https://m.corp/${number}`, { auth: base64(`u${number}:p`) }];
    }),
  );
  const reading = readFiles(filesOf(Buffer.from(JSON.stringify({ auths })), '', MIRRORED));
  const columns = [
    buildkitSteps(IMAGE, reading),
    ...[containerdReader, podmanReader, kanikoReader].map((reader) => reader(IMAGE, reading).hosts),
  ];
  expect(columns.map((hosts) => [hosts.length, hosts[0]?.credential.kind])).toEqual([
    [MIRRORS.length + 1, 'Random'],
    [MIRRORS.length + 1, 'Anonymous'],
    [MIRRORS.length + 1, 'Random'],
    [MIRRORS.length + 1, 'Random'],
  ]);
});

const numbered = <T>(length: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length }, (_, index) => make(index));

const manyKeys = (make: (index: string) => string): string =>
  JSON.stringify({
    auths: Object.fromEntries(
      numbered(SIZE, (index) => [make(String(index)), { auth: base64(`u${String(index)}:p`) }]),
    ),
  });

const manyMirrors = (make: (index: string) => string): string =>
  `[registry."docker.io"]\nmirrors = ${JSON.stringify(numbered(2000, (index) => make(String(index))))}`;

it.each([
  ['one host', manyKeys((i) => `h.corp/p${i}`), manyMirrors((i) => `https://h.corp/q${i}`)],
  ['hosts', manyKeys((i) => `h${i}.corp/p`), manyMirrors((i) => `http://h${i}.corp/q`)],
  ['odd hosts', manyKeys((i) => `H${i}.corp`), manyMirrors((i) => `h${i}.corp:443/v2/`)],
  ['wildcards', manyKeys((i) => `*.x${i}.corp`), manyMirrors((i) => `h.x${i}.corp`)],
  [
    'stray entries',
    JSON.stringify(Object.fromEntries(numbered(SIZE, (i) => [`h${String(i)}`, { auth: 'dTpw' }]))),
    '',
  ],
])('many keys and many mirrors of %s are told of in few words', (_name, config, toml) => {
  const { mistakes } = explain(IMAGE, filesOf(Buffer.from(config), '', toml));
  const byName = Map.groupBy(mistakes, ({ name }) => name);
  expect(mistakes.length).toBeGreaterThan(0);
  // Twenty, and how many more there are.
  expect(Math.max(...[...byName.values()].map(({ length }) => length))).toBeLessThanOrEqual(21);
  expect(JSON.stringify(mistakes).length).toBeLessThan(100_000);
});

it('says how many findings it leaves out', () => {
  const { mistakes } = explain(
    IMAGE,
    filesOf(
      Buffer.from('{}'),
      '',
      manyMirrors((i) => `http://h${i}.corp/q`),
    ),
  );
  expect(mistakes.map(({ where }) => where).at(20)).toBe('and 1980 more');
});

/** Users, passwords and tokens of a case: what stands in its fields, and what that decodes to. */
const CANARY = 'QXZQ0X9Z';

it('quotes no user, password or token of files however broken', () => {
  fc.assert(
    fc.property(anyClientCase, ({ config, dockerAuthConfig, mirrors, image }) => {
      const marked = (text: string): string =>
        text
          .replaceAll(/"(auth)":"([A-Za-z0-9+/=]+)"/gi, (_, name: string, auth: string) => {
            const [user = '', ...rest] = Buffer.from(auth, 'base64').toString().split(':');
            return `"${name}":"${base64(`${user}${CANARY}:${rest.join(':')}${CANARY}`)}"`;
          })
          .replaceAll(/"(username|password|identitytoken|registrytoken)":"/g, `"$1":"${CANARY}`)
          .replaceAll('u:p@', `${CANARY}:${CANARY}@`);
      const toml = `[registry."docker.io"]\nmirrors = ${JSON.stringify(['https://u:p@m.corp', ...mirrors])}`;
      const parsed = parseImageReference(image);
      const explanation =
        parsed.ok &&
        explain(
          parsed.image,
          filesOf(Buffer.from(marked(config)), marked(dockerAuthConfig ?? ''), marked(toml)),
        );
      const text = inspect(explanation, { depth: 20, maxStringLength: Infinity });
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(base64(CANARY).slice(0, 8));
    }),
    { numRuns: 1000 },
  );
});
