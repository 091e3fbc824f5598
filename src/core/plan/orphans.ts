import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import { writeActions } from './action.ts';
import type { Action } from './action.ts';
import type { Observed, Subject } from './observed.ts';
import { controllerOf } from './output.ts';
import type { LiveObject, ObjectName, WantedOutput } from './output.ts';
import { verdictOnOurs } from './ownership.ts';
import type { PlannedOutput } from './part.ts';
import { narrowedBuildkitConfig } from './plan-buildkit-config.ts';
import { narrowedPullSecret } from './plan-pull-secret.ts';

/**
 * Children that spec no longer asks for: how renames work. What must not stay in them is taken out
 * first, whatever becomes of their replacement; they go once the replacement is there.
 */

/** What takes the place of an orphan; undefined where spec asks for no output of that kind. */
export type Replacements = Readonly<Record<ObjectName['kind'], PlannedOutput | undefined>>;

/**
 * The orphans without those that turned out to be somebody else's when they were read. Of one that
 * was not read, the resourceVersion says that it still is what it was taken for.
 */
export function ownOrphans({ subject, orphans }: Observed): readonly LiveObject[] {
  return orphans.filter(
    ({ data, ownerReferences }) =>
      data.content === undefined || controllerOf(ownerReferences)?.uid === subject.owner.uid,
  );
}

/** The orphans that have to be read before they can be narrowed. */
export function orphansToRead(
  orphans: readonly LiveObject[],
  replacements: Replacements,
): readonly ObjectName[] {
  return orphans
    .filter(
      ({ target, isTerminating, data }) =>
        replacements[target.kind] !== undefined && !isTerminating && data.content === undefined,
    )
    .map(({ target }) => target);
}

/** Takes out of the orphans what spec no longer wants anywhere. */
export function narrowOrphans(
  subject: Subject,
  spec: MirrorAuthSpec,
  orphans: readonly LiveObject[],
): readonly Action[] {
  return orphans.flatMap((live): readonly Action[] => {
    const narrowed = live.isTerminating ? undefined : narrow(spec, live);
    return narrowed === undefined || holdsNothingElse(live, narrowed)
      ? []
      : writeActions(verdictOnOurs(live), narrowed, { kind: 'Narrow' }, subject);
  });
}

/** Labels and annotations of an orphan are of no interest any more. */
function holdsNothingElse({ data, binaryKeys }: LiveObject, narrowed: WantedOutput): boolean {
  return data.matches(narrowed.data) && binaryKeys.length === 0;
}

/** Deletions of the orphans whose replacement is there, or that need none. */
export function deleteOrphans(
  orphans: readonly LiveObject[],
  replacements: Replacements,
): readonly Action[] {
  return orphans.flatMap((live): readonly Action[] => {
    const replacement = replacements[live.target.kind];
    return live.isTerminating || replacement?.isInPlace === false
      ? []
      : [{ kind: 'Delete', live, ...(replacement && { after: replacement.target }) }];
  });
}

function narrow(spec: MirrorAuthSpec, live: LiveObject): WantedOutput | undefined {
  return live.target.kind === 'Secret'
    ? narrowedPullSecret(spec, live)
    : spec.buildkitConfig && narrowedBuildkitConfig(spec, spec.buildkitConfig, live);
}
