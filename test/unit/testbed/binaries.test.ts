import { describe, expect, test } from 'vitest';
import { cacheKey, cacheRoot } from '../../../testbed/binaries/cache.ts';
import type { CacheKeyParts } from '../../../testbed/binaries/cache.ts';
import {
  BINARIES,
  goLine,
  pinnedVersion,
  requiredVersion,
} from '../../../testbed/binaries/catalog.ts';
import type { BinaryName } from '../../../testbed/binaries/catalog.ts';
import { compareVersions, parseGoVersion } from '../../../testbed/binaries/go-toolchain.ts';
import { versionOf } from '../../../testbed/binaries/version-output.ts';

function kubectl(gitVersion: string): string {
  return JSON.stringify({ clientVersion: { gitVersion }, kustomizeVersion: 'v5' });
}

describe('the cache of built binaries', () => {
  const parts: CacheKeyParts = {
    files: { 'go.mod': 'module m', 'go.sum': 'sums' },
    ldflags: '-s',
    platform: 'linux',
    arch: 'x64',
  };

  test('has the same key for the same input, in whatever order the files come', () => {
    const files = { 'go.sum': 'sums', 'go.mod': 'module m' };
    expect(cacheKey({ ...parts, files })).toBe(cacheKey(parts));
  });

  test.each<[string, Partial<CacheKeyParts>]>([
    ['go.mod', { files: { 'go.mod': 'module m2', 'go.sum': 'sums' } }],
    ['go.sum', { files: { 'go.mod': 'module m', 'go.sum': 'sums2' } }],
    ['a source file', { files: { ...parts.files, 'main.go': 'package main' } }],
    ['the boundary between two files', { files: { 'go.mod': 'module mgo.sum', 'go.sum': '' } }],
    ['the linker flags', { ldflags: '-s -w' }],
    ['the operating system', { platform: 'darwin' }],
    ['the processor', { arch: 'arm64' }],
  ])('has another key when %s differs', (_, change) => {
    expect(cacheKey({ ...parts, ...change })).not.toBe(cacheKey(parts));
  });

  test.each([
    [{ MIRRORAUTH_CACHE: '/own', XDG_CACHE_HOME: '/xdg' }, '/own'],
    [{ MIRRORAUTH_CACHE: '', XDG_CACHE_HOME: '/xdg' }, '/xdg/mirrorauth'],
  ])('is where the environment %j puts it: %s', (env, folder) => {
    expect(cacheRoot(env)).toBe(folder);
  });

  test.each([{}, { XDG_CACHE_HOME: 'relative' }])('is in the home folder for %j', (env) => {
    expect(cacheRoot(env)).toMatch(/^\/.*\/\.cache\/mirrorauth$/);
  });
});

describe('a pinned version', () => {
  test('is read from go.mod, whatever else stands there', () => {
    const goMod = [
      'go 1.26.0',
      'require k8s.io/kubernetes v1.37.2',
      'require (',
      '\tk8s.io/kubernetes-other v9.9.9 // indirect',
      '\texample.com/b v0.2.0 // indirect',
      ')',
      'replace k8s.io/api => k8s.io/api v0.37.2',
    ].join('\n');
    expect(requiredVersion(goMod, 'k8s.io/kubernetes')).toBe('v1.37.2');
    expect(requiredVersion(goMod, 'example.com/b')).toBe('v0.2.0');
    expect(requiredVersion(goMod, 'k8s.io/api')).toBeUndefined();
    expect(goLine(goMod)).toBe('1.26.0');
  });

  test('is there for every binary that is looked for on PATH', () => {
    const versions = Object.values(BINARIES)
      .filter(({ versionArgs }) => versionArgs !== undefined)
      .map(({ module }) => pinnedVersion(module));
    expect(versions).toHaveLength(7);
    expect(versions.every((version) => /^v\d+\.\d+\.\d+$/.test(version))).toBe(true);
  });
});

describe('what a binary says of its version', () => {
  test.each<[BinaryName, string, string | undefined]>([
    ['etcd', 'etcd Version: 3.7.3\nGit SHA: Not provided\nGo Version: go1.26.8\n', 'v3.7.3'],
    ['etcd', 'etcd 3.7.3', undefined],
    ['kube-apiserver', 'Kubernetes v1.37.2\n', 'v1.37.2'],
    ['kube-controller-manager', 'Kubernetes v1.37.2-dirty\n', 'v1.37.2-dirty'],
    ['kube-apiserver', 'my wrapper of Kubernetes v1.37.2', undefined],
    ['kubectl', kubectl('v1.37.2'), 'v1.37.2'],
    ['kubectl', kubectl('v1.32.4-dispatcher'), 'v1.32.4-dispatcher'],
    ['kubectl', `Welcome!\n${kubectl('v1.37.2')}`, undefined],
    ['kubectl', 'Client Version: v1.37.2', undefined],
    ['buildkitd', 'buildkitd github.com/moby/buildkit v0.34.2 0123abc\n', 'v0.34.2'],
    ['buildctl', 'buildctl github.com/moby/buildkit v0.34.2 \n', 'v0.34.2'],
    ['buildctl', 'buildctl github.com/moby/buildkit v0.34.2 0123abc and more', undefined],
    ['registry', '/bin/registry github.com/distribution/distribution/v3 v3.1.2\n', 'v3.1.2'],
    ['registry', 'registry github.com/docker/distribution v2.8.3', undefined],
    ['registry', '', undefined],
  ])('%s: %j is %s', (name, output, version) => {
    expect(versionOf(name, output)).toBe(version);
  });
});

describe('the version of Go', () => {
  test.each([
    ['go version go1.26.8 linux/amd64\n', '1.26.8'],
    ['go version go1.27rc1 linux/arm64', '1.27'],
    ['go version go1.26.8 X:nocoverageredesign linux/amd64', '1.26.8'],
    ['bash: go: not what you think', undefined],
  ])('%j is %s', (output, version) => {
    expect(parseGoVersion(output)).toBe(version);
  });

  test.each([
    ['1.26.8', '1.26.0', 1],
    ['1.9', '1.26.0', -1],
    ['1.26', '1.26.0', 0],
    ['2.0', '1.99.9', 1],
  ])('%s compares with %s as %i', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});
