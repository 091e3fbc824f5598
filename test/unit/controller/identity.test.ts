import { describe, expect, it } from 'vitest';
import { isStillThere, restOnIdentity } from '../../../src/controller/identity.ts';
import { MIRRORAUTHS } from '../../../src/controller/kinds.ts';
import { Memory } from '../../../src/controller/memory.ts';
import { projectMirrorAuth } from '../../../src/controller/stores.ts';
import type { MirrorAuthItem } from '../../../src/controller/stores.ts';
import { ABSENT } from '../../../src/controller/version.ts';
import { writeActions } from '../../../src/core/plan/action.ts';
import type { Action } from '../../../src/core/plan/action.ts';
import type { OpenVerdict } from '../../../src/core/plan/ownership.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import type { KubeErrorKind } from '../../../src/kube/errors.ts';
import { parseObjectMeta } from '../../../src/kube/object.ts';
import type { JsonObject } from '../../../src/kube/object.ts';
import { aDockerConfig, aLive, controlledBy, secretNamed } from '../../support/gen.ts';

const SECRET = secretNamed('ci-pull');
const METADATA = { namespace: 'builds', name: 'ci', uid: 'U1', resourceVersion: '1' };
const OWNER = { apiVersion: 'mirrorauth.dev/v1alpha1', kind: 'MirrorAuth', name: 'ci', uid: 'U1' };

function item(): MirrorAuthItem {
  const metadata = parseObjectMeta(METADATA);
  if (metadata === undefined) {
    throw new Error('no metadata');
  }
  return projectMirrorAuth({ spec: {} }, metadata);
}

const actionsOf = (verdict: OpenVerdict): readonly Action[] =>
  writeActions(
    verdict,
    { target: SECRET, labels: {}, data: new Map() },
    { kind: 'Refresh' },
    { namespace: 'builds', owner: OWNER },
  );

const live = (uid: string) =>
  aLive(SECRET, aDockerConfig({}, { ownerReferences: [controlledBy('ci', uid)] }));

describe('what is written rests on the MirrorAuth being the one that the watch shows', () => {
  const found = { version: 'U9/1', shown: 'U9/1' };
  const rests = (verdict: OpenVerdict, memory = new Memory('', 'U1')): boolean =>
    restOnIdentity(actionsOf(verdict), item(), memory);

  it('where it is made in place of one that vanished', () => {
    const memory = new Memory('', 'U1');
    memory.noteRead(SECRET, found);
    memory.noteRead(SECRET, { version: ABSENT, shown: ABSENT });
    expect(rests({ kind: 'Create' }, memory)).toBe(true);
  });

  it('but not where there never was one', () => {
    expect(rests({ kind: 'Create' })).toBe(false);
  });

  it('nor where the one before was deleted on purpose', () => {
    const memory = new Memory('', 'U1');
    memory.noteRead(SECRET, found);
    memory.noteWritten(SECRET, { version: ABSENT, shown: 'U9/1' });
    expect(rests({ kind: 'Create' }, memory)).toBe(false);
  });

  it('where it takes the place of what seems to be left by an earlier one', () => {
    expect(rests({ kind: 'Create', leftover: live('U0') })).toBe(true);
  });

  it('but not where it takes the place of what is its own', () => {
    expect(rests({ kind: 'Replace', live: live('U1') })).toBe(false);
  });

  it('nor where it is patched', () => {
    expect(rests({ kind: 'Update', live: live('U1') })).toBe(false);
  });
});

describe('a MirrorAuth', () => {
  const whenServer = (answer: JsonObject | KubeErrorKind): Promise<boolean> => {
    const get = (): Promise<JsonObject> =>
      typeof answer === 'string'
        ? Promise.reject(new KubeError({ verb: 'get', resource: MIRRORAUTHS }, answer))
        : Promise.resolve(answer);
    return isStillThere({ get }, item());
  };

  it('is still there as long as the server has it with that uid', async () => {
    expect(await whenServer({ metadata: { ...METADATA, resourceVersion: '7' } })).toBe(true);
  });

  it('is not when another has its name', async () => {
    expect(await whenServer({ metadata: { ...METADATA, uid: 'U2' } })).toBe(false);
  });

  it('is not when it is on its way out', async () => {
    const deletionTimestamp = '2026-06-01T12:00:00Z';
    expect(await whenServer({ metadata: { ...METADATA, deletionTimestamp } })).toBe(false);
  });

  it('is not when nothing has its name', async () => {
    expect(await whenServer('NotFound')).toBe(false);
  });

  it('is neither when the server does not say', async () => {
    await expect(whenServer('ServerError')).rejects.toThrow(KubeError);
  });
});
