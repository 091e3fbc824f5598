import { describe, expect, it } from 'vitest';
import type { Live, Rival } from '../../../../src/core/plan/observed.ts';
import type { ObjectName } from '../../../../src/core/plan/output.ts';
import { decideOwnership } from '../../../../src/core/plan/ownership.ts';
import {
  aConfigMap,
  aDeployment,
  aDockerConfig,
  aLive,
  aMirrorAuth,
  aSecret,
  configMapNamed,
  consentTo,
  controlledBy,
  secretNamed,
} from '../../../support/gen.ts';
import type { Meta } from '../../../support/gen.ts';
import type { JsonObject } from '../../../../src/kube/object.ts';

const SECRET = secretNamed('ci-pull');
const CONFIG_MAP = configMapNamed('ci-buildkitd');

const subject = aMirrorAuth({ valid: { pullSecret: { name: 'ci-pull' } } });
const OURS = controlledBy('ci', subject.owner.uid);
const NAMESAKES = controlledBy('ci', 'uid-of-an-earlier-ci');
const RIVALS = controlledBy('rival', 'uid-of-rival');
const DELETED = '2026-06-01T12:00:00Z';

const aRival = (more: Partial<Rival> = {}): Rival => ({
  name: 'rival',
  uid: 'uid-of-rival',
  creationTimestamp: '2026-01-03T00:00:00Z',
  wants: [SECRET, CONFIG_MAP],
  ...more,
});

const pullSecret = (metadata: Meta): JsonObject => aDockerConfig({}, metadata);

/** The kind of the verdict, or the reason of the refusal. */
const verdictOn = (
  live: Live,
  { target = SECRET, rivals = [] }: { target?: ObjectName; rivals?: readonly Rival[] } = {},
): string => {
  const verdict = decideOwnership({ subject, target, live, rivals });
  return verdict.kind === 'Refused' ? verdict.problem.reason : verdict.kind;
};

const verdictOnObject = (
  object: JsonObject,
  { target = SECRET, rivals = [] }: { target?: ObjectName; rivals?: readonly Rival[] } = {},
): string => verdictOn({ kind: 'Live', object: aLive(target, object) }, { target, rivals });

const messageOn = (object: JsonObject, rivals: readonly Rival[] = []): string => {
  const live: Live = { kind: 'Live', object: aLive(SECRET, object) };
  const verdict = decideOwnership({ subject, target: SECRET, live, rivals });
  return verdict.kind === 'Refused' ? verdict.problem.message : '';
};

describe('a refusal', () => {
  const consents = (more: Meta = {}): JsonObject =>
    pullSecret({ annotations: consentTo('ci'), ...more });
  const rows: Readonly<Record<string, readonly [JsonObject, string]>> = {
    'of an object without consent says what to do': [
      pullSecret({}),
      'Secret ci-pull exists and was not made for this MirrorAuth: choose another name, delete it, or annotate it with mirrorauth.dev/adopt=MirrorAuth/ci to hand it over',
    ],
    'of an object that consents to another says which consent it would take': [
      pullSecret({ annotations: consentTo('other') }),
      'Secret ci-pull is not handed over to this MirrorAuth: its annotation has to be mirrorauth.dev/adopt=MirrorAuth/ci',
    ],
    'of an object on its way out says what is waited for': [
      pullSecret({ deletionTimestamp: DELETED }),
      'Secret ci-pull is being deleted: waiting until it is gone',
    ],
    'of a child that its MirrorAuth no longer wants says what is waited for': [
      pullSecret({ ownerReferences: [controlledBy('third', 'uid-of-third')] }),
      'Secret ci-pull still belongs to MirrorAuth third, which no longer asks for it: waiting until it is gone',
    ],
    'of the child of another MirrorAuth names that one': [
      pullSecret({ ownerReferences: [RIVALS] }),
      'Secret ci-pull is kept by MirrorAuth rival, which asks for it too: choose another name here or there',
    ],
    'of an object that consents while another controls it says what to remove': [
      consents({ ownerReferences: [aDeployment(true)] }),
      'Secret ci-pull cannot be handed over: another controller owns it; remove its ownerReference first',
    ],
    'of an object that consents and is immutable says what to delete': [
      { ...consents(), immutable: true },
      'Secret ci-pull cannot be handed over: it is immutable; delete it, and mirrorauth makes another',
    ],
    'of a Secret that consents and is of another type says what to delete': [
      aSecret('Opaque', {}, { annotations: consentTo('ci') }),
      'Secret ci-pull cannot be handed over: its type is not kubernetes.io/dockerconfigjson; delete it, and mirrorauth makes another',
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [object, message]) => {
    const third = aRival({ name: 'third', uid: 'uid-of-third', wants: [] });
    expect(messageOn(object, [third, aRival()])).toBe(message);
  });

  it('of an object that may not be read says what to grant', () => {
    const live: Live = { kind: 'AccessDenied' };
    expect(decideOwnership({ subject, target: SECRET, live, rivals: [] })).toEqual({
      kind: 'Refused',
      problem: {
        reason: 'AccessDenied',
        message: 'Secret ci-pull cannot be read: grant the operator get on it',
      },
    });
  });
});

