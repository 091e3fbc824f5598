import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseScope, parseTokenRequest } from '../../../testbed/registry/token-request.ts';
import { newTokenSigner } from '../../../testbed/registry/token-signer.ts';

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

test('a POST with the password grant is read from its form, with all scopes', () => {
  const form = new URLSearchParams({
    grant_type: 'password',
    service: 's',
    username: 'u',
    password: 'p:w',
    scope: 'repository:dockerhub/library/x:pull repository:library/x:pull',
  });
  expect(parseTokenRequest('POST', new URLSearchParams(), { form })).toEqual({
    method: 'POST',
    service: 's',
    user: 'u',
    password: 'p:w',
    scopes: ['repository:dockerhub/library/x:pull', 'repository:library/x:pull'],
  });
});

test('a GET with HTTP Basic is read from its query and header', () => {
  const query = new URLSearchParams('service=s&scope=repository:a:pull&scope=repository:b:pull');
  const authorization = `Basic ${Buffer.from('u:p:w').toString('base64')}`;
  expect(parseTokenRequest('GET', query, { authorization, form: new URLSearchParams() })).toEqual({
    method: 'GET',
    service: 's',
    user: 'u',
    password: 'p:w',
    scopes: ['repository:a:pull', 'repository:b:pull'],
  });
});

test.each(['GET', 'POST'])('a %s without credentials is anonymous', (method) => {
  const nothing = new URLSearchParams();
  expect(parseTokenRequest(method, nothing, { form: nothing })).not.toHaveProperty('user');
});

test.each([
  [
    'repository:team/base:pull,push',
    { type: 'repository', name: 'team/base', actions: ['pull', 'push'] },
  ],
  ['repository:host:5000/x:pull', { type: 'repository', name: 'host:5000/x', actions: ['pull'] }],
  ['nonsense', undefined],
])('the scope %s means %j', (scope, access) => {
  expect(parseScope(scope)).toEqual(access);
});

test('a token is signed with the key of the key set', () => {
  const signer = newTokenSigner();
  const token = signer.sign({
    issuer: 'i',
    audience: 'a',
    subject: 'u',
    access: [],
    issuedAt: new Date(1_000_000),
    lifetime: 300,
  });
  const [head = '', body = '', signature = ''] = token.split('.');
  const { keys } = z
    .object({ keys: z.tuple([z.looseObject({ kid: z.string() })]) })
    .parse(JSON.parse(signer.jwks));

  expect(decode(head)).toEqual({ typ: 'JWT', alg: 'ES256', kid: keys[0].kid });
  expect(decode(body)).toMatchObject({ iss: 'i', aud: 'a', sub: 'u', iat: 1000, exp: 1300 });
  const key = createPublicKey({ key: keys[0], format: 'jwk' });
  const bytes = Buffer.from(`${head}.${body}`);
  const signed = Buffer.from(signature, 'base64url');
  expect(verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signed)).toBe(true);
});
