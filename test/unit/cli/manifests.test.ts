import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asSourceConfigMap } from '../../../src/controller/kinds.ts';
import { readManifests } from '../../../src/cli/manifests/manifests.ts';
import type { DataManifest, Manifests } from '../../../src/cli/manifests/manifests.ts';

const read = (...texts: readonly (string | Uint8Array)[]): Manifests =>
  readManifests(
    texts.map((text, index) => ({ file: `${String(index)}.yaml`, bytes: Buffer.from(text) })),
    { namespace: 'here' },
  );

/** `line: object, field: message` */
const told = (...texts: readonly (string | Uint8Array)[]): readonly string[] =>
  read(...texts).problems.map(({ line, object, field, message }) => {
    const about = [object, field].filter((one) => one !== undefined).join(', ');
    return `${String(line)}: ${about === '' ? '' : `${about}: `}${message}`;
  });

const names = (manifests: readonly DataManifest[]): readonly string[] =>
  manifests.map(({ identity: { namespace, name } }) => `${namespace}/${name}`);

const valuesOf = (manifests: readonly DataManifest[]): Readonly<Record<string, string>> =>
  Object.fromEntries(manifests.flatMap(({ object }) => [...asSourceConfigMap(object).data]));

const configMap = (name: string, rest = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${rest}`;

const secret = (rest: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n${rest}`;

const mirrorAuth = (spec: string, metadata = '{name: m}'): string =>
  `apiVersion: mirrorauth.dev/v1alpha1\nkind: MirrorAuth\nmetadata: ${metadata}\nspec:\n  ${spec}`;

const FINE = 'pullSecret: {name: pull}';

describe('files', () => {
  test('hold many documents in YAML', () => {
    const text = `# first\n---\n${configMap('a')}---\n\n---\n${configMap('b')}...\n--- # third\n${configMap('c')}`;
    expect(read(text)).toMatchObject({ problems: [] });
    expect(names(read(text).configMaps)).toEqual(['here/a', 'here/b', 'here/c']);
  });

  test('hold JSON, one value or one behind another', () => {
    const json = (name: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name },
        data: { [name]: '}{"\\' },
      });
    const text = `${json('a')}\n${json('b')}${json('c')}`;
    expect(told(json('a'))).toEqual([]);
    expect(valuesOf(read(text).configMaps)).toEqual({ a: '}{"\\', b: '}{"\\', c: '}{"\\' });
    expect(names(read(`${configMap('first')}---\n${text}`).configMaps)).toEqual([
      'here/first',
      'here/a',
      'here/b',
      'here/c',
    ]);
  });

  test('hold lists, within which a typed one need not say what its items are', () => {
    const text = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMapList
  items:
  - metadata: {name: a, namespace: x}
  - metadata: {name: b}
- apiVersion: v1
  kind: SecretList
  items:
`;
    expect(names(read(text).configMaps)).toEqual(['x/a', 'here/b']);
    expect(read(text).problems).toEqual([]);
  });

  test('may begin with a byte order mark and have the line ends of Windows', () => {
    const text = `\uFEFF${configMap('a', 'data: {k: v}\n')}---\n${configMap('b')}`;
    expect(names(read(text.replaceAll('\n', '\r\n')).configMaps)).toEqual(['here/a', 'here/b']);
  });

  test('may hold objects of other kinds, which are counted, and kinds of others called Secret', () => {
    const text = `apiVersion: apps/v1\nkind: Deployment\n---\napiVersion: aws.example/v1beta1\nkind: Secret\nwhatever: 1\n`;
    expect(read(text)).toMatchObject({ problems: [], secrets: [], others: 2 });
  });

  test('say what is text as kubectl reads it (test/cluster/render.test.ts asks it)', () => {
    const texts = ['tRue', '12:30', '190:20:30', '2001-01-01', '=', '1,000', '0.1.2'];
    const others = ['on', 'n', 'YES', '~', '1_000', '010', '0o14', '0x1F', '.5', '1e3'];
    const lines = [...texts, ...others].map((scalar, index) => `  k${String(index)}: ${scalar}\n`);
    expect(
      Object.values(
        valuesOf(
          read(configMap('a', `data:\n${lines.slice(0, texts.length).join('')}`)).configMaps,
        ),
      ),
    ).toEqual(texts);
    expect(told(configMap('a', `data:\n${lines.join('')}`))).toHaveLength(others.length);
  });

  test('may use anchors and merge keys', () => {
    const text = configMap(
      'a',
      'data:\n  <<: {one: x, two: &two second}\n  two: z\n  three: *two\n',
    );
    expect(valuesOf(read(text).configMaps)).toEqual({ one: 'x', two: 'z', three: 'second' });
  });
});

describe('a Secret', () => {
  test('is stored as the API server stores it: stringData wins, lines are joined', () => {
    const text = secret(
      'data:\n  a: b25l\n  b: |\n    dHdv\n    dHdv\nstringData: {a: three, c: "", d: ü}\n',
    );
    const [one] = read(text).secrets;
    expect(read(text).problems).toEqual([]);
    expect(one && valuesOf([one])).toEqual({ a: 'three', b: 'twotwo', c: '', d: 'ü' });
  });

  test('of a MirrorAuth is known by its controller', () => {
    const owner =
      '{apiVersion: mirrorauth.dev/v1alpha1, kind: MirrorAuth, name: m, uid: u, controller: true}';
    const text = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  creationTimestamp: null\n  ownerReferences: [${owner}]\n`;
    expect(read(text).secrets[0]?.object.metadata.ownerReferences).toMatchObject([{ uid: 'u' }]);
  });
});