describe('a name that nothing has', () => {
  const rows: Readonly<Record<string, readonly [Partial<Rival>, string]>> = {
    'is taken when a younger MirrorAuth wants it too': [{}, 'Create'],
    'is left to an older MirrorAuth that wants it': [
      { creationTimestamp: '2026-01-01T23:59:59Z' },
      'TargetConflict',
    ],
    'is taken when the older MirrorAuth wants another name': [
      { creationTimestamp: '2026-01-01T00:00:00Z', wants: [secretNamed('other')] },
      'Create',
    ],
    'is taken when the older MirrorAuth wants an object of another kind': [
      { creationTimestamp: '2026-01-01T00:00:00Z', wants: [configMapNamed('ci-pull')] },
      'Create',
    ],
    'is left to one of the same age whose name comes first': [
      { name: 'beta', creationTimestamp: subject.creationTimestamp },
      'TargetConflict',
    ],
    'is taken when one of the same age has a name that comes later': [
      { name: 'delta', creationTimestamp: subject.creationTimestamp },
      'Create',
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [rival, expected]) => {
    expect(verdictOn({ kind: 'Absent' }, { rivals: [aRival(rival)] })).toBe(expected);
  });

  it('is taken when nobody else wants it', () => {
    expect(verdictOn({ kind: 'Absent' })).toBe('Create');
  });
});

describe('an object of that name', () => {
  const rows: Readonly<Record<string, readonly [JsonObject, string]>> = {
    'is ours by the uid of its controller': [pullSecret({ ownerReferences: [OURS] }), 'Update'],
    'is ours whatever its labels and its other owners say': [
      pullSecret({
        labels: { 'mirrorauth.dev/owner-name': 'other' },
        ownerReferences: [aDeployment(false), OURS],
      }),
      'Update',
    ],
    'is made anew when it is ours and immutable': [
      { ...pullSecret({ ownerReferences: [OURS] }), immutable: true },
      'Replace',
    ],
    'is made anew when it is ours and of another type': [
      aSecret('Opaque', {}, { ownerReferences: [OURS] }),
      'Replace',
    ],
    'is waited for when it is ours and being deleted': [
      pullSecret({ ownerReferences: [OURS], deletionTimestamp: DELETED }),
      'TargetReplacing',
    ],
    'is not ours by our name and labels alone': [
      pullSecret({
        labels: {
          'app.kubernetes.io/managed-by': 'mirrorauth',
          'mirrorauth.dev/owner-kind': 'MirrorAuth',
          'mirrorauth.dev/owner-name': 'ci',
        },
      }),
      'TargetNotOwned',
    ],
    'is not ours when we own it without controlling it': [
      pullSecret({ ownerReferences: [{ ...OURS, controller: false }] }),
      'TargetNotOwned',
    ],
    'is not ours when another controls it and we own it too': [
      pullSecret({ ownerReferences: [{ ...OURS, controller: false }, aDeployment(true)] }),
      'TargetNotOwned',
    ],
    'is made anew when its controller is an earlier MirrorAuth of our name': [
      pullSecret({ ownerReferences: [NAMESAKES] }),
      'Create',
    ],
    'is not an earlier one of ours when its controller is of another group': [
      pullSecret({ ownerReferences: [{ ...NAMESAKES, apiVersion: 'mirrorauth.devel/v1' }] }),
      'TargetNotOwned',
    ],
    'is not an earlier one of ours when its controller is of another kind': [
      pullSecret({ ownerReferences: [{ ...NAMESAKES, kind: 'ClusterMirrorAuth' }] }),
      'TargetNotOwned',
    ],
    'is waited for when its controller is a MirrorAuth that is gone': [
      pullSecret({ ownerReferences: [RIVALS] }),
      'TargetReplacing',
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [object, expected]) => {
    expect(verdictOnObject(object)).toBe(expected);
  });

  it('of an earlier MirrorAuth of our name is known to be left over', () => {
    const object = pullSecret({ ownerReferences: [NAMESAKES] });
    const live: Live = { kind: 'Live', object: aLive(SECRET, object) };
    expect(decideOwnership({ subject, target: SECRET, live, rivals: [] })).toEqual({
      kind: 'Create',
      leftover: live.object,
    });
  });

  it('of an earlier MirrorAuth of our name is left to an older one that wants it', () => {
    const rivals = [aRival({ creationTimestamp: '2020-01-01T00:00:00Z' })];
    const object = pullSecret({ ownerReferences: [NAMESAKES] });
    expect(verdictOnObject(object, { rivals })).toBe('TargetConflict');
  });

  it('stays ours although an older MirrorAuth wants it too', () => {
    const rivals = [aRival({ creationTimestamp: '2020-01-01T00:00:00Z' })];
    expect(verdictOnObject(pullSecret({ ownerReferences: [OURS] }), { rivals })).toBe('Update');
  });

  it('stays the one of a younger MirrorAuth that controls it and wants it', () => {
    const object = pullSecret({ ownerReferences: [RIVALS] });
    expect(verdictOnObject(object, { rivals: [aRival()] })).toBe('TargetConflict');
    expect(messageOn(object, [aRival()])).toContain('MirrorAuth rival');
  });

  it('is waited for when the MirrorAuth that controls it no longer wants it', () => {
    const object = pullSecret({ ownerReferences: [RIVALS] });
    expect(verdictOnObject(object, { rivals: [aRival({ wants: [] })] })).toBe('TargetReplacing');
  });

  it('is refused with the very annotation that would hand it over', () => {
    expect(messageOn(pullSecret({}))).toContain('mirrorauth.dev/adopt=MirrorAuth/ci');
  });

  it('is waited for when it may not be read', () => {
    expect(verdictOn({ kind: 'AccessDenied' })).toBe('AccessDenied');
  });
});

