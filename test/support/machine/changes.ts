import fc from 'fast-check';
import type { ObjectName } from '../../../src/core/plan/output.ts';
import type { JsonObject } from '../../../src/kube/object.ts';
import type { Bench, Trouble } from '../bench.ts';
import { nameOf } from '../bench.ts';
import {
  aConfigMap,
  aDeployment,
  aDockerConfig,
  aSecret,
  configMapNamed,
  consentTo,
  controlledBy,
  secretNamed,
} from '../gen.ts';
import type { Meta } from '../gen.ts';
import { base64 } from '../secrets.ts';
import { BASES, BUILDKIT_CONFIGS, CAS, HOSTS, PULL_SECRETS, SECRETS, specOf } from './people.ts';
import type { Draft, DraftRegistry, Host, People } from './people.ts';
import { baseOf, caOf, CANARY, secretOf, SOURCE_KINDS } from './sources.ts';
import type { ConfigMapState, SourceState } from './sources.ts';

/** Everything that can happen around a MirrorAuth. */
export interface Change {
  readonly label: string;
  readonly happen: (people: People, bench: Bench) => void;
}

const OUTPUTS: readonly ObjectName[] = [
  ...PULL_SECRETS.map(secretNamed),
  ...BUILDKIT_CONFIGS.map(configMapNamed),
];
const SOURCE_IDS = [
  ...SECRETS.map((name) => `Secret/${name}`),
  ...[...CAS, ...BASES].map((name) => `ConfigMap/${name}`),
];

function change(label: string, happen: Change['happen']): Change {
  return { label, happen };
}

function edited(label: string, edit: (draft: Draft) => Draft): Change {
  return change(label, (people, bench) => {
    applyDraft(people, bench, edit(people.draft));
  });
}

function applyDraft(people: People, bench: Bench, draft: Draft): void {
  people.draft = draft;
  const spec = specOf(draft);
  if (JSON.stringify(spec) !== JSON.stringify(bench.spec)) {
    bench.apply(spec);
  }
}

function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V | undefined): ReadonlyMap<K, V> {
  const others = [...map].filter(([one]) => one !== key);
  return new Map(value === undefined ? others : [...others, [key, value]]);
}

function optional<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 3 });
}

const host = fc.constantFrom(...HOSTS);
const labels = fc.constantFrom({}, { team: 'a' }, { team: 'b', tier: 'gold' });

const registry: fc.Arbitrary<DraftRegistry> = fc.record({
  credentials: fc.oneof(
    fc.constant({ type: 'Anonymous' } as const),
    fc.record({
      type: fc.constant('SecretRef' as const),
      name: fc.constantFrom(...SECRETS),
      pick: fc.constantFrom('nothing', 'nothing', 'nothing', 'key', 'entry'),
    }),
    fc.record({ type: fc.constant('DuplicateOf' as const), host }),
  ),
  transport: fc.constantFrom('HTTPS', 'HTTPS', 'HTTP', 'Unverified', ...CAS),
  isOmitted: fc.constantFrom(false, false, false, true),
});

/** Docker Hub cannot be a mirror. */
const endpoints = fc.shuffledSubarray(
  ['harbor.corp/hub', 'harbor.corp', 'cache.corp:5000', 'ghcr.io/x'],
  { minLength: 1 },
);

const specChange: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(host, optional(registry)).map(([name, value]) =>
    edited(`spec: registry ${name} = ${JSON.stringify(value)}`, (draft) => ({
      ...draft,
      registries: withEntry<Host, DraftRegistry>(draft.registries, name, value),
    })),
  ),
  fc.tuple(host, optional(endpoints)).map(([origin, value]) =>
    edited(`spec: mirrors of ${origin} = ${JSON.stringify(value)}`, (draft) => ({
      ...draft,
      mirrors: withEntry<Host, readonly string[]>(draft.mirrors, origin, value),
    })),
  ),
  optional(fc.record({ name: fc.constantFrom(...PULL_SECRETS), labels })).map((pullSecret) =>
    edited(`spec: pullSecret = ${JSON.stringify(pullSecret)}`, (draft) => ({
      ...draft,
      pullSecret,
    })),
  ),
  optional(
    fc.record({
      name: fc.constantFrom(...BUILDKIT_CONFIGS),
      base: optional(fc.constantFrom(...BASES)),
      mountPath: fc.constantFrom(undefined, '/etc/other'),
      labels,
    }),
  ).map((buildkitConfig) =>
    edited(`spec: buildkitConfig = ${JSON.stringify(buildkitConfig)}`, (draft) => ({
      ...draft,
      buildkitConfig,
    })),
  ),
);

