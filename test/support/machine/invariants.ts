import { expect } from 'vitest';
import type { MirrorAuthSpec } from '../../../src/api/mirrorauth.ts';
import { controllerOf } from '../../../src/core/plan/output.ts';
import type { ObjectName } from '../../../src/core/plan/output.ts';
import { objectId } from '../../../src/core/plan/references.ts';
import { Bench, filesOf, nameOf } from '../bench.ts';
import { brokenClaims } from '../condition-checks.ts';
import { configMapNamed, secretNamed } from '../gen.ts';
import type { Stored, Write } from '../memory-cluster.ts';
import { expectBuildkitConfig, expectNoOtherMirrors } from './buildkit-config-claims.ts';
import { BASES, CAS, SECRETS } from './people.ts';
import { expectNoOtherLogins, expectPullSecret } from './pull-secret-claims.ts';
import { isKept, isLeftover, isOurs } from './scene.ts';
import type { Scene } from './scene.ts';
import { CANARY } from './sources.ts';

/** What holds after every reconcile, whatever went wrong in it. */
export function expectSafety(scene: Scene): void {
  const { bench, report, writes } = scene;
  for (const write of writes) {
    expectOwnWrite(write, scene);
  }
  expect(report.rounds).toBeLessThanOrEqual(3);
  const shown = JSON.stringify([report.plan, bench.status]);
  expect(shown).not.toContain(CANARY);
  expect(shown).toMatch(/^[ -~]*$/);
}

/**
 * What holds unless others did something between the look and the writes: a child that is renamed or
 * dropped goes only once what replaces it is there. A replaced one may be gone for good when it is
 * deleted and cannot be created.
 */
export function expectReplacements({ bench, report, writes }: Scene): void {
  const outputs = outputsOf(bench.spec);
  const remade = report.plan.actions.flatMap((action) =>
    action.kind === 'Replace' ? [action.target] : [],
  );
  const spared = new Set([...outputs, ...remade].map(objectId));
  const deleted = writes.filter(
    ({ verb, target }) => verb === 'delete' && !spared.has(objectId(target)),
  );
  for (const { target } of deleted) {
    const replacement = outputs.find(({ kind }) => kind === target.kind);
    expect(replacement === undefined || isOurs(bench.cluster.get(replacement), bench)).toBe(true);
  }
}

/** What holds after a reconcile that went well. */
export function expectResult(scene: Scene): void {
  const { bench } = scene;
  expectPullSecret(scene);
  expectBuildkitConfig(scene);
  for (const stored of bench.cluster.list().filter((one) => isKept(one, bench))) {
    const expectNothingElse = stored.kind === 'Secret' ? expectNoOtherLogins : expectNoOtherMirrors;
    expectNothingElse(stored, bench.spec);
  }
  expectNoOrphans(bench);
  expectRest(bench);
  if (scene.report.isTold) {
    expectStatus(bench);
  }
}

/** Only what is ours or consents is written, and what others have on it stays. */
function expectOwnWrite({ verb, target, before, after }: Write, scene: Scene): void {
  const { bench, before: atFirst } = scene;
  if (before === undefined) {
    const isWanted = outputsOf(bench.spec).some((one) => objectId(one) === objectId(target));
    expect(isWanted || isOurs(atFirst.get(objectId(target)), bench)).toBe(true);
    return;
  }
  const mayBeWritten =
    isOurs(before, bench) ||
    (verb === 'patch' && consents(before)) ||
    (verb === 'delete' && isLeftover(before, bench));
  expect(mayBeWritten).toBe(true);
  expect(before.metadata.deletionTimestamp).toBeUndefined();
  if (after !== undefined) {
    expectForeignToStay(before, after, bench.spec);
    expectDroppedLabelsToGo(before, after, bench.spec);
  }
}

