import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPullSecret, renderPullSecret } from '../../../../src/core/docker/pull-secret.ts';
import { CA_ONE, CA_TWO } from '../../../support/certificates.ts';
import {
  base64,
  bytes,
  configJson,
  credential,
  plainCredential,
  texts,
} from '../../../support/secrets.ts';

const ca = { configMap: 'corp-ca', key: 'ca.crt', certificates: [CA_ONE] };

const hostsOf = (text: string): readonly string[] => [
  ...readPullSecret(new Map([['.dockerconfigjson', bytes(text)]])).entries.keys(),
];

describe('renderPullSecret', () => {
  it('writes the same config under the key of the type and under the name that clients read', () => {
    const files = texts(
      renderPullSecret({ entries: new Map([['a.io', credential('u:p')]]), cas: [] }),
    );
    expect(files).toEqual({
      '.dockerconfigjson': `{"auths":{"a.io":{"auth":"${base64('u:p')}"}}}`,
      'config.json': `{"auths":{"a.io":{"auth":"${base64('u:p')}"}}}`,
    });
  });

  it('writes ca.crt when there are CAs', () => {
    const files = texts(renderPullSecret({ entries: new Map(), cas: [ca] }));
    expect(files['ca.crt']).toBe(`# ConfigMap corp-ca, key ca.crt\n${CA_ONE}`);
  });
});

describe('readPullSecret', () => {
  it('gives back what was rendered, so that rendering it again gives the same bytes', () => {
    const host = fc.constantFrom('docker.io', 'a.io', 'b.io:443', 'localhost:5000', '127.0.0.1');
    const token = fc.option(fc.string({ unit: 'grapheme', minLength: 1 }), { nil: undefined });
    const anyCredential = fc
      .record(
        {
          user: fc.stringMatching(/^[^:\n]+$/),
          password: fc.string({ minLength: 1 }),
          identityToken: token,
          registryToken: token,
        },
        { requiredKeys: ['user', 'password'] },
      )
      .map(({ user, password, ...tokens }) =>
        credential(
          `${user}:${password}`,
          Object.fromEntries(Object.entries(tokens).filter(([, value]) => value !== undefined)),
        ),
      );
    const section = fc.record({
      configMap: fc.stringMatching(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
      key: fc.stringMatching(/^[-._a-zA-Z0-9]+$/),
      certificates: fc.constantFrom([CA_ONE], [CA_TWO], [CA_TWO, CA_ONE]),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(host, anyCredential)), fc.array(section), (entries, cas) => {
        const rendered = renderPullSecret({ entries: new Map(entries), cas });
        expect(texts(renderPullSecret(readPullSecret(rendered)))).toEqual(texts(rendered));
      }),
    );
  });

  it('names Docker Hub as a MirrorAuth does', () => {
    const { entries } = readPullSecret(
      renderPullSecret({ entries: new Map([['docker.io', credential('u:p')]]), cas: [] }),
    );
    expect([...entries].map(([host, one]) => [host, plainCredential(one)])).toEqual([
      ['docker.io', { login: 'u:p' }],
    ]);
  });

  it.each([
    ['Docker Hub under an alias', { 'docker.io': { auth: base64('u:p') } }],
    ['base64 without padding', { 'a.io': { auth: base64('u:pw').replaceAll('=', '') } }],
    ['user and password in fields', { 'a.io': { username: 'u', password: 'p' } }],
    ['a field more', { 'a.io': { auth: base64('u:p'), email: 'a@b.c' } }],
    ['fields in another order', { 'a.io': { identitytoken: 'i', auth: base64('u:p') } }],
    ['an empty token', { 'a.io': { auth: base64('u:p'), identitytoken: '' } }],
    ['no credential', { 'a.io': {} }],
    ['no object', { 'a.io': 5 }],
  ])('leaves out an entry that is not in the written form: %s', (_, auths) => {
    expect(hostsOf(configJson({ ...auths, 'good.io': { auth: base64('u:p') } }))).toEqual([
      'good.io',
    ]);
  });

  it.each(['', '{}', '[]', 'junk', '{"auths":5}', '\ufeff{"auths":{}}'])(
    'finds nothing in %j',
    (text) => {
      expect(hostsOf(text)).toEqual([]);
    },
  );

  it('finds nothing in a Secret without its keys', () => {
    expect(readPullSecret(new Map())).toEqual({ entries: new Map(), cas: [] });
  });

  it('does not overflow on a deep entry', () => {
    const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
    const text = `{"auths":{"a.io":{"auth":"${base64('u:p')}","x":${deep}}}}`;
    expect(hostsOf(text)).toEqual([]);
  });
});
