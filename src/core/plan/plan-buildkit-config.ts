import type { Problem } from '../../api/conditions.ts';
import type { Warning } from '../../api/warnings.ts';
import { DEFAULT_BASE_KEY } from '../../api/mirrorauth.ts';
import type { BuildkitConfigSpec, MirrorAuthSpec } from '../../api/mirrorauth.ts';
import { writeActions } from './action.ts';
import type { Change } from './action.ts';
import { configAdoptionNote } from './adoption.ts';
import { parseBaseConfig } from '../buildkit/base-config.ts';
import type { BaseConfig } from '../buildkit/base-config.ts';
import { buildkitModel } from '../buildkit/buildkit-model.ts';
import type { BuildkitModel } from '../buildkit/buildkit-model.ts';
import { renderBuildkitConfig, revisionOf } from '../buildkit/buildkitd-toml.ts';
import { narrowBuildkitConfig } from '../buildkit/narrow-buildkit-config.ts';
import { caSourceId, caSourcesByHost, missingText, resolveCas, textOf } from './resolve-cas.ts';
import { dutyOf, good } from './duty.ts';
import type { Duty } from './duty.ts';
import type { Observed } from './observed.ts';
import type { LiveObject, ObjectName, WantedOutput } from './output.ts';
import { decideOwnership, nameOf } from './ownership.ts';
import type { OpenVerdict } from './ownership.ts';
import { NOT_REQUESTED } from './part.ts';
import type { PartPlan } from './part.ts';
import { contended, isContended, tooLarge } from './refusals.ts';
import { baseWarnings } from './base-warnings.ts';
import { sizeWarnings } from './size-warnings.ts';
import { dataSize, OUTPUT_MAX_BYTES } from '../size.ts';
import { dataToText, textToData } from './text-data.ts';

/** What a plan of the ConfigMap says beside its own duty. */
export interface BuildkitConfigFindings {
  readonly warnings: readonly Warning[];
  /** `revision` is of the bytes that are there once the plan is carried out. */
  readonly status?: { readonly name: string; readonly revision?: string };
}

type BuildkitConfigPlan = PartPlan<BuildkitConfigFindings>;
type Files = ReadonlyMap<string, string>;

/**
 * Plans the buildkitd ConfigMap. It is one configuration and not a list of entries, so it is made
 * whole or, when a base or a CA is missing, narrowed: what spec no longer wants goes, nothing comes.
 */
export function planBuildkitConfig(observed: Observed, spec: MirrorAuthSpec): BuildkitConfigPlan {
  const config = spec.buildkitConfig;
  if (config === undefined) {
    return {
      kind: 'Planned',
      actions: [],
      synced: NOT_REQUESTED,
      isQuiet: false,
      findings: { warnings: [] },
    };
  }
  const { subject, rivals } = observed;
  const target: ObjectName = { kind: 'ConfigMap', name: config.name };
  const verdict = decideOwnership({ subject, target, live: observed.buildkitConfig, rivals });
  if (verdict.kind === 'Refused') {
    return unwritten(target, { kind: 'Bad', problem: verdict.problem });
  }
  if (isContended(observed, target)) {
    return unwritten(target, { kind: 'Bad', problem: contended(target) });
  }
  const model = buildkitModel(spec);
  const ingredients = gather(observed, spec, config);
  const files = make(model, ingredients);
  return files === undefined || dataSize(textToData(files)) > OUTPUT_MAX_BYTES
    ? planNarrowing({ observed, config, model, verdict }, ingredients)
    : planWhole({ observed, config, model, verdict }, ingredients, files);
}

interface Case {
  readonly observed: Observed;
  readonly config: BuildkitConfigSpec;
  readonly model: BuildkitModel;
  readonly verdict: OpenVerdict;
}

function planWhole(
  { observed, config, verdict }: Case,
  { warnings }: Ingredients,
  files: Files,
): BuildkitConfigPlan {
  const output = outputOf(config, files);
  const change: Change =
    verdict.kind === 'Adopt'
      ? { kind: 'Adopt', note: configAdoptionNote(verdict.live, new Set(files.keys())) }
      : { kind: 'Refresh' };
  return {
    kind: 'Planned',
    output: { target: output.target, isInPlace: true },
    actions: writeActions(verdict, output, change, observed.subject),
    synced: good('Synced', `${nameOf(output.target)} has revision ${revisionOf(files)}`),
    isQuiet: false,
    findings: {
      warnings: [...warnings, ...sizeWarnings(output.target, output.data)],
      status: { name: config.name, revision: revisionOf(files) },
    },
  };
}

