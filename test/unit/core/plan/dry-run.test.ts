import { describe, expect, it } from 'vitest';
import {
  aConfigMap,
  aDockerConfig,
  aLive,
  configMapNamed,
  secretNamed,
} from '../../../support/gen.ts';
import type { MirrorAuthSpec } from '../../../../src/api/mirrorauth.ts';
import type { SourceSecret } from '../../../../src/core/docker/source-credential.ts';
import { dryRun } from '../../../../src/core/plan/dry-run.ts';
import type { DryRunInput } from '../../../../src/core/plan/dry-run.ts';
import type { Source, SourceConfigMap } from '../../../../src/core/plan/observed.ts';
import { objectId } from '../../../../src/core/plan/references.ts';
import { CA_ONE } from '../../../support/certificates.ts';
import { basicAuthSecret } from '../../../support/secrets.ts';

const SECRET = secretNamed('ci-pull');
const CONFIG_MAP = configMapNamed('ci-buildkitd');

const harbor = {
  host: 'harbor.corp',
  credentials: { type: 'SecretRef', secretRef: { name: 'harbor' } },
  tls: { caRef: { name: 'corp-ca' } },
} as const;
const spec: MirrorAuthSpec = {
  registries: [{ host: 'quay.io', credentials: { type: 'Anonymous' } }, harbor],
  mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp'] }],
  pullSecret: { name: 'ci-pull' },
  buildkitConfig: { name: 'ci-buildkitd', baseRef: { name: 'base' } },
};

const texts = (data: Readonly<Record<string, string>>): Source<SourceConfigMap> => ({
  kind: 'Found',
  object: { name: 'texts', data: new Map(Object.entries(data)), isOutput: false },
});
const CORP_CA = texts({ 'ca.crt': CA_ONE });
const BASE = texts({ 'buildkitd.toml': 'debug = true\n' });
const LOST = { kind: 'NotFound', justLost: true } as const;

const secretOf = (password: string): Source<SourceSecret> => ({
  kind: 'Found',
  object: { ...basicAuthSecret({ username: 'u', password }), name: 'harbor' },
});

/** All that spec names is there; `more` overrides. */
const input = (more: Partial<DryRunInput> = {}): DryRunInput => ({
  namespace: 'builds',
  name: 'ci',
  uid: 'uid-of-ci',
  creationTimestamp: '2026-01-02T00:00:00Z',
  spec,
  secrets: new Map([['harbor', secretOf('p')]]),
  configMaps: new Map([
    ['corp-ca', CORP_CA],
    ['base', BASE],
  ]),
  rivals: [],
  ...more,
});

const configMaps = (
  ca: Source<SourceConfigMap>,
  base: Source<SourceConfigMap>,
): DryRunInput['configMaps'] =>
  new Map([
    ['corp-ca', ca],
    ['base', base],
  ]);

const written = (more: Partial<DryRunInput> = {}): readonly string[] =>
  dryRun(input(more)).outputs.map(({ output }) => objectId(output.target));

describe('a dry run', () => {
  it('makes what the operator would write, and has nothing to tell', () => {
    expect(written()).toEqual(['Secret/ci-pull', 'ConfigMap/ci-buildkitd']);
    expect(dryRun(input())).toMatchObject({ problems: [], warnings: [] });
  });

  it('owns what it would write', () => {
    const [first] = dryRun(input()).outputs;
    expect(first?.body.reveal()).toMatchObject({
      metadata: {
        name: 'ci-pull',
        namespace: 'builds',
        ownerReferences: [
          {
            apiVersion: 'mirrorauth.dev/v1alpha1',
            kind: 'MirrorAuth',
            name: 'ci',
            uid: 'uid-of-ci',
            controller: true,
          },
        ],
      },
    });
  });
});

