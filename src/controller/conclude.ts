import type { DutyType } from '../api/conditions.ts';
import type { OutputKind } from '../core/plan/output.ts';
import type { Findings, Parts, Plan } from '../core/plan/plan.ts';
import { objectId } from '../core/plan/references.ts';
import type { Failure, Outcome } from './apply.ts';
import { noteBasis } from './changes.ts';
import type { Look } from './look.ts';
import type { Memory } from './memory.ts';

/** What a plan and what became of it mean together: for people, and for the next look. */

/** A right that is given back gives no event: how often to try. */
const ACCESS_RETRY_MS = 30_000;

const SYNCED: Readonly<Record<OutputKind, DutyType>> = {
  Secret: 'PullSecretSynced',
  ConfigMap: 'BuildkitConfigSynced',
};

/** The plan's findings with the writes that failed: status never claims what was not done. */
export function findingsAfter(
  { findings }: Plan,
  { failures }: Pick<Outcome, 'failures'>,
): Findings {
  const failed = failures.map(
    ({ target, problem }) => [SYNCED[target.kind], { kind: 'Bad', problem }] as const,
  );
  return { ...findings, duties: { ...findings.duties, ...Object.fromEntries(failed) } };
}

/**
 * Whether status is left as it is for now: the plan was out of date and another follows at once, or
 * a source went a moment ago and is likely to come back.
 */
export function isPutOff({ findings }: Plan, { failures }: Outcome, memory: Memory): boolean {
  const isOutdated = memory.isOutdatedForNow(failures.some((failure) => failure.isOutdated));
  return isOutdated || (findings.isQuiet && failures.length === 0);
}

/** Whether nothing but a missing right stands in the way: that is tried again in its own time. */
export function isOnlyDenied(failures: readonly Failure[]): boolean {
  return failures.every(({ problem }) => problem.reason === 'AccessDenied');
}

/** Leaves behind what the next look needs to know that nothing has changed. */
export function conclude(
  { view, memory }: Look,
  planned: Plan,
  {
    affected,
    failures,
    dueAt,
    now,
  }: {
    readonly affected: readonly (keyof Parts)[];
    readonly failures: readonly Failure[];
    /** When something is due, in the clock's milliseconds. */
    readonly dueAt: readonly number[];
    readonly now: number;
  },
): void {
  memory.rivals = view.rivalVersions;
  memory.parts = settledParts(planned.parts, failures);
  const failed = new Set(failures.map(({ target }) => objectId(target)));
  for (const name of view.dependencies) {
    if (memory.known(name) === undefined && !failed.has(objectId(name))) {
      memory.noteShown(name, view.shown(name));
    }
  }
  noteBasis(view, memory, affected);
  const denied = isDenied(findingsAfter(planned, { failures })) ? [now + ACCESS_RETRY_MS] : [];
  memory.rest(now, [...dueAt, ...denied]);
}

/** Parts whose writes failed are planned again; the others are in place and have nothing to do. */
function settledParts({ pullSecret, buildkitConfig }: Parts, failures: readonly Failure[]): Parts {
  const hasFailed = (kind: OutputKind): boolean =>
    failures.some(({ target }) => target.kind === kind);
  return {
    ...(pullSecret && !hasFailed('Secret') && { pullSecret: { ...pullSecret, actions: [] } }),
    ...(buildkitConfig &&
      !hasFailed('ConfigMap') && { buildkitConfig: { ...buildkitConfig, actions: [] } }),
  };
}

function isDenied({ duties }: Findings): boolean {
  return Object.values(duties).some(
    (duty) => duty.kind === 'Bad' && duty.problem.reason === 'AccessDenied',
  );
}