/** Two things at once, since they seldom meet by chance: a rename, to a name that is taken. */
const renameToTaken: fc.Arbitrary<Change> = fc.constantFrom('a', 'b', 'c').map((suffix) =>
  change(`spec: outputs are renamed to *-${suffix}, which is taken`, (people, bench) => {
    const { draft } = people;
    const { pullSecret, buildkitConfig } = draft;
    bench.cluster.put(secretNamed(`out-${suffix}`), aDockerConfig({}));
    bench.cluster.put(configMapNamed(`conf-${suffix}`), aConfigMap({}));
    applyDraft(people, bench, {
      ...draft,
      pullSecret: pullSecret && { ...pullSecret, name: `out-${suffix}` },
      buildkitConfig: buildkitConfig && { ...buildkitConfig, name: `conf-${suffix}` },
    });
  }),
);

const sourceChange: fc.Arbitrary<Change> = fc.oneof(
  fc
    .record({
      name: fc.constantFrom(...SECRETS),
      kind: fc.constantFrom('Config', 'Config', 'Config', ...SOURCE_KINDS),
      hosts: fc.oneof(fc.constant([...HOSTS]), fc.subarray([...HOSTS])),
    })
    .map(({ name, kind, hosts }) =>
      change(`write Secret ${name}: ${kind} of ${hosts.join(', ')}`, (people, bench) => {
        writeSecret(people, bench, { name, kind, hosts });
      }),
    ),
  fc
    .record({
      name: fc.constantFrom(...CAS, ...BASES),
      kind: fc.constantFrom('Good', 'Good', 'Junk', 'Conflict', 'NoKey'),
    })
    .map(({ name, kind }) =>
      change(`write ConfigMap ${name}: ${kind}`, (people, bench) => {
        writeConfigMap(people, bench, { name, kind });
      }),
    ),
  fc.constantFrom(...SECRETS).map((name) =>
    change(`delete Secret ${name}`, (people, bench) => {
      people.secrets.delete(name);
      bench.cluster.remove(secretNamed(name));
    }),
  ),
  fc.constantFrom(...CAS, ...BASES).map((name) =>
    change(`delete ConfigMap ${name}`, (people, bench) => {
      people.configMaps.delete(name);
      bench.cluster.remove(configMapNamed(name));
    }),
  ),
);

type Named<T> = Omit<T, 'serial'> & { readonly name: string };

function writeSecret(people: People, bench: Bench, secret: Named<SourceState>): void {
  people.serial += 1;
  const state = { ...secret, serial: people.serial };
  people.secrets.set(secret.name, state);
  bench.cluster.put(secretNamed(secret.name), secretOf(secret.name, state));
}

function writeConfigMap(people: People, bench: Bench, configMap: Named<ConfigMapState>): void {
  const { name } = configMap;
  people.serial += 1;
  const state = { ...configMap, serial: people.serial };
  people.configMaps.set(name, state);
  const isCa = CAS.some((ca) => ca === name);
  bench.cluster.put(configMapNamed(name), isCa ? caOf(state) : baseOf(name, state));
}

/** Every source is there and holds what anybody could want of it. */
export function writeGoodSources(people: People, bench: Bench): void {
  for (const name of SECRETS) {
    writeSecret(people, bench, { name, kind: 'Config', hosts: HOSTS });
  }
  for (const name of [...CAS, ...BASES]) {
    writeConfigMap(people, bench, { name, kind: 'Good' });
  }
}

const evilConfig = base64('{"auths":{"evil.example":{"auth":"ZTpl"}}}');
const evilToml = '[registry."docker.io"]\nmirrors = ["evil.example", "harbor.corp/hub"]\n';