const FAULTS: readonly (readonly [claim: string, text: string, problems: readonly string[]])[] = [
  ['no object', '- a\n- b', ['1: is no object: write apiVersion, kind and metadata']],
  ['no kind', 'apiVersion: v1', ['1: kind: is missing, or no text: write it']],
  ['no apiVersion', '\nkind: Secret', ['2: apiVersion: is missing, or no text: write it']],
  [
    'another version of a MirrorAuth',
    mirrorAuth(FINE).replace('v1alpha1', 'v1'),
    ['1: apiVersion: is not that of a MirrorAuth: write apiVersion: mirrorauth.dev/v1alpha1'],
  ],
  [
    'another kind of our group',
    mirrorAuth(FINE).replace('kind: MirrorAuth', 'kind: Mirrorauth'),
    ['2: kind: is no kind of mirrorauth.dev/v1alpha1: write kind: MirrorAuth'],
  ],
  [
    'another version of a Secret',
    secret('').replace('v1', 'v2'),
    ['1: apiVersion: is not that of a Secret: write apiVersion: v1'],
  ],
  [
    'no metadata',
    'apiVersion: v1\nkind: Secret',
    ['1: Secret, metadata: is missing, or no object'],
  ],
  [
    'no name',
    'apiVersion: v1\nkind: Secret\nmetadata: {namespace: A_b}',
    [
      '3: Secret, metadata.name: is missing or no legal name',
      '3: Secret, metadata.namespace: is no name of a namespace',
    ],
  ],
  [
    'fields of metadata that there are not, or of the wrong type',
    configMap('a').replace(
      'a}',
      'a, label: x, labels: {y: 1}, annotations: [], ownerReferences: [x], uid: 5}',
    ),
    [
      '3: ConfigMap here/a, metadata.label: is no field of metadata',
      '3: ConfigMap here/a, metadata.uid: is no text',
      '3: ConfigMap here/a, metadata.labels: is no map of texts',
      '3: ConfigMap here/a, metadata.annotations: is no map of texts',
      '3: ConfigMap here/a, metadata.ownerReferences: is no list of',
    ],
  ],
  [
    'what is no base64',
    secret('data:\n  ok: eA==\n  .dockerconfigjson: "{}"\n  unpadded: eA\n  url: _-8=\n'),
    ['.dockerconfigjson', 'unpadded', 'url'].map(
      (key, index) =>
        `${String(index + 6)}: Secret here/s, ${key.startsWith('.') ? `data[${key}]` : `data.${key}`}: is not base64`,
    ),
  ],
  [
    'values that are no text',
    secret('data: {a: 5}\nstringData:\n  b: 1.5\n  c: on\n  d: [x]\n  e:\n'),
    [
      '4: Secret here/s, data.a: is no text',
      '6: Secret here/s, stringData.b: is no text: put numbers, true and yes in quotes',
      '7: Secret here/s, stringData.c: is no text',
      '8: Secret here/s, stringData.d: is no text',
      '9: Secret here/s, stringData.e: has no value: write one, or "" for an empty one',
    ],
  ],
  [
    'keys that are not legal',
    configMap('a', 'data:\n  ..: x\n  a/b: x\n'),
    [
      '5: ConfigMap here/a, data[..]: is no legal key',
      '6: ConfigMap here/a, data[a/b]: is no legal key',
    ],
  ],
  [
    'fields of the wrong type',
    secret('type: 5\nimmutable: x\ndata: x\n'),
    [
      '4: Secret here/s, type: is no text',
      '5: Secret here/s, immutable: is neither true nor false',
      '6: Secret here/s, data: is no map',
    ],
  ],
  [
    'fields that there are not, whose names a Secret does not tell',
    secret('stringdata: {a: b}\n'),
    [
      "4: Secret here/s: a field here is none of a Secret's: write one of data, stringData, type, immutable",
    ],
  ],
  [
    'a field of a MirrorAuth that there is not, in which all else is fine',
    mirrorAuth(`${FINE}\nstatsu: {}`),
    ['6: MirrorAuth here/m, statsu: is no field here'],
  ],
  [
    'fields of a MirrorAuth that there are not',
    mirrorAuth('pullSecret: {name: p, label: {}}\n  registries:\n  - host: a.corp\n    creds: x\n'),
    [
      '5: MirrorAuth here/m, spec.pullSecret.label: is no field here, for which the API server refuses the object: write one of name, labels',
      '6: MirrorAuth here/m, spec.registries: with pullSecret every registry says its credentials',
      '8: MirrorAuth here/m, spec.registries[0].creds: is no field here',
    ],
  ],
  [
    'rules of a MirrorAuth that are broken',
    mirrorAuth(`registries:
  - host: https://a.corp
    credentials: {type: Secret}
  - host: b.corp
    credentials:
      secretRef: {name: 5}
    tls: {insecureSkipVerify: yes please}
  pullSecret: p
`),
    [
      '6: MirrorAuth here/m, spec.registries[0].host: leave the scheme out',
      '7: MirrorAuth here/m, spec.registries[0].credentials.type: is unknown: write one of SecretRef, DuplicateOf, Anonymous',
      '9: MirrorAuth here/m, spec.registries[1].credentials.type: is missing: write one of SecretRef',
      '10: MirrorAuth here/m, spec.registries[1].credentials.secretRef.name: is of the wrong type: write a text',
      '11: MirrorAuth here/m, spec.registries[1].tls.insecureSkipVerify: is of the wrong type: write true or false',
      '12: MirrorAuth here/m, spec.pullSecret: is of the wrong type: write an object',
    ],
  ],
  [
    'no spec',
    mirrorAuth(FINE).replace(/\nspec[^]*/, ''),
    ['1: MirrorAuth here/m, spec: is missing: write an object'],
  ],
  [
    'a text of another form',
    mirrorAuth('pullSecret: {name: A_b}'),
    ['5: MirrorAuth here/m, spec.pullSecret.name: write lower-case letters, digits, - and .'],
  ],
  [
    'a name that is too long',
    mirrorAuth(FINE, `{name: ${'m'.repeat(64)}}`),
    [`1: MirrorAuth here/${'m'.repeat(64)}: metadata.name has at most 63 characters`],
  ],
  [
    'an object that stands twice',
    `${configMap('a')}---\n${configMap('a')}`,
    ['5: ConfigMap here/a: stands already in 0.yaml, line 1: leave one of the two out'],
  ],
];

