import { describe, expect, it } from 'vitest';
import { MISTAKE_NAMES } from '../../../../src/core/explain/explanation.ts';
import type { MistakeName } from '../../../../src/core/explain/explanation.ts';
import type { Texts } from '../../../support/builder-files.ts';
import { mistakesOf } from '../../../support/mistakes-of.ts';
import { configJson, HUB, login } from '../../../support/secrets.ts';

const hub = { [HUB]: login('ada:lovelace') };
const mirrored = '[registry."docker.io"]\nmirrors = ["m.corp/hub"]\n';

interface Example {
  readonly name: MistakeName;
  /** alpine unless it says otherwise. */
  readonly image?: string;
  readonly made: Texts;
  /** The same, once it is as the message says. */
  readonly mended: Texts;
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'ConfigUnreadable',
    made: { config: `\uFEFF${configJson(hub)}` },
    mended: { config: configJson(hub) },
  },
  {
    name: 'ConfigUnreadable',
    made: { config: '[]' },
    mended: { config: '{}' },
  },
  {
    name: 'EntriesOutsideAuths',
    made: { config: JSON.stringify(hub) },
    mended: { config: configJson(hub) },
  },
  {
    name: 'EntryUnreadable',
    made: { config: configJson({ ...hub, 'x.corp': { auth: 'no base64' } }) },
    mended: { config: configJson({ ...hub, 'x.corp': login('x:y') }) },
  },
  {
    name: 'EntryUnreadable',
    made: { config: configJson({ 'x.corp': { auth: 5 } }) },
    mended: { config: configJson({ 'x.corp': login('x:y') }) },
  },
  {
    name: 'EntryUnreadable',
    made: { config: configJson({ 'x.corp': login(':token') }) },
    mended: { config: configJson({ 'x.corp': login('x:token') }) },
  },
  ...['docker.io', 'index.docker.io', 'registry-1.docker.io', 'https://index.docker.io/v1'].map(
    (key): Example => ({
      name: 'HubKeyNotLookedUp',
      made: { config: configJson({ [key]: login('ada:lovelace') }) },
      mended: { config: configJson(hub) },
    }),
  ),
  ...['M.corp', 'm.corp:443', ' m.corp', '*.corp'].map((key): Example => ({
    name: 'KeyNotTheHost',
    image: 'm.corp/app',
    made: { config: configJson({ [key]: login('ada:lovelace') }) },
    mended: { config: configJson({ 'm.corp': login('ada:lovelace') }) },
  })),
  ...['M.corp', 'm.corp:443', 'https://m.corp', 'm.corp/app'].map((key): Example => ({
    name: 'KeyNotTheHost',
    image: 'm.corp/app',
    made: { variable: configJson({ [key]: login('ada:lovelace') }) },
    mended: { variable: configJson({ 'm.corp': login('ada:lovelace') }) },
  })),
  {
    name: 'KeyNotTheHost',
    made: {
      config: configJson({ ...hub, 'm.corp': login('m:m') }),
      toml: '[registry."docker.io"]\nmirrors = ["m.corp:443/hub"]',
    },
    mended: { config: configJson({ ...hub, 'm.corp': login('m:m') }), toml: mirrored },
  },
  {
    name: 'HubKeyNotLookedUp',
    made: { variable: configJson({ 'docker.io': login('ada:lovelace') }) },
    mended: { variable: configJson(hub) },
  },
  {
    name: 'PasswordEmpty',
    made: { variable: configJson({ [HUB]: login('ada:') }) },
    mended: { variable: configJson(hub) },
  },
  {
    name: 'PasswordEndsInNewline',
    made: { variable: configJson({ [HUB]: login('ada:lovelace\n') }) },
    mended: { variable: configJson(hub) },
  },
  {
    name: 'PathKeysCollide',
    image: 'm.corp/app',
    made: { config: configJson({ 'm.corp/a': login('a:a'), 'm.corp/b': login('b:b') }) },
    mended: { config: configJson({ 'm.corp': login('a:a') }) },
  },
  {
    name: 'PathKeyIsHostWide',
    image: 'm.corp/app',
    made: { config: configJson({ 'm.corp/a': login('a:a') }) },
    mended: { config: configJson({ 'm.corp': login('a:a') }) },
  },
  {
    name: 'MirrorEntryMissing',
    made: { config: configJson(hub), toml: mirrored },
    mended: { config: configJson({ ...hub, 'm.corp': login('m:m') }), toml: mirrored },
  },
  {
    name: 'MirrorEntryMissing',
    made: { config: configJson(hub), toml: mirrored },
    mended: { config: configJson({ ...hub, 'm.corp': {} }), toml: mirrored },
  },
  {
    name: 'HelperForHost',
    made: { config: configJson(hub, { credsStore: 'desktop' }) },
    mended: { config: configJson(hub) },
  },
  {
    name: 'HelperForHost',
    image: 'm.corp/app',
    made: { config: configJson({ 'm.corp': login('a:a') }, { credHelpers: { 'm.corp': 'pass' } }) },
    mended: { config: configJson({ 'm.corp': login('a:a') }, { credHelpers: {} }) },
  },
  {
    name: 'PasswordEmpty',
    image: 'm.corp/app',
    made: { config: configJson({ 'm.corp': login('ada:') }) },
    mended: { config: configJson({ 'm.corp': login('ada:lovelace') }) },
  },
  {
    name: 'PasswordEndsInNewline',
    image: 'm.corp/app',
    made: { config: configJson({ 'm.corp': login('ada:lovelace\n') }) },
    mended: { config: configJson({ 'm.corp': login('ada:lovelace') }) },
  },
  {
    name: 'TokenForMirror',
    made: {
      config: configJson({ [HUB]: { identitytoken: 't' }, 'm.corp': { identitytoken: 't' } }),
      toml: mirrored,
    },
    mended: {
      config: configJson({ [HUB]: { identitytoken: 't' }, 'm.corp': login('m:m') }),
      toml: mirrored,
    },
  },
  ...[
    '',
    '{"auths": {}, "credsStore": "x"}',
    '{"auths": {"m.corp": {"identitytoken": "t"}}}',
    '{"auths": {"m.corp": {"auth": "no base64"}}}',
    '[]',
  ]
    .filter((variable) => variable !== '')
    .map((variable): Example => ({
      name: 'DockerAuthConfigUnreadable',
      made: { variable },
      mended: { variable: configJson({ 'm.corp': login('a:a') }) },
    })),
  {
    name: 'DockerAuthConfigShadows',
    made: { config: configJson(hub), variable: configJson(hub) },
    mended: { config: configJson(hub) },
  },
  {
    name: 'TomlInvalid',
    made: { toml: '[registry.m.corp:5000]\nhttp = true' },
    mended: { toml: '[registry."m.corp:5000"]\nhttp = true' },
  },
  {
    name: 'TomlInvalid',
    made: { toml: '[registry."docker.io"]\nmirrors = "m.corp"' },
    mended: { toml: '[registry."docker.io"]\nmirrors = ["m.corp"]' },
  },
  {
    name: 'TomlInvalid',
    made: { toml: '[registry]\nmirrors = ["m.corp"]' },
    mended: { toml: '[registry."docker.io"]\nmirrors = ["m.corp"]' },
  },
  ...['endpoint', 'endpoints'].map((key): Example => ({
    name: 'UnknownKey',
    made: { toml: `[registry."docker.io"]\n${key} = ["m.corp"]` },
    mended: { toml: '[registry."docker.io"]\nmirrors = ["m.corp"]' },
  })),
  {
    name: 'UnknownKey',
    made: { toml: '[registry."docker.io"]\nmirror = ["m.corp"]' },
    mended: { toml: '[registry."docker.io"]\nmirrors = ["m.corp"]' },
  },
  {
    name: 'UnknownKey',
    made: { toml: '[registry.docker.io]\nmirrors = ["m.corp"]' },
    mended: { toml: '[registry."docker.io"]\nmirrors = ["m.corp"]' },
  },
  ...['*', '_default', 'https://docker.io', 'index.docker.io', 'registry-1.docker.io'].map(
    (table): Example => ({
      name: 'TableNotLookedUp',
      made: { toml: `[registry."${table}"]\nmirrors = ["m.corp"]` },
      mended: { toml: '[registry."docker.io"]\nmirrors = ["m.corp"]' },
    }),
  ),
  {
    name: 'TableNotLookedUp',
    made: { toml: `${mirrored}[registry."https://m.corp"]\ninsecure = true` },
    mended: { toml: `${mirrored}[registry."m.corp"]\ninsecure = true` },
  },
  {
    name: 'PathInTableName',
    made: { toml: `${mirrored}[registry."m.corp/hub"]\ninsecure = true` },
    mended: { toml: `${mirrored}[registry."m.corp"]\ninsecure = true` },
  },
  ...[
    'https://m.corp/hub',
    'http://m.corp/hub',
    'https://ada:lovelace@m.corp/hub',
    'm.corp/hub?x',
  ].map((mirror): Example => ({
    name: 'SchemeInMirror',
    made: { toml: `[registry."docker.io"]\nmirrors = ["${mirror}"]` },
    mended: { toml: mirrored },
  })),
  ...[' m.corp/hub', 'm.corp/hub ', 'm. corp/hub'].map((mirror): Example => ({
    name: 'SpaceInMirror',
    made: {
      toml: `[registry."docker.io"]\nmirrors = ["${mirror}"]`,
      config: configJson({ ...hub, 'm.corp': login('m:m') }),
    },
    mended: { toml: mirrored, config: configJson({ ...hub, 'm.corp': login('m:m') }) },
  })),
  {
    name: 'TokenScopeReuse',
    made: { toml: '[registry."docker.io"]\nmirrors = ["m.corp/a", "m.corp/b"]' },
    mended: { toml: '[registry."docker.io"]\nmirrors = ["m.corp/a"]' },
  },
  {
    name: 'V2InMirror',
    made: { toml: '[registry."docker.io"]\nmirrors = ["m.corp/v2/hub"]' },
    mended: { toml: mirrored },
  },
  {
    name: 'UpperCaseInMirror',
    made: {
      toml: '[registry."docker.io"]\nmirrors = ["M.corp/hub"]\n[registry."m.corp"]\nca = ["/c"]',
      config: configJson({ ...hub, 'm.corp': login('m:m') }),
    },
    mended: { toml: mirrored, config: configJson({ ...hub, 'm.corp': login('m:m') }) },
  },
  {
    name: 'UpperCaseInMirror',
    made: { toml: '[registry."docker.io"]\nmirrors = ["M.corp/hub"]' },
    mended: { toml: mirrored },
  },
  ...['docker.io', 'registry-1.docker.io'].map((mirror): Example => ({
    name: 'MirrorIsOrigin',
    made: { toml: `[registry."docker.io"]\nmirrors = ["m.corp/hub", "${mirror}"]` },
    mended: { toml: mirrored },
  })),
  ...['http', 'insecure'].map((setting): Example => ({
    name: 'HttpUnderOrigin',
    made: { toml: `${mirrored}${setting} = true` },
    mended: { toml: `${mirrored}[registry."m.corp"]\n${setting} = true` },
  })),
  {
    name: 'CaUnderOrigin',
    made: { toml: `${mirrored}ca = ["/etc/buildkit/certs/ca.crt"]` },
    mended: { toml: `${mirrored}[registry."m.corp"]\nca = ["/etc/buildkit/certs/ca.crt"]` },
  },
  {
    name: 'CaUnderOrigin',
    image: 'ghcr.io/app',
    made: { toml: '[registry."ghcr.io"]\nmirrors = ["m.corp"]\ntlsconfigdir = ["/x"]' },
    mended: {
      toml: '[registry."ghcr.io"]\nmirrors = ["m.corp"]\n[registry."m.corp"]\ntlsconfigdir = ["/x"]',
    },
  },
  {
    name: 'HttpAndInsecure',
    made: { toml: `${mirrored}[registry."m.corp"]\nhttp = true\ninsecure = true` },
    mended: { toml: `${mirrored}[registry."m.corp"]\nca = ["/etc/buildkit/certs/ca.crt"]` },
  },
  {
    name: 'LoopbackIsHttp',
    made: { toml: '[registry."docker.io"]\nmirrors = ["localhost:5000"]' },
    mended: {
      toml: '[registry."docker.io"]\nmirrors = ["localhost:5000"]\n[registry."localhost:5000"]\nhttp = true',
    },
  },
];