/** What a person may do to an output by hand, as merge patches. */
const EDITS: Readonly<Record<string, (target: ObjectName) => JsonObject>> = {
  'adds a file': () => ({ data: { 'theirs.txt': 'AAAA' } }),
  'takes a file out': ({ kind }) => ({
    data: kind === 'Secret' ? { 'config.json': null } : { 'buildkitd.toml': null },
  }),
  'writes a host of their own': ({ kind }) => ({
    data: kind === 'Secret' ? { '.dockerconfigjson': evilConfig } : { 'buildkitd.toml': evilToml },
  }),
  'breaks a file': ({ kind }) => ({
    data:
      kind === 'Secret' ? { '.dockerconfigjson': base64('{}') } : { 'buildkitd.toml': 'root = ' },
  }),
  'adds binary data': ({ kind }) => (kind === 'Secret' ? {} : { binaryData: { blob: 'AAAA' } }),
  'strips the labels': () => ({ metadata: { labels: null } }),
  'adds a label and an annotation': () => ({
    metadata: { labels: { theirs: 'x' }, annotations: { theirs: 'x' } },
  }),
  'changes our label': () => ({ metadata: { labels: { 'mirrorauth.dev/owner-name': 'x' } } }),
  'forgets where entries came from': () => ({
    metadata: { annotations: { 'mirrorauth.dev/entries': null } },
  }),
  'forgets which labels were ours': () => ({
    metadata: { annotations: { 'mirrorauth.dev/labels': null } },
  }),
  'strips the owner': () => ({ metadata: { ownerReferences: [] } }),
  'makes it immutable': () => ({ immutable: true }),
  'begins to delete it': () => ({ metadata: { deletionTimestamp: '2026-06-01T12:00:00Z' } }),
};

const editOfOutput: fc.Arbitrary<Change> = fc
  .tuple(fc.constantFrom(...OUTPUTS), fc.constantFrom(...Object.entries(EDITS)))
  .map(([target, [label, edit]]) =>
    change(`somebody ${label}: ${target.name}`, (_, bench) => {
      bench.cluster.edit(target, edit(target));
    }),
  );

/** Objects that somebody else puts under the name of an output. */
const FOREIGN: Readonly<Record<string, (bench: Bench) => Meta & { readonly isOdd?: true }>> = {
  'an object of nobody': () => ({ labels: { theirs: 'x' } }),
  'an object of a Deployment': () => ({ ownerReferences: [aDeployment(true)] }),
  'an object that consents': () => ({
    annotations: { ...consentTo('ci'), theirs: 'x' },
    labels: { theirs: 'x' },
    ownerReferences: [aDeployment(false)],
  }),
  'an object of another MirrorAuth that consents': () => ({
    annotations: consentTo('ci'),
    ownerReferences: [controlledBy('rival', 'uid-of-rival')],
  }),
  'an object of a Deployment that consents': () => ({
    annotations: consentTo('ci'),
    ownerReferences: [aDeployment(true)],
  }),
  'an object of another type that consents': () => ({
    annotations: consentTo('ci'),
    isOdd: true,
  }),
  'an object of another type that names us its controller': (bench) => ({
    ownerReferences: [controlledBy(bench.name, bench.uid)],
    isOdd: true,
  }),
  'an object of another MirrorAuth': () => ({
    ownerReferences: [controlledBy('rival', 'uid-of-rival')],
  }),
};

const foreignObject: fc.Arbitrary<Change> = fc
  .tuple(fc.constantFrom(...OUTPUTS), fc.constantFrom(...Object.entries(FOREIGN)))
  .map(([target, [label, describe]]) =>
    change(`${label} takes the place of ${target.name}`, (_, bench) => {
      const { isOdd, ...metadata } = describe(bench);
      bench.cluster.put(target, foreign(target, metadata, isOdd === true));
    }),
  );