describe('a problem of a dry run', () => {
  const broken = texts({ 'buildkitd.toml': '=' });
  const conflict = { 'buildkitd.toml': `root = "${'x'.repeat(1_048_500)}"\n` };
  const caPlace = {
    path: ['spec', 'registries', 1, 'tls', 'caRef'],
    source: { kind: 'ConfigMap', name: 'corp-ca', key: 'ca.crt' },
  };
  const basePlace = {
    path: ['spec', 'buildkitConfig', 'baseRef'],
    source: { kind: 'ConfigMap', name: 'base', key: 'buildkitd.toml' },
  };
  const rows: Readonly<Record<string, readonly [Partial<DryRunInput>, readonly object[]]>> = {
    'of a credential stands at the credentials, with the Secret': [
      { secrets: new Map() },
      [
        {
          path: ['spec', 'registries', 1, 'credentials'],
          source: { kind: 'Secret', name: 'harbor' },
          problem: { reason: 'SecretNotFound' },
        },
      ],
    ],
    'of a CA stands at its reference, and that of a base is told beside it': [
      { configMaps: configMaps(texts({ 'ca.crt': 'hello' }), broken) },
      [
        { ...caPlace, problem: { reason: 'CaInvalid' } },
        { ...basePlace, problem: { reason: 'BaseConfigInvalid' } },
      ],
    ],
    'of a base that is missing stands at its reference': [
      { configMaps: configMaps(CORP_CA, { kind: 'NotFound', justLost: false }) },
      [{ ...basePlace, problem: { reason: 'BaseConfigNotFound' } }],
    ],
    'of an output stands at the output, whatever its base': [
      { configMaps: configMaps(CORP_CA, texts(conflict)) },
      [{ path: ['spec', 'buildkitConfig'], problem: { reason: 'TooLarge' } }],
    ],
    'of outputs that their CA makes too large stands at the outputs': [
      { configMaps: configMaps(texts({ 'ca.crt': CA_ONE.repeat(2000) }), BASE) },
      [
        { path: ['spec', 'pullSecret'], problem: { reason: 'TooLarge' } },
        { path: ['spec', 'buildkitConfig'], problem: { reason: 'TooLarge' } },
      ],
    ],
    'of an output that is too large without its CA, too, is told beside that of the CA': [
      {
        configMaps: configMaps(texts({ 'ca.crt': 'hello' }), BASE),
        secrets: new Map([['harbor', secretOf('x'.repeat(1_000_000))]]),
      },
      [
        { ...caPlace, problem: { reason: 'CaInvalid' } },
        { path: ['spec', 'pullSecret'], problem: { reason: 'TooLarge' } },
      ],
    ],
    'is not told of a CA or a base that is told elsewhere': [
      { configMaps: configMaps(LOST, LOST) },
      [],
    ],
    'is told of an output beside a base that is told elsewhere': [
      {
        configMaps: configMaps(CORP_CA, LOST),
        rivals: [
          {
            name: 'older',
            uid: 'uid-of-older',
            creationTimestamp: '2026-01-01T00:00:00Z',
            wants: [CONFIG_MAP],
          },
        ],
      },
      [{ path: ['spec', 'buildkitConfig'], problem: { reason: 'TargetConflict' } }],
    ],
    'of a name that an object of somebody else has stands at the name': [
      {
        foreign: new Map([
          [objectId(SECRET), aLive(SECRET, aDockerConfig({}))],
          [objectId(CONFIG_MAP), aLive(CONFIG_MAP, aConfigMap({}))],
        ]),
      },
      [
        { path: ['spec', 'pullSecret', 'name'], problem: { reason: 'TargetNotOwned' } },
        { path: ['spec', 'buildkitConfig', 'name'], problem: { reason: 'TargetNotOwned' } },
      ],
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [more, problems]) => {
    const told = dryRun(input(more)).problems;
    expect(told).toMatchObject(problems);
    expect(told.map(({ source }) => source !== undefined)).toEqual(
      problems.map((problem) => 'source' in problem),
    );
  });

  it('keeps its output from being made, and no other', () => {
    const foreign = new Map([[objectId(SECRET), aLive(SECRET, aDockerConfig({}))]]);
    expect(written({ foreign })).toEqual(['ConfigMap/ci-buildkitd']);
    expect(written({ configMaps: configMaps(CORP_CA, broken) })).toEqual(['Secret/ci-pull']);
  });
});

describe('a warning of a dry run', () => {
  it('stands at the field of spec, at the base, and at what it is about as a whole', () => {
    const large = `root = "${'x'.repeat(900_000)}"\ndebgu = true\n`;
    const { warnings } = dryRun(
      input({
        spec: {
          ...spec,
          registries: [{ host: 'localhost:5000', credentials: { type: 'Anonymous' } }, harbor],
        },
        configMaps: configMaps(CORP_CA, texts({ 'buildkitd.toml': large })),
      }),
    );
    expect(warnings).toMatchObject([
      { warning: { reason: 'PodLocalHost' }, path: ['spec', 'registries', 0, 'host'] },
      {
        warning: { reason: 'BaseKeyIgnored' },
        path: ['spec', 'buildkitConfig', 'baseRef'],
        source: { kind: 'ConfigMap', name: 'base', key: 'buildkitd.toml' },
      },
      { warning: { reason: 'NearlyTooLarge' }, path: ['spec'] },
    ]);
  });
});