describe('a problem is told with line, object and field:', () => {
  test.each(FAULTS)('%s', (_, text, problems) => {
    expect(told(text)).toEqual(
      problems.map((start) => expect.stringMatching(startingWith(start)) as unknown),
    );
  });

  const startingWith = (start: string): RegExp =>
    new RegExp(`^${start.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`);
});

const SYNTAX: readonly (readonly [claim: string, text: string, problem: string])[] = [
  ['a colon in a value', 'a: b: c', '1: a value holds a colon and a space'],
  ['a tab', 'a:\n\tb: c', '2: a tab indents this line'],
  ['an open quote', 'a: 1\nb: "x', '2: a colon, a comma, a closing quote or a bracket is missing'],
  ['an open bracket', 'a: {b: 1', '1: a { or [ is not closed before this line'],
  ['an open bracket above', 'a: {b: 1\nc: d', '2: a { or [ is not closed before this line'],
  ['a wrong indent', 'a:\n    b: 1\n  c: 2', '3: this line is indented to no level above it'],
  [
    'a deep indent',
    'a:\n  b: 1\n   c: 2',
    '3: this line is indented deeper than the one before it',
  ],
  ['a wrong indent in a list', 'a:\n  - b: 1\n   c: 2', '3: this line belongs neither to the item'],
  ['a dash without a space', 'a:\n  -b: c\n   d: e', '2: a space is missing behind the -'],
  ['such a dash among others', 'a:\n  - b\n  -c\n  - d', '3: a space is missing behind the -'],
  [
    'a colon without a space',
    'a:\n  b:c\n  d: e',
    '2: a colon and a space are missing behind the key',
  ],
  ['a template around keys', '# x: {{\n{{ if .x }}\na: b\n{{ end }}', '2: a template'],
  ['a template for a value', 'a: b\nc: {{ .x }}-y', '2: a template'],
  [
    'objects that are not parted',
    'kind: a\nb: c\nkind: a\nb: c',
    '3: an object has apiVersion or kind',
  ],
  ['a value with @', 'a: @x', '1: a value begins with a character'],
  ['a key that stands twice', 'a:\n  b: 1\n  b: 2', '3: a key stands here for the second time'],
  [
    'a key that stands twice in JSON',
    '{"a": 1,\n "a": 2}',
    '2: a key stands here for the second time',
  ],
  ['a tag', 'a: !x y', '1: a tag (!name) stands here'],
  ['an alias without an anchor', 'a: 1\nb: *x', '2: an alias (*name) has no anchor'],
  ['an alias that holds itself', 'a: &x [*x]', '1: an alias (*name) has no anchor'],
  ['a key that is a map', '? {a: 1}\n: 2', '1: a key is no plain text'],
  ['a directive', '# c\n%YAML 1.2', '2: kubectl takes no directives'],
  ['NUL', 'a: 1\nb: "\u0000"', '2: holds a control character'],
  ['a byte order mark in the middle', 'a: \uFEFFb', '1: holds a control character'],
  ['broken JSON', '{"a": 1,\n "b": 2]}', '2: a colon, a comma, a closing quote'],
  ['text behind a value', 'a: 1\nb: "x" y', '2: is neither YAML nor JSON from here on'],
  ['depth', `${'['.repeat(9000)}${']'.repeat(9000)}`, '1: is nested too deep'],
  ['a merge of a text', 'a:\n  <<: x', '1: merges (<<) something that is no map'],
  [
    'billions of laughs',
    ['x', 'a', 'b', 'c', 'd', 'e', 'f']
      .map((name, index, all) => `n${name}: &${name} [${`*${all[index - 1] ?? ''},`.repeat(9)}]`)
      .join('\n')
      .replaceAll('*,', 'x,'),
    '1: uses its anchors too often',
  ],
];

