import { spawn } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { explainCommand } from '../../../src/cli/explain.ts';
import { UsageError } from '../../../src/cli/options.ts';
import { MISTAKE_NAMES } from '../../../src/core/explain/explanation.ts';
import { temporaryDirectory } from '../../../testbed/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../testbed/temporary-directory.ts';
import { runCommand } from '../../support/run-command.ts';
import type { Ran, Surroundings } from '../../support/run-command.ts';
import { base64, configJson, HUB } from '../../support/secrets.ts';

/** Without a config.json of the machine's own. */
const run = (args: readonly string[], surroundings: Surroundings = {}): Promise<Ran> =>
  runCommand(explainCommand, args, {
    ...surroundings,
    environment: { HOME: '/nonexistent', ...surroundings.environment },
  });

let folder: TemporaryDirectory;
beforeAll(async () => {
  folder = await temporaryDirectory();
});
afterAll(() => folder.remove());

let count = 0;

/** Whatever this machine has in /etc. */
const NO_TOML = '--buildkitd-config=/dev/null';

/** Explains an image with these texts as files. */
async function explainWith(
  { config, toml, image = 'alpine' }: { config?: string; toml?: string; image?: string },
  args: readonly string[] = [],
  surroundings: Surroundings = {},
): Promise<Ran> {
  count += 1;
  const own = join(folder.path, String(count));
  await mkdir(own);
  const files: string[] = [NO_TOML];
  if (config !== undefined) {
    await writeFile(join(own, 'config.json'), config);
    files.push(`--config=${join(own, 'config.json')}`);
  }
  if (toml !== undefined) {
    await writeFile(join(own, 'buildkitd.toml'), toml);
    files.push(`--buildkitd-config=${join(own, 'buildkitd.toml')}`);
  }
  return run([image, ...files, ...args], surroundings);
}

const GOLDEN = 'test/golden/explain';
const filesOf = (name: string): readonly string[] => [
  `--config=${GOLDEN}/${name}/config.json`,
  `--buildkitd-config=${GOLDEN}/${name}/buildkitd.toml`,
];
const DIGEST = `sha256:${'0'.repeat(64)}`;

/** Call by call, and the exit code. */
const SAMPLES: readonly (readonly [name: string, args: readonly string[], code: number])[] = [
  ['mistakes', ['alpine:3.20', ...filesOf('mistakes')], 1],
  ['fine', ['alpine', '-f', `${GOLDEN}/fine/manifests.yaml`], 0],
  ['long', [`ghcr.io/organisation/team/application@${DIGEST}`, ...filesOf('long')], 1],
  ['broken', ['alpine', ...filesOf('broken')], 1],
];

/** A word that is longer than the line stays whole, and may stand beside a short one. */
const isTooLong = (line: string): boolean => {
  const longest = Math.max(...line.split(' ').map((word) => word.length));
  return line.length > 80 && (longest < 60 || line.length - longest > 60);
};

