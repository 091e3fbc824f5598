import type { Problem } from '../../api/conditions.ts';
import type { Warning } from '../../api/warnings.ts';
import type { EntryState, StatusEntry } from '../../api/status.ts';
import { isRefused, stateWithoutEntry } from './resolve-credentials.ts';
import type { Resolution } from './resolve-credentials.ts';
import { count, dutyOf, enumerate, good } from './duty.ts';
import type { Duty } from './duty.ts';
import type { ChosenEntry } from './keepable.ts';
import { nameOf } from './ownership.ts';
import { provenanceOf } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import type { Assembled, Wishes } from './wishes.ts';

/** What people are told of the pull Secret. */

export interface PullSecretFindings {
  readonly resolved: Duty;
  readonly warnings: readonly Warning[];
  readonly status?: { readonly name: string; readonly entries: readonly StatusEntry[] };
}

/** CredentialsResolved: hosts with the same problem are told together. */
export function resolvedDuty({ credentials }: Wishes, chosen: readonly ChosenEntry[] = []): Duty {
  const kept = new Set(chosen.map(({ provenance }) => provenance.host));
  const byProblem = new Map<string, { readonly problem: Problem; readonly hosts: string[] }>();
  for (const { provenance, outcome } of credentials) {
    if (outcome.kind !== 'Resolved') {
      const { reason, message } = outcome.problem;
      const told = kept.has(provenance.host) ? `${message}; the last good entry is kept` : message;
      const problem = byProblem.get(told) ?? { problem: { reason, message: told }, hosts: [] };
      problem.hosts.push(provenance.host);
      byProblem.set(told, problem);
    }
  }
  const problems = [...byProblem.values()].map(({ problem, hosts }) => ({
    reason: problem.reason,
    message: `${hosts.join(', ')}: ${problem.message}`,
  }));
  const secrets = new Set(credentials.map(({ provenance }) => provenance.secretName)).size;
  const found = `${count(credentials.length, 'entry', 'entries')} from ${count(secrets, 'Secret', 'Secrets')}`;
  return dutyOf(problems, good('Resolved', found));
}

export interface SourceWarning {
  readonly warning: Warning;
  /** Of the first entry that it is told of. */
  readonly provenance: Provenance;
}

/** What was found in the sources beside the credentials; the same of several hosts is told once. */
export function sourceWarnings(credentials: readonly Resolution[]): readonly SourceWarning[] {
  const byMessage = new Map<string, SourceWarning & { readonly hosts: string[] }>();
  for (const { provenance, outcome } of credentials) {
    for (const warning of outcome.kind === 'Resolved' ? outcome.warnings : []) {
      const told = byMessage.get(warning.message) ?? { warning, provenance, hosts: [] };
      told.hosts.push(provenance.host);
      byMessage.set(warning.message, told);
    }
  }
  return [...byMessage.values()].map(({ warning: { reason, message }, provenance, hosts }) => ({
    warning: { reason, message: `${enumerate(hosts)}: ${message}` },
    provenance,
  }));
}

/** PullSecretSynced of a Secret that is written. */
export function syncedDuty(wishes: Wishes, { entries }: Assembled): Duty {
  const { target, credentials } = wishes;
  const all = count(credentials.length, 'entry', 'entries');
  const written =
    entries.length === credentials.length ? all : `${String(entries.length)} of ${all}`;
  return dutyOf(caProblems(wishes), good('Synced', `${nameOf(target)} has ${written}`));
}

/** CAs that cannot be resolved; they hold up this output alone. */
export function caProblems({ cas }: Wishes): readonly Problem[] {
  return cas.flatMap(({ outcome }) => (outcome.kind === 'Resolved' ? [] : outcome.problem));
}

/** Quiet while all that is wrong is a source that went a moment ago and whose entry is still there. */
export function isQuiet({ credentials, cas }: Wishes, assembled: Assembled): boolean {
  const outcomes = new Set([...credentials, ...cas].map(({ outcome }) => outcome.kind));
  return (
    outcomes.has('JustLost') &&
    !outcomes.has('Unresolved') &&
    assembled.entries.length === credentials.length &&
    assembled.cas.length === cas.length
  );
}

/** One line for each registry, in the order of spec. */
export function statusEntries(
  { spec, credentials }: Wishes,
  chosen: readonly ChosenEntry[],
): readonly StatusEntry[] {
  const states = new Map<string, EntryState>([
    ...credentials.map(({ provenance, outcome }) => {
      const isThere =
        outcome.kind === 'Resolved' ||
        (outcome.kind === 'Unresolved' && isRefused(outcome.problem));
      return [provenance.host, isThere ? 'Refused' : 'Missing'] as const;
    }),
    ...chosen.map(({ provenance, state }) => [provenance.host, state] as const),
  ]);
  return (spec.registries ?? []).map((registry) => {
    const provenance = provenanceOf(spec, registry);
    return {
      host: registry.host,
      type: registry.credentials?.type ?? 'Anonymous',
      ...(provenance?.duplicateOf !== undefined && { duplicateOf: provenance.duplicateOf }),
      ...(provenance !== undefined && { secretName: provenance.secretName }),
      state: states.get(registry.host) ?? stateWithoutEntry(registry),
    };
  });
}