describe('broken syntax is told with its line, and other documents are read:', () => {
  test.each(SYNTAX)('%s', (_, text, problem) => {
    const broken = `${configMap('a')}---\n${text}\n---\n${configMap('b')}`;
    const line = Number(/^\d+/.exec(problem)?.[0]) + 4;
    const problems = told(broken);
    expect(problems[0]).toContain(problem.replace(/^\d+/, String(line)));
    expect(names(read(broken).configMaps)).toEqual(['here/a', 'here/b']);
  });

  test('objects that are not parted once', () => {
    expect(told(`${configMap('a')}${configMap('b')}`)).toHaveLength(1);
  });

  test('{{ in what is YAML is no template', () => {
    const text = configMap('a', 'data:\n  a: |\n    {{ .x }}\n');
    expect(told(text)).toEqual([]);
    expect(told(`${text}  b: c\n  b: d\n`)).toEqual([
      expect.stringMatching(/^8: a key stands here/) as unknown,
    ]);
  });

  test('every key that stands twice', () => {
    expect(told('a: 1\na: 2\nb: 3\nb: 4')).toEqual(
      [2, 4].map((line) => expect.stringMatching(`^${String(line)}: a key stands here`) as unknown),
    );
  });

  test('a file that is not UTF-8', () => {
    const manifests = read(Buffer.from(`\uFEFF${configMap('a')}`, 'utf16le'), configMap('b'));
    expect(manifests.problems).toEqual([
      { file: '0.yaml', message: 'is not UTF-8: save it as UTF-8' },
    ]);
    expect(names(manifests.configMaps)).toEqual(['here/b']);
  });
});

test('text of any kind is read without a throw', () => {
  const scrap = fc.constantFrom(
    ...'a kind List items metadata MirrorAuth mirrorauth.dev/v1alpha1 v1 Secret data spec'.split(
      ' ',
    ),
    ...'name __proto__ { } [ ] " \' , &a *a << ! | > # % ~ 0 y'.split(' '),
    ': ',
    '- ',
    '? ',
    '\n',
    '\n  ',
    '\n---\n',
    '\t',
  );
  const text = fc.array(fc.oneof(scrap, fc.string({ maxLength: 2 })), { maxLength: 60 });
  fc.assert(
    fc.property(text, (scraps) => {
      expect(() => read(scraps.join(''))).not.toThrow();
    }),
    { numRuns: 500 },
  );
});

test('problems come in the order of files and lines', () => {
  const two = `- x\n---\n${secret('data: {a: "!"}')}\n---\na: b: c\n`;
  expect(read(two, two).problems.map(({ file, line }) => `${file}:${String(line)}`)).toEqual([
    '0.yaml:1',
    '0.yaml:6',
    '0.yaml:8',
    '1.yaml:1',
    '1.yaml:3',
    '1.yaml:8',
  ]);
});
