import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBaseConfig } from '../../../src/core/buildkit/base-config.ts';
import { parseCaBundle } from '../../../src/core/ca-bundle.ts';
import type { Redacted } from '../../../src/core/redacted.ts';
import type { Result } from '../../../src/core/result.ts';
import { duplicable, sourceReader } from '../../../src/core/docker/source-credential.ts';
import type { SourceSecret } from '../../../src/core/docker/source-credential.ts';
import { readPullSecret } from '../../../src/core/docker/pull-secret.ts';
import { CA_ONE } from '../../support/certificates.ts';
import { base64, bytes } from '../../support/secrets.ts';

/** Six characters in a row of a secret tell too much of it. */
const RUN = 6;

const runsOf = (text: string): readonly string[] =>
  Array.from({ length: Math.max(0, text.length - RUN + 1) }, (_, i) => text.slice(i, i + RUN));

const leaks = (shown: string, secret: string): readonly string[] =>
  runsOf(secret).filter((run) => shown.includes(run));

/** Letters that no template has in a row. */
const canary = fc.stringMatching(/^[QXZ][0-9QXZ]{11,15}$/);

const TYPES = [
  'kubernetes.io/dockerconfigjson',
  'kubernetes.io/dockercfg',
  'kubernetes.io/basic-auth',
  'Opaque',
  'kubernetes.io/tls',
];
const WANTED = [
  { host: 'ghcr.io' },
  { host: 'docker.io' },
  { host: 'ghcr.io', key: 'k' },
  { host: 'ghcr.io', entry: 'ghcr.io/x' },
  { host: 'ghcr.io', key: 'k', entry: 'gcr.io' },
];

/** A Secret of this type that holds `payload` wherever it may be read from. */
const holding = (type: string, payload: Redacted<Uint8Array>): SourceSecret => ({
  name: 'source',
  type,
  isOutput: false,
  data: new Map(
    ['.dockerconfigjson', '.dockercfg', 'username', 'password', 'k'].map((key) => [key, payload]),
  ),
});

const shownOf = (payload: Redacted<Uint8Array>): string =>
  TYPES.flatMap((type) =>
    WANTED.map((wanted) => {
      const read = sourceReader(holding(type, payload))(wanted);
      const given = read.ok ? duplicable(read.value, 'source') : read;
      return (
        inspect([read, given], { depth: null, showHidden: true }) + JSON.stringify([read, given])
      );
    }),
  ).join('\n');

const problemText = (result: Result<unknown>): string => (result.ok ? '' : result.problem.message);

/** Docker configs, whole and broken, with the canary as a value, a name, or in the way. */
const DOCKER_CONFIGS: Readonly<Record<string, (secret: string) => string>> = {
  'a password': (s) => `{"auths":{"ghcr.io":{"auth":"${base64(`u:${s}`)}"}}}`,
  'a user': (s) => `{"auths":{"ghcr.io":{"auth":"${base64(`${s}:`)}"}}}`,
  'a user with a colon': (s) => `{"auths":{"ghcr.io":{"username":"${s}:","password":"p"}}}`,
  'a password field': (s) => `{"auths":{"ghcr.io":{"username":"","password":"${s}"}}}`,
  'what is no base64': (s) => `{"auths":{"ghcr.io":{"auth":"${s}!"}}}`,
  'base64 without a colon': (s) => `{"auths":{"ghcr.io":{"auth":"${base64(s)}"}}}`,
  'an identity token': (s) => `{"auths":{"ghcr.io":{"identitytoken":"${s}"}}}`,
  'a registry token that is no text': (s) => `{"auths":{"ghcr.io":{"registrytoken":["${s}"]}}}`,
  'an entry': (s) => `{"auths":{"ghcr.io":"${s}"}}`,
  'the names of entries': (s) => `{"auths":{"ghcr.io/${s}":{"auth":""},"ghcr.io/x":5}}`,
  'the name of a helper': (s) => `{"auths":{},"credsStore":"${s}"}`,
  'the name of a field': (s) => `{"auths":{"ghcr.io":{"${s}":1}}}`,
  'the name of auths': (s) => `{"${s}":{}}`,
  'broken JSON': (s) => `{"auths":{"ghcr.io":{"auth":${s}}}}`,
  'another entry': (s) => `{"auths":{"ghcr.io":{"auth":"dTpw"},"${s}":{"auth":"${s}"}}}`,
  'another login of the host': (s) =>
    `{"auths":{"ghcr.io":{"auth":"dTpw"},"https://${s}@ghcr.io":{"auth":"${base64(`u:${s}`)}"}}}`,
  'another login in the entry': (s) => `{"auths":{"ghcr.io":{"auth":"dTpw","password":"${s}"}}}`,
  'a login with a newline': (s) => `{"auths":{"ghcr.io":{"auth":"${base64(`${s}:${s}\n`)}"}}}`,
  'a login without padding': (s) => `{"auths":{"ghcr.io":{"auth":" ${base64(`${s}:${s}`)}"}}}`,
  'a key with a wildcard': (s) => `{"auths":{"ghcr.io":{"auth":"dTpw"},"*.${s}":{}}}`,
  'a key with a wildcard alone': (s) => `{"auths":{"*.${s}":{}}}`,
  'a key that stands twice': (s) => `{"auths":{"ghcr.io":{"auth":"dTpw"},"${s}":{},"${s}":{}}}`,
  'a helper of another host': (s) =>
    `{"auths":{"ghcr.io":{"auth":"dTpw"}},"credHelpers":{"${s}":"${s}"}}`,
  'a helper that is never asked': (s) => `{"auths":{},"credHelpers":{"https://${s}@ghcr.io":"x"}}`,
  'a flat file': (s) => `{"ghcr.io":{"auth":"${s}."},"${s}":null}`,
  'bare text': (s) => s,
};