function consents({ kind, metadata, type, isImmutable }: Stored): boolean {
  const controller = controllerOf(metadata.ownerReferences);
  return (
    metadata.annotations['mirrorauth.dev/adopt'] === 'MirrorAuth/ci' &&
    (controller === undefined || controller.apiVersion.startsWith('mirrorauth.dev/')) &&
    !isImmutable &&
    (kind === 'ConfigMap' || type === 'kubernetes.io/dockerconfigjson')
  );
}

function expectForeignToStay(before: Stored, after: Stored, spec: MirrorAuthSpec): void {
  const { labels, annotations, ownerReferences } = before.metadata;
  const ours = new Set([
    ...(annotations['mirrorauth.dev/labels'] ?? '').split(','),
    ...Object.keys({ ...spec.pullSecret?.labels, ...spec.buildkitConfig?.labels }),
  ]);
  const isTheirs = (key: string): boolean =>
    !ours.has(key) && !/^(mirrorauth\.dev|app\.kubernetes\.io)\//.test(key);
  const theirs = (texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(texts).filter(([key]) => isTheirs(key)));
  expect(after.metadata.labels).toMatchObject(theirs(labels));
  expect(after.metadata.annotations).toMatchObject(theirs(annotations));
  expect(after.metadata.ownerReferences).toEqual(
    expect.arrayContaining(ownerReferences.filter(({ controller }) => !controller)),
  );
}

function expectDroppedLabelsToGo(before: Stored, after: Stored, spec: MirrorAuthSpec): void {
  const wanted = after.kind === 'Secret' ? spec.pullSecret?.labels : spec.buildkitConfig?.labels;
  const written = (before.metadata.annotations['mirrorauth.dev/labels'] ?? '').split(',');
  const dropped = new Set(written.filter((key) => wanted?.[key] === undefined));
  expect(Object.keys(after.metadata.labels).filter((key) => dropped.has(key))).toEqual([]);
}

function outputsOf({ pullSecret, buildkitConfig }: MirrorAuthSpec): readonly ObjectName[] {
  return [
    ...(pullSecret ? [secretNamed(pullSecret.name)] : []),
    ...(buildkitConfig ? [configMapNamed(buildkitConfig.name)] : []),
  ];
}

/** A child that spec does not name is there only while what replaces it is not. */
function expectNoOrphans(bench: Bench): void {
  const outputs = outputsOf(bench.spec);
  const wanted = new Set(outputs.map(objectId));
  const blocked = new Set(
    outputs.filter((target) => !isKept(bench.cluster.get(target), bench)).map(({ kind }) => kind),
  );
  const orphans = bench.cluster
    .list()
    .filter((stored) => isKept(stored, bench) && !blocked.has(stored.kind))
    .map((stored) => objectId(nameOf(stored)))
    .filter((id) => !wanted.has(id));
  expect(orphans).toEqual([]);
}

/** A second look asks for nothing, with the parts of the first handed back and without. */
function expectRest(bench: Bench): void {
  const second = bench.plan();
  expect(second.plan.actions).toEqual([]);
  const third = bench.plan(second.plan.parts);
  expect(third.plan.actions).toEqual([]);
  expect(third.plan.findings).toEqual(second.plan.findings);
}

function expectStatus(bench: Bench): void {
  expect(brokenClaims(bench.status, bench.generation)).toEqual([]);
  if (bench.condition('Ready')?.status === 'True') {
    expectFreshOutputs(bench);
  }
}

/** Ready says that the outputs are, byte for byte, what they would be if they were made now. */
function expectFreshOutputs(bench: Bench): void {
  const fresh = new Bench(bench.spec);
  for (const name of [...SECRETS.map(secretNamed), ...[...CAS, ...BASES].map(configMapNamed)]) {
    const stored = bench.cluster.get(name);
    if (stored !== undefined) {
      fresh.cluster.put(name, stored.json);
    }
  }
  fresh.reconcile();
  expect(fresh.cluster.writes.map(({ target }) => target)).toEqual(outputsOf(bench.spec));
  for (const { target, after } of fresh.cluster.writes) {
    expect(bench.files(target)).toEqual(after && filesOf(after));
  }
}