function foreign({ kind }: ObjectName, metadata: Meta, isOdd: boolean): JsonObject {
  if (kind === 'ConfigMap') {
    return aConfigMap({ theirs: 'x' }, metadata);
  }
  return isOdd
    ? aSecret('Opaque', { theirs: CANARY }, metadata)
    : aDockerConfig({ 'quay.io': `theirs:${CANARY}` }, metadata);
}

const otherChange: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...OUTPUTS).map((target) =>
    change(`somebody deletes ${target.name}`, (_, bench) => {
      bench.cluster.remove(target);
    }),
  ),
  fc.constant(
    change('deletions come to their end', (_, bench) => {
      for (const stored of bench.cluster.list()) {
        if (stored.metadata.deletionTimestamp !== undefined) {
          bench.cluster.remove(nameOf(stored));
        }
      }
    }),
  ),
  fc.constant(
    change('the garbage collector comes by', (_, bench) => {
      bench.collectGarbage();
    }),
  ),
  fc.constantFrom(...SOURCE_IDS, 'Secret/out-a', 'ConfigMap/conf-a').map((id) =>
    change(`the right to read ${id} comes or goes`, (_, bench) => {
      if (!bench.denied.delete(id)) {
        bench.denied.add(id);
      }
    }),
  ),
  fc.constantFrom(5_000, 360_000).map((ms) =>
    change(`${String(ms)} ms pass`, (_, bench) => {
      bench.wait(ms);
    }),
  ),
);

const BORN = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'] as const;

const ownChange: fc.Arbitrary<Change> = fc.oneof(
  fc.constant(
    change('the MirrorAuth is deleted and created again', (_, bench) => {
      bench.recreate();
    }),
  ),
  fc.tuple(fc.constantFrom(...OUTPUTS), fc.constantFrom(...BORN)).map(([target, born]) =>
    change(`a rival of ${born} wants ${target.name}`, (_, bench) => {
      const rival = { name: 'rival', uid: 'uid-of-rival', creationTimestamp: born };
      bench.rivals.splice(0, Infinity, { ...rival, wants: [target] });
    }),
  ),
  fc.constant(
    change('the rival is deleted', (_, bench) => {
      bench.rivals.splice(0);
    }),
  ),
);

const clusterChange = fc.oneof(
  { weight: 4, arbitrary: sourceChange },
  { weight: 4, arbitrary: editOfOutput },
  { weight: 3, arbitrary: foreignObject },
  { weight: 3, arbitrary: otherChange },
);

export const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 10, arbitrary: specChange },
  { weight: 12, arbitrary: clusterChange },
  { weight: 1, arbitrary: renameToTaken },
  { weight: 2, arbitrary: ownChange },
);

/** What goes wrong in the reconcile after a change, as data. */
export interface Mishap {
  readonly label: string;
  /** Others do something between the look and the writes. */
  readonly isRace?: true;
  readonly trouble: (people: People, bench: Bench) => Trouble;
}

const KINDS = [
  'Conflict',
  'Replaced',
  'NotFound',
  'AlreadyExists',
  'Invalid',
  'Forbidden',
  'NamespaceTerminating',
  'QuotaExceeded',
  'TooManyRequests',
  'ServerError',
  'Unreachable',
  'Timeout',
] as const;

const at = fc.nat({ max: 4 });

export const anyMishap: fc.Arbitrary<Mishap | undefined> = fc.oneof(
  { weight: 10, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc.record({ at, kind: fc.constantFrom(...KINDS) }).map((failedWrite) => ({
      label: `write ${String(failedWrite.at)} fails with ${failedWrite.kind}`,
      trouble: () => ({ failedWrite, isStatusLost: true }),
    })),
  },
  {
    weight: 1,
    arbitrary: at.map((number) => ({
      label: `the answer to write ${String(number)} is lost`,
      trouble: () => ({ unheardWrite: { at: number }, isStatusLost: true }),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant({
      label: 'the status is lost',
      trouble: () => ({ isStatusLost: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: clusterChange.map((change) => ({
      label: `meanwhile, ${change.label}`,
      isRace: true as const,
      trouble: (people: People, bench: Bench) => ({
        race: () => {
          change.happen(people, bench);
        },
      }),
    })),
  },
);
