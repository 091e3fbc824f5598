import { expect } from 'vitest';
import type { MirrorAuthSpec } from '../../../src/api/mirrorauth.ts';
import { objectId } from '../../../src/core/plan/references.ts';
import { isObject } from '../../../src/kube/object.ts';
import { filesOf, loginsIn } from '../bench.ts';
import { secretNamed } from '../gen.ts';
import type { Stored } from '../memory-cluster.ts';
import type { Pick } from './people.ts';
import { isKept, isLeftover, isOurs } from './scene.ts';
import type { Scene } from './scene.ts';
import { answer, answers, certificateOf } from './sources.ts';

/** What holds of pull Secrets. What spec wants is worked out here anew, apart from src/core. */

interface Wish {
  readonly host: string;
  readonly type: 'SecretRef' | 'DuplicateOf';
  readonly duplicateOf?: string;
  readonly secretName: string;
  readonly key?: string | undefined;
  readonly entry?: string | undefined;
}

/**
 * Each entry of the pull Secret is what its source says now, or else what was there of that very
 * wish; nothing else is in it. It is missing only while there is nothing to put into it.
 */
export function expectPullSecret(scene: Scene): void {
  const { bench, before } = scene;
  const { pullSecret } = bench.spec;
  if (pullSecret === undefined) {
    return;
  }
  const target = secretNamed(pullSecret.name);
  const after = bench.cluster.get(target);
  if (after === undefined) {
    expectReasonForNone(scene, objectId(target));
  }
  if (isKept(after, bench)) {
    const was = before.get(objectId(target));
    expectContent(scene, after, [...(isOurs(was, bench) ? [was] : []), ...predecessors(scene)]);
    expectReasonForNew(scene, was);
    expect(after.metadata.labels).toMatchObject(pullSecret.labels ?? {});
  }
}

