import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asLiveObject } from '../../../../src/controller/kinds.ts';
import { createBody, patchBody } from '../../../../src/core/plan/output.ts';
import type { LiveObject, OwnerReference, WantedOutput } from '../../../../src/core/plan/output.ts';
import { isObject } from '../../../../src/kube/object.ts';
import type { JsonObject } from '../../../../src/kube/object.ts';
import {
  aConfigMap,
  aDeployment,
  aLive,
  aMirrorAuth,
  aSecret,
  configMapNamed,
  controlledBy,
  secretNamed,
} from '../../../support/gen.ts';
import { MemoryCluster } from '../../../support/memory-cluster.ts';
import { base64, bytes } from '../../../support/secrets.ts';

const { owner } = aMirrorAuth({ valid: { pullSecret: { name: 'ci-pull' } } });
const OURS = controlledBy('ci', owner.uid);
const TYPE = 'kubernetes.io/dockerconfigjson';
const FIXED = {
  'app.kubernetes.io/managed-by': 'mirrorauth',
  'mirrorauth.dev/owner-kind': 'MirrorAuth',
  'mirrorauth.dev/owner-name': 'ci',
};

const wantedSecret: WantedOutput = {
  target: secretNamed('ci-pull'),
  labels: { team: 'build' },
  entries: '[]',
  data: new Map([['.dockerconfigjson', bytes('{}')]]),
};
const wantedConfigMap: WantedOutput = {
  target: configMapNamed('ci-buildkitd'),
  labels: {},
  data: new Map([['buildkitd.toml', bytes('# \u00e9\n')]]),
};

/** A Secret as it is when `wantedSecret` was written. */
const inStep = {
  labels: { ...FIXED, team: 'build' },
  annotations: { 'mirrorauth.dev/labels': 'team', 'mirrorauth.dev/entries': '[]' },
  ownerReferences: [OURS],
};
const liveSecret = (metadata = {}, data: Record<string, string> = {}): LiveObject =>
  aLive(
    wantedSecret.target,
    aSecret(TYPE, { '.dockerconfigjson': '{}', ...data }, { ...inStep, ...metadata }),
  );

const patchOf = (live: LiveObject, wanted = wantedSecret): JsonObject | undefined =>
  patchBody(live, wanted, owner)?.reveal();

const metadataIn = (patch: JsonObject | undefined): JsonObject => {
  const metadata = patch?.['metadata'];
  return isObject(metadata) ? metadata : {};
};

describe('createBody', () => {
  it('makes a Secret of the one type, in base64, with its controller', () => {
    expect(createBody(wantedSecret, 'builds', owner).reveal()).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      type: TYPE,
      metadata: { name: 'ci-pull', namespace: 'builds', ...inStep },
      data: { '.dockerconfigjson': base64('{}') },
    });
  });

  it('makes a ConfigMap of text, without a type and without annotations that say nothing', () => {
    expect(createBody(wantedConfigMap, 'builds', owner).reveal()).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'ci-buildkitd',
        namespace: 'builds',
        labels: FIXED,
        annotations: {},
        ownerReferences: [OURS],
      },
      data: { 'buildkitd.toml': '# \u00e9\n' },
    });
  });

  it('does not block the deletion of its owner', () => {
    expect(JSON.stringify(createBody(wantedSecret, 'builds', owner).reveal())).not.toContain(
      'blockOwnerDeletion',
    );
  });

  it('lets no label of spec take the place of a fixed one', () => {
    const labels = { 'mirrorauth.dev/owner-name': 'other' };
    const body = createBody({ ...wantedSecret, labels }, 'builds', owner).reveal();
    expect(metadataIn(body)['labels']).toEqual(FIXED);
  });
});

describe('the labels of spec', () => {
  it('are on record, in order', () => {
    const body = createBody({ ...wantedSecret, labels: { tier: 'a', team: 'b' } }, 'builds', owner);
    expect(metadataIn(body.reveal())['annotations']).toEqual({
      'mirrorauth.dev/labels': 'team,tier',
      'mirrorauth.dev/entries': '[]',
    });
  });
});