describe('a canary in a Secret', () => {
  it.each(Object.entries(DOCKER_CONFIGS))('is never shown: as %s', (_, textOf) => {
    fc.assert(
      fc.property(canary, (secret) => {
        const text = textOf(secret);
        const shown = shownOf(bytes(text));
        expect(leaks(shown, secret)).toEqual([]);
        expect(leaks(shown, base64(secret))).toEqual([]);
        expect(leaks(shown, base64(text))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('arbitrary bytes in a Secret', () => {
  it('are never shown, and nothing throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (payload) => {
        const shown = shownOf(bytes(payload));
        expect(leaks(shown, Buffer.from(payload).toString('latin1'))).toEqual([]);
        expect(leaks(shown, base64(payload))).toEqual([]);
      }),
    );
  });

  it('are no reason to throw when they are JSON of any shape', () => {
    const key = fc.constantFrom(
      'auths',
      'ghcr.io',
      'docker.io',
      'ghcr.io/x',
      'auth',
      '__proto__',
      'credHelpers',
      'credsStore',
      'identitytoken',
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 5, '', base64('u:p'), '\ud800', 'x'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, value), (root) => {
        const payload = bytes(JSON.stringify(root));
        const data = new Map(['.dockerconfigjson', 'ca.crt'].map((name) => [name, payload]));
        expect(() => shownOf(payload)).not.toThrow();
        expect(() => readPullSecret(data)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});

describe('a canary in a ConfigMap', () => {
  it('is not shown when it stands where a CA should', () => {
    fc.assert(
      fc.property(canary, (secret) => {
        const source = { configMap: 'corp', key: 'ca.crt' };
        const key = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
        const label = CA_ONE.replaceAll('CERTIFICATE', secret);
        for (const pem of [secret, key, label, key.replaceAll('PRIVATE KEY', 'CERTIFICATE')]) {
          const result = parseCaBundle(pem, source);
          expect(result.ok).toBe(false);
          expect(leaks(problemText(result), secret)).toEqual([]);
        }
      }),
    );
  });

  it('is not shown when it is a value in a base', () => {
    fc.assert(
      fc.property(canary, (secret) => {
        const source = { configMap: 'base', key: 'buildkitd.toml' };
        for (const text of [
          secret,
          `a = ${secret}`,
          `a = "${secret}`,
          `registry = "${secret}"`,
          `[registry."a.io"]\nmirrors = "${secret}"`,
        ]) {
          const result = parseBaseConfig(text, source);
          expect(result.ok).toBe(false);
          expect(leaks(problemText(result), secret)).toEqual([]);
        }
      }),
    );
  });
});
