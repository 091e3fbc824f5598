import type { ObjectRef } from './object.ts';
import { isObject } from './object.ts';
import type { Resource } from './resource.ts';

/**
 * Why a call failed. Decided from the HTTP status and the fixed words of the Status object
 * (meta/v1 `reason`, `details.causes`), never from prose, with one exception named below.
 */
export type KubeErrorKind =
  /** 404: no such object, or no such kind on this server. */
  | 'NotFound'
  /** 409 on create: the name is taken. */
  | 'AlreadyExists'
  /** 409: the object changed since its `resourceVersion`, or a delete's precondition does not hold. */
  | 'Conflict'
  /**
   * 422 at `metadata.uid`: another object has taken the name since. A body that also carries an
   * old `resourceVersion` gets Conflict instead, because the server compares that first.
   */
  | 'Replaced'
  /** 422: the server refuses the object. */
  | 'Invalid'
  /** 403: RBAC or admission says no. */
  | 'Forbidden'
  /** 403: nothing can be created in a namespace that is being deleted. */
  | 'NamespaceTerminating'
  /** 403: a ResourceQuota is used up. The server has no word for it but its message. */
  | 'QuotaExceeded'
  /** 410: the resourceVersion or the list's continue token is too old. List again. */
  | 'Expired'
  /** 401, or no credential could be had at all (a token file or an exec plugin failed). */
  | 'Unauthorized'
  | 'TooManyRequests'
  /** 413: above the server's limit for a request. */
  | 'RequestTooLarge'
  /** 5xx. */
  | 'ServerError'
  /** No connection, or it broke: it is not known whether the server did what was asked. */
  | 'Unreachable'
  /** No whole answer in time, by our clock or by the server's. Not known either. */
  | 'Timeout'
  /** The answer is not what the API would send: not HTTP, not JSON, or a truncated line. */
  | 'ProtocolError'
  /** Any other 4xx: the request itself is wrong. */
  | 'BadRequest';

/** What was asked; names an error. */
export interface Call {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete';
  readonly resource: Resource;
  readonly subresource?: 'status';
  /** Absent: of all namespaces. */
  readonly on?: ObjectRef | { readonly namespace: string };
}

export interface KubeErrorDetails {
  /** HTTP status code, when there was an answer. */
  readonly status?: number;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number;
  /** Node's or undici's error code (`ECONNREFUSED`), when there was no answer. */
  readonly code?: string;
}

/**
 * A failed call to the API server.
 *
 * The message is made of the verb, the resource, the names and the kind. It never holds text of the
 * answer or of an underlying error, and there is no `cause`: the server's messages and those of
 * JSON.parse quote the object, which may be a Secret. So it may be logged as it is.
 */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly kind: KubeErrorKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(call: Call, kind: KubeErrorKind, details: KubeErrorDetails = {}) {
    const code = details.status === undefined ? details.code : `HTTP ${details.status}`;
    super(`${describe(call)}: ${kind}${code === undefined ? '' : ` (${code})`}`);
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

function describe({ verb, resource, subresource, on }: Call): string {
  const what = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  if (on === undefined) {
    return `${verb} ${what}`;
  }
  return `${verb} ${what} ${on.namespace === '' ? '' : `${on.namespace}/`}${'name' in on ? on.name : '*'}`;
}

/** The error of an answer that is not a success. */
export function errorFromAnswer(
  call: Call,
  answer: { readonly status: number; readonly retryAfterMs?: number; readonly json: unknown },
): KubeError {
  const { status } = answer;
  const words = readStatus(answer.json);
  const retryAfterMs = answer.retryAfterMs ?? words.retryAfterMs;
  const details = retryAfterMs === undefined ? { status } : { status, retryAfterMs };
  return new KubeError(call, kindOf(status, words), details);
}

/** The error of a watch's ERROR event, whose object is a Status. */
export function errorFromStatus(call: Call, status: unknown): KubeError {
  const code = isObject(status) ? status['code'] : undefined;
  return errorFromAnswer(call, { status: typeof code === 'number' ? code : 500, json: status });
}

/** meta/v1 StatusReason to kind. Reasons that are not here go by their HTTP status. */
const KIND_OF_REASON: ReadonlyMap<unknown, KubeErrorKind> = new Map([
  ['AlreadyExists', 'AlreadyExists'],
  ['Expired', 'Expired'],
  ['Gone', 'Expired'],
  ['Timeout', 'Timeout'],
  ['ServerTimeout', 'Timeout'],
]);

const KIND_OF_HTTP_STATUS: ReadonlyMap<number, KubeErrorKind> = new Map([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [409, 'Conflict'],
  [410, 'Expired'],
  [413, 'RequestTooLarge'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [504, 'Timeout'],
]);

function kindOf(httpStatus: number, words: StatusWords): KubeErrorKind {
  const kind = KIND_OF_REASON.get(words.reason) ?? KIND_OF_HTTP_STATUS.get(httpStatus);
  if (
    kind === 'Forbidden' &&
    words.causes.some(({ reason }) => reason === 'NamespaceTerminating')
  ) {
    return 'NamespaceTerminating';
  }
  if (kind === 'Forbidden' && words.saysQuota) {
    return 'QuotaExceeded';
  }
  if (kind === 'Invalid' && words.causes.some(({ field }) => field === 'metadata.uid')) {
    return 'Replaced';
  }
  return kind ?? kindOfClass(httpStatus);
}

function kindOfClass(httpStatus: number): KubeErrorKind {
  if (httpStatus >= 500) {
    return 'ServerError';
  }
  return httpStatus >= 400 ? 'BadRequest' : 'ProtocolError';
}

interface StatusWords {
  readonly reason: unknown;
  readonly causes: readonly { readonly reason?: unknown; readonly field?: unknown }[];
  readonly saysQuota: boolean;
  readonly retryAfterMs: number | undefined;
}

/** Takes the fixed words out of a meta/v1 Status and leaves its prose behind. */
function readStatus(json: unknown): StatusWords {
  const status = isObject(json) && json['kind'] === 'Status' ? json : {};
  const details = isObject(status['details']) ? status['details'] : {};
  const { causes, retryAfterSeconds } = details;
  const { message } = status;
  return {
    reason: status['reason'],
    causes: Array.isArray(causes) ? causes.filter(isObject) : [],
    saysQuota: typeof message === 'string' && message.includes('exceeded quota'),
    retryAfterMs: typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1000 : undefined,
  };
}

/**
 * Fields to log of anything that was thrown. A KubeError's message is safe; any other error may
 * quote what it choked on, so that only its class and the places in the code are told.
 */
export function errorFields(error: unknown): { readonly error: string; readonly at?: string } {
  if (error instanceof KubeError) {
    return { error: error.message };
  }
  if (!(error instanceof Error)) {
    return { error: typeof error };
  }
  const header = `${error.name}: ${error.message}\n`;
  return error.stack?.startsWith(header) === true
    ? { error: error.name, at: error.stack.slice(header.length) }
    : { error: error.name };
}
