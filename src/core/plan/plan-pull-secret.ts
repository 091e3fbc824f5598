import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import type { StatusEntry } from '../../api/status.ts';
import type { Warning } from '../../api/warnings.ts';
import { writeActions } from './action.ts';
import type { Change } from './action.ts';
import { adoptionNote } from './adoption.ts';
import { dutyOf } from './duty.ts';
import type { Duty } from './duty.ts';
import { keepableOf } from './keepable.ts';
import type { Keepable } from './keepable.ts';
import type { Observed } from './observed.ts';
import type { LiveObject, ObjectName, WantedOutput } from './output.ts';
import { decideOwnership, nameOf } from './ownership.ts';
import type { OpenVerdict } from './ownership.ts';
import { NOT_REQUESTED } from './part.ts';
import type { PartPlan } from './part.ts';
import {
  caProblems,
  isQuiet,
  resolvedDuty,
  sourceWarnings,
  statusEntries,
  syncedDuty,
} from './pull-secret-report.ts';
import type { PullSecretFindings } from './pull-secret-report.ts';
import { contended, isContended, tooLarge } from './refusals.ts';
import { sizeWarnings } from './size-warnings.ts';
import { dataSize, OUTPUT_MAX_BYTES } from '../size.ts';
import { areAllResolved, assemble, wishesOf, withoutSources } from './wishes.ts';
import type { Assembled, Wishes } from './wishes.ts';

type PullSecretPlan = PartPlan<PullSecretFindings>;

/**
 * Plans the pull Secret. Each entry and each CA stands for itself: one that cannot be resolved
 * neither holds up nor spoils the others, and what is there of it stays while spec still wants it.
 *
 * @param predecessors Secrets of other names that this one takes the place of
 */
export function planPullSecret(
  observed: Observed,
  spec: MirrorAuthSpec,
  predecessors: readonly LiveObject[],
): PullSecretPlan {
  if (spec.pullSecret === undefined) {
    return {
      kind: 'Planned',
      actions: [],
      synced: NOT_REQUESTED,
      isQuiet: false,
      findings: { resolved: NOT_REQUESTED, warnings: [] },
    };
  }
  const target: ObjectName = { kind: 'Secret', name: spec.pullSecret.name };
  const wishes = wishesOf(spec, target, observed);
  const { subject, rivals, pullSecret: live } = observed;
  const verdict = decideOwnership({ subject, target, live, rivals });
  if (verdict.kind === 'Refused') {
    return unwritten(wishes, { kind: 'Bad', problem: verdict.problem }, statusEntries(wishes, []));
  }
  return isContended(observed, target)
    ? unwritten(wishes, { kind: 'Bad', problem: contended(target) })
    : planWrite(observed, wishes, { verdict, predecessors });
}

function planWrite(
  observed: Observed,
  wishes: Wishes,
  {
    verdict,
    predecessors,
  }: { readonly verdict: OpenVerdict; readonly predecessors: readonly LiveObject[] },
): PullSecretPlan {
  const own = verdict.kind === 'Create' ? [] : [verdict.live];
  const wanted = assemble(wishes, [...own, ...predecessors].flatMap(keepableOf));
  const fits = dataSize(wanted.output.data) <= OUTPUT_MAX_BYTES;
  if (fits && areAllResolved(wishes) && verdict.kind !== 'Adopt') {
    return written(observed, { wishes, verdict, fits }, wanted);
  }
  const unread = [...own, ...predecessors].filter(({ data }) => data.content === undefined);
  if (unread.length > 0) {
    return { kind: 'NeedsContent', targets: unread.map(({ target }) => target) };
  }
  const obstacle = obstacleTo(verdict, wishes, { wanted, fits });
  return obstacle === undefined
    ? written(
        observed,
        { wishes, verdict, fits },
        fits ? wanted : narrowed(wishes, own.flatMap(keepableOf)),
      )
    : unwritten(wishes, obstacle, verdict.kind === 'Create' ? statusEntries(wishes, []) : []);
}

/** Why an incomplete Secret is not written at all, if it is not. */
function obstacleTo(
  verdict: OpenVerdict,
  wishes: Wishes,
  { wanted, fits }: { readonly wanted: Assembled; readonly fits: boolean },
): Duty | undefined {
  const { target, credentials } = wishes;
  if (verdict.kind === 'Update' || verdict.kind === 'Replace') {
    return undefined;
  }
  if (!fits) {
    return { kind: 'Bad', problem: tooLarge(target) };
  }
  if (verdict.kind === 'Adopt') {
    if (areAllResolved(wishes)) {
      return undefined;
    }
    const pendingAdoption = pending(target, 'is taken over once all its sources are resolved');
    return dutyOf(caProblems(wishes), pendingAdoption);
  }
  return credentials.length > 0 && wanted.entries.length === 0
    ? pending(target, 'is created once one of its credentials is resolved')
    : undefined;
}

function written(
  { subject }: Observed,
  {
    wishes,
    verdict,
    fits,
  }: { readonly wishes: Wishes; readonly verdict: OpenVerdict; readonly fits: boolean },
  assembled: Assembled,
): PullSecretPlan {
  const { target } = wishes;
  return {
    kind: 'Planned',
    output: { target, isInPlace: true },
    actions: writeActions(verdict, assembled.output, changeOf(verdict, assembled), subject),
    synced: fits ? syncedDuty(wishes, assembled) : { kind: 'Bad', problem: tooLarge(target) },
    isQuiet: fits && isQuiet(wishes, assembled),
    findings: {
      resolved: resolvedDuty(wishes, assembled.entries),
      warnings: [...warningsOf(wishes), ...sizeWarnings(target, assembled.output.data)],
      status: { name: target.name, entries: statusEntries(wishes, assembled.entries) },
    },
  };
}

function warningsOf({ credentials }: Wishes): readonly Warning[] {
  return sourceWarnings(credentials).map(({ warning }) => warning);
}

/** A plan that leaves the live Secret alone, or makes none. */
function unwritten(
  wishes: Wishes,
  synced: Duty,
  entries: readonly StatusEntry[] = [],
): PullSecretPlan {
  return {
    kind: 'Planned',
    output: { target: wishes.target, isInPlace: false },
    actions: [],
    synced,
    isQuiet: false,
    findings: {
      resolved: resolvedDuty(wishes),
      warnings: warningsOf(wishes),
      status: { name: wishes.target.name, entries },
    },
  };
}

/**
 * The live Secret without the entries and CAs that spec no longer wants there, and nothing added:
 * for one that is about to be replaced by another of another name. Undefined when it was not read.
 */
export function narrowedPullSecret(
  spec: MirrorAuthSpec,
  live: LiveObject,
): WantedOutput | undefined {
  const sources = { secrets: new Map(), configMaps: new Map() };
  const keepables = keepableOf(live);
  return keepables.length === 0
    ? undefined
    : narrowed(wishesOf(spec, live.target, sources), keepables).output;
}

function narrowed(wishes: Wishes, keepables: readonly Keepable[]): Assembled {
  return assemble(withoutSources(wishes), keepables);
}

function changeOf(verdict: OpenVerdict, { entries }: Assembled): Change {
  if (verdict.kind !== 'Adopt') {
    return { kind: 'Refresh' };
  }
  const hosts = new Set(entries.map(({ provenance }) => provenance.host));
  return { kind: 'Adopt', note: adoptionNote(verdict.live, hosts) };
}

function pending(target: ObjectName, when: string): Duty {
  return { kind: 'Pending', message: `${nameOf(target)} ${when}` };
}
