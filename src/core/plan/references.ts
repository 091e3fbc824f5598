import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import { caSourcesByHost } from './resolve-cas.ts';
import { sourceSecretNames } from './resolve-credentials.ts';
import type { ObjectName, OutputKind } from './output.ts';

/** The objects that a spec names, by the part of the plan that needs them. */
export interface References {
  readonly pullSecret: PartReferences;
  readonly buildkitConfig: PartReferences;
}

export interface PartReferences {
  /** Undefined when spec asks for no such output. */
  readonly output: ObjectName | undefined;
  readonly sources: readonly ObjectName[];
}

export function referencesOf(spec: MirrorAuthSpec): References {
  const cas = named('ConfigMap', [
    ...new Set([...caSourcesByHost(spec).values()].map(({ configMap }) => configMap)),
  ]);
  const base = spec.buildkitConfig?.baseRef;
  return {
    pullSecret:
      spec.pullSecret === undefined
        ? NOTHING
        : {
            output: { kind: 'Secret', name: spec.pullSecret.name },
            sources: [...named('Secret', sourceSecretNames(spec)), ...cas],
          },
    buildkitConfig:
      spec.buildkitConfig === undefined
        ? NOTHING
        : {
            output: { kind: 'ConfigMap', name: spec.buildkitConfig.name },
            sources:
              base === undefined ? cas : unique([...cas, ...named('ConfigMap', [base.name])]),
          },
  };
}

/** The outputs that a spec asks for. */
export function outputsOf({ pullSecret, buildkitConfig }: References): readonly ObjectName[] {
  return [pullSecret.output, buildkitConfig.output].filter((output) => output !== undefined);
}

/** `Secret/ci-pull`: equal for equal names. */
export function objectId({ kind, name }: ObjectName): string {
  return `${kind}/${name}`;
}

const NOTHING: PartReferences = { output: undefined, sources: [] };

function named(kind: OutputKind, names: readonly string[]): readonly ObjectName[] {
  return names.map((name) => ({ kind, name }));
}

function unique(names: readonly ObjectName[]): readonly ObjectName[] {
  return [...new Map(names.map((name) => [objectId(name), name])).values()];
}
