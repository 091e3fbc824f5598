import { describe, expect, it } from 'vitest';
import { parseBaseConfig } from '../../../../src/core/buildkit/base-config.ts';
import type { Problem } from '../../../../src/api/conditions.ts';
import { valueOf } from '../../../support/secrets.ts';

const source = { configMap: 'base', key: 'buildkitd.toml' };
const problemOf = (text: string): Problem | undefined => {
  const result = parseBaseConfig(text, source);
  return result.ok ? undefined : result.problem;
};

describe('a base', () => {
  it('keeps its settings and what it may say of registries', () => {
    const base = valueOf(
      parseBaseConfig(
        'debug = true\nregistry."a.io".tlsconfigdir = ["/a"]\n[worker.oci]\ngc = true\n' +
          '[[registry."b.io:5000".keypair]]\nkey = "k"\ncert = "c"\n[registry."c.io"]\n',
        source,
      ),
    );
    expect(Object.keys(base.settings)).toEqual(['debug', 'worker']);
    expect([...base.registries.keys()]).toEqual(['a.io', 'b.io:5000']);
  });

  it.each(['', '# nothing but words\n', '[registry]\n', '[worker.oci]\r\ngc = true\r\n'])(
    'may be %j',
    (text) => {
      expect(problemOf(text)).toBeUndefined();
    },
  );

  it('may have settings of other programs that are called like those of a registry', () => {
    expect(
      problemOf('http = true\n[worker.oci.labels]\nmirrors = "x"\nRegistry = "y"'),
    ).toBeUndefined();
  });
});

describe('BaseConfigInvalid', () => {
  it('says which setting buildkitd does not start with, and what to write there', () => {
    expect(problemOf('[worker.oci]\ngc = "on"')?.message).toBe(
      'ConfigMap base, key buildkitd.toml: worker.oci.gc is of a type with which buildkitd does not start; write true or false',
    );
    expect(problemOf('"d é" = 1\n[worker]\n"\\n" = 5\n')).toBeUndefined();
    expect(problemOf('[worker.oci]\nplatforms = 5')?.message).toContain('; write a list');
    expect(problemOf('worker = 5')?.message).toContain('; write a table');
  });

  it('says line and column', () => {
    expect(problemOf('debug = true\n[worker\n')).toEqual({
      reason: 'BaseConfigInvalid',
      message:
        'ConfigMap base, key buildkitd.toml: is not TOML at line 2, column 8; correct it there',
    });
  });

  it.each([
    ['a registry that is no table', 'registry = 5'],
    ['a list of registries', '[[registry]]'],
    ['a host that is no table', 'registry.a = 5'],
    ['a list of tables for a host', '[[registry."a.io"]]'],
    ['keypair as one table', '[registry."a.io".keypair]\nkey = "k"\ncert = "c"'],
    ['keypair with something else', '[[registry."a.io".keypair]]\nkey = "k"\nca = "c"'],
    ['keypair in capitals', '[[registry."a.io".keypair]]\nKEY = "k"\ncert = "c"'],
    ['keypair that is no path', '[[registry."a.io".keypair]]\nkey = 5'],
    ['tlsconfigdir as one text', '[registry."a.io"]\ntlsconfigdir = "/a"'],
    ['a text for a switch', 'debug = "yes"'],
    ['a switch for a number', '[worker.oci]\nmax-parallelism = true'],
    ['a text for a table', 'worker = "oci"'],
    ['a text for a list', '[worker.oci]\nplatforms = "linux/amd64"'],
    ['a later folder that is no text', '[registry."a.io"]\ntlsconfigdir = ["/a", 5]'],
    ['a folder that is no text', '[registry."a.io"]\ntlsconfigdir = [5]'],
    ['keypair with a path and a number', '[[registry."a.io".keypair]]\nkey = "k"\ncert = 5'],
    ['what cannot be written again', `${'a.'.repeat(100)}a = 1`],
  ])('is %s', (_, text) => {
    expect(problemOf(text)?.reason).toBe('BaseConfigInvalid');
  });
});

