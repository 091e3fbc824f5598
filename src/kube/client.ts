import type { Call } from './errors.ts';
import { listPage, watchEvents } from './list-watch.ts';
import type { Page, PageOptions, Selection, WatchEvent, WatchOptions } from './list-watch.ts';
import { isObject } from './object.ts';
import type { JsonObject, ObjectRef } from './object.ts';
import { collectionPath, objectPath, scopeOf } from './resource.ts';
import type { Resource } from './resource.ts';
import { send } from './send.ts';
import type { Request, Transport } from './transport.ts';

/**
 * What is asked of an API server. Objects go in and come out as JSON; a write returns the object as
 * it was stored. Every method throws KubeError, or its signal's reason when that aborts.
 */
export interface Client {
  /** @throws KubeError NotFound */
  get(
    resource: Resource,
    ref: ObjectRef,
    options?: { readonly signal?: AbortSignal },
  ): Promise<JsonObject>;
  /**
   * POST: makes a new object and never touches one that is there.
   *
   * @param namespace `''` for cluster-scoped kinds
   * @throws KubeError AlreadyExists, NamespaceTerminating, QuotaExceeded
   */
  create(
    resource: Resource,
    namespace: string,
    body: JsonObject,
    options: WriteOptions,
  ): Promise<JsonObject>;
  /**
   * PUT: replaces an object that was read. The body carries its `metadata.resourceVersion`.
   *
   * @throws KubeError Conflict when it changed since
   */
  update(
    resource: Resource,
    ref: ObjectRef,
    body: JsonObject,
    options: WriteOptions,
  ): Promise<JsonObject>;
  /**
   * JSON merge patch (RFC 7386): maps are merged, `null` removes, lists are replaced. A body with
   * `metadata.uid` and `metadata.resourceVersion` changes exactly the object that was read.
   *
   * @throws KubeError NotFound when it is gone, Conflict when it changed or another has its name by
   *   now, Replaced for the latter where the body has a uid but no resourceVersion
   */
  mergePatch(
    resource: Resource,
    ref: ObjectRef,
    body: JsonObject,
    options: WriteOptions,
  ): Promise<JsonObject>;
  /**
   * Server-side apply to `/status`. The body carries apiVersion and kind. Applying what is there
   * already changes nothing, the resourceVersion neither.
   *
   * The server does not compare a `metadata.uid` here (tried on 1.37 with a custom resource): only
   * `metadata.resourceVersion` keeps the status off an object that has taken the name since.
   *
   * @throws KubeError NotFound when it is gone, Conflict when it is not in that resourceVersion
   */
  applyStatus(
    resource: Resource,
    ref: ObjectRef,
    body: JsonObject,
    options: ApplyOptions,
  ): Promise<JsonObject>;
  /**
   * Deletes that object in that version; what it owns is collected in the background.
   *
   * @throws KubeError NotFound, or Conflict when a precondition does not hold
   */
  delete(resource: Resource, ref: ObjectRef, preconditions: Preconditions): Promise<void>;
  /** One page of a list. */
  list(selection: Selection, page: PageOptions): Promise<Page>;
  /**
   * Changes after a resourceVersion, as they come. Ends when the server ends it; throws when the
   * stream breaks, at a line that is no event (ProtocolError) and at an ERROR event (Expired for a
   * version that is too old). The connection closes when the loop over it is left.
   */
  watch(selection: Selection, options: WatchOptions): AsyncIterable<WatchEvent>;
}

export interface WriteOptions {
  readonly fieldManager: string;
  /** For `create` and `update`: gives the call up. Whether it was carried out is not known then. */
  readonly signal?: AbortSignal;
}

export interface ApplyOptions {
  readonly fieldManager: string;
  /** Take fields over from other managers. */
  readonly force: boolean;
}

export interface Preconditions {
  readonly uid: string;
  readonly resourceVersion: string;
}

export function createClient(transport: Transport): Client {
  const call = (of: Call, request: Request): Promise<JsonObject> => send(transport, of, request);
  return {
    get: (resource, ref, { signal } = {}) =>
      call(
        { verb: 'get', resource, on: ref },
        { method: 'GET', path: objectPath(resource, ref), signal },
      ),
    create: (resource, namespace, json, { fieldManager, signal }) => {
      const path = collectionPath(resource, scopeOf(namespace));
      return call(
        { verb: 'create', resource, on: refToNew(namespace, json) },
        { method: 'POST', path, query: { fieldManager }, body: asJson(json), signal },
      );
    },
    update: (resource, ref, json, { fieldManager, signal }) => {
      const path = objectPath(resource, ref);
      return call(
        { verb: 'update', resource, on: ref },
        { method: 'PUT', path, query: { fieldManager }, body: asJson(json), signal },
      );
    },
    mergePatch: (resource, ref, body, { fieldManager }) =>
      call(
        { verb: 'patch', resource, on: ref },
        {
          method: 'PATCH',
          path: objectPath(resource, ref),
          query: { fieldManager },
          body: { contentType: 'application/merge-patch+json', json: body },
        },
      ),
    applyStatus: (resource, ref, body, { fieldManager, force }) =>
      call(
        { verb: 'apply', resource, subresource: 'status', on: ref },
        {
          method: 'PATCH',
          path: objectPath(resource, ref, 'status'),
          query: { fieldManager, force: String(force) },
          // JSON is YAML; the type has no other name (Kubernetes "Server-Side Apply").
          body: { contentType: 'application/apply-patch+yaml', json: body },
        },
      ),
    delete: async (resource, ref, preconditions) => {
      await call(
        { verb: 'delete', resource, on: ref },
        { method: 'DELETE', path: objectPath(resource, ref), body: deleteOptions(preconditions) },
      );
    },
    list: (selection, page) => listPage(transport, selection, page),
    watch: (selection, options) => watchEvents(transport, selection, options),
  };
}

function asJson(json: JsonObject): Request['body'] {
  return { contentType: 'application/json', json };
}

function deleteOptions({ uid, resourceVersion }: Preconditions): Request['body'] {
  return asJson({
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid, resourceVersion },
    propagationPolicy: 'Background',
  });
}

/** Names a POST in an error by the name that its body asks for. */
function refToNew(namespace: string, body: JsonObject): ObjectRef | { namespace: string } {
  const name = isObject(body['metadata']) ? body['metadata']['name'] : undefined;
  return typeof name === 'string' ? { namespace, name } : { namespace };
}
