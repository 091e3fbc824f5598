import type { IncomingMessage } from 'node:http';
import { isObject } from '../../src/kube/object.ts';

/** A request to an API server, in the words of the API. */
export interface KubeRequest {
  /** A list that is streamed as a watch (`sendInitialEvents`) is a list. */
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'other';
  /** `''` for what is no resource, such as `/version`. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  /** Of a create: from its body. */
  readonly name: string;
  readonly userAgent: string;
  /** As it was sent; never logged. */
  readonly authorization: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Requests that are equal to this in everything that it names, or for which it holds. */
export type Filter = Partial<Omit<KubeRequest, 'query'>> | ((request: KubeRequest) => boolean);

export function matches(filter: Filter, request: KubeRequest): boolean {
  if (typeof filter === 'function') {
    return filter(request);
  }
  const actual = new Map<string, unknown>(Object.entries(request));
  return Object.entries(filter).every(([key, value]) => actual.get(key) === value);
}

/** Whether it changes something that is not an event for people. */
export function isWrite({ verb, resource }: KubeRequest): boolean {
  return ['create', 'update', 'patch', 'delete'].includes(verb) && resource !== 'events';
}

/** `patch mirrorauths/ci/status`. */
export function nameOfRequest({ verb, resource, name, subresource }: KubeRequest): string {
  const place = [resource, name, subresource].filter((part) => part !== '');
  return [verb, place.join('/')].join(' ').trim();
}

export function kubeRequest(incoming: IncomingMessage, body: string): KubeRequest {
  const url = new URL(incoming.url ?? '/', 'http://any');
  const query = Object.fromEntries(url.searchParams);
  const place = placeOf(url.pathname);
  const method = incoming.method ?? '';
  return {
    ...place,
    name: method === 'POST' ? nameIn(body) : place.name,
    verb: place.resource === '' ? 'other' : verbOf(method, place.name, query),
    userAgent: incoming.headers['user-agent'] ?? '',
    authorization: incoming.headers.authorization ?? '',
    query,
  };
}

/** `/api/v1/…` and `/apis/<group>/<version>/…` (Kubernetes API concepts, "Resource URIs"). */
function placeOf(
  pathname: string,
): Pick<KubeRequest, 'resource' | 'subresource' | 'namespace' | 'name'> {
  const [root = '', ...parts] = pathname.split('/').slice(1).map(decodeURIComponent);
  const roots: Readonly<Record<string, number>> = { api: 1, apis: 2 };
  const rest = parts.slice(roots[root] ?? parts.length);
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [resource = '', name = '', subresource = ''] = isNamespaced ? rest.slice(2) : rest;
  return { resource, name, subresource, namespace: isNamespaced ? (rest[1] ?? '') : '' };
}

function verbOf(
  method: string,
  name: string,
  query: Readonly<Record<string, string>>,
): KubeRequest['verb'] {
  switch (method) {
    case 'GET':
      if (query['watch'] === 'true') {
        return query['sendInitialEvents'] === 'true' ? 'list' : 'watch';
      }
      return name === '' ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      return 'other';
  }
}

function nameIn(body: string): string {
  const json: unknown = JSON.parse(body);
  const metadata = isObject(json) ? json['metadata'] : undefined;
  const name = isObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : '';
}
