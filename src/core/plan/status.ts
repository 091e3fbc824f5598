import { DUTY_TYPES, stallsAtOnce } from '../../api/conditions.ts';
import type { ConditionType, DutyType, Problem, Reason } from '../../api/conditions.ts';
import { RECONCILE_REQUEST_MAX_LENGTH } from '../../api/metadata.ts';
import { WARNING_MAX_LENGTH, WARNINGS_MAX } from '../../api/status.ts';
import type { Condition, MirrorAuthStatus, StatusWarning } from '../../api/status.ts';
import type { Warning } from '../../api/warnings.ts';
import { count } from './duty.ts';
import type { Duty } from './duty.ts';
import type { Subject } from './observed.ts';
import type { Findings } from './plan.ts';

/** Status from findings: pure, and compared before it is written. */

/** How long something may be waited for before a person is asked to look. */
export const PATIENCE_MS = 5 * 60_000;

export interface NewStatus {
  readonly status: MirrorAuthStatus;
  /** When the wait becomes a stall, in milliseconds from now; undefined when nothing is waited for. */
  readonly stallsInMs?: number;
}

/**
 * The status to store. Conditions follow kstatus (sigs.k8s.io/cli-utils pkg/kstatus): Reconciling
 * while something may still come by itself, Stalled when a person must mend it, never both.
 * `lastTransitionTime` moves only with `status`.
 */
export function statusOf(subject: Subject, findings: Findings, now: Date): NewStatus {
  const writer = new ConditionWriter(subject, now);
  const duties = DUTY_TYPES.map((type) => dutyCondition(writer, type, findings.duties[type]));
  const failing = failures(findings);
  const summary = summarise(writer, failing, findings.warnings.length);
  return {
    status: {
      observedGeneration: subject.generation,
      conditions: [...duties, ...summary.conditions],
      ...(findings.warnings.length > 0 && { warnings: statusWarnings(findings.warnings) }),
      ...(findings.pullSecret && {
        pullSecret: {
          name: findings.pullSecret.name,
          entries: [...findings.pullSecret.entries],
        },
      }),
      ...(findings.buildkitConfig && { buildkitConfig: findings.buildkitConfig }),
      ...(subject.reconcileRequest !== undefined && {
        lastHandledReconcileAt: echo(subject.reconcileRequest),
      }),
    },
    ...(summary.stallsInMs !== undefined && { stallsInMs: summary.stallsInMs }),
  };
}

function statusWarnings(warnings: readonly Warning[]): StatusWarning[] {
  return warnings.slice(0, WARNINGS_MAX).map(({ reason, message }) => ({
    reason,
    message: printable(message).slice(0, WARNING_MAX_LENGTH),
  }));
}

/** Something that keeps Ready from being True. */
interface Failure {
  readonly problem: Problem | { readonly reason: 'Pending'; readonly message: string };
  readonly stalls: boolean;
}

function failures({ duties, specIssues }: Findings): readonly Failure[] {
  if (specIssues.length > 0) {
    const message = `spec breaks a rule of this version of mirrorauth: ${specIssues.join('; ')}`;
    return [{ problem: { reason: 'SpecInvalid', message }, stalls: true }];
  }
  const bad = DUTY_TYPES.flatMap((type): readonly Failure[] => {
    const duty = duties[type];
    return duty.kind === 'Bad'
      ? [{ problem: duty.problem, stalls: stallsAtOnce(duty.problem.reason) }]
      : [];
  });
  const pending = DUTY_TYPES.flatMap((type): readonly Failure[] => {
    const duty = duties[type];
    return duty.kind === 'Pending'
      ? [{ problem: { reason: 'Pending', message: duty.message }, stalls: false }]
      : [];
  });
  return [...bad, ...pending];
}

function summarise(
  writer: ConditionWriter,
  failing: readonly Failure[],
  warnings: number,
): { readonly conditions: readonly Condition[]; readonly stallsInMs?: number } {
  const first = failing[0];
  if (first === undefined) {
    const message = `every output is as spec and sources say${hintAt(warnings)}`;
    return { conditions: [writer.make('Ready', 'True', { reason: 'Synced', message })] };
  }
  const ready = writer.make('Ready', 'False', first.problem);
  const stalling = failing.find(({ stalls }) => stalls);
  if (stalling !== undefined) {
    return { conditions: [ready, writer.make('Stalled', 'True', stalling.problem)] };
  }
  const waitedMs = writer.waitedMs(first.problem.reason);
  return waitedMs >= PATIENCE_MS
    ? { conditions: [ready, writer.make('Stalled', 'True', first.problem)] }
    : {
        conditions: [ready, writer.make('Reconciling', 'True', first.problem)],
        stallsInMs: PATIENCE_MS - waitedMs,
      };
}

function hintAt(warnings: number): string {
  return warnings === 0 ? '' : `; ${count(warnings, 'warning', 'warnings')}: see status.warnings`;
}

function dutyCondition(writer: ConditionWriter, type: DutyType, duty: Duty): Condition {
  switch (duty.kind) {
    case 'Good':
      return writer.make(type, 'True', duty);
    case 'Bad':
      return writer.make(type, 'False', duty.problem);
    case 'Pending':
      return writer.make(type, 'Unknown', { reason: 'Pending', message: duty.message });
  }
}

/** Longest message of a condition that is worth reading. */
const MESSAGE_MAX_LENGTH = 2_048;

class ConditionWriter {
  readonly #subject: Subject;
  readonly #now: Date;

  constructor(subject: Subject, now: Date) {
    this.#subject = subject;
    this.#now = now;
  }

  make(
    type: ConditionType,
    status: Condition['status'],
    { reason, message }: { readonly reason: Reason; readonly message: string },
  ): Condition {
    const stored = this.#stored(type);
    return {
      type,
      status,
      reason,
      message: printable(message).slice(0, MESSAGE_MAX_LENGTH),
      // Kubernetes stores times by the second.
      lastTransitionTime:
        stored?.status === status
          ? stored.lastTransitionTime
          : `${this.#now.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`,
      observedGeneration: this.#subject.generation,
    };
  }

  /**
   * How long the present wait has lasted. A stall that was reached by waiting stays while generation
   * and reason stay; another reason or generation starts a new wait.
   */
  waitedMs(reason: Reason): number {
    const stalled = this.#stored('Stalled');
    if (stalled !== undefined) {
      const isTheSame =
        stalled.reason === reason && stalled.observedGeneration === this.#subject.generation;
      return isTheSame ? PATIENCE_MS : 0;
    }
    const since = this.#stored('Reconciling')?.lastTransitionTime;
    return since === undefined ? 0 : Math.max(0, this.#now.getTime() - Date.parse(since));
  }

  #stored(type: ConditionType): Condition | undefined {
    return this.#subject.status.conditions?.find((condition) => condition.type === type);
  }
}

function echo(request: string): string {
  return printable(request).slice(0, RECONCILE_REQUEST_MAX_LENGTH);
}

/** The schema of status takes printable ASCII only; anything else would make every write fail. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, '?');
}
