import { describe, expect, test } from 'vitest';
import { mirrorAuthSchema, parseSpec } from '../../../src/api/mirrorauth.ts';
import { MIRRORAUTH_TABLE } from '../../support/mirrorauth-table.ts';

describe('the schema of a MirrorAuth', () => {
  test.each(MIRRORAUTH_TABLE.filter(({ accepted }) => accepted))('accepts: $name', ({ object }) => {
    expect(mirrorAuthSchema.safeParse(object).error?.issues).toBeUndefined();
  });

  test.each(MIRRORAUTH_TABLE.filter(({ accepted }) => !accepted))(
    'holds that $name',
    ({ object }) => {
      expect(mirrorAuthSchema.safeParse(object).success).toBe(false);
    },
  );

  test('has a table of at least forty objects, accepted and refused', () => {
    expect(MIRRORAUTH_TABLE.length).toBeGreaterThanOrEqual(40);
    expect(new Set(MIRRORAUTH_TABLE.map(({ name }) => name)).size).toBe(MIRRORAUTH_TABLE.length);
  });
});

describe('a spec that breaks a rule', () => {
  test('is told by field, rule and culprits', () => {
    const spec = {
      registries: [{ host: 'harbor.corp', credentials: { type: 'SecretRef' } }],
      mirrors: [{ origin: 'ghcr.io', endpoints: ['a.corp/x', 'b.corp', 'b.corp/y'] }],
      pullSecret: { name: 'p' },
    };
    expect(parseSpec(spec)).toEqual({
      issues: [
        'spec.registries[0].credentials: secretRef goes with type: SecretRef, and only there',
        'spec.mirrors: with pullSecret nothing is guessed: add the host of every endpoint to registries with its credentials, {type: Anonymous} if it needs none (a.corp, b.corp)',
      ],
    });
  });

  const withHost = (host: string, endpoint = `${host}/x`): object => ({
    registries: [{ host, credentials: { type: 'Anonymous' } }],
    mirrors: [{ origin: 'ghcr.io', endpoints: [endpoint] }],
    pullSecret: { name: 'p' },
  });

  test.each([
    [
      'a scheme',
      withHost('https://a.corp/x', 'a.corp/x'),
      /^spec\.registries\[0\]\.host: leave the scheme/,
    ],
    ['a wildcard', withHost('*.a.corp', 'x.a.corp'), /^spec\.registries\[0\]\.host: wildcards/],
    ['upper case', withHost('A.corp', 'a.corp'), /^spec\.registries\[0\]\.host: write it in lower/],
    [
      'a path',
      withHost('a.corp/x', 'a.corp/x'),
      /^spec\.registries\[0\]\.host: leave the path out/,
    ],
    ['a space', withHost('a corp', 'a.corp'), /^spec\.registries\[0\]\.host: write printable/],
    [
      'a scheme in an endpoint',
      withHost('a.corp', 'http://a.corp'),
      /endpoints\[0\]: leave the scheme/,
    ],
    [
      'upper case in an endpoint',
      withHost('a.corp', 'A.corp'),
      /endpoints\[0\]: write it in lower/,
    ],
    [
      'a text for a list',
      { mirrors: [{ origin: 'ghcr.io', endpoints: 'a.corp/ghcr' }], buildkitConfig: { name: 'c' } },
      /endpoints: is of the wrong type: write a list$/,
    ],
    [
      'an origin without a dot in upper case',
      { mirrors: [{ origin: 'Hub', endpoints: ['a.corp'] }], buildkitConfig: { name: 'c' } },
      /origin: write it in lower/,
    ],
    [
      'a name',
      { pullSecret: { name: 'CI_pull' } },
      /name: write lower-case letters, digits, - and \./,
    ],
    ['an empty name', { pullSecret: { name: '' } }, /name: is empty: write a text$/],
    ['a long name', { pullSecret: { name: 'x'.repeat(254) } }, /more than 253 characters/],
    [
      'a short path',
      { buildkitConfig: { name: 'c', mountPath: '/' } },
      /mountPath: has less than 2 characters: write a longer text$/,
    ],
    [
      'no endpoints',
      { mirrors: [{ origin: 'ghcr.io', endpoints: [] }], buildkitConfig: { name: 'c' } },
      /endpoints: is empty: write at least one item$/,
    ],
    [
      'too many endpoints',
      {
        mirrors: [
          {
            origin: 'ghcr.io',
            endpoints: Array.from({ length: 9 }, (_, index) => `m${String(index)}.corp`),
          },
        ],
        buildkitConfig: { name: 'c' },
      },
      /endpoints: has more than 8 items: write fewer$/,
    ],
    [
      'no type',
      { registries: [{ host: 'a.corp', credentials: {} }], pullSecret: { name: 'p' } },
      /type: is missing: write one of SecretRef, DuplicateOf, Anonymous$/,
    ],
    [
      'another word',
      {
        registries: [{ host: 'a.corp', pullSecretEntry: 'No', credentials: { type: 'Anonymous' } }],
        pullSecret: { name: 'p' },
      },
      /pullSecretEntry: is unknown: write Omit$/,
    ],
  ] satisfies [string, object, RegExp][])('is told once: %s', (_, spec, issue) => {
    expect(parseSpec(spec)).toEqual({ issues: [expect.stringMatching(issue)] });
  });

  test.each([undefined, null, 5, 'text', [], { registries: 5 }, { registries: [null] }])(
    'is told and not thrown: %j',
    (spec) => {
      expect(parseSpec(spec)).toHaveProperty('issues');
    },
  );
});

test('user and password in an endpoint stand in no message', () => {
  const parsed = parseSpec({
    mirrors: [{ origin: 'ghcr.io', endpoints: ['robot:hunter2@m.corp/x'] }],
    pullSecret: { name: 'pull' },
  });
  expect(parsed).toHaveProperty('issues');
  expect(JSON.stringify(parsed)).not.toMatch(/hunter2|robot/);
});
