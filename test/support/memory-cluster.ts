import { Buffer } from 'node:buffer';
import { readObject } from '../../src/controller/kinds.ts';
import type { WholeObject } from '../../src/controller/kinds.ts';
import { controllerOf } from '../../src/core/plan/output.ts';
import type { ObjectName } from '../../src/core/plan/output.ts';
import { objectId } from '../../src/core/plan/references.ts';
import { OUTPUT_MAX_BYTES } from '../../src/core/size.ts';
import type { KubeErrorKind } from '../../src/kube/errors.ts';
import { isObject } from '../../src/kube/object.ts';
import type { JsonObject } from '../../src/kube/object.ts';

/**
 * The Secrets and ConfigMaps of one namespace, in memory: what a plan is carried out on. It stands
 * for the API server only as far as plans rely on it (preconditions, merge patches, what a body must
 * look like); claims about the API server itself are tested on the real one (test/cluster).
 */
export class MemoryCluster {
  /** Every create, patch and delete that was carried out, in order; not what {@link put} did. */
  readonly writes: Write[] = [];
  readonly #objects = new Map<string, Stored>();
  #serial = 0;

  /** @throws Refusal */
  create(target: ObjectName, body: JsonObject): void {
    if (this.#objects.has(objectId(target))) {
      throw new Refusal('AlreadyExists');
    }
    const metadata = objectAt(body, 'metadata');
    const after = this.#store(target, { ...body, metadata: { ...metadata, uid: this.#next() } });
    this.writes.push({ verb: 'create', target, after });
  }

  /**
   * A JSON merge patch (RFC 7386).
   *
   * @throws Refusal
   */
  patch(target: ObjectName, patch: JsonObject): void {
    const before = this.#existing(target);
    const { uid, resourceVersion } = objectAt(patch, 'metadata');
    if (typeof uid !== 'string' || typeof resourceVersion !== 'string') {
      throw new TypeError(`a patch of ${objectId(target)} has no preconditions`);
    }
    if (resourceVersion !== before.metadata.resourceVersion) {
      throw new Refusal('Conflict');
    }
    if (uid !== before.metadata.uid) {
      throw new Refusal('Replaced');
    }
    const merged = merge(before.json, patch);
    if (!isObject(merged) || (before.isImmutable && touchesData(patch))) {
      throw new Refusal('Invalid');
    }
    const after = this.#store(target, merged);
    this.writes.push({ verb: 'patch', target, before, after });
  }

  /** @throws Refusal */
  delete(target: ObjectName, { uid, resourceVersion }: Preconditions): void {
    const before = this.#existing(target);
    if (uid !== before.metadata.uid || resourceVersion !== before.metadata.resourceVersion) {
      throw new Refusal('Conflict');
    }
    this.#objects.delete(objectId(target));
    this.writes.push({ verb: 'delete', target, before });
  }

  get(target: ObjectName): Stored | undefined {
    return this.#objects.get(objectId(target));
  }

  list(): readonly Stored[] {
    return [...this.#objects.values()];
  }

  /** What somebody else does: an object in the place of whatever is there. */
  put(target: ObjectName, object: JsonObject): void {
    const metadata = objectAt(object, 'metadata');
    this.#store(target, { ...object, metadata: { uid: this.#next(), ...metadata } });
  }

  /** What somebody else does: changes to what is there. Nothing when there is nothing. */
  edit(target: ObjectName, patch: JsonObject): void {
    const before = this.#objects.get(objectId(target));
    const merged = before && merge(before.json, patch);
    if (isObject(merged)) {
      this.#store(target, merged);
    }
  }

  /** What somebody else does. */
  remove(target: ObjectName): void {
    this.#objects.delete(objectId(target));
  }

  #existing(target: ObjectName): Stored {
    const found = this.#objects.get(objectId(target));
    if (found === undefined) {
      throw new Refusal('NotFound');
    }
    return found;
  }

  #store({ kind, name }: ObjectName, object: JsonObject): Stored {
    const metadata = { ...objectAt(object, 'metadata'), name, resourceVersion: this.#next() };
    const json = { apiVersion: 'v1', kind, ...object, metadata };
    const stored: Stored = { ...readObject(kind, json), json };
    if (!isLegal(stored)) {
      throw new Refusal('Invalid');
    }
    this.#objects.set(objectId({ kind, name }), stored);
    return stored;
  }

  #next(): string {
    this.#serial += 1;
    return String(this.#serial);
  }
}

/** An object as it is stored: read, and as JSON. */
export interface Stored extends WholeObject {
  readonly json: JsonObject;
}

export interface Write {
  readonly verb: 'create' | 'patch' | 'delete';
  readonly target: ObjectName;
  readonly before?: Stored;
  readonly after?: Stored;
}

export interface Preconditions {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** A write that was not carried out. */
export class Refusal extends Error {
  readonly kind: KubeErrorKind;

  constructor(kind: KubeErrorKind) {
    super(kind);
    this.kind = kind;
  }
}

/** RFC 7386, section 2. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) {
    return patch;
  }
  const members = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      members.delete(key);
    } else {
      members.set(key, merge(members.get(key), value));
    }
  }
  return Object.fromEntries(members);
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

function touchesData(patch: JsonObject): boolean {
  return patch['data'] !== undefined || patch['binaryData'] !== undefined;
}

const LABEL = /^([a-z0-9.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const FILE = /^[-._a-zA-Z0-9]+$/;
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What k8s.io/kubernetes v1.37.2 pkg/apis/core/validation asks of them, as far as it matters here. */
function isLegal({ kind, metadata, data, binaryKeys, type, json }: Stored): boolean {
  const size = [...data.values()].reduce((sum, bytes) => sum + bytes.reveal().byteLength, 0);
  const texts = Object.values(objectAt(json, 'data'));
  return (
    controllersOf(metadata.ownerReferences) <= 1 &&
    Object.keys(metadata.labels).every((key) => LABEL.test(key)) &&
    [...data.keys(), ...binaryKeys].every((key) => FILE.test(key)) &&
    binaryKeys.every((key) => !data.has(key)) &&
    size <= OUTPUT_MAX_BYTES &&
    (kind === 'ConfigMap' || texts.every((text) => BASE64.test(String(text)))) &&
    (type !== 'kubernetes.io/dockerconfigjson' ||
      isJsonObject(data.get('.dockerconfigjson')?.reveal()))
  );
}

function controllersOf(references: WholeObject['metadata']['ownerReferences']): number {
  return references.filter((reference) => controllerOf([reference]) !== undefined).length;
}

function isJsonObject(bytes: Uint8Array | undefined): boolean {
  try {
    return isObject(JSON.parse(Buffer.from(bytes ?? []).toString()));
  } catch {
    return false;
  }
}
