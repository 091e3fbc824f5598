import { describe, expect, it } from 'vitest';
import type { MirrorAuthSpec, Registry } from '../../../../src/api/mirrorauth.ts';
import type { Source } from '../../../../src/core/plan/observed.ts';
import {
  resolveCredentials,
  sourceSecretNames,
} from '../../../../src/core/plan/resolve-credentials.ts';
import type { Outcome } from '../../../../src/core/plan/resolve-credentials.ts';
import type { SourceSecret } from '../../../../src/core/docker/source-credential.ts';
import {
  base64,
  configJson,
  dockerConfigSecret,
  opaqueSecret,
  plainCredential,
} from '../../../support/secrets.ts';

const pullSecret = { name: 'ci-pull' };
const fromHub = (host: string, more: { key?: string; entry?: string } = {}): Registry => ({
  host,
  credentials: { type: 'SecretRef', secretRef: { name: 'hub', ...more } },
});
const duplicate: Registry = {
  host: 'harbor.corp',
  credentials: { type: 'DuplicateOf', duplicateOf: 'docker.io' },
};
const found = (secret: SourceSecret): Source<SourceSecret> => ({
  kind: 'Found',
  object: { ...secret, name: 'hub' },
});

/** What becomes of each host: its login, or what is wrong. */
const outcomes = (
  spec: MirrorAuthSpec,
  source?: Source<SourceSecret>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    resolveCredentials(
      { pullSecret, ...spec },
      new Map(source === undefined ? [] : [['hub', source]]),
    ).map(({ provenance: { host }, outcome }) => [host, told(outcome)]),
  );
const told = (outcome: Outcome): unknown =>
  outcome.kind === 'Resolved' ? plainCredential(outcome.credential).login : outcome;

const MISSING = {
  reason: 'SecretNotFound',
  message: 'Secret hub does not exist: create it, or correct secretRef.name',
};

describe('a credential whose Secret is not there', () => {
  const rows: Readonly<Record<string, readonly [Source<SourceSecret> | undefined, object]>> = {
    'is missing': [
      { kind: 'NotFound', justLost: false },
      { kind: 'Unresolved', problem: MISSING },
    ],
    'is missing when nobody looked for it': [undefined, { kind: 'Unresolved', problem: MISSING }],
    'is just lost when it went a moment ago': [
      { kind: 'NotFound', justLost: true },
      { kind: 'JustLost', problem: MISSING },
    ],
    'cannot be read without the right to': [
      { kind: 'AccessDenied' },
      {
        kind: 'Unresolved',
        problem: {
          reason: 'AccessDenied',
          message: 'Secret hub cannot be read: grant the operator get on it',
        },
      },
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [source, expected]) => {
    expect(outcomes({ registries: [fromHub('docker.io')] }, source)).toEqual({
      'docker.io': expected,
    });
  });
});

describe('a credential in a Secret', () => {
  const two = configJson({
    'quay.io/a': { auth: base64('user:a') },
    'quay.io/b': { auth: base64('user:b') },
  });

  it('is the entry that spec names, where a host has several', () => {
    const registries = [fromHub('quay.io', { entry: 'quay.io/b' })];
    expect(outcomes({ registries }, found(dockerConfigSecret(two)))).toEqual({
      'quay.io': 'user:b',
    });
  });

  it('is of the host itself, where spec names no entry', () => {
    const text = configJson({ 'quay.io': { auth: base64('user:a') } });
    expect(outcomes({ registries: [fromHub('quay.io')] }, found(dockerConfigSecret(text)))).toEqual(
      { 'quay.io': 'user:a' },
    );
  });

  it('is under the key that spec names', () => {
    const registries = [fromHub('quay.io', { key: 'k', entry: 'quay.io/a' })];
    expect(outcomes({ registries }, found(opaqueSecret({ j: '{}', k: two })))).toEqual({
      'quay.io': 'user:a',
    });
  });

  it('is not given to another host when it is a token, and to its own it is', () => {
    const text = configJson({
      'https://index.docker.io/v1/': { auth: base64('user:a'), identitytoken: 'token' },
    });
    const registries = [fromHub('docker.io'), duplicate];
    expect(outcomes({ registries }, found(dockerConfigSecret(text)))).toEqual({
      'docker.io': 'user:a',
      'harbor.corp': {
        kind: 'Unresolved',
        problem: {
          reason: 'UnsupportedCredential',
          message:
            'Secret hub: holds an identitytoken or registrytoken, which no other host accepts; log in with user and password, or give the mirror a credential of its own',
        },
      },
    });
  });
});

describe('the Secrets that entries come from', () => {
  const rows: Readonly<Record<string, readonly [MirrorAuthSpec, readonly string[]]>> = {
    'are named once': [{ pullSecret, registries: [fromHub('docker.io'), duplicate] }, ['hub']],
    'are none without a pull Secret': [{ registries: [fromHub('docker.io')] }, []],
    'are none without registries': [{ pullSecret }, []],
    'are none for an entry that is left out': [
      { pullSecret, registries: [{ ...fromHub('docker.io'), pullSecretEntry: 'Omit' }] },
      [],
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [spec, names]) => {
    expect(sourceSecretNames(spec)).toEqual(names);
  });
});