describe('our owner reference', () => {
  const others: Readonly<Record<string, OwnerReference>> = {
    'is of another version': { ...OURS, apiVersion: 'mirrorauth.dev/v1' },
    'is of another kind': { ...OURS, kind: 'ClusterMirrorAuth' },
    'has another name': { ...OURS, name: 'other' },
    'has another uid': { ...OURS, uid: 'uid-of-another' },
    'does not control': { ...OURS, controller: false },
    'blocks the deletion of its owner': { ...OURS, blockOwnerDeletion: true },
  };
  it.each(Object.entries(others))('is written anew when the one there %s', (_, reference) => {
    const live = liveSecret({ ownerReferences: [reference] });
    expect(metadataIn(patchOf(live))['ownerReferences']).toEqual([OURS]);
  });

  it('is left alone when it says that it does not block the deletion of its owner, or nothing', () => {
    const said = { ...liveSecret(), ownerReferences: [{ ...OURS, blockOwnerDeletion: false }] };
    expect(patchOf(said)).toBeUndefined();
    expect(patchOf({ ...said, ownerReferences: [OURS] })).toBeUndefined();
  });
});

describe('patchBody', () => {
  it('speaks of no label that is neither wanted nor on record', () => {
    const live = aLive(
      wantedConfigMap.target,
      aConfigMap({ 'buildkitd.toml': '# \u00e9\n' }, { ownerReferences: [OURS] }),
    );
    expect(metadataIn(patchOf(live, wantedConfigMap))['labels']).toEqual(FIXED);
  });

  it('is nothing when nothing differs', () => {
    expect(patchOf(liveSecret())).toBeUndefined();
  });

  it('is nothing when only what is foreign is there beside it', () => {
    const live = liveSecret({
      labels: { ...inStep.labels, theirs: 'x' },
      annotations: { ...inStep.annotations, theirs: 'x' },
      ownerReferences: [aDeployment(false), OURS],
    });
    expect(patchOf(live)).toBeUndefined();
  });

  const differences: Readonly<Record<string, readonly [LiveObject, JsonObject]>> = {
    'data that differs': [
      liveSecret({}, { '.dockerconfigjson': '{"auths":{}}' }),
      { data: { '.dockerconfigjson': base64('{}') } },
    ],
    'a key of data that nobody wants': [
      liveSecret({}, { 'theirs.txt': 'x' }),
      { data: { 'theirs.txt': null, '.dockerconfigjson': base64('{}') } },
    ],
    'a label that is gone': [
      liveSecret({ labels: { team: 'build' } }),
      { metadata: { labels: { ...FIXED, team: 'build' } } },
    ],
    'a label that spec no longer has': [
      liveSecret({
        labels: { ...inStep.labels, tier: 'gold', theirs: 'x' },
        annotations: { ...inStep.annotations, 'mirrorauth.dev/labels': 'team,tier' },
      }),
      {
        metadata: {
          labels: { ...FIXED, team: 'build', tier: null },
          annotations: inStep.annotations,
        },
      },
    ],
    'an annotation of ours that was changed': [
      liveSecret({ annotations: { ...inStep.annotations, 'mirrorauth.dev/entries': '[1]' } }),
      { metadata: { annotations: inStep.annotations } },
    ],
    'a controller reference that blocks the deletion of its owner': [
      liveSecret({ ownerReferences: [{ ...OURS, blockOwnerDeletion: true }] }),
      { metadata: { ownerReferences: [OURS] } },
    ],
    'a controller reference whose name was changed, which the garbage collector would act on': [
      liveSecret({ ownerReferences: [{ ...OURS, name: 'other' }] }),
      { metadata: { ownerReferences: [OURS] } },
    ],
  };
  it.each(Object.entries(differences))('mends %s and nothing else', (_, [live, expected]) => {
    const { uid, resourceVersion } = live;
    const metadata = { uid, resourceVersion, ...metadataIn(expected) };
    expect(patchOf(live)).toEqual({ ...expected, metadata });
  });

  it('removes the binary keys of a ConfigMap, whatever they hold', () => {
    const live = aLive(wantedConfigMap.target, {
      ...aConfigMap({ 'buildkitd.toml': '# \u00e9\n' }, { labels: FIXED, ownerReferences: [OURS] }),
      binaryData: { blob: 'AAAA' },
    });
    const { uid, resourceVersion } = live;
    expect(patchOf(live, wantedConfigMap)).toEqual({
      metadata: { uid, resourceVersion },
      binaryData: { blob: null },
    });
  });

  it('sends the references of others along, since a merge patch replaces the list', () => {
    const live = liveSecret({ ownerReferences: [aDeployment(false)] });
    expect(metadataIn(patchOf(live))['ownerReferences']).toEqual([aDeployment(false), OURS]);
  });

  it('takes the place of the controller that consented to be replaced', () => {
    const live = liveSecret({ ownerReferences: [controlledBy('rival', 'uid-of-rival')] });
    expect(metadataIn(patchOf(live))['ownerReferences']).toEqual([OURS]);
  });
});