describe.each(SAMPLES)('the sample %s', (name, args, code) => {
  it('reads as its golden text says', async () => {
    const ran = await run(args);
    await expect(ran.stdout).toMatchFileSnapshot(`../../golden/explain/${name}/text.golden`);
    expect(ran).toMatchObject({ code, stderr: '' });
  });

  it('fits into 80 columns, but for words that are longer', async () => {
    const { stdout } = await run(args);
    expect(stdout.split('\n').filter(isTooLong)).toEqual([]);
  });

  it('breaks no URL', async () => {
    const [{ stdout }, json] = await Promise.all([run(args), run([...args, '-o', 'json'])]);
    const { buildkit } = EXPLANATION.parse(JSON.parse(json.stdout));
    const words = new Set(stdout.split(/\s+/));
    expect(buildkit.filter(({ url }) => !words.has(url))).toEqual([]);
  });

  it('has no colour where nobody looks, or wants it, and else the same words in colour', async () => {
    const [plain, refused, coloured] = await Promise.all([
      run(args),
      run(args, { isTTY: true, environment: { NO_COLOR: '1' } }),
      run(args, { isTTY: true }),
    ]);
    expect(plain.stdout).not.toContain('\u001B');
    expect(refused.stdout).toBe(plain.stdout);
    expect(coloured.stdout).toContain('\u001B');
    expect(coloured.stdout.replaceAll(/\u001B\[[0-9;]*m/g, '')).toBe(plain.stdout);
  });

  it('is an object of the documented shape for programs, without anything else', async () => {
    const ran = await run([...args, '-o', 'json']);
    const parsed = EXPLANATION.parse(JSON.parse(ran.stdout));
    expect(JSON.parse(ran.stdout)).toEqual(parsed);
    expect(ran).toMatchObject({ code, stderr: '' });
  });
});

const CREDENTIAL = z.strictObject({
  kind: z.enum(['Login', 'Token', 'Anonymous', 'Random', 'Helper', 'Unreadable', 'Unknown']),
  key: z.string().optional(),
  from: z.string().optional(),
  why: z.string(),
});

/** As the help says. */
const EXPLANATION = z.strictObject({
  image: z.strictObject({
    domain: z.string(),
    path: z.string(),
    tag: z.string().optional(),
    digest: z.string().optional(),
  }),
  buildkit: z.array(
    z.strictObject({
      host: z.string(),
      role: z.enum(['mirror', 'origin']),
      url: z.string(),
      scheme: z.strictObject({ value: z.enum(['http', 'https']), why: z.string() }),
      tls: z.strictObject({
        value: z.enum(['NotUsed', 'PublicCAs', 'PrivateCA', 'NotVerified', 'Broken']),
        why: z.string(),
      }),
      credential: CREDENTIAL,
      onUnauthorized: z.string(),
    }),
  ),
  others: z.array(
    z.strictObject({
      name: z.enum(['containerd CRI', 'kubelet', 'Podman, Buildah, CRI-O', 'kaniko, crane']),
      hosts: z.array(z.strictObject({ host: z.string(), credential: CREDENTIAL })),
      difference: z.string(),
    }),
  ),
  mistakes: z.array(
    z.strictObject({ name: z.enum(MISTAKE_NAMES), where: z.string(), message: z.string() }),
  ),
  notMade: z.array(z.string()),
});

const hub = { [HUB]: { auth: base64('ada:lovelace') } };
const lastLine = ({ stdout }: Ran): string =>
  stdout.trimEnd().split('\n\n').at(-1)?.replaceAll('\n', ' ') ?? '';

describe('the last line says in plain words', () => {
  const mirrored = '[registry."docker.io"]\nmirrors = ["m.corp"]\n';
  it.each([
    [
      'that the mirror is asked with its login',
      { config: configJson({ ...hub, 'm.corp': { auth: base64('m:m') } }), toml: mirrored },
      'BuildKit asks m.corp first, with the login of key m.corp. If it is refused, the answer is 401 and BuildKit goes on to docker.io without a word.',
    ],
    [
      'that the mirror is asked without one',
      { config: configJson(hub), toml: mirrored },
      'BuildKit asks m.corp first, without a login. If it wants one, the answer is 401 and BuildKit goes on to docker.io without a word.',
    ],
    [
      'that there is no mirror',
      { config: configJson(hub), toml: '' },
      `BuildKit asks registry-1.docker.io alone, with the login of key ${HUB}.`,
    ],
    [
      'that a helper is asked',
      { config: configJson({}, { credsStore: 'x' }), toml: '' },
      'BuildKit asks registry-1.docker.io alone, with the login that a credential helper gives.',
    ],
    [
      'that a login is drawn by lot',
      {
        image: 'm.corp/app',
        config: configJson({
          'm.corp/a': { auth: base64('a:a') },
          'm.corp/b': { auth: base64('b:b') },
        }),
      },
      'BuildKit asks m.corp alone, with another login in each run.',
    ],
    [
      'that a token is used',
      { config: configJson({ [HUB]: { identitytoken: 't' } }) },
      `BuildKit asks registry-1.docker.io alone, with the token of key ${HUB}.`,
    ],
    [
      'that an entry may or may not be read',
      { config: configJson({ ...hub, 'm.corp': { auth: '!' } }) },
      'BuildKit asks registry-1.docker.io alone, with or without a login, as chance will have it.',
    ],
    [
      'that buildkitd does not start',
      { config: configJson(hub), toml: 'x = ' },
      'buildkitd does not start with this buildkitd.toml, so nothing is built at all.',
    ],
    [
      'that buildkitd cannot read a file for TLS',
      { config: '{}', toml: `${mirrored}[registry."m.corp"]\nca = [""]` },
      'Every pull from docker.io fails: buildkitd cannot read its TLS files.',
    ],
  ])('%s', async (_, files, line) => {
    expect(lastLine(await explainWith(files))).toBe(line);
  });
});

describe('your own files', () => {
  it('are found where docker looks for them, and need not be there', async () => {
    const home = join(folder.path, 'home');
    await mkdir(join(home, '.docker'), { recursive: true });
    await writeFile(join(home, '.docker', 'config.json'), configJson(hub));
    const byHome = await run(['alpine', NO_TOML], { environment: { HOME: home } });
    const byVariable = await run(['alpine', NO_TOML], {
      environment: { DOCKER_CONFIG: join(home, '.docker') },
    });
    const none = await run(['alpine', NO_TOML]);
    for (const ran of [byHome, byVariable]) {
      expect(lastLine(ran)).toContain(`with the login of key ${HUB}`);
    }
    expect(lastLine(none)).toBe('BuildKit asks registry-1.docker.io alone, without a login.');
    expect([byHome, byVariable, none].map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  it('must be there once they are named', async () => {
    const ran = await run(['alpine', '--config=/nonexistent/config.json']);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^error: \/nonexistent\/config\.json: cannot be read \(ENOENT\)/);
  });

  it('stand behind DOCKER_AUTH_CONFIG, which is not read with -f', async () => {
    const environment = { DOCKER_AUTH_CONFIG: configJson({ 'ghcr.io': { auth: base64('e:e') } }) };
    const own = await run(['ghcr.io/x', NO_TOML], { environment });
    const rendered = await run(['ghcr.io/x', '-f', `${GOLDEN}/fine/manifests.yaml`], {
      environment,
    });
    expect(own.stdout).toContain('DOCKER_AUTH_CONFIG');
    expect(lastLine(own)).toContain('with the login of key ghcr.io');
    expect(lastLine(rendered)).toContain('without a login');
  });
});

describe('of several MirrorAuths', () => {
  const mirrorAuth = (name: string, origin: string): string =>
    JSON.stringify({
      apiVersion: 'mirrorauth.dev/v1alpha1',
      kind: 'MirrorAuth',
      metadata: { name, namespace: 'builds' },
      spec: {
        mirrors: [{ origin, endpoints: [`${name}.corp`] }],
        buildkitConfig: { name: `${name}-buildkit` },
      },
    });
  const stdin = [mirrorAuth('one', 'docker.io'), mirrorAuth('two', 'ghcr.io')].join('\n---\n');
  const explain = (...args: readonly string[]): Promise<Ran> =>
    run([...args, '-f', '-'], { stdin });

  it('the one that names the registry is taken, or the one that is named', async () => {
    expect(lastLine(await explain('alpine'))).toContain('asks one.corp first');
    expect(lastLine(await explain('ghcr.io/x'))).toContain('asks two.corp first');
    expect(lastLine(await explain('alpine', '--name=two'))).toContain('registry-1.docker.io alone');
    expect(lastLine(await explain('alpine', '--name=builds/one'))).toContain('asks one.corp first');
  });

  it('one has to be named where that leaves a choice', async () => {
    await expect(explain('quay.io/x')).rejects.toThrow(
      'there are several MirrorAuths: write --name=builds/one or --name=builds/two',
    );
    await expect(explain('alpine', '--name=three')).rejects.toThrow('there is no MirrorAuth three');
  });
});

it('problems of manifests are told as render tells them, and what can be made is explained', async () => {
  const mirrorAuth = JSON.stringify({
    apiVersion: 'mirrorauth.dev/v1alpha1',
    kind: 'MirrorAuth',
    metadata: { name: 'ci' },
    spec: {
      registries: [
        { host: 'docker.io', credentials: { type: 'SecretRef', secretRef: { name: 'hub' } } },
        { host: 'm.corp', credentials: { type: 'SecretRef', secretRef: { name: 'robot' } } },
      ],
      mirrors: [{ origin: 'docker.io', endpoints: ['m.corp'] }],
      pullSecret: { name: 'pull' },
      buildkitConfig: { name: 'buildkit' },
    },
  });
  const secret = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'robot' },
    type: 'kubernetes.io/basic-auth',
    stringData: { username: 'ada', password: 'lovelace' },
  });
  const stdin = `${mirrorAuth}\n${secret}`;
  const ran = await run(['alpine', '-f', '-'], { stdin });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('(SecretNotFound)');
  expect(lastLine(ran)).toContain('BuildKit asks m.corp first');
  expect(ran.stdout.replaceAll(/\s+/g, ' ')).toContain('and Secret hub is missing');
  expect(ran.stdout).not.toContain('No classic mistake');
  const json = await run(['alpine', '-f', '-', '-o', 'json'], { stdin });
  expect(JSON.parse(json.stderr)).toMatchObject({ level: 'error', reason: 'SecretNotFound' });
  const nothing = await run(['alpine', '-f', '-'], { stdin: '' });
  expect(nothing).toMatchObject({ code: 1, stdout: '' });
  expect(nothing.stderr).toContain('holds no MirrorAuth');
});

