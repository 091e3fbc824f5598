import { describe, expect, it } from 'vitest';
import { configFaults } from '../../../../src/core/buildkit/config-faults.ts';
import type { ConfigFault } from '../../../../src/core/buildkit/config-faults.ts';
import { parseToml } from '../../../../src/core/buildkit/toml.ts';
import type { TomlTable } from '../../../../src/core/buildkit/toml.ts';

/** Each fault in a line: `registry/docker.io/mirror: UnknownKey mirrors`. */
const faultsOf = (text: string): readonly string[] =>
  configFaults(tableOf(text)).map((fault) =>
    [
      `${fault.path.join('/')}:`,
      fault.kind,
      ...(fault.kind === 'UnknownKey' ? [fault.nearest ?? fault.splitHost] : []),
    ]
      .join(' ')
      .trim(),
  );

function tableOf(text: string): TomlTable {
  const parsed = parseToml(text);
  if (!parsed.ok) {
    throw new Error('the example is no TOML');
  }
  return parsed.table;
}

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
    ['[worker.oci.gcpolicy]\nkeepByte = 1', 'worker/oci/gcpolicy/keepByte: UnknownKey keepBytes'],
    // The nearest of several that are near.
    [
      '[compaction]\nminReclaimPercents = 1',
      'compaction/minReclaimPercents: UnknownKey minReclaimPercent',
    ],
    // A table of its own, with nothing or more than one thing in it.
    ['[registry.docker.io]', 'registry/docker/io: UnknownKey docker.io'],
    [
      '[registry.docker.io]\nkeypair = {}\nmirrors = ["a"]',
      'registry/docker/io: UnknownKey docker.io',
    ],
  ])('is found, and the key that was meant: %j', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });
});

describe('nothing is said to be meant', () => {
  it.each([
    ['by a key half of whose letters are others', '[worker.oci]\ngx = 1', 'worker/oci/gx'],
    ['by a key that is half as long again', '[worker.oci]\ngcx = 1', 'worker/oci/gcx'],
    ['by the end of a key', '[worker.oci]\npath = "x"', 'worker/oci/path'],
    ['by the last letter of a key', '[registry."a"]\ns = 1', 'registry/a/s'],
    [
      'by a key with much before it',
      '[registry."a"]\nmy-own-http = true',
      'registry/a/my-own-http',
    ],
    ['by a table that is below no registry', '[worker.oci.x]', 'worker/oci/x'],
    ['by a table deep below a registry', '[registry."a".keypair.x]', 'registry/a/keypair/x'],
  ])('%s: %j', (_, text, place) => {
    expect(faultsOf(text)).toEqual([`${place}: UnknownKey`]);
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
    [
      '[worker.oci]\nmax-parallelism = 9223372036854775808',
      'worker/oci/max-parallelism: WrongType',
    ],
    [
      '[worker.oci]\nmax-parallelism = -9223372036854775809',
      'worker/oci/max-parallelism: WrongType',
    ],
    ['[compaction]\nwritesPerCheck = -1', 'compaction/writesPerCheck: WrongType'],
    ['[history]\nmaxAge = "2 days"', 'history/maxAge: WrongType'],
    ['[worker.oci]\nreservedSpace = "many"', 'worker/oci/reservedSpace: WrongType'],
    ['[worker.oci.labels]\na = 1', 'worker/oci/labels/a: WrongType'],
    ['[compaction]\nwritesPerCheck = "1"', 'compaction/writesPerCheck: WrongType'],
    ['[compaction]\nwritesPerCheck = 1.5', 'compaction/writesPerCheck: WrongType'],
    ['[history]\nmaxAge = [5]', 'history/maxAge: WrongType'],
  ])('is found: %j', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });

  it.each<[string, readonly ConfigFault[]]>([
    [
      'mirrors = [1]',
      [{ kind: 'WrongType', path: ['registry', 'a', 'mirrors'], wanted: ['string'] }],
    ],
    [
      'keypair = [{ key = 1 }]',
      [{ kind: 'WrongType', path: ['registry', 'a', 'keypair', 'key'], wanted: 'string' }],
    ],
  ])(
    'wants the whole list where an item is wrong, and the key where one in an item is: %s',
    (line, faults) => {
      expect(configFaults(tableOf(`[registry.a]\n${line}`))).toEqual(faults);
    },
  );
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
      keepBytes = 1.5
      filters = ["type==source.local"]
      [worker.containerd.gcpolicy]
      all = true
      [compaction]
      writesPerCheck = 0
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
