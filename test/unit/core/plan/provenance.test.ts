import { describe, expect, it } from 'vitest';
import type { MirrorAuthSpec, Registry } from '../../../../src/api/mirrorauth.ts';
import {
  provenanceAnnotation,
  provenanceOf,
  recordedProvenances,
} from '../../../../src/core/plan/provenance.ts';
import type { Provenance } from '../../../../src/core/plan/provenance.ts';

const fromSecret = (host: string, name: string): Registry => ({
  host,
  credentials: { type: 'SecretRef', secretRef: { name } },
});
const duplicate: Registry = {
  host: 'harbor.corp',
  credentials: { type: 'DuplicateOf', duplicateOf: 'docker.io' },
};

describe('the provenance of an entry', () => {
  const rows: Readonly<
    Record<string, readonly [MirrorAuthSpec, Registry, Provenance | undefined]>
  > = {
    'is none without credentials': [{}, { host: 'quay.io' }, undefined],
    'is none for an anonymous registry': [
      {},
      { host: 'quay.io', credentials: { type: 'Anonymous' } },
      undefined,
    ],
    'is the Secret that spec names, without a key or an entry that spec does not name': [
      {},
      fromSecret('ghcr.io', 'ghcr'),
      { host: 'ghcr.io', type: 'SecretRef', secretName: 'ghcr' },
    ],
    'is the key and the entry, too, that spec names': [
      {},
      {
        host: 'ghcr.io',
        credentials: { type: 'SecretRef', secretRef: { name: 'ghcr', key: 'k', entry: 'e' } },
      },
      { host: 'ghcr.io', type: 'SecretRef', secretName: 'ghcr', key: 'k', entry: 'e' },
    ],
    'is for a duplicate the Secret of the host that it duplicates': [
      { registries: [fromSecret('ghcr.io', 'ghcr'), fromSecret('docker.io', 'hub'), duplicate] },
      duplicate,
      { host: 'harbor.corp', type: 'DuplicateOf', duplicateOf: 'docker.io', secretName: 'hub' },
    ],
    'is none for a duplicate of a host that spec has not': [{}, duplicate, undefined],
    'is none for a duplicate of another registry than those of spec': [
      { registries: [duplicate] },
      duplicate,
      undefined,
    ],
    'is none for a duplicate of a registry without credentials': [
      { registries: [{ host: 'docker.io' }, duplicate] },
      duplicate,
      undefined,
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [spec, registry, expected]) => {
    expect(provenanceOf(spec, registry)).toStrictEqual(expected);
  });
});

describe('the record of provenances', () => {
  it('is sorted by host, whatever the order in spec', () => {
    const hosts = ['b.io', 'a.io', 'c.io'];
    const value = provenanceAnnotation(
      hosts.map((host) => ({ host, type: 'SecretRef', secretName: 's' })),
    );
    expect(value).toBe(
      '[{"host":"a.io","type":"SecretRef","secretName":"s"},{"host":"b.io","type":"SecretRef","secretName":"s"},{"host":"c.io","type":"SecretRef","secretName":"s"}]',
    );
  });

  it('is read without what mirrorauth does not write', () => {
    const record = '[{"host":"a.io"},{"host":"b.io","key":5},{"host":{}},5,"c.io",null,[]]';
    expect([...recordedProvenances(record)]).toEqual(['{"host":"a.io"}']);
  });

  it.each([undefined, '', '{', '{}', 'null'])(
    'is empty when the annotation is %j',
    (annotation) => {
      expect([...recordedProvenances(annotation)]).toEqual([]);
    },
  );
});
