import { describe, expect, it } from 'vitest';
import { apiVersion, collectionPath, objectPath, scopeOf } from '../../../src/kube/resource.ts';

const secrets = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
const widgets = { group: 'example.org', version: 'v1alpha1', plural: 'widgets', kind: 'Widget' };

describe('paths', () => {
  it('tell the core group from named ones', () => {
    expect(apiVersion(secrets)).toBe('v1');
    expect(apiVersion(widgets)).toBe('example.org/v1alpha1');
    expect(collectionPath(secrets, 'all')).toBe('/api/v1/secrets');
    expect(collectionPath(widgets, { namespace: 'n' })).toBe(
      '/apis/example.org/v1alpha1/namespaces/n/widgets',
    );
  });

  it('name objects, cluster-scoped ones and the status subresource', () => {
    expect(objectPath(secrets, { namespace: 'n', name: 'a' })).toBe(
      '/api/v1/namespaces/n/secrets/a',
    );
    expect(objectPath(widgets, { namespace: '', name: 'a' }, 'status')).toBe(
      '/apis/example.org/v1alpha1/widgets/a/status',
    );
    expect(scopeOf('n')).toEqual({ namespace: 'n' });
  });

  it('never leave the object that was named', () => {
    expect(objectPath(secrets, { namespace: 'n', name: '../b?c' })).toBe(
      '/api/v1/namespaces/n/secrets/..%2Fb%3Fc',
    );
    for (const name of ['', '.', '..']) {
      expect(() => objectPath(secrets, { namespace: 'n', name })).toThrow(TypeError);
    }
    expect(() => collectionPath(secrets, { namespace: '' })).toThrow(TypeError);
  });
});
