import type { Problem } from '../../api/conditions.ts';
import { API_VERSION } from '../../api/metadata.ts';
import { MIRRORAUTH_KIND } from '../../api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import type { Duty } from './duty.ts';
import type { Observed, Rival, Subject } from './observed.ts';
import type { Body, LiveObject, ObjectName, WantedOutput } from './output.ts';
import { decideOwnership } from './ownership.ts';
import { plan } from './plan.ts';
import type { Findings, Plan } from './plan.ts';
import { objectId, outputsOf, referencesOf } from './references.ts';
import { caSourceId, caSourcesByHost, resolveCas } from './resolve-cas.ts';
import { resolveCredentials } from './resolve-credentials.ts';

/** What the operator would write for a MirrorAuth into a namespace where none of its outputs is. */

/** A MirrorAuth, and all that there is beside it. */
export interface DryRunInput extends Pick<Observed, 'secrets' | 'configMaps'> {
  readonly namespace: string;
  readonly name: string;
  readonly spec: MirrorAuthSpec;
  /** Other MirrorAuths of the namespace. */
  readonly rivals: readonly Rival[];
  /**
   * Objects that no MirrorAuth controls, by {@link objectId}; one may have the name of an output.
   * Absent: none.
   */
  readonly foreign?: ReadonlyMap<string, LiveObject>;
  /** RFC 3339; of two that want the same output the older one keeps it. */
  readonly creationTimestamp: string;
  /** As the API server gave it, or anything that no rival has. */
  readonly uid: string;
}

export interface DryRun {
  readonly outputs: readonly DryOutput[];
  readonly findings: Findings;
  /** Every problem by itself, where the findings' duties put the like of them into one sentence. */
  readonly problems: readonly FieldProblem[];
}

export interface DryOutput {
  readonly output: WantedOutput;
  /** The object that would be POSTed. */
  readonly body: Body;
}

/** A problem, and the field of the MirrorAuth that names what is wrong. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  readonly problem: Problem;
}

/**
 * The same {@link plan} as the controller's, of the same snapshot. A source that is not there and
 * `justLost` is left out of the problems: why it is not there is told elsewhere.
 */
export function dryRun(input: DryRunInput): DryRun {
  const planned = planOf(input);
  const cas = caProblems(input);
  // A duty that lacks CAs says nothing else; without them it says the rest.
  const { findings } = cas.length === 0 ? planned : planOf(withoutCas(input));
  const conflicts = foreignProblems(input);
  const taken = new Set(conflicts.map(({ target }) => objectId(target)));
  return {
    outputs: planned.actions.flatMap((action) =>
      action.kind === 'Create' && !taken.has(objectId(action.target))
        ? [{ output: action.output, body: action.body }]
        : [],
    ),
    findings: planned.findings,
    problems: [
      ...credentialProblems(input),
      ...cas.filter(({ isQuiet }) => !isQuiet),
      ...dutyProblems(input, findings),
      ...conflicts,
    ].map(({ path, problem }) => ({ path, problem })),
  };
}

function subjectOf({ namespace, name, uid, spec, creationTimestamp }: DryRunInput): Subject {
  return {
    owner: { apiVersion: API_VERSION, kind: MIRRORAUTH_KIND, name, uid },
    namespace,
    generation: 1,
    creationTimestamp,
    spec: { valid: spec },
    status: {},
  };
}

function planOf(input: DryRunInput): Plan {
  const { secrets, configMaps, rivals } = input;
  const planned = plan({
    subject: subjectOf(input),
    secrets,
    configMaps,
    rivals,
    pullSecret: { kind: 'Absent' },
    buildkitConfig: { kind: 'Absent' },
    orphans: [],
    contended: [],
  });
  if (planned.kind === 'NeedsContent') {
    throw new Error('a plan without live objects asked for the content of one');
  }
  return planned;
}

function credentialProblems({ spec, secrets }: DryRunInput): readonly FieldProblem[] {
  return resolveCredentials(spec, secrets).flatMap(({ provenance: { host }, outcome }) =>
    outcome.kind === 'Unresolved'
      ? [{ path: [...registryOf(spec, host), 'credentials'], problem: outcome.problem }]
      : [],
  );
}

interface CaProblem extends FieldProblem {
  readonly isQuiet: boolean;
}

/** At the first registry that names the CA. */
function caProblems({ spec, configMaps }: DryRunInput): readonly CaProblem[] {
  const hosts = new Map(
    [...caSourcesByHost(spec)].toReversed().map(([host, source]) => [caSourceId(source), host]),
  );
  return resolveCas(spec, configMaps).flatMap(({ source, outcome }) => {
    const host = hosts.get(caSourceId(source)) ?? '';
    return outcome.kind === 'Resolved'
      ? []
      : {
          path: [...registryOf(spec, host), 'tls', 'caRef'],
          problem: outcome.problem,
          isQuiet: outcome.kind === 'JustLost',
        };
  });
}

function registryOf({ registries }: MirrorAuthSpec, wanted: string): FieldProblem['path'] {
  return ['spec', 'registries', (registries ?? []).findIndex(({ host }) => host === wanted)];
}

function withoutCas(input: DryRunInput): DryRunInput {
  const registries = (input.spec.registries ?? []).map((registry) => ({
    ...registry,
    tls: undefined,
  }));
  return { ...input, spec: { ...input.spec, registries } };
}

/** What hinders an output, but for its credentials and CAs. */
function dutyProblems(
  { spec, configMaps }: DryRunInput,
  { duties }: Findings,
): readonly FieldProblem[] {
  const base = spec.buildkitConfig?.baseRef;
  const source = base === undefined ? undefined : configMaps.get(base.name);
  const isQuiet = source?.kind === 'NotFound' && source.justLost;
  return [
    ...ofDuty(duties.PullSecretSynced, ['spec', 'pullSecret']),
    ...ofDuty(duties.BuildkitConfigSynced, ['spec', 'buildkitConfig']).filter(
      ({ problem }) => !(isQuiet && problem.reason === 'BaseConfigNotFound'),
    ),
  ];
}

function ofDuty(duty: Duty, path: FieldProblem['path']): readonly FieldProblem[] {
  if (duty.kind !== 'Bad') {
    return [];
  }
  const { problem } = duty;
  const isOfBase = problem.reason.startsWith('BaseConfig');
  return [{ path: isOfBase ? [...path, 'baseRef'] : path, problem }];
}

interface Conflict extends FieldProblem {
  readonly target: ObjectName;
}

/** Objects of somebody else where an output should be. */
function foreignProblems(input: DryRunInput): readonly Conflict[] {
  const references = referencesOf(input.spec);
  return outputsOf(references).flatMap((target) => {
    const object = input.foreign?.get(objectId(target));
    const verdict =
      object &&
      decideOwnership({
        subject: subjectOf(input),
        target,
        live: { kind: 'Live', object },
        rivals: input.rivals,
      });
    const field = target.kind === 'Secret' ? 'pullSecret' : 'buildkitConfig';
    return verdict?.kind === 'Refused'
      ? [{ target, path: ['spec', field, 'name'], problem: verdict.problem }]
      : [];
  });
}
