import { describe, expect, it } from 'vitest';
import type { Texts } from '../../../../support/builder-files.ts';
import { mistakeNamesOf, mistakesOf } from '../../../../support/mistakes-of.ts';
import { configJson, HUB, login } from '../../../../support/secrets.ts';

/** What tells one mistake in buildkitd.toml from its neighbours, and from what is none. */

const MIRRORED = '[registry."docker.io"]\nmirrors = ["m.corp/hub"]\n';
const mirrorsOfHub = (...mirrors: readonly string[]): Texts => ({
  toml: `[registry."docker.io"]\nmirrors = ${JSON.stringify(mirrors)}\n`,
});

describe('a mirror', () => {
  it.each([
    ['docker.io', ['MirrorIsOrigin']],
    ['docker.io/hub', []],
    ['registry-1.docker.io:443', ['MirrorIsOrigin']],
  ])('is the origin where it is its host alone: %s', (mirror, expected) => {
    expect(mistakeNamesOf('alpine', mirrorsOfHub('m.corp', mirror))).toEqual(expected);
  });

  it('with a scheme and more is told of both, and keeps plain HTTP', () => {
    expect(mistakesOf('alpine', mirrorsOfHub('http://u:p@M.corp/hub'))[0]).toMatchObject({
      name: 'SchemeInMirror',
      where: 'buildkitd.toml, [registry."docker.io"] mirrors, "http://…@M.corp/hub"',
      message:
        'the scheme of a mirror is dropped, and HTTPS spoken unless its own table has http = ' +
        'true; user, query and fragment are dropped; a login stands in config.json. Write\n' +
        '  [registry."docker.io"]\n    mirrors = ["m.corp/hub"]\n' +
        '  [registry."m.corp"]\n    http = true',
    });
  });

  it('of several is told with all of them mended', () => {
    const [mistake] = mistakesOf('alpine', mirrorsOfHub('n.corp', 'm.corp/v2/hub', 'n.corp'));
    expect(mistake?.message).toMatch(/mirrors = \["n\.corp", "m\.corp\/hub"\]$/);
  });

  it.each([
    [70, 'mirrors = ["v.corp", "HOST"]'],
    [71, 'mirrors = [\n      "v.corp",\n      "HOST",\n    ]'],
  ])('that makes a line of %i characters is pasted as: %s', (length, expected) => {
    const host = `${'a'.repeat(length - '  mirrors = ["v.corp", ".corp"]'.length)}.corp`;
    const [mistake] = mistakesOf('alpine', mirrorsOfHub('v.corp/v2', host));
    expect(mistake?.message).toContain(expected.replace('HOST', host));
  });

  it('that shares its host with another is told where it is nobody’s spec', () => {
    const texts = mirrorsOfHub('m.corp/a', 'n.corp/x', 'm.corp/b');
    expect(mistakesOf('alpine', texts)).toEqual([
      {
        name: 'TokenScopeReuse',
        where: 'buildkitd.toml, [registry."docker.io"] mirrors, "m.corp/a", "m.corp/b"',
        message:
          'BuildKit keeps one token for m.corp, and that for the first path does not open the next ' +
          'where logins are by token. Write one of them, or a host name for each:\n' +
          '  [registry."docker.io"]\n    mirrors = ["m.corp/a", "n.corp/x"]',
      },
    ]);
    expect(mistakesOf('alpine', { ...texts, made: {} })).toEqual([]);
  });
});

describe('what stands under the origin', () => {
  it.each([
    ['http = true', 'http = false'],
    ['http = true', 'insecure = false'],
    ['insecure = true', 'insecure = false'],
    ['ca = ["/c"]', 'mirrors = []'],
    ['keypair = [{key = "/k", cert = "/c"}]', 'http = false'],
  ])('%s is meant for it where its mirror has %s', (setting, own) => {
    const toml = `${MIRRORED}${setting}\n[registry."m.corp"]\n${own}\n`;
    expect(mistakeNamesOf('alpine', { toml })).toEqual([]);
  });

  it.each(['http = true', 'insecure = true', 'ca = ["/c"]'])(
    '%s is meant for it where it has no mirrors',
    (setting) => {
      expect(mistakeNamesOf('alpine', { toml: `[registry."docker.io"]\n${setting}\n` })).toEqual(
        [],
      );
    },
  );

  it('is written down with five paths at most', () => {
    const paths = ['/a', '/b', '/c', '/d', '/e', '/f'];
    const toml = `${MIRRORED}ca = ${JSON.stringify(paths)}\n`;
    expect(mistakesOf('alpine', { toml })).toEqual([
      {
        name: 'CaUnderOrigin',
        where: 'buildkitd.toml, [registry."docker.io"] ca',
        message:
          'this speaks of docker.io itself and not of its mirrors. For a mirror it stands in a ' +
          'table of its own (one without any where it is not meant), and is taken out here unless ' +
          'it is meant here too:\n' +
          '  [registry."m.corp"]\n    ca = ["/a", "/b", "/c", "/d", "/e"]',
      },
    ]);
  });

  it('is written down with each pair of files', () => {
    const pair = (name: string): string => `{key = "/${name}.key", cert = "/${name}.crt"}`;
    const toml = `${MIRRORED}keypair = [${pair('a')}, ${pair('b')}]\n`;
    expect(mistakesOf('alpine', { toml })[0]?.message).toContain(
      `keypair = [${pair('a')}, ${pair('b')}]`,
    );
  });
});