describe('an output that could not be made', () => {
  const spec = {
    registries: [{ host: 'm.corp', tls: { caRef: { name: 'ca' } } }],
    mirrors: [{ origin: 'docker.io', endpoints: ['m.corp'] }],
    buildkitConfig: { name: 'buildkit' },
  };
  const mirrorAuth = (name: string, fields: object): string =>
    JSON.stringify({
      apiVersion: 'mirrorauth.dev/v1alpha1',
      kind: 'MirrorAuth',
      metadata: { name, namespace: 'builds' },
      spec: fields,
    });

  it('is not taken for one that says nothing', async () => {
    const stdin = mirrorAuth('ci', spec);
    const ran = await run(['alpine', '-f', '-'], { stdin });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('(CaNotFound)');
    expect(lastLine(ran)).toBe(
      'Whom BuildKit asks is not known: ConfigMap builds/buildkit could not be made, because of the errors above.',
    );
    expect(ran.stdout).not.toMatch(/No classic mistake|registry-1/);
    const json = await run(['alpine', '-f', '-', '-o', 'json'], { stdin });
    expect(EXPLANATION.parse(JSON.parse(json.stdout))).toMatchObject({
      buildkit: [],
      notMade: ['ConfigMap builds/buildkit'],
    });
  });

  it('is not taken from another MirrorAuth that has its name', async () => {
    const other = {
      ...spec,
      registries: [],
      mirrors: [{ origin: 'docker.io', endpoints: ['n.corp'] }],
    };
    const stdin = [mirrorAuth('a', other), mirrorAuth('b', { ...spec, registries: [] })].join('\n');
    const ran = await run(['alpine', '-f', '-', '--name=b'], { stdin });
    expect(ran.stderr).toContain('(TargetConflict)');
    expect(lastLine(ran)).toContain('ConfigMap builds/buildkit could not be made');
  });

  it('leaves the login unknown where it is the Secret', async () => {
    const pull = { pullSecret: { name: 'pull' } };
    const stdin = [
      mirrorAuth('a', { registries: [], ...pull }),
      mirrorAuth('b', {
        ...spec,
        registries: [{ host: 'm.corp', credentials: { type: 'Anonymous' } }],
        ...pull,
      }),
    ].join('\n');
    const ran = await run(['alpine', '-f', '-', '--name=b'], { stdin });
    expect(lastLine(ran)).toBe(
      'BuildKit asks m.corp first, and with which login is not known, as the Secret could not be made.',
    );
  });
});