describe('what a person is told', () => {
  it.each([
    [
      'of what is too deep',
      `${'a.'.repeat(100)}a = 1`,
      'is nested too deeply or too large to be written again; write it shorter',
    ],
    [
      'of registry in capitals',
      '[Registry."a.io"]',
      'buildkitd reads registry in any case; write [registry."<host>"] in lower case',
    ],
    ['of no registries', 'registry = 5', 'registry is no table; write [registry."<host>"]'],
    [
      'of a host that is no table',
      'registry.a = 5',
      '[registry."a"] is no single table; write [registry."<host>"]',
    ],
    [
      'of a host that cannot be shown',
      'registry."\u00e9" = 5',
      'a table under registry is no single table; write [registry."<host>"]',
    ],
    [
      'of a host in upper case',
      '[registry."A.io"]',
      '[registry."A.io"] names its host in upper case, which buildkitd looks up byte for byte; write it in lower case',
    ],
    [
      'of a setting that cannot be shown',
      '[worker.oci.labels]\n"\u00e9" = 1',
      'a setting is of a type with which buildkitd does not start; write text in quotes',
    ],
  ])('%s is what is wrong and what to write', (_, text, message) => {
    expect(problemOf(text)?.message).toBe(`ConfigMap base, key buildkitd.toml: ${message}`);
  });
});

describe('BaseConfigConflict', () => {
  it.each([
    ['mirrors', '["m.io"]', 'spec.mirrors'],
    ['http', 'true', 'spec.registries[].protocol'],
    ['insecure', 'true', 'spec.registries[].tls.insecureSkipVerify'],
    ['ca', '["/ca.crt"]', 'spec.registries[].tls.caRef'],
  ])('is %s, which is written in the MirrorAuth', (key, value, field) => {
    expect(problemOf(`[registry."docker.io"]\n${key} = ${value}`)).toEqual({
      reason: 'BaseConfigConflict',
      message: `ConfigMap base, key buildkitd.toml: [registry."docker.io"] ${key}: is the MirrorAuth's to say; write it under ${field} and take it out of the base`,
    });
  });

  /** What moby/buildkit v0.34.2 cmd/buildkitd/config Load takes for the same table (tried). */
  it.each([
    ['a header', '[registry."a.io"]\nhttp = true'],
    ['a literal key', "[registry.'a.io']\nhttp = true"],
    ['a quoted table', '["registry"."a.io"]\nhttp = true'],
    ['escapes', '["r\\u0065gistry"."a.io"]\n"htt\\u0070" = true'],
    ['a dotted key', 'registry."a.io".http = true'],
    ['a dotted key below a header', '[registry]\n"a.io".http = true'],
    ['inline tables', 'registry = {"a.io" = {http = true}}'],
    ['an inline table for the host', 'registry."a.io" = {http = true}'],
    ['a capital', '[Registry."a.io"]\nhttp = true'],
    ['capitals', '[REGISTRY."a.io"]\nHTTP = true'],
    ['capitals below', '[registry."a.io"]\nHttp = true'],
    ['a capital beside the plain one', '[registry."a.io"]\n[Registry."a.io"]\nhttp = true'],
    ['a dotted capital I', '["reg\u0130stry"."a.io"]\nhttp = true'],
    ['the letter K of Kelvin', '[registry."a.io"]\n"\u212aeypair" = []'],
    ['capitals in what is allowed', '[registry."a.io"]\nTLSConfigDir = ["/a"]'],
    ['a host in capitals', '[registry."A.io"]\ntlsconfigdir = ["/a"]'],
    ['a setting that nobody knows', '[registry."a.io"]\nmirror = ["b.io"]'],
    ['a later host', '[registry."a.io"]\ntlsconfigdir = ["/a"]\n[registry."b.io"]\nhttp = true'],
  ])('finds a spelling that buildkitd takes: %s', (_, text) => {
    expect(problemOf(text)?.reason).toBe('BaseConfigConflict');
  });

  it('says that another spelling is one', () => {
    expect(problemOf('[registry."a.io"]\nHttp = true')?.message).toContain(
      'write it in lower case',
    );
  });

  it('names hosts and keys only where they fit into a condition', () => {
    const odd = problemOf('[registry."a\u0000\u00e9"]\n"\u00e9" = 1')?.message;
    expect(odd).toMatch(/^[ -~]+$/);
    const long = problemOf(`[registry."${'a'.repeat(100_000)}"]\nhttp = true`)?.message;
    expect(long?.length).toBeLessThan(1_000);
  });
});
