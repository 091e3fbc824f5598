import { describe, expect, it } from 'vitest';
import { configFaults } from '../../../../src/core/buildkit/config-faults.ts';
import { parseToml } from '../../../../src/core/buildkit/toml.ts';

/** Each fault in a line: `registry/docker.io/mirror: UnknownKey mirrors`. */
const faultsOf = (text: string): readonly string[] => {
  const parsed = parseToml(text);
  if (!parsed.ok) {
    throw new Error('the example is no TOML');
  }
  return configFaults(parsed.table).map((fault) =>
    [
      `${fault.path.join('/')}:`,
      fault.kind,
      ...(fault.kind === 'UnknownKey' ? [fault.nearest ?? fault.splitHost] : []),
    ]
      .join(' ')
      .trim(),
  );
};

describe('a key that buildkitd does not read', () => {
  it.each([
    ['[registry."docker.io"]\nmirror = ["a"]', 'registry/docker.io/mirror: UnknownKey mirrors'],
    ['[registries."docker.io"]\nmirrors = ["a"]', 'registries: UnknownKey registry'],
    ['[registry.docker.io]\nmirrors = ["a"]', 'registry/docker/io: UnknownKey docker.io'],
    [
      '[registry.registry.k8s.io]\nhttp = true',
      'registry/registry/k8s: UnknownKey registry.k8s.io',
    ],
    ['[registry."a"]\nskip_verify = true', 'registry/a/skip_verify: UnknownKey'],
    ['[worker.oci]\nmax_parallelism = 4', 'worker/oci/max_parallelism: UnknownKey max-parallelism'],
    ['[[registry."a".keypair]]\ncrt = "x"', 'registry/a/keypair/crt: UnknownKey cert'],
    ['[registry."a"]\n__proto__ = 1', 'registry/a/__proto__: UnknownKey'],
  ])('is found, and the key that was meant: %j', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });
});

describe('a value for which buildkitd does not start', () => {
  it.each([
    ['[registry."a"]\nmirrors = "b"', 'registry/a/mirrors: WrongType'],
    ['[registry."a"]\nmirrors = [1]', 'registry/a/mirrors: WrongType'],
    ['[registry."a".mirrors]\nb = 1', 'registry/a/mirrors: WrongType'],
    ['[registry."a"]\nhttp = "true"', 'registry/a/http: WrongType'],
    ['[registry]\nmirrors = ["b"]', 'registry/mirrors: WrongType'],
    ['registry = ["b"]', 'registry: WrongType'],
    ['[worker.oci]\ngcpolicy = [1]', 'worker/oci/gcpolicy: WrongType'],
    ['[worker.oci]\nmax-parallelism = 1.0', 'worker/oci/max-parallelism: WrongType'],
    ['[compaction]\nwritesPerCheck = -1', 'compaction/writesPerCheck: WrongType'],
    ['[history]\nmaxAge = "2 days"', 'history/maxAge: WrongType'],
    ['[worker.oci]\nreservedSpace = "many"', 'worker/oci/reservedSpace: WrongType'],
    ['[worker.oci.labels]\na = 1', 'worker/oci/labels/a: WrongType'],
  ])('is found: %j', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });
});

it('nothing is found in a file that buildkitd reads to the last key', () => {
  expect(
    faultsOf(`
      DEBUG = true
      insecure-entitlements = ["network.host"]
      [Log]
      format = "json"
      [worker.oci]
      gckeepstorage = 9000
      reservedSpace = "10%"
      maxUsedSpace = "1.5 GB"
      [worker.oci.labels]
      "any.key" = "x"
      [worker.oci.stargzSnapshotter]
      anything = [1, "x", {y = 2.5}]
      [[worker.oci.gcpolicy]]
      keepDuration = "1h30m"
      filters = ["type==source.local"]
      [history]
      maxAge = 172800
      [frontend."gateway.v0"]
      allowedRepositories = []
      [registry."docker.io"]
      mirrors = ["harbor.corp/dockerhub"]
      [registry."harbor.corp"]
      HTTP = true
      [[registry."harbor.corp".keypair]]
      key = "a"
      cert = "b"
    `),
  ).toEqual([]);
});