describe('a mistake in what mirrorauth makes', () => {
  const stdin = [
    {
      apiVersion: 'mirrorauth.dev/v1alpha1',
      kind: 'MirrorAuth',
      metadata: { name: 'ci', namespace: 'builds' },
      spec: {
        registries: [
          { host: 'm.corp', credentials: { type: 'SecretRef', secretRef: { name: 'robot' } } },
        ],
        pullSecret: { name: 'pull' },
        buildkitConfig: { name: 'buildkit', baseRef: { name: 'base' } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'robot', namespace: 'builds' },
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'ada', password: 'lovelace\n' },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'base', namespace: 'builds' },
      data: { 'buildkitd.toml': 'debugg = true\n[registry."x.corp/y"]\ntlsconfigdir = ["/x"]' },
    },
  ]
    .map((object) => JSON.stringify(object))
    .join('\n');

  const mistakesIn = async (image: string): Promise<readonly (readonly [string, string])[]> => {
    const ran = await run([image, '-f', '-', '-o', 'json'], { stdin });
    const { mistakes } = EXPLANATION.parse(JSON.parse(ran.stdout));
    return mistakes.map(({ name, where }) => [name, where]);
  };

  it('stands in the Secret, base or image that people write, and never in an output', async () => {
    const ofBase = [
      ['UnknownKey', 'ConfigMap builds/base, debugg'],
      ['PathInTableName', 'ConfigMap builds/base, [registry."x.corp/y"]'],
    ];
    const image = 'the name of the image';
    await expect(mistakesIn('m.corp/app')).resolves.toEqual([
      ['PasswordEndsInNewline', 'Secret robot'],
      ...ofBase,
    ]);
    for (const odd of ['m.corp:443/app', 'M.corp/app']) {
      await expect(mistakesIn(odd)).resolves.toEqual([['KeyNotTheHost', image], ...ofBase]);
    }
  });
});

