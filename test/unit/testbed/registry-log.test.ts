import { describe, expect, test } from 'vitest';
import { listeningPort, parseRegistryLog } from '../../../testbed/registry/log.ts';

/** Lines as distribution v3.1.2 writes them, with the fields that do not matter left out. */
function line(id: string, msg: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({
    'http.request.id': id,
    'http.request.method': 'HEAD',
    'http.request.uri': '/v2/team/base/manifests/1?ns=docker.io',
    'http.request.useragent': 'buildkit/v0.34',
    level: 'info',
    msg,
    time: '2026-11-25T02:56:41.5Z',
    ...fields,
  })}\n`;
}

const CHALLENGE = 'error authorizing context: basic authentication challenge for realm "mirror": ';

describe('a request in the log of a registry', () => {
  test('that was answered has its path, query, status and user', () => {
    const [request] = parseRegistryLog(
      line('1', 'authorized request', { 'auth.user.name': 'ci' }) +
        line('1', 'response completed', { 'auth.user.name': 'ci', 'http.response.status': 200 }),
    );
    expect(request).toMatchObject({
      method: 'HEAD',
      path: '/v2/team/base/manifests/1',
      status: 200,
      userAgent: 'buildkit/v0.34',
      credential: 'accepted',
      user: 'ci',
    });
    expect(request?.query.get('ns')).toBe('docker.io');
  });

  test.each([
    ['without a credential', `${CHALLENGE}invalid authorization credential`, 'none'],
    ['with a wrong password', `${CHALLENGE}authentication failure`, 'refused'],
    ['without a token', 'error authorizing context: authorization token required', 'none'],
    ['with a token of too little', 'error authorizing context: insufficient scope', 'refused'],
  ])('%s was refused with 401', (_, msg, credential) => {
    expect(parseRegistryLog(line('1', msg))).toMatchObject([{ status: 401, credential }]);
  });

  test('with a wrong password has the name that was tried', () => {
    const text =
      line('1', 'user failed to authenticate', { username: 'ci' }) +
      line('1', `${CHALLENGE}authentication failure`) +
      line('2', `${CHALLENGE}invalid authorization credential`);
    const requests = parseRegistryLog(text);
    expect(requests[0]).toMatchObject({ credential: 'refused', user: 'ci' });
    expect(requests[1]).not.toHaveProperty('user');
  });

  test('that failed for two reasons is one request', () => {
    const failed = line('1', 'response completed with error', { 'http.response.status': 404 });
    expect(parseRegistryLog(failed + failed)).toMatchObject([{ status: 404, credential: 'none' }]);
  });

  test('is left out while its line is being written, as is what is no request', () => {
    const text = `configuration error\n${line('1', 'something else')}{"msg":"resp`;
    expect(parseRegistryLog(text)).toEqual([]);
  });
});

test.each([
  ['listening on 127.0.0.1:40001', 40_001],
  ['listening on 192.0.2.1:5000, tls', 5000],
  ['listening on [::1]:5000', 5000],
  ['restricting TLS version to tls1.2 or higher', undefined],
])('%j gives the port %s', (msg, port) => {
  expect(listeningPort(`${JSON.stringify({ msg, time: '' })}\n`)).toBe(port);
});
