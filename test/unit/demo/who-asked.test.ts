import { expect, test } from 'vitest';
import { whoAsked } from '../../../demo/who-asked.ts';
import type { RegistryRequest } from '../../../testbed/registry/log.ts';

const BUILDKITD = 'buildkit/v0.34';
const MIRROR = 'Go-http-client/1.1';

function request(path: string, more: Partial<RegistryRequest>): RegistryRequest {
  return {
    method: 'GET',
    path,
    query: new URLSearchParams(),
    status: 200,
    userAgent: BUILDKITD,
    credential: 'accepted',
    time: new Date(0),
    ...more,
  };
}

const MANIFEST = '/v2/team/base/manifests/1';
const BLOB = '/v2/team/base/blobs/sha256:0';
const BLOB_2 = '/v2/team/base/blobs/sha256:1';
const challenge = { status: 401, credential: 'none' } as const;

test('pulled things are counted by who asked, as whom, and with what answer', () => {
  expect(
    whoAsked([
      request(MANIFEST, { user: 'ci' }),
      request(BLOB, { user: 'ci' }),
      request(BLOB_2, { user: 'ci' }),
      request(BLOB, { user: 'robot', userAgent: MIRROR }),
      request(BLOB, { user: 'ci', status: 401, credential: 'refused' }),
    ]),
  ).toEqual([
    { by: 'buildkitd', as: 'ci', what: '1 manifest, 2 blobs', status: 200 },
    { by: 'the mirror', as: 'robot', what: '1 blob', status: 200 },
    { by: 'buildkitd', as: 'ci', what: '1 blob', status: 401 },
  ]);
});

test('a refusal without a credential is left out for an asker that was served, and told for one that was not', () => {
  expect(
    whoAsked([
      request(MANIFEST, challenge),
      request(MANIFEST, { ...challenge, userAgent: MIRROR }),
      request(MANIFEST, { user: 'robot', userAgent: MIRROR }),
    ]),
  ).toEqual([
    { by: 'buildkitd', as: 'nobody', what: '1 manifest', status: 401 },
    { by: 'the mirror', as: 'robot', what: '1 manifest', status: 200 },
  ]);
});

test('a request for no image is left out', () => {
  expect(whoAsked([request('/v2/', { user: 'ci' })])).toEqual([]);
});

test('a thing that was asked for by HEAD and GET, or twice, counts once', () => {
  expect(
    whoAsked([
      request(BLOB, { user: 'robot', userAgent: MIRROR, method: 'HEAD' }),
      request(BLOB, { user: 'robot', userAgent: MIRROR }),
      request(BLOB, { user: 'robot', userAgent: MIRROR }),
    ]),
  ).toEqual([{ by: 'the mirror', as: 'robot', what: '1 blob', status: 200 }]);
});

test('an asker that pulls nothing is told, too', () => {
  expect(whoAsked([request(MANIFEST, { user: 'ci', method: 'HEAD' })])).toEqual([
    { by: 'buildkitd', as: 'ci', what: 'HEAD only', status: 200 },
  ]);
});
