import { Buffer } from 'node:buffer';
import {
  ENTRIES_ANNOTATION,
  LABELS_ANNOTATION,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  OWNER_KIND_LABEL,
  OWNER_NAME_LABEL,
} from '../../api/metadata.ts';
import { Redacted } from '../redacted.ts';

/** The objects that mirrorauth writes, as it wants them and as they are found. */

export type OutputKind = 'Secret' | 'ConfigMap';

/** Name of an object in the namespace at hand. */
export interface ObjectName {
  readonly kind: OutputKind;
  readonly name: string;
}

/** File name to bytes: `data` of a Secret or ConfigMap, decoded. */
export type Data = ReadonlyMap<string, Redacted<Uint8Array>>;

/** The object that an output is made for: its controller. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** `metav1.OwnerReference`. */
export interface OwnerReference extends Owner {
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** An output as spec and sources want it. */
export interface WantedOutput {
  readonly target: ObjectName;
  /** Labels that spec asks for, beside the fixed ones. */
  readonly labels: Readonly<Record<string, string>>;
  /** Value of the annotation that says where each entry came from; Secrets only. */
  readonly entries?: string;
  readonly data: Data;
}

/**
 * What is known of the `data` of a live object. `content` is there only when it was read for this
 * reconcile; without it one can still tell whether it equals something (by a keyed hash in memory).
 */
export interface LiveData {
  readonly keys: readonly string[];
  readonly matches: (data: Data) => boolean;
  readonly content?: Data;
}

/** An object under the name of an output, as it was found. */
export interface LiveObject {
  readonly target: ObjectName;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly isTerminating: boolean;
  readonly isImmutable: boolean;
  /** Secrets only. */
  readonly type?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ours with their values; of the others only that of `kubectl apply`, whose value is left out. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly ownerReferences: readonly OwnerReference[];
  readonly data: LiveData;
  /** Keys of a ConfigMap's `binaryData`, which no output has. */
  readonly binaryKeys: readonly string[];
}

export const PULL_SECRET_TYPE = 'kubernetes.io/dockerconfigjson';

/** What the API server is sent. Its data is secret, hence the wrapper. */
export type Body = Redacted<Readonly<Record<string, unknown>>>;

/** The reference among `references` that says who controls the object. */
export function controllerOf(references: readonly OwnerReference[]): OwnerReference | undefined {
  return references.find(({ controller }) => controller === true);
}

/** The object to POST. */
export function createBody(wanted: WantedOutput, namespace: string, owner: Owner): Body {
  const { kind, name } = wanted.target;
  return new Redacted({
    apiVersion: 'v1',
    kind,
    ...(kind === 'Secret' && { type: PULL_SECRET_TYPE }),
    metadata: {
      name,
      namespace,
      labels: labelsOf(wanted, owner),
      annotations: withoutNulls(annotationChanges(wanted)),
      ownerReferences: [ownerReference(owner)],
    },
    data: encodedData(wanted),
  });
}

/**
 * The JSON merge patch that turns `live` into `wanted`, or undefined when nothing differs. It
 * carries uid and resourceVersion, so that it can neither create nor hit another object: stale is
 * 409, replaced 422, absent 404. Foreign labels, annotations and owner references stay; foreign
 * `data` keys go.
 *
 * @param dropped foreign annotations that go too
 */
export function patchBody(
  live: LiveObject,
  wanted: WantedOutput,
  owner: Owner,
  dropped: readonly string[] = [],
): Body | undefined {
  const metadata = {
    ...difference('labels', live.labels, labelChanges(live, wanted, owner)),
    ...difference('annotations', live.annotations, {
      ...annotationChanges(wanted),
      ...Object.fromEntries(dropped.map((key) => [key, null])),
    }),
    ...ownerChanges(live, owner),
  };
  const dataDiffers = !live.data.matches(wanted.data);
  if (Object.keys(metadata).length === 0 && !dataDiffers && live.binaryKeys.length === 0) {
    return undefined;
  }
  return new Redacted({
    metadata: { uid: live.uid, resourceVersion: live.resourceVersion, ...metadata },
    ...(dataDiffers && {
      data: { ...removals(live.data.keys, wanted.data), ...encodedData(wanted) },
    }),
    ...(live.binaryKeys.length > 0 && { binaryData: removals(live.binaryKeys, new Map()) }),
  });
}

function removals(keys: readonly string[], wanted: Data): Readonly<Record<string, null>> {
  return Object.fromEntries(keys.filter((key) => !wanted.has(key)).map((key) => [key, null]));
}

/** `{[field]: changes}` when one of the changes is not there yet; null stands for "not there". */
function difference(
  field: string,
  live: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Readonly<Record<string, unknown>> {
  const differs = Object.entries(changes).some(([key, value]) => (live[key] ?? null) !== value);
  return differs ? { [field]: changes } : {};
}

function labelsOf(wanted: WantedOutput, owner: Owner): Readonly<Record<string, string>> {
  return {
    ...wanted.labels,
    [MANAGED_BY_LABEL]: MANAGED_BY,
    [OWNER_KIND_LABEL]: owner.kind,
    [OWNER_NAME_LABEL]: owner.name,
  };
}

function labelChanges(
  live: LiveObject,
  wanted: WantedOutput,
  owner: Owner,
): Readonly<Record<string, string | null>> {
  const ours = labelsOf(wanted, owner);
  const written = (live.annotations[LABELS_ANNOTATION] ?? '')
    .split(',')
    .filter((key) => key !== '');
  const dropped = written.filter((key) => !Object.hasOwn(ours, key));
  return { ...Object.fromEntries(dropped.map((key) => [key, null] as const)), ...ours };
}

function annotationChanges(wanted: WantedOutput): Readonly<Record<string, string | null>> {
  const labelKeys = Object.keys(wanted.labels).toSorted().join(',');
  return {
    [LABELS_ANNOTATION]: labelKeys === '' ? null : labelKeys,
    [ENTRIES_ANNOTATION]: wanted.entries ?? null,
  };
}

function withoutNulls(
  changes: Readonly<Record<string, string | null>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null));
}

function ownerReference({ apiVersion, kind, name, uid }: Owner): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true };
}

/** A merge patch replaces the whole list, so the references of others are sent along. */
function ownerChanges(live: LiveObject, owner: Owner): Readonly<Record<string, unknown>> {
  const ours = ownerReference(owner);
  if (live.ownerReferences.some((one) => isSameReference(one, ours))) {
    return {};
  }
  const others = live.ownerReferences.filter(
    (one) => one.uid !== owner.uid && one.controller !== true,
  );
  return { ownerReferences: [...others, ours] };
}

/** By all its fields: the garbage collector looks the owner up by kind and name, and then compares uids. */
function isSameReference(one: OwnerReference, other: OwnerReference): boolean {
  return (
    one.apiVersion === other.apiVersion &&
    one.kind === other.kind &&
    one.name === other.name &&
    one.uid === other.uid &&
    one.controller === other.controller &&
    (one.blockOwnerDeletion ?? false) === (other.blockOwnerDeletion ?? false)
  );
}

function encodedData({ target, data }: WantedOutput): Readonly<Record<string, string>> {
  const encoding = target.kind === 'Secret' ? 'base64' : 'utf8';
  return Object.fromEntries(
    [...data].map(([key, bytes]) => [key, Buffer.from(bytes.reveal()).toString(encoding)]),
  );
}