it('http and insecure together are told of mirrors and of the registry, each once', () => {
  const both = 'http = true\ninsecure = true\n';
  const tables = ['m.corp', 'docker.io', 'n.corp'].map((host) => `[registry."${host}"]\n${both}`);
  const toml = tables.join('').replace('"docker.io"]', '"docker.io"]\nmirrors = ["m.corp/a"]');
  expect(mistakesOf('alpine', { toml }).map(({ name, where }) => `${name} ${where}`)).toEqual([
    'HttpAndInsecure buildkitd.toml, [registry."m.corp"]',
    'HttpAndInsecure buildkitd.toml, [registry."docker.io"]',
  ]);
});

describe('a table that is not looked up', () => {
  const table = (name: string): string => `[registry."${name}"]\ninsecure = true\n`;
  const WHAT = 'tables are looked up by host[:port], byte for byte';

  it.each([
    ['M.corp', 'm.corp'],
    ['m.corp:443', 'm.corp'],
    [' m.corp', 'm.corp'],
    ['registry-1.docker.io', 'docker.io', ", and Docker Hub's is docker.io"],
    ['http://x.corp:5000/v2/', 'x.corp:5000'],
  ])('by the name %s is mended to %s', (name, meant, more = '') => {
    expect(mistakesOf('alpine', { toml: MIRRORED + table(name) })).toEqual([
      {
        name: 'TableNotLookedUp',
        where: `buildkitd.toml, [registry."${name}"]`,
        message: `${WHAT}${more}. Write\n  [registry."${meant}"]`,
      },
    ]);
  });

  it('is none of the registry of an image that nobody mirrors', () => {
    expect(mistakeNamesOf('m.corp/app', { toml: table('M.corp') })).toEqual(['TableNotLookedUp']);
    expect(mistakeNamesOf('n.corp/app', { toml: table('M.corp') })).toEqual([]);
  });

  it('is one of Docker Hub, whatever the image', () => {
    expect(mistakeNamesOf('m.corp/app', { toml: table('index.docker.io') })).toEqual([
      'TableNotLookedUp',
    ]);
  });

  it('is none that a mirror asks for in that writing', () => {
    const toml = `[registry."n.corp"]\nmirrors = ["M.corp"]\n${table('M.corp')}`;
    expect(mistakeNamesOf('m.corp/app', { toml })).toEqual([]);
  });

  it('is none that is looked up', () => {
    expect(mistakeNamesOf('registry-1.docker.io/a/b', { toml: table('docker.io') })).toEqual([]);
    expect(mistakeNamesOf('M.corp/app', { toml: table('M.corp') })).toEqual([]);
  });

  it('is mended in the name of the image where that is written oddly', () => {
    expect(mistakesOf('M.corp/team/app', { toml: table('m.corp') })).toEqual([
      {
        name: 'TableNotLookedUp',
        where: 'the name of the image',
        message:
          'M.corp is compared byte for byte, and is not m.corp. Write it in lower case and ' +
          'without the default port, in all places:\n  m.corp/team/app',
      },
    ]);
    expect(mistakeNamesOf('M.corp/team/app', { toml: table('n.corp') })).toEqual([]);
  });
});

describe('a mirror on the builder itself', () => {
  it.each([
    ['http = true', []],
    ['http = false', []],
    ['insecure = true', ['LoopbackIsHttp']],
  ])('is no mistake where its table says which scheme it is: %s', (line, expected) => {
    const { toml = '' } = mirrorsOfHub('localhost:5000');
    expect(
      mistakeNamesOf('alpine', { toml: `${toml}[registry."localhost:5000"]\n${line}\n` }),
    ).toEqual(expected);
  });
});

it('a mirror that is written with the default port is mended with all the others', () => {
  const config = configJson({
    [HUB]: login('u:p'),
    'm.corp': login('u:p'),
    'n.corp': login('u:p'),
  });
  expect(mistakesOf('alpine', { config, ...mirrorsOfHub('m.corp:443/a', 'n.corp') })).toEqual([
    {
      name: 'KeyNotTheHost',
      where: 'buildkitd.toml, [registry."docker.io"] mirrors',
      message:
        'm.corp:443 is compared byte for byte, and is not m.corp. Write it in lower case and without ' +
        'the default port, in all places:\n' +
        '  [registry."docker.io"]\n    mirrors = ["m.corp/a", "n.corp"]',
    },
  ]);
});
