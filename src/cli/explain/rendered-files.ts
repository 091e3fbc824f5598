import { Buffer } from 'node:buffer';
import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import { hostOfEndpoint } from '../../api/registry-host.ts';
import { BUILDKITD_TOML } from '../../core/buildkit/buildkitd-toml.ts';
import { configKeyOf } from '../../core/docker/credential-key.ts';
import type { BuilderFiles } from '../../core/explain/explanation.ts';
import type { Data, OutputKind } from '../../core/plan/output.ts';
import { provenanceOf } from '../../core/plan/provenance.ts';
import { outputsOf, referencesOf } from '../../core/plan/references.ts';
import { called } from '../manifests/header.ts';
import type { Manifests, MirrorAuthManifest } from '../manifests/manifests.ts';
import { UsageError } from '../options.ts';
import { render } from '../render/render.ts';
import type { LevelledNotice } from '../report.ts';

/** The files that builders are given by a MirrorAuth, before any cluster has seen it. */

export interface RenderedFiles {
  readonly files: BuilderFiles;
  /** Of this MirrorAuth. */
  readonly notices: readonly LevelledNotice[];
}

export function renderFiles(manifests: Manifests, mirrorAuth: MirrorAuthManifest): RenderedFiles {
  const { identity, spec } = mirrorAuth;
  const { outputs, notices } = render(manifests);
  const wanted = outputsOf(referencesOf(spec));
  const dataOf = (kind: OutputKind): { readonly name: string; readonly data: Data } | undefined => {
    const name = wanted.find((one) => one.kind === kind)?.name;
    const found = outputs.find(
      ({ namespace, output: { target } }) =>
        namespace === identity.namespace && target.kind === kind && target.name === name,
    );
    return found && { name: `${kind} ${found.namespace}/${name ?? ''}`, data: found.output.data };
  };
  const secret = dataOf('Secret');
  const config = secret?.data.get('config.json');
  const configMap = dataOf('ConfigMap');
  const toml = configMap?.data.get(BUILDKITD_TOML);
  return {
    files: {
      config: secret &&
        config && {
          name: secret.name,
          bytes: config,
          origins: originsOf(spec),
        },
      dockerAuthConfig: undefined,
      buildkitdToml: configMap &&
        toml && { name: configMap.name, text: Buffer.from(toml.reveal()).toString() },
    },
    notices: notices.filter(({ object }) => object === called(identity)),
  };
}

/** The Secret that each entry was copied from. */
function originsOf(spec: MirrorAuthSpec): ReadonlyMap<string, string> {
  return new Map(
    (spec.registries ?? []).flatMap((registry) => {
      const provenance = provenanceOf(spec, registry);
      return provenance === undefined
        ? []
        : [[configKeyOf(registry.host), `Secret ${provenance.secretName}`] as const];
    }),
  );
}

/**
 * The one that builders of this image use.
 *
 * @param name `[namespace/]name`; empty: the only one, or the only one that speaks of the registry
 * @param domain the image's registry
 * @throws UsageError when that is none or several
 */
export function chooseMirrorAuth(
  mirrorAuths: readonly MirrorAuthManifest[],
  name: string,
  domain: string,
): MirrorAuthManifest {
  const named = mirrorAuths.filter(({ identity }) =>
    ['', identity.name, `${identity.namespace}/${identity.name}`].includes(name),
  );
  const speaking = named.filter(({ spec }) => hostsOf(spec).has(domain));
  const [chosen, ...others] = speaking.length === 0 || name !== '' ? named : speaking;
  if (chosen === undefined || others.length > 0) {
    const all = mirrorAuths.map(({ identity: { namespace, name: own } }) => `${namespace}/${own}`);
    const what =
      chosen === undefined ? `there is no MirrorAuth ${name}` : 'there are several MirrorAuths';
    throw new UsageError(`${what}: write --name=${all.join(' or --name=')}`);
  }
  return chosen;
}

function hostsOf({ registries = [], mirrors = [] }: MirrorAuthSpec): ReadonlySet<string> {
  return new Set([
    ...registries.map(({ host }) => host),
    ...mirrors.flatMap(({ origin, endpoints }) => [origin, ...endpoints.map(hostOfEndpoint)]),
  ]);
}
