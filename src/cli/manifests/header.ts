import { API_VERSION, GROUP } from '../../api/metadata.ts';
import { MIRRORAUTH_KIND } from '../../api/mirrorauth.ts';
import { isObject, isStringMap, parseObjectMeta } from '../../kube/object.ts';
import type { JsonObject } from '../../kube/object.ts';
import { NAMESPACE_NAME } from '../namespace.ts';
import type { Fault } from './located.ts';

/** What an object is and how it is called, as far as it says so. */

export type ManifestKind = typeof MIRRORAUTH_KIND | 'Secret' | 'ConfigMap';

/** `others`: none of the kinds that are read. */
export type Kind =
  | { readonly kind: ManifestKind }
  | { readonly kind: 'others' }
  | { readonly kind: 'unknown'; readonly fault: Fault };

export function kindOf(value: unknown): Kind {
  if (!isObject(value)) {
    return unknown([], 'is no object: write apiVersion, kind and metadata');
  }
  const { apiVersion, kind } = value;
  if (!isNonEmpty(apiVersion) || !isNonEmpty(kind)) {
    const [missing, example] = isNonEmpty(apiVersion)
      ? ['kind', MIRRORAUTH_KIND]
      : ['apiVersion', 'v1'];
    return unknown([missing], `is missing, or no text: write it, such as ${missing}: ${example}`);
  }
  return kind === MIRRORAUTH_KIND || apiVersion.startsWith(`${GROUP}/`)
    ? ofOurGroup(apiVersion, kind)
    : ofOtherGroup(apiVersion, kind);
}

/** Other groups have kinds called Secret too; the core group is the one without a slash. */
function ofOtherGroup(apiVersion: string, kind: string): Kind {
  if (apiVersion.includes('/') || (kind !== 'Secret' && kind !== 'ConfigMap')) {
    return { kind: 'others' };
  }
  return apiVersion === 'v1'
    ? { kind }
    : unknown(['apiVersion'], `is not that of a ${kind}: write apiVersion: v1`);
}

function ofOurGroup(apiVersion: string, kind: string): Kind {
  if (apiVersion !== API_VERSION) {
    return unknown(['apiVersion'], `is not that of a MirrorAuth: write apiVersion: ${API_VERSION}`);
  }
  return kind === MIRRORAUTH_KIND
    ? { kind }
    : unknown(['kind'], `is no kind of ${API_VERSION}: write kind: ${MIRRORAUTH_KIND}`);
}

function unknown(path: Fault['path'], message: string): Kind {
  return { kind: 'unknown', fault: { path, message } };
}

/** An object that has a legal name. */
export interface Identity {
  readonly kind: ManifestKind;
  readonly namespace: string;
  readonly name: string;
}

/** @param namespace where `metadata` names none */
export function identityOf(
  kind: ManifestKind,
  object: JsonObject,
  namespace: string,
): Identity | undefined {
  const { name, namespace: own } = presentOf(object['metadata']);
  return isName(name) && isNamespace(own) ? { kind, namespace: own ?? namespace, name } : undefined;
}

/** For people: `Secret builds/dockerhub`. */
export function called({ kind, namespace, name }: Identity): string {
  return `${kind} ${namespace}/${name}`;
}

export function metadataFaults({ metadata }: JsonObject): readonly Fault[] {
  if (!isObject(metadata)) {
    return [{ path: ['metadata'], message: 'is missing, or no object: write metadata: {name: …}' }];
  }
  const present = presentOf(metadata);
  const broken = RULES.filter(({ field, isFine }) => !isFine(present[field]));
  return [
    ...Object.keys(present)
      .filter((key) => !METADATA_FIELDS.has(key))
      .map((key) => ({
        path: ['metadata', key],
        message: 'is no field of metadata, for which the API server refuses the object: correct it',
      })),
    ...broken.map(({ field, message }) => ({ path: ['metadata', field], message })),
  ];
}

/** `metadata` as the API server would store it, but for what it makes up by itself. */
export function metadataOf(object: JsonObject, { kind, namespace, name }: Identity): JsonObject {
  return {
    uid: `not yet known: ${kind} ${namespace}/${name}`,
    resourceVersion: 'not yet known',
    ...Object.fromEntries(
      Object.entries(presentOf(object['metadata'])).filter(([key]) => KEPT.has(key)),
    ),
    namespace,
  };
}

/** The rest is the API server's own, and may be of any type in a file. */
const KEPT: ReadonlySet<string> = new Set([
  'uid',
  'name',
  'labels',
  'annotations',
  'ownerReferences',
  'creationTimestamp',
]);

/** What is null is absent, such as `creationTimestamp: null`, which kubectl prints. */
function presentOf(metadata: unknown): JsonObject {
  return isObject(metadata)
    ? Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null))
    : {};
}

interface MetadataRule {
  readonly field: string;
  readonly isFine: (value: unknown) => boolean;
  readonly message: string;
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`);

const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);

const isNamespace = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === 'string' && NAMESPACE_NAME.test(value));

const areTexts = (value: unknown): boolean => value === undefined || isStringMap(value);

const isOptionalText = (value: unknown): boolean => value === undefined || isNonEmpty(value);

const TEXT = 'is no text: put it in quotes, or leave it out';
const TEXTS = 'is no map of texts: put numbers, true and yes in quotes';

/** kubernetes.io "Object Names and IDs". */
const RULES: readonly MetadataRule[] = [
  {
    field: 'name',
    isFine: isName,
    message:
      'is missing or no legal name: write letters a to z, digits, "-" and "."; a number, y or on in quotes',
  },
  {
    field: 'namespace',
    isFine: isNamespace,
    message: 'is no name of a namespace: write letters a to z, digits and "-"',
  },
  { field: 'uid', isFine: isOptionalText, message: TEXT },
  { field: 'creationTimestamp', isFine: isOptionalText, message: TEXT },
  { field: 'labels', isFine: areTexts, message: TEXTS },
  { field: 'annotations', isFine: areTexts, message: TEXTS },
  {
    field: 'ownerReferences',
    isFine: (value) => parseObjectMeta({ ...NAMED, ownerReferences: value ?? [] }) !== undefined,
    message: 'is no list of {apiVersion, kind, name, uid}: write it as the API server returns it',
  },
];

const NAMED = { name: 'x', uid: 'x', resourceVersion: 'x' };

/** meta/v1 ObjectMeta, k8s.io/apimachinery v0.37. */
const METADATA_FIELDS: ReadonlySet<string> = new Set([
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'labels',
  'managedFields',
  'name',
  'namespace',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

function isNonEmpty(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
