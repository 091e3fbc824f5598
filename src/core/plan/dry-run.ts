import type { Problem } from '../../api/conditions.ts';
import { API_VERSION } from '../../api/metadata.ts';
import { DEFAULT_BASE_KEY, MIRRORAUTH_KIND } from '../../api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import { configKey } from '../docker/source-credential.ts';
import type { Duty } from './duty.ts';
import type { Observed, Rival, Subject } from './observed.ts';
import type { Body, LiveObject, ObjectName, WantedOutput } from './output.ts';
import { decideOwnership } from './ownership.ts';
import type { FieldPath, Placed, PlacedWarning } from './place.ts';
import { plan } from './plan.ts';
import type { Findings, Plan } from './plan.ts';
import type { Provenance } from './provenance.ts';
import { sourceWarnings } from './pull-secret-report.ts';
import { objectId, outputsOf, referencesOf } from './references.ts';
import { caSourceId, caSourcesByHost, resolveCas } from './resolve-cas.ts';
import { resolveCredentials } from './resolve-credentials.ts';
import type { Resolution } from './resolve-credentials.ts';
import { specWarnings } from './spec-warnings.ts';

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
  readonly problems: readonly PlacedProblem[];
  /** Those of the findings. */
  readonly warnings: readonly PlacedWarning[];
}

export interface DryOutput {
  readonly output: WantedOutput;
  /** The object that would be POSTed. */
  readonly body: Body;
}

export interface PlacedProblem extends Placed {
  readonly problem: Problem;
}

/**
 * The same {@link plan} as the controller's, of the same snapshot. A source that is not there and
 * `justLost` is left out of the problems: why it is not there is told elsewhere.
 */
export function dryRun(input: DryRunInput): DryRun {
  const credentials = resolveCredentials(input.spec, input.secrets);
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
    warnings: placedWarnings(input, credentials, planned.findings),
    problems: [
      ...credentialProblems(input, credentials),
      ...cas.filter(({ isQuiet }) => !isQuiet),
      ...dutyProblems(input, findings),
      ...conflicts,
    ].map(({ path, source, problem }) => ({ path, ...(source && { source }), problem })),
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

/** Those of spec stand at fields, those of sources at the first field that names one. */
function placedWarnings(
  input: DryRunInput,
  credentials: readonly Resolution[],
  { warnings }: Findings,
): readonly PlacedWarning[] {
  const { spec } = input;
  const base = baseOf(spec);
  const ofSources = sourceWarnings(credentials).map(({ warning, provenance }) => ({
    warning,
    ...placeOf(input, provenance),
  }));
  const placed = [...specWarnings(spec), ...ofSources];
  return warnings.map((warning) => {
    const found = placed.find(({ warning: { message } }) => message === warning.message);
    const ofBase = warning.reason === 'BaseKeyIgnored' && base;
    return found ?? { warning, ...(ofBase || { path: ['spec'] }) };
  });
}

function placeOf({ spec, secrets }: DryRunInput, provenance: Provenance): Placed {
  const { host, secretName, key: wanted } = provenance;
  const secret = secrets.get(secretName);
  const key = secret?.kind === 'Found' ? configKey(secret.object, wanted) : undefined;
  return {
    path: [...registryOf(spec, host), 'credentials'],
    source: { kind: 'Secret', name: secretName, ...(key !== undefined && { key }) },
  };
}

/** Where the base stands, if there is one. */
function baseOf({ buildkitConfig }: MirrorAuthSpec): Placed | undefined {
  const base = buildkitConfig?.baseRef;
  return (
    base && {
      path: ['spec', 'buildkitConfig', 'baseRef'],
      source: { kind: 'ConfigMap', name: base.name, key: base.key ?? DEFAULT_BASE_KEY },
    }
  );
}

function credentialProblems(
  input: DryRunInput,
  credentials: readonly Resolution[],
): readonly PlacedProblem[] {
  return credentials.flatMap(({ provenance, outcome }) =>
    outcome.kind === 'Unresolved'
      ? [{ ...placeOf(input, provenance), problem: outcome.problem }]
      : [],
  );
}

interface CaProblem extends PlacedProblem {
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
          source: { kind: 'ConfigMap', name: source.configMap, key: source.key },
          problem: outcome.problem,
          isQuiet: outcome.kind === 'JustLost',
        };
  });
}

function registryOf({ registries }: MirrorAuthSpec, wanted: string): FieldPath {
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
): readonly PlacedProblem[] {
  const name = spec.buildkitConfig?.baseRef?.name;
  const base = name === undefined ? undefined : configMaps.get(name);
  const isQuiet = base?.kind === 'NotFound' && base.justLost;
  return [
    ...ofDuty(duties.PullSecretSynced, { path: ['spec', 'pullSecret'] }),
    ...ofDuty(
      duties.BuildkitConfigSynced,
      { path: ['spec', 'buildkitConfig'] },
      baseOf(spec),
    ).filter(({ problem }) => !(isQuiet && problem.reason === 'BaseConfigNotFound')),
  ];
}

/** @param base where it stands, for what is wrong with it */
function ofDuty(duty: Duty, output: Placed, base: Placed = output): readonly PlacedProblem[] {
  if (duty.kind !== 'Bad') {
    return [];
  }
  const { problem } = duty;
  const isOfBase = problem.reason.startsWith('BaseConfig');
  return [{ ...(isOfBase ? base : output), problem }];
}

interface Conflict extends PlacedProblem {
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