describe('a patch of any object', () => {
  const name = fc.constantFrom('team', 'tier', 'theirs', 'constructor', 'toString', 'x.io/a');
  const labels = fc.dictionary(name, fc.constantFrom('', 'a', 'b'), { noNullPrototype: true });
  const file = fc.constantFrom('.dockerconfigjson', 'config.json', 'theirs.txt', '__proto__');
  const content = fc.constantFrom('{}', '{"auths":{}}', '{"a":1}');
  const written = fc.subarray([
    'team',
    'tier',
    'toString',
    'mirrorauth.dev/owner-name',
    'no label',
  ]);
  const anyObject = fc
    .record({
      labels,
      written: fc.option(written, { nil: undefined }),
      entries: fc.option(content, { nil: undefined }),
      theirs: fc.dictionary(fc.constant('theirs'), fc.constantFrom('a')),
      ownerReferences: fc.subarray([aDeployment(false), OURS, controlledBy('rival', 'other')]),
      data: fc.array(fc.tuple(file, content), { maxLength: 3 }),
    })
    .filter(({ ownerReferences }) => ownerReferences.filter((one) => one.controller).length < 2)
    .map(({ labels, written, entries, theirs, ownerReferences, data }) =>
      aSecret(
        TYPE,
        { '.dockerconfigjson': '{}', ...Object.fromEntries(data) },
        {
          labels,
          ownerReferences,
          annotations: {
            ...theirs,
            ...(written && { 'mirrorauth.dev/labels': written.join(',') }),
            ...(entries !== undefined && { 'mirrorauth.dev/entries': entries }),
          },
        },
      ),
    );
  const anyWanted = fc.record({ labels, content }).map(({ labels, content }): WantedOutput => ({
    ...wantedSecret,
    labels,
    data: new Map([['.dockerconfigjson', bytes(content)]]),
  }));

  /** The object before and after its patch; the cluster throws when the preconditions are missing. */
  const carriedOut = (
    object: JsonObject,
    wanted: WantedOutput,
  ): { readonly before: LiveObject; readonly after: LiveObject } => {
    const cluster = new MemoryCluster();
    cluster.put(wanted.target, object);
    const look = (): LiveObject => {
      const stored = cluster.get(wanted.target);
      return stored === undefined ? aLive(wanted.target, object) : asLiveObject(stored);
    };
    const before = look();
    const patch = patchOf(before, wanted);
    if (patch !== undefined) {
      cluster.patch(wanted.target, patch);
    }
    return { before, after: look() };
  };

  it('leaves nothing to mend', () => {
    fc.assert(
      fc.property(anyObject, anyWanted, (object, wanted) => {
        expect(patchOf(carriedOut(object, wanted).after, wanted)).toBeUndefined();
      }),
    );
  });

  it('leaves exactly the wanted data', () => {
    fc.assert(
      fc.property(anyObject, anyWanted, (object, wanted) => {
        expect(carriedOut(object, wanted).after.data.matches(wanted.data)).toBe(true);
      }),
    );
  });

  it('keeps the labels, annotations and references of others', () => {
    fc.assert(
      fc.property(anyObject, anyWanted, (object, wanted) => {
        const { before, after } = carriedOut(object, wanted);
        const listed = (before.annotations['mirrorauth.dev/labels'] ?? '').split(',');
        const ours = new Set([...listed, ...Object.keys({ ...FIXED, ...wanted.labels })]);
        const theirs = Object.entries(before.labels).filter(([key]) => !ours.has(key));
        expect(after.labels).toMatchObject(Object.fromEntries(theirs));
        expect(after.annotations['theirs']).toBe(before.annotations['theirs']);
        expect(after.ownerReferences).toEqual(
          expect.arrayContaining(before.ownerReferences.filter((one) => one.controller !== true)),
        );
      }),
    );
  });
});