/** Secrets of ours under names that spec no longer gives, which the present one follows. */
function predecessors({ bench, before }: Scene): readonly Stored[] {
  return [...before.values()]
    .filter((one) => one.kind === 'Secret' && isKept(one, bench))
    .filter(({ metadata }) => metadata.name !== bench.spec.pullSecret?.name)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function expectReasonForNone(scene: Scene, id: string): void {
  const { bench } = scene;
  const wishes = wishesOf(bench.spec);
  const isAnyResolved = wishes.some((wish) => presentLogin(scene, wish) !== undefined);
  const hasNothing = wishes.length > 0 && !isAnyResolved;
  expect(hasNothing || bench.rivals.length > 0 || bench.denied.has(id)).toBe(true);
}

/** It is created for an entry, and an object of somebody else is taken over only for all of them. */
function expectReasonForNew(scene: Scene, was: Stored | undefined): void {
  const { bench } = scene;
  const wishes = wishesOf(bench.spec);
  const resolved = wishes.filter((wish) => presentLogin(scene, wish) !== undefined);
  if (was === undefined || isLeftover(was, bench)) {
    const isCarriedOver = predecessors(scene).length > 0;
    expect(wishes.length === 0 || resolved.length > 0 || isCarriedOver).toBe(true);
  } else if (!isOurs(was, bench)) {
    const cas = casOf(bench.spec).filter((name) => presentCa(scene, name) === undefined);
    expect([resolved.length, cas]).toEqual([wishes.length, []]);
  }
}

function expectContent(scene: Scene, after: Stored, earlier: readonly Stored[]): void {
  const expected = wishesOf(scene.bench.spec).flatMap((wish) => {
    const login =
      presentLogin(scene, wish) ?? earlier.flatMap((one) => earlierLogin(one, wish) ?? [])[0];
    return login === undefined ? [] : [{ wish, login }];
  });
  expect(loginsByHost(after)).toEqual(
    Object.fromEntries(expected.map(({ wish, login }) => [wish.host, login])),
  );
  for (const { wish, login } of expected) {
    const wanted = { host: wish.duplicateOf ?? wish.host, pick: pickOf(wish) };
    expect(answers(login, wish.secretName, wanted)).toBe(true);
  }
  const files = filesOf(after);
  expect(files['config.json']).toBe(files['.dockerconfigjson']);
  expect(files['ca.crt']).toBe(expectedCaFile(scene, earlier));
}

/** No host and no file in a Secret of ours that spec does not name, under old names neither. */
export function expectNoOtherLogins(stored: Stored, spec: MirrorAuthSpec): void {
  const wanted = wishesOf(spec).map(({ host }) => host);
  expect(wanted).toEqual(expect.arrayContaining(Object.keys(loginsByHost(stored))));
  expect(['.dockerconfigjson', 'ca.crt', 'config.json']).toEqual(
    expect.arrayContaining([...stored.data.keys()]),
  );
}

function wishesOf({ registries = [], pullSecret }: MirrorAuthSpec): readonly Wish[] {
  const refs = new Map(registries.map(({ host, credentials }) => [host, credentials?.secretRef]));
  return registries.flatMap(({ host, credentials, pullSecretEntry }): readonly Wish[] => {
    const duplicateOf = credentials?.duplicateOf;
    const ref = refs.get(duplicateOf ?? host);
    if (pullSecret === undefined || pullSecretEntry === 'Omit' || ref === undefined) {
      return [];
    }
    const { name: secretName, ...pick } = ref;
    return [
      duplicateOf === undefined
        ? { host, type: 'SecretRef', secretName, ...pick }
        : { host, type: 'DuplicateOf', duplicateOf, secretName, ...pick },
    ];
  });
}

function pickOf({ key, entry }: Wish): Pick {
  if (key !== undefined) {
    return 'key';
  }
  return entry === undefined ? 'nothing' : 'entry';
}

/** The login that a source holds for a wish now. */
function presentLogin({ people, bench }: Scene, wish: Wish): string | undefined {
  const { secretName: name, duplicateOf, host } = wish;
  return bench.denied.has(`Secret/${name}`)
    ? undefined
    : answer(
        { name, state: people.secrets.get(name) },
        { host: duplicateOf ?? host, pick: pickOf(wish) },
        duplicateOf !== undefined,
      );
}

/** The login that was there before, if it is on record that it answers that very wish. */
function earlierLogin(before: Stored, wish: Wish): string | undefined {
  const annotation = before.metadata.annotations['mirrorauth.dev/entries'] ?? '[]';
  const record: unknown = JSON.parse(annotation);
  const isOnRecord = Array.isArray(record) && record.some((one) => textOf(one) === textOf(wish));
  return isOnRecord ? loginsByHost(before)[wish.host] : undefined;
}

/** The same for objects with the same members. */
function textOf(value: unknown): string {
  const members = Object.entries(isObject(value) ? value : {});
  return JSON.stringify(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function loginsByHost(stored: Stored): Readonly<Record<string, string>> {
  const logins = loginsIn(filesOf(stored)['.dockerconfigjson'] ?? '');
  return Object.fromEntries(
    Object.entries(logins).map(([key, login]) => [
      key === 'https://index.docker.io/v1/' ? 'docker.io' : key,
      login,
    ]),
  );
}

/** Names of the CAs that spec names. */
export function casOf({ registries = [] }: MirrorAuthSpec): readonly string[] {
  return [...new Set(registries.flatMap(({ tls }) => tls?.caRef?.name ?? []))].toSorted();
}

/** The certificate that a CA source holds now. */
export function presentCa({ people, bench }: Scene, name: string): string | undefined {
  const state = people.configMaps.get(name);
  return state?.kind !== 'Good' || bench.denied.has(`ConfigMap/${name}`)
    ? undefined
    : certificateOf(state);
}

function expectedCaFile(scene: Scene, earlier: readonly Stored[]): string | undefined {
  const files = earlier.map((one) => filesOf(one)['ca.crt'] ?? '');
  const sections = casOf(scene.bench.spec).flatMap((name) => {
    const header = `# ConfigMap ${name}, key ca.crt\n`;
    const kept = files.flatMap((file) => file.split(header)[1]?.split('\n# ')[0] ?? []);
    const certificate = presentCa(scene, name) ?? kept[0];
    return certificate === undefined ? [] : [`${header}${certificate}`];
  });
  return sections.length === 0 ? undefined : sections.join('\n');
}
