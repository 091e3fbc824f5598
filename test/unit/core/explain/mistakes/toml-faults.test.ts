import { describe, expect, it } from 'vitest';
import { mistakesOf } from '../../../../support/mistakes-of.ts';

/** `where: message` of what is found in a buildkitd.toml that has one fault. */
function faultOf(toml: string): string {
  return mistakesOf('alpine', { toml })
    .filter(({ name }) => name === 'TomlInvalid' || name === 'UnknownKey')
    .map(({ where, message }) => `${where}: ${message}`)
    .join('\n\n');
}

describe('a file that is no TOML', () => {
  const CURE =
    'this is no TOML, and buildkitd does not start. Correct it there; a host stands in quotes, and ' +
    'so does every text:\n  [registry."docker.io"]\n    mirrors = ["m.corp:5000"]';

  it.each([
    ['is told with the place where it stops to be some', 'a = 1\nx = =', ', line 2, column 5'],
    ['is told without one where that cannot be said', `${'a.'.repeat(100)}a = 1`, ''],
  ])('%s', (_, toml, place) => {
    expect(faultOf(toml)).toBe(`buildkitd.toml${place}: ${CURE}`);
  });
});

describe('a value that buildkitd does not start with', () => {
  it.each([
    ['debug = 1', 'debug: … Write\n  debug = true  # or false'],
    ['[grpc]\nuid = "x"', '[grpc] uid: … Write\n  [grpc]\n    uid = 1  # a whole number'],
    [
      '[worker.oci]\nmax-parallelism = true',
      '[worker.oci] max-parallelism: … Write\n  [worker.oci]\n    max-parallelism = 1  # a whole number',
    ],
    [
      '[[worker.oci.gcpolicy]]\nkeepDuration = true',
      '[worker.oci.gcpolicy] keepDuration: … Write\n  [worker.oci.gcpolicy]\n    keepDuration = "48h"  # or a number of seconds',
    ],
    [
      '[registry."docker.io"]\nmirrors = "m.corp"',
      '[registry."docker.io"] mirrors: … Write\n  [registry."docker.io"]\n    mirrors = ["…"]',
    ],
    [
      '[registry."m.corp"]\nkeypair = 1',
      '[registry."m.corp"] keypair: … Write\n  [registry."m.corp"]\n    keypair = [{key = …, cert = …}]',
    ],
    // A setting of a registry that no host stands before.
    [
      '[registry]\nmirrors = ["m.corp"]',
      '[registry] mirrors: … Write\n  [registry."<host>"]\n    mirrors = …',
    ],
    ['registry = 1', 'registry: … Write\n  [registry."<name>"]'],
    ['grpc = 1', 'grpc: … Write\n  [grpc]'],
    ['worker.oci = 1', '[worker] oci: … Write\n  [worker.oci]'],
  ])('%j', (toml, text) => {
    expect(faultOf(toml)).toBe(
      `buildkitd.toml, ${text.replace('…', 'buildkitd does not start with this value.')}`,
    );
  });

  it('is told of where the file stops to be TOML', () => {
    expect(faultOf('debug = true\n[registry.\n')).toMatch(
      /^buildkitd\.toml, line 2, column \d+: this is no TOML, and buildkitd does not start\./,
    );
  });
});

const UNREAD = 'buildkitd reads no such key, and does not say so.';

describe('a key that buildkitd does not read', () => {
  it.each([
    ['debgu = true', `debgu: ${UNREAD} Write\n  debug = true  # or false`],
    ...['endpoint', 'endpoints', 'Endpoint'].map((key) => [
      `[registry."docker.io"]\n${key} = ["m.corp"]`,
      `[registry."docker.io"] ${key}: ${UNREAD} Write\n  [registry."docker.io"]\n    mirrors = ["…"]`,
    ]),
    [
      '[registry.docker.io]\nmirrors = ["m.corp"]',
      '[registry.docker] io: a dot outside quotes begins a table of its own. Write\n  [registry."docker.io"]',
    ],
  ])('%j', (toml, text) => {
    expect(faultOf(toml)).toBe(`buildkitd.toml, ${text}`);
  });

  it.each([
    ['[registry."docker.io"]\nxyz = 1', '[registry."docker.io"] xyz', 'http, insecure'],
    // Nearly what others call the mirrors of a registry, or not in a registry.
    ['[registry."docker.io"]\nendpointed = 1', '[registry."docker.io"] endpointed', 'insecure, ca'],
    ['[registry."docker.io"]\nanendpoint = 1', '[registry."docker.io"] anendpoint', 'insecure, ca'],
    ['[worker.oci]\nendpoint = 1', '[worker.oci] endpoint', 'rootless, '],
    ['endpoint = 1', 'endpoint', 'debug, '],
  ])('and that resembles none: %j', (toml, where, known) => {
    const text = faultOf(toml);
    expect(text).toContain(`buildkitd.toml, ${where}: ${UNREAD} Take it out; it knows `);
    expect(text).toContain(known);
    expect(text).toMatch(/ here\.$/);
  });
});