it('folders within a folder are read with -R, as a message says', async () => {
  const outer = join(folder.path, 'outer');
  await mkdir(join(outer, 'inner'), { recursive: true });
  await copyFile(`${GOLDEN}/fine/manifests.yaml`, join(outer, 'inner', 'all.yaml'));
  const flat = await run(['alpine', '-f', outer]);
  expect(flat.stderr.replaceAll(/\s+/g, ' ')).toContain('--recursive');
  expect(lastLine(await run(['alpine', '-f', outer, '-R']))).toContain('asks harbor.corp first');
});

it('an empty DOCKER_AUTH_CONFIG is none', async () => {
  const ran = await run(['alpine', NO_TOML], { environment: { DOCKER_AUTH_CONFIG: '' } });
  expect(ran.stdout).toMatch(/^files {2}no config\.json, \/dev\/null$/m);
});

it.each(['{"auths": {},}', '[]', `\uFEFF{}`, configJson({ [HUB]: { auth: '!' } })])(
  'of a file that is lost in every run the last line says so: %s',
  async (config) => {
    const ran = await explainWith({ config, toml: '' });
    expect(lastLine(ran)).toBe('BuildKit asks registry-1.docker.io alone, without a login.');
  },
);

it.each([
  ['no image', []],
  ['scratch, of which nothing is pulled', ['scratch']],
  ['two images', ['a', 'b']],
  ['what is no image', ['https://ghcr.io/x']],
  ['an unknown option', ['a', '--files=x']],
  ['an unknown format', ['a', '-o', 'yaml']],
  ['own files beside manifests', ['a', '-f', '-', '--config=x']],
])('a call that names %s is wrong', async (_, args) => {
  await expect(run(args)).rejects.toThrow(UsageError);
});

it('the help fits into 80 columns', () => {
  expect(explainCommand.help.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

it('nothing that a file calls itself moves the cursor or paints', async () => {
  const name = '\u001B[31mm.corp\u009B\u202E\u0007';
  const ran = await explainWith({
    image: 'm.corp/x',
    config: configJson({ [name]: { auth: '!' }, [`m.corp/${name}`]: { auth: base64('a:b') } }),
    toml: `[registry."m.corp"]\nmirrors = [${JSON.stringify(name)}]\n[registry.${JSON.stringify(`x/${name}`)}]\n`,
  });
  expect(ran.stdout).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
});

it('the client of the API server is not loaded', async () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) => { process.stderr.write(name + '\\n'); return next(name, context); } });`;
  const main = new URL('../../../src/main.ts', import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(hook)}`,
      main,
      'explain',
      'alpine',
      NO_TOML,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '', HOME: '/nonexistent' } },
  );
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stdout).toContain('BuildKit asks');
  const packages = stderr
    .split('\n')
    .filter((name) => /^[@a-z]/.test(name) && !isBuiltin(name) && !name.includes('file:'));
  expect([...new Set(packages)].toSorted()).toEqual(['jsonc-parser', 'smol-toml', 'yaml', 'zod']);
});

