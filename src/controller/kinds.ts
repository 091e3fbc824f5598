import { Buffer } from 'node:buffer';
import { API_VERSION, GROUP, LAST_APPLIED_ANNOTATION, VERSION } from '../api/metadata.ts';
import { MIRRORAUTH_KIND, MIRRORAUTH_PLURAL } from '../api/mirrorauth.ts';
import type { SourceConfigMap } from '../core/plan/observed.ts';
import { controllerOf } from '../core/plan/output.ts';
import type { Data, LiveObject, OutputKind } from '../core/plan/output.ts';
import { Redacted } from '../core/redacted.ts';
import type { SourceSecret } from '../core/docker/source-credential.ts';
import { isStringMap, parseObjectMeta } from '../kube/object.ts';
import type { JsonObject, ObjectMeta } from '../kube/object.ts';
import type { Resource } from '../kube/resource.ts';

/** The kinds that this controller deals with: where they are served, and how they are read. */

export const MIRRORAUTHS: Resource = {
  group: GROUP,
  version: VERSION,
  plural: MIRRORAUTH_PLURAL,
  kind: MIRRORAUTH_KIND,
};

export const EVENTS: Resource = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
};

/** The kinds of sources and outputs. */
export const RESOURCES: Readonly<Record<OutputKind, Resource>> = {
  Secret: { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' },
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' },
};

/** An object that was read whole. */
export interface WholeObject {
  readonly kind: OutputKind;
  readonly metadata: ObjectMeta;
  readonly data: Data;
  readonly binaryKeys: readonly string[];
  readonly type: string | undefined;
  readonly isImmutable: boolean;
}

/** @throws TypeError when the server answers with something that is no such object */
export function readObject(kind: OutputKind, object: JsonObject): WholeObject {
  const metadata = parseObjectMeta(object['metadata']);
  const { data = {}, binaryData = {}, type, immutable } = object;
  if (metadata === undefined || !isStringMap(data) || !isStringMap(binaryData)) {
    throw new TypeError(`the API server answered with something that is no ${kind}`);
  }
  const encoding = kind === 'Secret' ? 'base64' : 'utf8';
  return {
    kind,
    metadata,
    data: new Map(
      Object.entries(data).map(([key, text]) => [key, new Redacted(Buffer.from(text, encoding))]),
    ),
    binaryKeys: Object.keys(binaryData),
    type: typeof type === 'string' ? type : undefined,
    isImmutable: immutable === true,
  };
}

export function asSourceSecret({ metadata, type, data }: WholeObject): SourceSecret {
  return { name: metadata.name, type: type ?? 'Opaque', data, isOutput: isOutput(metadata) };
}

function isOutput({ ownerReferences }: ObjectMeta): boolean {
  const controller = controllerOf(ownerReferences);
  return controller?.kind === MIRRORAUTH_KIND && controller.apiVersion === API_VERSION;
}

export function asSourceConfigMap({ metadata, data }: WholeObject): SourceConfigMap {
  return {
    name: metadata.name,
    data: new Map(
      [...data].map(([key, text]) => [key, Buffer.from(text.reveal()).toString('utf8')]),
    ),
    isOutput: isOutput(metadata),
  };
}

/** Whether two sets of files are the same, byte for byte. */
function sameData(one: Data, other: Data): boolean {
  return (
    one.size === other.size &&
    [...one].every(([key, bytes]) => {
      const others = other.get(key);
      return others !== undefined && Buffer.compare(bytes.reveal(), others.reveal()) === 0;
    })
  );
}

/** With its content, so that something of it can be kept. */
export function asLiveObject(whole: WholeObject): LiveObject {
  return {
    ...asRemembered(whole, (data) => sameData(whole.data, data)),
    data: {
      keys: [...whole.data.keys()],
      matches: (data) => sameData(whole.data, data),
      content: whole.data,
    },
  };
}

/** Without its content: what may be held in memory for as long as the object lives. */
export function asRemembered(
  { kind, metadata, data, binaryKeys, type, isImmutable }: WholeObject,
  matches: (data: Data) => boolean,
): LiveObject {
  return {
    target: { kind, name: metadata.name },
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    isTerminating: metadata.deletionTimestamp !== undefined,
    isImmutable,
    ...(type !== undefined && { type }),
    labels: metadata.labels,
    annotations: Object.fromEntries(Object.entries(metadata.annotations).flatMap(known)),
    ownerReferences: metadata.ownerReferences,
    data: { keys: [...data.keys()], matches },
    binaryKeys,
  };
}

/** Of last-applied-configuration only that it is there: its value may be a whole Secret. */
function known([key, value]: [string, string]): readonly [string, string][] {
  if (key === LAST_APPLIED_ANNOTATION) {
    return [[key, '']];
  }
  return key.startsWith(`${GROUP}/`) ? [[key, value]] : [];
}
