import type { DutyType } from '../../api/conditions.ts';
import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import type { Warning } from '../../api/warnings.ts';
import type { StatusEntry } from '../../api/status.ts';
import type { Action } from './action.ts';
import { good } from './duty.ts';
import type { Duty } from './duty.ts';
import type { Observed } from './observed.ts';
import { deleteOrphans, narrowOrphans, orphansToRead, ownOrphans } from './orphans.ts';
import type { Replacements } from './orphans.ts';
import type { NeedsContent, Planned } from './part.ts';
import { planBuildkitConfig } from './plan-buildkit-config.ts';
import type { BuildkitConfigFindings } from './plan-buildkit-config.ts';
import { planPullSecret } from './plan-pull-secret.ts';
import type { PullSecretFindings } from './pull-secret-report.ts';
import { specWarnings } from './spec-warnings.ts';

/** Everything that follows from a snapshot: what to write, and what to tell. */
export interface Plan {
  readonly kind: 'Plan';
  /** To be carried out in this order; see {@link Action}. */
  readonly actions: readonly Action[];
  readonly findings: Findings;
  /** What the parts found, to be handed back while nothing that they depend on has changed. */
  readonly parts: Parts;
}

export interface Findings {
  readonly duties: Readonly<Record<DutyType, Duty>>;
  /** What people should look at all the same; of spec, then of the outputs. */
  readonly warnings: readonly Warning[];
  /** Why the stored spec cannot be planned. */
  readonly specIssues: readonly string[];
  readonly pullSecret?: { readonly name: string; readonly entries: readonly StatusEntry[] };
  readonly buildkitConfig?: { readonly name: string; readonly revision?: string };
  /** A source went a moment ago and nothing else is wrong: status is left as it is for now. */
  readonly isQuiet: boolean;
}

export interface Parts {
  readonly pullSecret?: Planned<PullSecretFindings>;
  readonly buildkitConfig?: Planned<BuildkitConfigFindings>;
}

/**
 * The whole decision for one MirrorAuth; pure. `unchanged` are parts of the last plan whose inputs
 * and outputs are as they were: they are taken over without being looked at again.
 */
export function plan(observed: Observed, unchanged: Parts = {}): Plan | NeedsContent {
  const { spec } = observed.subject;
  return 'valid' in spec
    ? planValid(observed, spec.valid, unchanged)
    : { kind: 'Plan', actions: [], findings: invalidSpec(spec.issues), parts: {} };
}

function planValid(
  observed: Observed,
  spec: MirrorAuthSpec,
  unchanged: Parts,
): Plan | NeedsContent {
  const orphans = ownOrphans(observed);
  const predecessors = orphans
    .filter(({ target, isTerminating }) => target.kind === 'Secret' && !isTerminating)
    .toSorted((a, b) => (a.target.name < b.target.name ? -1 : 1));
  const pullSecret = unchanged.pullSecret ?? planPullSecret(observed, spec, predecessors);
  if (pullSecret.kind === 'NeedsContent') {
    return pullSecret;
  }
  const buildkitConfig = unchanged.buildkitConfig ?? planBuildkitConfig(observed, spec);
  if (buildkitConfig.kind === 'NeedsContent') {
    return buildkitConfig;
  }
  const replacements: Replacements = {
    Secret: pullSecret.output,
    ConfigMap: buildkitConfig.output,
  };
  const unread = orphansToRead(orphans, replacements);
  if (unread.length > 0) {
    return { kind: 'NeedsContent', targets: unread };
  }
  return {
    kind: 'Plan',
    actions: [
      ...narrowOrphans(observed.subject, spec, orphans),
      ...pullSecret.actions,
      ...buildkitConfig.actions,
      ...deleteOrphans(orphans, replacements),
    ],
    findings: findingsOf(spec, pullSecret, buildkitConfig),
    parts: { pullSecret, buildkitConfig },
  };
}

function findingsOf(
  spec: MirrorAuthSpec,
  pullSecret: Planned<PullSecretFindings>,
  buildkitConfig: Planned<BuildkitConfigFindings>,
): Findings {
  const { resolved, status: secretStatus } = pullSecret.findings;
  const { status: configStatus } = buildkitConfig.findings;
  const loud = [
    ...(pullSecret.isQuiet ? [] : [resolved, pullSecret.synced]),
    ...(buildkitConfig.isQuiet ? [] : [buildkitConfig.synced]),
  ];
  return {
    duties: {
      CredentialsResolved: resolved,
      MirrorsTrusted: TRUST_IS_OPEN,
      PullSecretSynced: pullSecret.synced,
      BuildkitConfigSynced: buildkitConfig.synced,
    },
    warnings: [
      ...specWarnings(spec).map(({ warning }) => warning),
      ...pullSecret.findings.warnings,
      ...buildkitConfig.findings.warnings,
    ],
    specIssues: [],
    ...(secretStatus && { pullSecret: secretStatus }),
    ...(configStatus && { buildkitConfig: configStatus }),
    isQuiet:
      (pullSecret.isQuiet || buildkitConfig.isQuiet) && loud.every(({ kind }) => kind === 'Good'),
  };
}

/** The only trust there is so far: said in a condition, since it is a security switch. */
const TRUST_IS_OPEN: Duty = good(
  'TrustNotRequired',
  'the operator runs with --trust=open: whoever may write a MirrorAuth here decides which hosts are given these credentials',
);

const NOT_COMPUTED: Duty = { kind: 'Pending', message: 'not computed: the spec is invalid' };

/** The outputs stay as they are, and no child is taken for an orphan. */
function invalidSpec(issues: readonly string[]): Findings {
  return {
    duties: {
      CredentialsResolved: NOT_COMPUTED,
      MirrorsTrusted: NOT_COMPUTED,
      PullSecretSynced: NOT_COMPUTED,
      BuildkitConfigSynced: NOT_COMPUTED,
    },
    warnings: [],
    specIssues: issues,
    isQuiet: false,
  };
}