describe('a canary in any file', () => {
  /** Six characters in a row of a secret tell too much of it. */
  const RUN = 6;
  const leaks = (shown: string, secret: string): readonly string[] =>
    Array.from({ length: secret.length - RUN + 1 }, (_, i) => secret.slice(i, i + RUN)).filter(
      (part) => shown.includes(part),
    );
  const canary = fc.stringMatching(/^[QXZ][0-9QXZ]{11,15}$/);
  const auths = (entries: object, more: object = {}): { readonly config: string } => ({
    config: configJson(entries, more),
  });

  type Made = (secret: string) => { config?: string; toml?: string; variable?: string };
  const PLACES: Readonly<Record<string, Made>> = {
    'a password': (s) => auths({ [HUB]: { auth: base64(`u:${s}`) } }),
    'a user': (s) => auths({ [HUB]: { auth: base64(`${s}:`) } }),
    'a password with a newline': (s) => auths({ [HUB]: { auth: base64(`u:${s}\n`) } }),
    'two logins': (s) =>
      auths({ 'm.corp/a': { auth: base64(`a:${s}`) }, 'm.corp/b': { auth: base64(`b:${s}`) } }),
    'a password in clear': (s) => auths({ [HUB]: { username: 'u', password: s } }),
    'what is no base64': (s) => auths({ [HUB]: { auth: `${s}!` } }),
    'base64 without a colon': (s) => auths({ [HUB]: { auth: base64(s) } }),
    'a token': (s) => auths({ [HUB]: { identitytoken: s }, 'm.corp': { identitytoken: s } }),
    'a token of the wrong type': (s) => auths({ [HUB]: { registrytoken: [s] } }),
    'an entry': (s) => auths({ [HUB]: s }),
    'a field of an entry': (s) => auths({ [HUB]: { [s]: s } }),
    'the password of a key': (s) => auths({ [`https://u:${s}@m.corp/`]: { auth: '!' } }),
    'the password of a key without a scheme': (s) => auths({ [`u:${s}@m.corp`]: { auth: '!' } }),
    'the password of a key with a slash': (s) =>
      auths({ [`https://u:/${s}@m.corp/x`]: { auth: base64('a:b') } }),
    'a query of a key': (s) => auths({ [`https://m.corp/x?${s}`]: { auth: base64('a:b') } }),
    'a helper': (s) => auths({ [HUB]: { auth: base64('a:b') } }, { credsStore: s }),
    'a stray entry': (s) => ({ config: JSON.stringify({ [HUB]: { auth: base64(s) } }) }),
    'broken JSON': (s) => ({ config: `{"auths": {${JSON.stringify(HUB)}: ${s}` }),
    'bare text': (s) => ({ config: s, toml: s }),
    'a variable': (s) => ({ variable: configJson({ [HUB]: { auth: base64(`a:${s}`) } }) }),
    'a broken variable': (s) => ({ variable: `{"auths": ${s}` }),
    'a variable with a token': (s) => ({ variable: configJson({ [HUB]: { identitytoken: s } }) }),
    'the user of a mirror': (s) => ({
      toml: `[registry."docker.io"]\nmirrors = ["http://u:${s}@m.corp/x", "${s}:y@m.corp/V2"]`,
    }),
    'a query of a mirror': (s) => ({ toml: `[registry."docker.io"]\nmirrors = ["m.corp/x?${s}"]` }),
    'a name of a table': (s) => ({ toml: `[registry."https://u:${s}@m.corp"]\nhttp = true` }),
    'a value of the wrong type': (s) => ({ toml: `[registry."docker.io"]\nhttp = "${s}"` }),
    'broken TOML': (s) => ({ toml: `[registry."docker.io"]\nmirrors = ${s}` }),
  };

  it.each(Object.entries(PLACES))('is not shown: as %s', async (_, made) => {
    await fc.assert(
      fc.asyncProperty(canary, fc.constantFrom('alpine', 'm.corp/app'), async (secret, image) => {
        const { variable, ...files } = made(secret);
        const surroundings =
          variable === undefined ? {} : { environment: { DOCKER_AUTH_CONFIG: variable } };
        for (const args of [[], ['-o', 'json']]) {
          const ran = await explainWith({ ...files, image }, args, surroundings);
          const shown = ran.stdout + ran.stderr;
          expect(shown).not.toBe('');
          for (const part of [
            secret,
            base64(secret),
            base64(`u:${secret}`),
            base64(`a:${secret}`),
          ]) {
            expect(leaks(shown, part)).toEqual([]);
          }
        }
      }),
      { numRuns: 5 },
    );
  });
});
