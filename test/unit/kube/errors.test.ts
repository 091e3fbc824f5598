import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  KubeError,
  errorFields,
  errorFromAnswer,
  errorFromStatus,
} from '../../../src/kube/errors.ts';
import type { Call } from '../../../src/kube/errors.ts';

const secrets = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
const call: Call = { verb: 'patch', resource: secrets, on: { namespace: 'n', name: 'a' } };

/** A Status as kube-apiserver 1.37 writes it, with a secret in its prose. */
const status = (reason: string, code: number, details: object = {}, message = ''): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: `${message} hunter2`,
  reason,
  details,
  code,
});

describe('the kind of an answer', () => {
  it.each([
    ['NotFound', 404, status('NotFound', 404)],
    ['AlreadyExists', 409, status('AlreadyExists', 409)],
    ['Conflict', 409, status('Conflict', 409)],
    ['Invalid', 422, status('Invalid', 422, { causes: [{ field: 'data' }] })],
    ['Replaced', 422, status('Invalid', 422, { causes: [{ field: 'metadata.uid' }] })],
    ['Forbidden', 403, status('Forbidden', 403)],
    [
      'NamespaceTerminating',
      403,
      status('Forbidden', 403, { causes: [{ reason: 'NamespaceTerminating' }] }),
    ],
    [
      'QuotaExceeded',
      403,
      status('Forbidden', 403, {}, 'secrets "a" is forbidden: exceeded quota'),
    ],
    ['Expired', 410, status('Expired', 410)],
    ['Expired', 410, status('Gone', 410)],
    ['Unauthorized', 401, status('Unauthorized', 401)],
    ['TooManyRequests', 429, status('TooManyRequests', 429)],
    ['RequestTooLarge', 413, status('RequestEntityTooLarge', 413)],
    ['Timeout', 504, status('Timeout', 504)],
    ['Timeout', 500, status('ServerTimeout', 500)],
    ['ServerError', 500, status('InternalError', 500)],
    ['ServerError', 503, undefined],
    ['BadRequest', 400, status('BadRequest', 400)],
    ['BadRequest', 415, status('UnsupportedMediaType', 415)],
    ['NotFound', 404, undefined],
    ['Conflict', 409, 'not a Status'],
    ['ProtocolError', 302, undefined],
  ])('is %s for %i %j', (kind, code, json) => {
    const error = errorFromAnswer(call, { status: code, json });
    expect(error.kind).toBe(kind);
    expect(error.message).toBe(`patch secrets n/a: ${kind} (HTTP ${code})`);
  });

  it('is taken from the code of a watch event', () => {
    const error = errorFromStatus({ verb: 'watch', resource: secrets }, status('Expired', 410));
    expect(error.message).toBe('watch secrets: Expired (HTTP 410)');
    expect(errorFromStatus(call, 'no Status').kind).toBe('ServerError');
  });

  it('holds how long to wait, from the header or else from the Status', () => {
    const json = status('TooManyRequests', 429, { retryAfterSeconds: 2 });
    expect(errorFromAnswer(call, { status: 429, json }).retryAfterMs).toBe(2000);
    expect(errorFromAnswer(call, { status: 429, retryAfterMs: 5000, json }).retryAfterMs).toBe(
      5000,
    );
    expect(errorFromAnswer(call, { status: 429, json: {} }).retryAfterMs).toBeUndefined();
  });
});

describe('the message of an error', () => {
  it.each<[string, Call]>([
    ['list secrets: Timeout', { verb: 'list', resource: secrets }],
    ['list secrets n/*: Timeout', { verb: 'list', resource: secrets, on: { namespace: 'n' } }],
    [
      'apply secrets/status a: Timeout',
      { verb: 'apply', resource: secrets, subresource: 'status', on: { namespace: '', name: 'a' } },
    ],
  ])('is %j', (message, asked) => {
    expect(new KubeError(asked, 'Timeout').message).toBe(message);
  });

  it('names the code of an error that had no answer', () => {
    const error = new KubeError(call, 'Unreachable', { code: 'ECONNREFUSED' });
    expect(error.message).toBe('patch secrets n/a: Unreachable (ECONNREFUSED)');
  });

  it('is all that there is to see of an answer', () => {
    const error = errorFromAnswer(call, { status: 422, json: status('Invalid', 422) });
    expect(inspect([error, errorFields(error), JSON.stringify(error)])).not.toContain('hunter2');
    expect(error.cause).toBeUndefined();
  });
});

describe('errorFields', () => {
  it('tells where a foreign error came up and not what it says', () => {
    let thrown: unknown;
    try {
      JSON.parse('hunter2\n    at hunter2');
    } catch (error) {
      thrown = error;
    }
    const fields = errorFields(thrown);
    expect(fields.error).toBe('SyntaxError');
    expect(fields.at).toContain('errors.test.ts');
    expect(JSON.stringify(fields)).not.toContain('hunter2');
  });

  it('copes with anything that is thrown', () => {
    expect(errorFields('hunter2')).toEqual({ error: 'string' });
    expect(errorFields(undefined)).toEqual({ error: 'undefined' });
    const odd = new Error('hunter2');
    odd.stack = 'hunter2';
    expect(errorFields(odd)).toEqual({ error: 'Error' });
  });
});