describe('a classic mistake', () => {
  it.each(EXAMPLES)(
    '$name is found alone, and not once it is mended: $made.config $made.toml $made.variable',
    (example) => {
      const { name, image = 'alpine', made, mended } = example;
      expect(mistakesOf(image, made).map((mistake) => mistake.name)).toEqual([name]);
      expect(mistakesOf(image, mended)).toEqual([]);
    },
  );

  it('has an example for each name', () => {
    const shown = new Set(EXAMPLES.map(({ name }) => name));
    expect(MISTAKE_NAMES.filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe('the text of a mistake', () => {
  it.each(EXAMPLES)(
    '$name names its file and place: $made.config $made.toml $made.variable',
    (example) => {
      const { image = 'alpine', made } = example;
      const files = /^(config\.json|buildkitd\.toml|DOCKER_AUTH_CONFIG)(, |$)/;
      for (const { where, message } of mistakesOf(image, made)) {
        expect(where).toMatch(files);
        // What is to be pasted, or what to do.
        expect(message).toMatch(/\n {2}|Write|Take/);
      }
    },
  );
});

const messagesOf = (image: string, texts: Texts): string =>
  mistakesOf(image, texts)
    .map(({ where, message }) => `${where}: ${message}`)
    .join('\n');

it('each text of the examples is, word for word, that of its golden file', async () => {
  const texts = EXAMPLES.map(
    ({ name, image = 'alpine', made }) => `# ${name}\n${messagesOf(image, made)}\n`,
  );
  await expect(texts.join('\n')).toMatchFileSnapshot('../../../golden/explain/texts.golden');
});

it.each([
  ['ca = ["/my/ca.pem"]', 'ca = ["/my/ca.pem"]'],
  ['tlsconfigdir = ["/my"]', 'tlsconfigdir = ["/my"]'],
  ['keypair = [{key = "/my/k", cert = "/my/c"}]', 'keypair = [{key = "/my/k", cert = "/my/c"}]'],
])("the user's own paths are printed: %s", (line, expected) => {
  expect(messagesOf('alpine', { toml: `${mirrored}${line}` })).toContain(expected);
});

it('no path is invented', () => {
  const toml = '[registry."m.corp"]\nhttp = true\ninsecure = true';
  expect(messagesOf('m.corp/x', { toml })).toContain('ca = ["…"]');
  expect(messagesOf('m.corp/x', { toml: `${toml}\nca = ["/my/ca"]` })).toContain('ca = ["/my/ca"]');
});

it('all entries outside auths are named', () => {
  const config = JSON.stringify({ a: login('a:a'), b: login('b:b'), c: login('c:c') });
  expect(messagesOf('alpine', { config })).toMatch(/"a": \{…\},\n.*"b": \{…\},\n.*"c": \{…\}\n/);
});

it.each(['M.corp/hub', 'm.corp:443/hub', ' m.corp/hub'])(
  'one cure is told of a mirror that is not written as its key and table are: %s',
  (mirror) => {
    const config = configJson({ ...hub, 'm.corp': login('m:m') });
    const toml = `[registry."docker.io"]\nmirrors = ["${mirror}"]\n[registry."m.corp"]\nca = ["/c"]`;
    const found = messagesOf('alpine', { config, toml });
    expect(found).toContain('mirrors = ["m.corp/hub"]');
    expect(found).not.toMatch(/"M\.corp"|"m\.corp:443":|\{…\}/);
  },
);

it('one key is meant for a mirror that is written in several ways', () => {
  const config = configJson({ ...hub, 'm.corp': login('m:m') });
  const toml = '[registry."docker.io"]\nmirrors = ["M.corp", " m.corp", "m.corp:443"]';
  const found = (texts: Texts): readonly string[] =>
    mistakesOf('alpine', texts).flatMap(({ name }) => (name === 'MirrorEntryMissing' ? name : []));
  expect(found({ config, toml })).toEqual([]);
  expect(found({ config: configJson(hub), toml })).toHaveLength(1);
});

it.each([
  ['{"auths": {},\n }', 'no JSON at line 2, column 2'],
  ['[]', 'no object'],
  ['{"credsStore": "x"}', 'takes no "credsStore"'],
  ['{"auths": {"m.corp": {"username": "u"}}}', '"m.corp" takes no "username"'],
  ['{"auths": {"m.corp": {}}}', '"m.corp" has no auth'],
  ['{"auths": {"m.corp": {"auth": 5}}}', 'auth of "m.corp" is no text'],
  ['{"auths": {"m.corp": {"auth": "!"}}}', 'auth of "m.corp" is not the padded base64'],
  ['{"auths": []}', 'auths is no object'],
  ['{} {}', 'something stands behind its object'],
])('what is wrong with DOCKER_AUTH_CONFIG is said: %s', (variable, expected) => {
  expect(messagesOf('alpine', { variable })).toContain(expected);
});

describe('of files that mirrorauth makes', () => {
  it('a token that a mirror has from its origin is mended in the MirrorAuth', () => {
    const config = configJson({ [HUB]: { identitytoken: 't' }, 'm.corp': { identitytoken: 't' } });
    const origins = new Map([
      [HUB, 'Secret hub'],
      ['m.corp', 'Secret hub'],
    ]);
    expect(messagesOf('alpine', { config, toml: mirrored, origins, made: {} })).toMatch(
      /^MirrorAuth builds\/ci, registry "m\.corp": /,
    );
  });

  it('what stands under an origin is meant for it, as each registry speaks for itself', () => {
    for (const line of ['ca = ["/c"]', 'http = true']) {
      expect(mistakesOf('alpine', { toml: mirrored + line, made: {} })).toEqual([]);
    }
  });

  it('what came with the base is mended there', () => {
    const text = '[registry."m.corp/hub"]\ntlsconfigdir = ["/x"]';
    const base = { name: 'ConfigMap builds/base', text };
    expect(messagesOf('alpine', { toml: text, made: { base } })).toMatch(
      /^ConfigMap builds\/base, /,
    );
  });
});

it('nothing is found where everything is right', () => {
  const toml = `${mirrored}[registry."m.corp"]\nca = ["/etc/buildkit/certs/ca.crt"]`;
  const config = configJson({
    ...hub,
    'm.corp': login('m:m'),
    'https://ghcr.io/v2/': login('g:g'),
  });
  expect(mistakesOf('alpine', { config, toml })).toEqual([]);
  expect(mistakesOf('ghcr.io/org/app', { config, toml })).toEqual([]);
  expect(mistakesOf('alpine', {})).toEqual([]);
  expect(mistakesOf('alpine', { config: '{}', toml: '' })).toEqual([]);
});

it('a helper without an entry beside it is no mistake: it holds the login', () => {
  const config = configJson({ [HUB]: {} }, { credsStore: 'desktop' });
  expect(mistakesOf('alpine', { config })).toEqual([]);
});

it('a token that the mirror issued itself is no mistake', () => {
  const config = configJson({ [HUB]: { identitytoken: 't' }, 'm.corp': { identitytoken: 'u' } });
  expect(mistakesOf('alpine', { config, toml: mirrored })).toEqual([]);
});

it('a mirror without an entry is no mistake in a file of mirrorauth, where spec says so', () => {
  const texts = { config: configJson(hub), toml: mirrored };
  expect(mistakesOf('alpine', { ...texts, made: {} })).toEqual([]);
});

it.each(['http = true', 'insecure = true', 'ca = ["/etc/buildkit/certs/ca.crt"]'])(
  'what stands under the origin is meant for it once the mirror has a table that says its own: %s',
  (setting) => {
    const toml = `${mirrored}${setting}\n[registry."m.corp"]\nhttp = false`;
    expect(mistakesOf('alpine', { toml })).toEqual([]);
  },
);

it('another key of Docker Hub is no mistake where nobody misses its login', () => {
  const other = { 'docker.io': login('kubelet:too') };
  const variable = configJson(hub);
  expect(mistakesOf('alpine', { config: configJson({ ...hub, ...other }) })).toEqual([]);
  expect(mistakesOf('alpine', { config: configJson(other), variable })).toEqual([]);
  expect(mistakesOf('alpine', { config: configJson({ 'docker.io': {} }) })).toEqual([]);
  expect(mistakesOf('ghcr.io/x', { config: configJson(other) })).toEqual([]);
});