/** The whole cannot be made: take out of the live ConfigMap what must not stay. */
function planNarrowing(
  { observed, config, model, verdict }: Case,
  ingredients: Ingredients,
): BuildkitConfigPlan {
  const target: ObjectName = { kind: 'ConfigMap', name: config.name };
  const synced = dutyOf(ingredients.problems, { kind: 'Bad', problem: tooLarge(target) });
  if (verdict.kind === 'Create' || verdict.kind === 'Adopt') {
    return unwritten(target, synced);
  }
  const content = verdict.live.data.content;
  if (content === undefined) {
    return { kind: 'NeedsContent', targets: [target] };
  }
  const live = dataToText(content);
  const files = narrowBuildkitConfig(live, model);
  const output = outputOf(config, files);
  return {
    kind: 'Planned',
    output: { target, isInPlace: true },
    actions: writeActions(verdict, output, { kind: 'Narrow' }, observed.subject),
    synced,
    isQuiet: ingredients.areJustLost && revisionOf(files) === revisionOf(live),
    findings: {
      warnings: [...ingredients.warnings, ...sizeWarnings(target, output.data)],
      status: { name: config.name, revision: revisionOf(files) },
    },
  };
}

/** The live ConfigMap narrowed, for one that is about to be replaced by one of another name. */
export function narrowedBuildkitConfig(
  spec: MirrorAuthSpec,
  config: BuildkitConfigSpec,
  live: LiveObject,
): WantedOutput | undefined {
  const content = live.data.content;
  return content === undefined
    ? undefined
    : {
        ...outputOf(config, narrowBuildkitConfig(dataToText(content), buildkitModel(spec))),
        target: live.target,
      };
}

interface Ingredients {
  readonly certificates: ReadonlyMap<string, readonly string[]>;
  readonly base?: BaseConfig;
  readonly problems: readonly Problem[];
  /** Of the base. */
  readonly warnings: readonly Warning[];
  /** All that is missing was there a moment ago. */
  readonly areJustLost: boolean;
}

function gather(observed: Observed, spec: MirrorAuthSpec, config: BuildkitConfigSpec): Ingredients {
  const cas = resolveCas(spec, observed.configMaps);
  const certificates = new Map(
    cas.flatMap(({ source, outcome }) =>
      outcome.kind === 'Resolved'
        ? [[caSourceId(source), outcome.section.certificates] as const]
        : [],
    ),
  );
  const base = readBase(observed, config);
  const failed = [...cas.map(({ outcome }) => outcome), base].flatMap((one) =>
    one.kind === 'Resolved' ? [] : one,
  );
  return {
    certificates: new Map(
      [...caSourcesByHost(spec)].flatMap(([host, source]) => {
        const found = certificates.get(caSourceId(source));
        return found === undefined ? [] : [[host, found] as const];
      }),
    ),
    ...(base.kind === 'Resolved' && base.value !== undefined && { base: base.value }),
    warnings: base.kind === 'Resolved' ? base.warnings : [],
    problems: failed.map(({ problem }) => problem),
    areJustLost: failed.length > 0 && failed.every(({ kind }) => kind === 'JustLost'),
  };
}

function make(model: BuildkitModel, ingredients: Ingredients): Files | undefined {
  return ingredients.problems.length > 0
    ? undefined
    : renderBuildkitConfig(model, ingredients.certificates, ingredients.base);
}

type BaseOutcome =
  | {
      readonly kind: 'Resolved';
      readonly value?: BaseConfig;
      readonly warnings: readonly Warning[];
    }
  | { readonly kind: 'JustLost' | 'Unresolved'; readonly problem: Problem };

function readBase({ configMaps }: Observed, { baseRef }: BuildkitConfigSpec): BaseOutcome {
  if (baseRef === undefined) {
    return { kind: 'Resolved', warnings: [] };
  }
  const source = { configMap: baseRef.name, key: baseRef.key ?? DEFAULT_BASE_KEY };
  const found = textOf(configMaps, source.configMap, source.key);
  switch (found.kind) {
    case 'Found': {
      const base = parseBaseConfig(found.text, source);
      return base.ok
        ? { kind: 'Resolved', value: base.value, warnings: baseWarnings(base.value, source) }
        : { kind: 'Unresolved', problem: base.problem };
    }
    case 'Refused':
      return { kind: 'Unresolved', problem: found.problem };
    case 'NotFound':
      return {
        kind: found.justLost ? 'JustLost' : 'Unresolved',
        problem: {
          reason: 'BaseConfigNotFound',
          message: missingText(found, source, 'buildkitConfig.baseRef'),
        },
      };
  }
}

function outputOf(config: BuildkitConfigSpec, files: Files): WantedOutput {
  return {
    target: { kind: 'ConfigMap', name: config.name },
    labels: config.labels ?? {},
    data: textToData(files),
  };
}

/** A plan that leaves the live ConfigMap alone. */
function unwritten(target: ObjectName, synced: Duty): BuildkitConfigPlan {
  return {
    kind: 'Planned',
    output: { target, isInPlace: false },
    actions: [],
    synced,
    isQuiet: false,
    findings: { warnings: [], status: { name: target.name } },
  };
}
