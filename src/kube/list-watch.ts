import { KubeError, errorFromAnswer, errorFromStatus } from './errors.ts';
import type { Call } from './errors.ts';
import { jsonLines } from './json-lines.ts';
import { isObject } from './object.ts';
import type { JsonObject } from './object.ts';
import { collectionPath } from './resource.ts';
import type { Resource, Scope } from './resource.ts';
import { asKubeError, send } from './send.ts';
import type { Transport } from './transport.ts';

/** What a list or watch is of. */
export interface Selection {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly fieldSelector?: string;
  /**
   * Ask for PartialObjectMetadata: the server leaves everything but `metadata` out. There is no
   * fallback to whole objects where a server cannot do that: they may be Secrets.
   */
  readonly metadataOnly: boolean;
}

export interface PageOptions {
  readonly limit: number;
  /** From the page before; absent for the first. */
  readonly continueToken?: string;
  readonly signal: AbortSignal;
}

export interface Page {
  readonly items: readonly JsonObject[];
  /** Of the whole list, the same on each page: where a watch goes on. */
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continueToken?: string;
}

export interface WatchOptions {
  /**
   * Absent: a streamed list (Kubernetes API concepts, "Streaming lists"). The whole state comes
   * first, as ADDED events, and changes to it meanwhile; then a BOOKMARK that
   * {@link endsInitialEvents}, and the watch goes on. Served by default since 1.34; a server that
   * does not answers 422.
   */
  readonly resourceVersion?: string;
  /** After which the server ends the watch. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Called when the server has accepted the watch; the first event may be long in coming. */
  readonly onOpen?: () => void;
}

/** A BOOKMARK's object has nothing but a resourceVersion. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: JsonObject;
}

/** Whether this is the BOOKMARK behind the initial events of a streamed list. */
export function endsInitialEvents({ type, object: { metadata } }: WatchEvent): boolean {
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  return (
    type === 'BOOKMARK' &&
    isObject(annotations) &&
    annotations['k8s.io/initial-events-end'] === 'true'
  );
}

/** @throws KubeError ProtocolError when the event's object has no resourceVersion */
export function eventVersion(call: Call, { object: { metadata } }: WatchEvent): string {
  const version = isObject(metadata) ? metadata['resourceVersion'] : undefined;
  if (typeof version !== 'string' || version === '') {
    throw new KubeError(call, 'ProtocolError');
  }
  return version;
}

/** @see Client.list */
export async function listPage(
  transport: Transport,
  selection: Selection,
  page: PageOptions,
): Promise<Page> {
  const call = callOf('list', selection);
  const json = await send(transport, call, {
    method: 'GET',
    path: collectionPath(selection.resource, selection.scope),
    query: {
      limit: String(page.limit),
      ...(page.continueToken !== undefined && { continue: page.continueToken }),
      ...selectorsOf(selection),
    },
    accept: acceptOf(selection, 'PartialObjectMetadataList'),
    signal: page.signal,
  });
  // Go writes an empty list that was never allocated as null.
  const items = json['items'] ?? [];
  const { resourceVersion, continue: continueToken } = isObject(json['metadata'])
    ? json['metadata']
    : {};
  if (!isArrayOfObjects(items) || typeof resourceVersion !== 'string') {
    throw new KubeError(call, 'ProtocolError');
  }
  return typeof continueToken === 'string' && continueToken !== ''
    ? { items, resourceVersion, continueToken }
    : { items, resourceVersion };
}

/** @see Client.watch */
export async function* watchEvents(
  transport: Transport,
  selection: Selection,
  { resourceVersion, timeoutSeconds, signal, onOpen }: WatchOptions,
): AsyncGenerator<WatchEvent> {
  const call = callOf('watch', selection);
  try {
    const stream = await transport.stream({
      method: 'GET',
      path: collectionPath(selection.resource, selection.scope),
      query: {
        watch: 'true',
        ...(resourceVersion === undefined
          ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
          : { resourceVersion }),
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(timeoutSeconds),
        ...selectorsOf(selection),
      },
      accept: acceptOf(selection, 'PartialObjectMetadata'),
      signal,
    });
    if ('refusal' in stream) {
      throw errorFromAnswer(call, stream.refusal);
    }
    onOpen?.();
    for await (const line of jsonLines(stream.chunks)) {
      yield parseEvent(call, line);
    }
  } catch (error) {
    throw asKubeError(call, error);
  }
}

function parseEvent(call: Call, line: unknown): WatchEvent {
  const { type, object } = isObject(line) ? line : {};
  if (type === 'ERROR') {
    throw errorFromStatus(call, object);
  }
  if (!isEventType(type) || !isObject(object)) {
    throw new KubeError(call, 'ProtocolError');
  }
  return { type, object };
}

function isEventType(type: unknown): type is WatchEvent['type'] {
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
}

function isArrayOfObjects(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every(isObject);
}

function selectorsOf({ fieldSelector }: Selection): Readonly<Record<string, string>> {
  return fieldSelector === undefined ? {} : { fieldSelector };
}

function acceptOf({ metadataOnly }: Selection, as: string): string {
  return metadataOnly ? `application/json;as=${as};g=meta.k8s.io;v=v1` : 'application/json';
}

/** What errors call a list or watch. */
export function callOf(verb: 'list' | 'watch', { resource, scope }: Selection): Call {
  return scope === 'all' ? { verb, resource } : { verb, resource, on: scope };
}
