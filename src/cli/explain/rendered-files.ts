import { Buffer } from 'node:buffer';
import { OWNER_NAME_LABEL } from '../../api/metadata.ts';
import { DEFAULT_BASE_KEY } from '../../api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import { hostOfEndpoint } from '../../api/registry-host.ts';
import { asSourceConfigMap } from '../../controller/kinds.ts';
import { BUILDKITD_TOML } from '../../core/buildkit/buildkitd-toml.ts';
import { configKeyOf } from '../../core/docker/credential-key.ts';
import { readDockerConfig } from '../../core/explain/docker-config-reader.ts';
import type { BuilderFiles, BuildkitdTomlFile } from '../../core/explain/explanation.ts';
import type { OutputKind } from '../../core/plan/output.ts';
import { provenanceOf } from '../../core/plan/provenance.ts';
import type { Redacted } from '../../core/redacted.ts';
import { isObject } from '../../kube/object.ts';
import { called } from '../manifests/header.ts';
import type { Identity } from '../manifests/header.ts';
import type { Manifests, MirrorAuthManifest } from '../manifests/manifests.ts';
import { UsageError } from '../options.ts';
import type { Place } from '../problem.ts';
import { render } from '../render/render.ts';
import type { RenderedOutput } from '../render/render.ts';
import type { LevelledNotice } from '../report.ts';

/** The files that builders are given by a MirrorAuth, before any cluster has seen it. */

export interface RenderedFiles {
  readonly files: BuilderFiles;
  /** Of this MirrorAuth. */
  readonly notices: readonly LevelledNotice[];
}

export function renderFiles(manifests: Manifests, mirrorAuth: MirrorAuthManifest): RenderedFiles {
  const { identity, spec } = mirrorAuth;
  const rendered = render(manifests);
  const notices = rendered.notices.filter(
    (notice) => placeInSpec(notice).object === called(identity),
  );
  const outputs = rendered.outputs.filter((output) => isMadeFor(identity, output));
  const fileOf = (kind: OutputKind, ref: NameRef | undefined, file: string): MadeFile =>
    madeFile({ kind, name: ref?.name, file }, identity, outputs);
  const config = fileOf('Secret', spec.pullSecret, 'config.json');
  const toml = fileOf('ConfigMap', spec.buildkitConfig, BUILDKITD_TOML);
  return {
    files: {
      config: config.made && { ...config.made, origins: originsOf(spec) },
      dockerAuthConfig: undefined,
      buildkitdToml: toml.made && {
        name: toml.made.name,
        text: Buffer.from(toml.made.bytes.reveal()).toString(),
      },
      made: {
        mirrorAuth: called(identity),
        notMade: {
          ...(config.notMade !== undefined && { config: config.notMade }),
          ...(toml.notMade !== undefined && { buildkitdToml: toml.notMade }),
        },
        unresolved: config.made ? unresolvedOf(mirrorAuth, config.made.bytes, notices) : new Map(),
        base: baseOf(manifests, mirrorAuth),
      },
    },
    notices,
  };
}

interface NameRef {
  readonly name: string;
}

/** A file of an output, or the output that was wanted for it in vain; neither: nobody wants it. */
interface MadeFile {
  readonly made?: { readonly name: string; readonly bytes: Redacted<Uint8Array> };
  readonly notMade?: string;
}

function madeFile(
  wanted: { readonly kind: OutputKind; readonly name: string | undefined; readonly file: string },
  { namespace }: Identity,
  outputs: readonly RenderedOutput[],
): MadeFile {
  const { kind, file } = wanted;
  if (wanted.name === undefined) {
    return {};
  }
  const bytes = outputs
    .find(({ output: { target } }) => target.kind === kind && target.name === wanted.name)
    ?.output.data.get(file);
  const name = `${kind} ${namespace}/${wanted.name}`;
  return bytes === undefined ? { notMade: name } : { made: { name, bytes } };
}

/** What is said of a source stands there, beside the field that wants it. */
function placeInSpec(notice: LevelledNotice): Place {
  return notice.wantedBy ?? notice;
}

/** Of two MirrorAuths that want one output, the other one may have it. */
function isMadeFor({ namespace, name }: Identity, output: RenderedOutput): boolean {
  const { metadata } = output.body.reveal();
  const labels = isObject(metadata) ? metadata['labels'] : undefined;
  return output.namespace === namespace && isObject(labels) && labels[OWNER_NAME_LABEL] === name;
}

/** Why entries that spec wants are not in the file. */
function unresolvedOf(
  { spec, placeOf }: MirrorAuthManifest,
  config: Redacted<Uint8Array>,
  notices: readonly LevelledNotice[],
): ReadonlyMap<string, string> {
  const { entries } = readDockerConfig(config);
  return new Map(
    (spec.registries ?? []).flatMap((registry, index) => {
      const key = configKeyOf(registry.host);
      const secret = provenanceOf(spec, registry)?.secretName;
      if (secret === undefined || registry.pullSecretEntry === 'Omit' || entries.has(key)) {
        return [];
      }
      const { field } = placeOf(['spec', 'registries', index, 'credentials']);
      const reason = notices.find((notice) => placeInSpec(notice).field === field)?.reason;
      return [[key, `Secret ${secret} ${whatOf(reason)}`] as const];
    }),
  );
}

function whatOf(reason: string | undefined): string {
  switch (reason) {
    case 'SecretNotFound':
      return 'is missing';
    case undefined:
      return 'has an error of its own';
    default:
      return `does not give it (${reason})`;
  }
}

function baseOf(
  { configMaps }: Manifests,
  { identity: { namespace }, spec }: MirrorAuthManifest,
): BuildkitdTomlFile | undefined {
  const ref = spec.buildkitConfig?.baseRef;
  const found = configMaps.find(
    ({ identity }) => identity.namespace === namespace && identity.name === ref?.name,
  );
  const text = found && asSourceConfigMap(found.object).data.get(ref?.key ?? DEFAULT_BASE_KEY);
  return found && text !== undefined ? { name: called(found.identity), text } : undefined;
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