describe('an object that consents to be taken over', () => {
  const consents = (more: Meta = {}): JsonObject =>
    pullSecret({ annotations: consentTo('ci'), ...more });
  const rows: Readonly<Record<string, readonly [JsonObject, string]>> = {
    'is taken over': [consents(), 'Adopt'],
    'is taken over from an earlier MirrorAuth of our name': [
      consents({ ownerReferences: [NAMESAKES] }),
      'Adopt',
    ],
    'is taken over from another MirrorAuth': [consents({ ownerReferences: [RIVALS] }), 'Adopt'],
    'is taken over from a ClusterMirrorAuth': [
      consents({ ownerReferences: [{ ...RIVALS, kind: 'ClusterMirrorAuth' }] }),
      'Adopt',
    ],
    'is taken over beside owners that do not control it': [
      consents({ ownerReferences: [aDeployment(false)] }),
      'Adopt',
    ],
    'is patched as ours when it already is': [consents({ ownerReferences: [OURS] }), 'Update'],
    'is left alone when somebody else controls it': [
      consents({ ownerReferences: [aDeployment(true)] }),
      'TargetNotOwned',
    ],
    'is left alone when it is immutable': [{ ...consents(), immutable: true }, 'TargetNotOwned'],
    'is left alone when it is of another type': [
      aSecret('Opaque', {}, { annotations: consentTo('ci') }),
      'TargetNotOwned',
    ],
    'is waited for when it is being deleted': [
      consents({ deletionTimestamp: DELETED }),
      'TargetReplacing',
    ],
    'is left alone when it consents to another MirrorAuth': [
      pullSecret({ annotations: consentTo('other') }),
      'TargetNotOwned',
    ],
    'is left alone when it consents to an object of another kind': [
      pullSecret({ annotations: { 'mirrorauth.dev/adopt': 'ClusterMirrorAuth/ci' } }),
      'TargetNotOwned',
    ],
    'is left alone when the kind is not said': [
      pullSecret({ annotations: { 'mirrorauth.dev/adopt': 'ci' } }),
      'TargetNotOwned',
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [object, expected]) => {
    expect(verdictOnObject(object)).toBe(expected);
  });

  it('is taken over although another MirrorAuth that controls it wants it', () => {
    const object = consents({ ownerReferences: [RIVALS] });
    expect(verdictOnObject(object, { rivals: [aRival()] })).toBe('Adopt');
  });

  it('is taken over when it is a ConfigMap, which has no type', () => {
    const object = aConfigMap({}, { annotations: consentTo('ci') });
    expect(verdictOnObject(object, { target: CONFIG_MAP })).toBe('Adopt');
  });

  it('says what keeps it from being taken over', () => {
    expect(messageOn(consents({ ownerReferences: [aDeployment(true)] }))).toContain(
      'another controller owns it',
    );
    expect(messageOn({ ...consents(), immutable: true })).toContain('immutable');
    expect(messageOn(aSecret('Opaque', {}, { annotations: consentTo('ci') }))).toContain('type');
  });
});
