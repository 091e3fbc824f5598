import type { ObjectRef } from './object.ts';

/** A kind of object and where the API server serves it. */
export interface Resource {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  /** As in paths and in RBAC: `secrets`. */
  readonly plural: string;
  readonly kind: string;
}

/** Which objects of a kind: those of one namespace, or `'all'` (of all namespaces, or cluster-scoped). */
export type Scope = { readonly namespace: string } | 'all';

/** `apiVersion` as objects of this kind carry it. */
export function apiVersion({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Path to list, watch and create. Cluster-scoped kinds have the scope `'all'`. */
export function collectionPath(resource: Resource, scope: Scope): string {
  const root = resource.group === '' ? 'api' : 'apis';
  const namespace = scope === 'all' ? '' : `/namespaces/${segment(scope.namespace)}`;
  return `/${root}/${apiVersion(resource)}${namespace}/${resource.plural}`;
}

/** Path of one object, or of its subresource. */
export function objectPath(resource: Resource, ref: ObjectRef, subresource?: 'status'): string {
  const path = `${collectionPath(resource, scopeOf(ref.namespace))}/${segment(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** The scope that an object with this `metadata.namespace` is in: `''` means cluster-scoped. */
export function scopeOf(namespace: string): Scope {
  return namespace === '' ? 'all' : { namespace };
}

/**
 * An empty name would address the whole collection, and `..` another object: neither is a name
 * (k8s.io/apimachinery IsValidPathSegmentName, v0.37), so to get here with one is a mistake in code.
 */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') {
    throw new TypeError('an object or namespace name is empty, "." or ".."');
  }
  return encodeURIComponent(name);
}
