/** Kubernetes objects as they arrive: parsed JSON, of which nothing is known until it was checked. */

export interface JsonObject {
  readonly [key: string]: unknown;
}

/** Names one object of a kind. `namespace` is `''` for cluster-scoped kinds. */
export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
}

/** meta/v1 OwnerReference. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
  readonly blockOwnerDeletion: boolean;
}

/** What is used of meta/v1 ObjectMeta. Absent maps and lists are empty. */
export interface ObjectMeta extends ObjectRef {
  readonly uid: string;
  /** Opaque: it may be compared for equality and sent back, and nothing else. */
  readonly resourceVersion: string;
  /** Absent on kinds without a spec (Secret, ConfigMap). */
  readonly generation: number | undefined;
  /** RFC 3339. */
  readonly creationTimestamp: string | undefined;
  /** RFC 3339; present while the object is being deleted. */
  readonly deletionTimestamp: string | undefined;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly ownerReferences: readonly OwnerReference[];
}

export type StringMap = Readonly<Record<string, string>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStringMap(value: unknown): value is StringMap {
  return isObject(value) && Object.values(value).every((one) => typeof one === 'string');
}

/**
 * Reads the value of an object's `metadata`.
 *
 * @returns undefined when `name`, `uid` or `resourceVersion` is missing or any field is of a wrong
 *   type: then this is no object that an API server stored.
 */
export function parseObjectMeta(value: unknown): ObjectMeta | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const { namespace = '', name, uid, resourceVersion } = value;
  const rest = parseOptionalFields(value);
  if (!isString(namespace) || !isName(name) || !isName(uid) || !isName(resourceVersion) || !rest) {
    return undefined;
  }
  return { namespace, name, uid, resourceVersion, ...rest };
}

type OptionalFields = Omit<ObjectMeta, 'namespace' | 'name' | 'uid' | 'resourceVersion'>;

function parseOptionalFields(value: JsonObject): OptionalFields | undefined {
  const { generation, creationTimestamp, deletionTimestamp } = value;
  const { labels = {}, annotations = {} } = value;
  const ownerReferences = parseOwnerReferences(value['ownerReferences'] ?? []);
  const isFine =
    isOptional(generation, isNumber) &&
    isOptional(creationTimestamp, isString) &&
    isOptional(deletionTimestamp, isString) &&
    isStringMap(labels) &&
    isStringMap(annotations) &&
    ownerReferences !== undefined;
  return isFine
    ? { generation, creationTimestamp, deletionTimestamp, labels, annotations, ownerReferences }
    : undefined;
}

function parseOwnerReferences(value: unknown): readonly OwnerReference[] | undefined {
  if (!Array.isArray(value)) {
    return undefined;
  }
  const references = value.map(parseOwnerReference);
  return references.every((reference) => reference !== undefined) ? references : undefined;
}

function parseOwnerReference(value: unknown): OwnerReference | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const { apiVersion, kind, name, uid } = value;
  if (!isName(apiVersion) || !isName(kind) || !isName(name) || !isName(uid)) {
    return undefined;
  }
  const controller = value['controller'] === true;
  const blockOwnerDeletion = value['blockOwnerDeletion'] === true;
  return { apiVersion, kind, name, uid, controller, blockOwnerDeletion };
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isName = (value: unknown): value is string => isString(value) && value !== '';
const isNumber = (value: unknown): value is number => typeof value === 'number';

function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | undefined {
  return value === undefined || is(value);
}
