import { describe, expect, it } from 'vitest';
import { isObject, parseObjectMeta } from '../../../src/kube/object.ts';

const least = { name: 'a', uid: 'U1', resourceVersion: '7' };

describe('parseObjectMeta', () => {
  it('reads the least that an object has', () => {
    expect(parseObjectMeta(least)).toEqual({
      ...least,
      namespace: '',
      generation: undefined,
      creationTimestamp: undefined,
      deletionTimestamp: undefined,
      labels: {},
      annotations: {},
      ownerReferences: [],
    });
  });

  it('reads all of it', () => {
    const owner = { apiVersion: 'v1', kind: 'Node', name: 'o', uid: 'U0' };
    const full = {
      ...least,
      namespace: 'n',
      generation: 3,
      creationTimestamp: '2026-01-01T00:00:00Z',
      deletionTimestamp: '2026-01-02T00:00:00Z',
      labels: { a: 'b' },
      annotations: { c: 'd' },
    };
    const metadata = parseObjectMeta({
      ...full,
      managedFields: [{}],
      ownerReferences: [owner, { ...owner, controller: true, blockOwnerDeletion: true }],
    });
    expect(metadata).toEqual({
      ...full,
      ownerReferences: [
        { ...owner, controller: false, blockOwnerDeletion: false },
        { ...owner, controller: true, blockOwnerDeletion: true },
      ],
    });
  });

  it.each([
    ['null', null],
    ['a list', [least]],
    ['no name', { ...least, name: '' }],
    ['no uid', { ...least, uid: undefined }],
    ['a numeric resourceVersion', { ...least, resourceVersion: 7 }],
    ['a namespace that is no string', { ...least, namespace: 1 }],
    ['a generation that is no number', { ...least, generation: '1' }],
    ['a deletionTimestamp that is no string', { ...least, deletionTimestamp: true }],
    ['a label that is no string', { ...least, labels: { a: 1 } }],
    ['annotations that are a list', { ...least, annotations: [] }],
    [
      'an owner without a uid',
      { ...least, ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'o' }] },
    ],
    ['owners that are no list', { ...least, ownerReferences: {} }],
  ])('refuses %s', (_name, metadata) => {
    expect(parseObjectMeta(metadata)).toBeUndefined();
  });
});

describe('isObject', () => {
  it('is true of JSON objects and nothing else', () => {
    expect([{}, { a: 1 }].every(isObject)).toBe(true);
    expect([null, undefined, [], 'a', 1].some(isObject)).toBe(false);
  });
});
