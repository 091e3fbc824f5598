import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { renderCommand } from '../../../src/cli/render.ts';
import { isObject } from '../../../src/kube/object.ts';
import { temporaryDirectory } from '../../../testbed/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../testbed/temporary-directory.ts';
import { CA_ONE } from '../../support/certificates.ts';
import { runCommand } from '../../support/run-command.ts';
import type { Ran, Surroundings } from '../../support/run-command.ts';
import { base64 } from '../../support/secrets.ts';

const run = (args: readonly string[], surroundings: Surroundings = {}): Promise<Ran> =>
  runCommand(renderCommand, args, surroundings);

/** Renders these documents from standard input. */
const render = (documents: readonly object[], ...args: readonly string[]): Promise<Ran> =>
  run(['-f', '-', ...args], {
    stdin: documents.map((document) => JSON.stringify(document)).join('\n---\n'),
  });

const PASSWORD = 'QXZ7QXZ9QXZ1';

const mirrorAuth = (spec: object, metadata: object = {}): object => ({
  apiVersion: 'mirrorauth.dev/v1alpha1',
  kind: 'MirrorAuth',
  metadata: { name: 'ci', namespace: 'builds', ...metadata },
  spec,
});

const secret = (name: string, fields: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'builds', ...metadata },
  ...fields,
});

const configMap = (name: string, data: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'builds', ...metadata },
  data,
});

const LOGIN = secret('hub', {
  type: 'kubernetes.io/basic-auth',
  stringData: { username: 'me', password: PASSWORD },
});

const SPEC = {
  registries: [
    { host: 'docker.io', credentials: { type: 'SecretRef', secretRef: { name: 'hub' } } },
    {
      host: 'harbor.corp',
      credentials: { type: 'DuplicateOf', duplicateOf: 'docker.io' },
      tls: { caRef: { name: 'ca' } },
    },
  ],
  mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp/hub'] }],
  pullSecret: { name: 'pull', labels: { on: 'on', number: '1_000', octal: '0o14' } },
  buildkitConfig: { name: 'config' },
};
const CA = configMap('ca', { 'ca.crt': CA_ONE });
const INPUT = [mirrorAuth(SPEC), LOGIN, CA];

const itemsOf = (list: string): readonly unknown[] => {
  const parsed: unknown = JSON.parse(list);
  const items = isObject(parsed) ? parsed['items'] : undefined;
  return Array.isArray(items) ? items : [];
};

const documentsOf = (text: string): readonly unknown[] =>
  parseAllDocuments(text).map((document) => {
    const value: unknown = document.toJS();
    return value;
  });

const namesOf = (objects: readonly unknown[]): readonly string[] =>
  objects.map((object) => {
    const { kind, metadata } = isObject(object) ? object : {};
    const { namespace, name } = isObject(metadata) ? metadata : {};
    return `${String(namespace)}/${String(name)} ${String(kind)}`;
  });

describe('the result', () => {
  test('is the Secret and the ConfigMap, by namespace, name and kind, the same in both formats', async () => {
    const other = [mirrorAuth({ pullSecret: { name: 'z' } }, { namespace: 'a', name: 'x' })];
    const json = await render([...INPUT, ...other], '-o', 'json', '--show-credentials');
    const yaml = await render([...INPUT, ...other], '--show-credentials');
    expect([json.code, yaml.code]).toEqual([0, 0]);
    expect(namesOf(itemsOf(json.stdout))).toEqual([
      'a/z Secret',
      'builds/config ConfigMap',
      'builds/pull Secret',
    ]);
    expect(documentsOf(yaml.stdout)).toEqual(itemsOf(json.stdout));
  });

  test('holds the bytes with --show-credentials, and no ownerReferences', async () => {
    const { stdout } = await render(INPUT, '-o', 'json', '--show-credentials');
    const auth = base64(`me:${PASSWORD}`);
    const config = `{"auths":{"harbor.corp":{"auth":"${auth}"},"https://index.docker.io/v1/":{"auth":"${auth}"}}}`;
    expect(itemsOf(stdout)[1]).toMatchObject({
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': base64(config), 'config.json': base64(config) },
    });
    expect(stdout).not.toContain('ownerReferences');
  });

  test.each(['yaml', 'json'])(
    'in %s masks credentials, and shows which hosts have one',
    async (format) => {
      const token = secret('token', {
        type: 'kubernetes.io/dockerconfigjson',
        stringData: {
          '.dockerconfigjson': JSON.stringify({
            auths: { 't.corp': { auth: base64(`u:${PASSWORD}`), identitytoken: PASSWORD } },
          }),
        },
      });
      const registries = [
        ...SPEC.registries,
        { host: 't.corp', credentials: { type: 'SecretRef', secretRef: { name: 'token' } } },
      ];
      const input = [mirrorAuth({ ...SPEC, registries }), LOGIN, CA, token];
      const { code, stdout } = await render(input, '-o', format);
      const [, pull] = format === 'json' ? itemsOf(stdout) : documentsOf(stdout);
      expect(code).toBe(0);
      const data = isObject(pull) && isObject(pull['data']) ? pull['data'] : {};
      expect(Object.keys(data)).toEqual(['.dockerconfigjson', 'config.json', 'ca.crt']);
      expect(JSON.parse(String(data['.dockerconfigjson']))).toEqual({
        auths: {
          'harbor.corp': { auth: '[redacted]' },
          'https://index.docker.io/v1/': { auth: '[redacted]' },
          't.corp': { auth: '[redacted]', identitytoken: '[redacted]' },
        },
      });
      expect(data['ca.crt']).toContain(CA_ONE.trim());
      // Go's decoder skips line ends and stops at anything else that is no digit of base64.
      expect(
        Object.values(data).filter((text) => /^[A-Za-z0-9+/=\s]*$/.test(String(text))),
      ).toEqual([]);
      for (const shown of [PASSWORD, base64(PASSWORD), base64(`me:${PASSWORD}`)]) {
        expect(stdout).not.toContain(shown);
      }
    },
  );

  test('is not unmasked by the environment', async () => {
    const stdin = INPUT.map((document) => JSON.stringify(document)).join('\n');
    const environment = { MIRRORAUTH_SHOW_CREDENTIALS: 'true' };
    expect((await run(['-f', '-'], { stdin, environment })).stdout).toContain('[redacted]');
  });

  test('quotes in YAML what kubectl would take for something else than text', async () => {
    const { stdout } = await render(INPUT);
    expect(stdout).toMatch(/^ {4}"on": "on"$/m);
    expect(stdout).toMatch(/^ {4}octal: "0o14"$/m);
    expect(stdout).toMatch(/^ {4}number: "1_000"$/m);
  });

  test('is what can be made, when something else cannot', async () => {
    const { code, stdout } = await render([mirrorAuth(SPEC), LOGIN], '-o', 'json');
    expect(code).toBe(1);
    expect(namesOf(itemsOf(stdout))).toEqual(['builds/pull Secret']);
  });

  test('of nothing is nothing', async () => {
    const input = [secret('a', {}), { apiVersion: 'apps/v1', kind: 'Deployment' }];
    expect(await render(input, '-o', 'json')).toMatchObject({
      code: 1,
      stdout: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [] }, null, 2) + '\n',
    });
    expect(await render(input)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'error: standard input: holds no MirrorAuth, only 1 Secret, 1 object of another\n  kind: name the file that has one\n',
    });
    expect(await run(['-f', '-'])).toMatchObject({
      stderr: 'error: standard input: holds nothing: name the file that has one\n',
    });
  });
});

/** `field: reason` of each line on standard error. */
async function found(documents: readonly object[]): Promise<readonly string[]> {
  const { stderr } = await render(documents, '-o', 'json');
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const notice: unknown = JSON.parse(line);
      const { level, object, field, reason } = isObject(notice) ? notice : {};
      return `${String(level)}: ${String(object)}, ${String(field)}: ${String(reason)}`;
    });
}

describe('every problem is told at its field:', () => {
  const CI = 'error: MirrorAuth builds/ci, ';

  test('credentials, CAs and base that are missing or broken, more than three of them', async () => {
    const hosts = ['a', 'b', 'c', 'd', 'e'];
    const spec = {
      registries: hosts.map((host) => ({
        host: `${host}.corp`,
        credentials: { type: 'SecretRef', secretRef: { name: host } },
        tls: { caRef: { name: host } },
      })),
      pullSecret: { name: 'pull' },
      buildkitConfig: { name: 'config', baseRef: { name: 'base' } },
    };
    const input = [mirrorAuth(spec), secret('a', {}), configMap('b', { 'ca.crt': 'x' })];
    expect(await found(input)).toEqual([
      'error: Secret builds/a, undefined: UnsupportedCredential',
      ...[1, 2, 3, 4].map(
        (index) => `${CI}spec.registries[${String(index)}].credentials: SecretNotFound`,
      ),
      `${CI}spec.registries[0].tls.caRef: CaNotFound`,
      'error: ConfigMap builds/b, data[ca.crt]: CaInvalid',
      ...[2, 3, 4].map((index) => `${CI}spec.registries[${String(index)}].tls.caRef: CaNotFound`),
      `${CI}spec.buildkitConfig.baseRef: BaseConfigNotFound`,
    ]);
  });

  test('a CA that several name, once, at the first', async () => {
    const [hub, harbor] = SPEC.registries;
    const registries = [hub, harbor, { ...harbor, host: 'other.corp' }];
    expect(await found([mirrorAuth({ ...SPEC, registries }), LOGIN])).toEqual([
      `${CI}spec.registries[1].tls.caRef: CaNotFound`,
    ]);
  });

  test('a source that has a problem of its own is not told to be missing', async () => {
    const spec = { ...SPEC, buildkitConfig: { name: 'config', baseRef: { name: 'base' } } };
    const input = [
      mirrorAuth(spec),
      secret('hub', { data: { password: '!' } }),
      configMap('ca', { 'ca.crt': 5 }),
      configMap('base', { 'buildkitd.toml': true }),
    ];
    expect(await found(input)).toEqual([
      'error: Secret builds/hub, data.password: undefined',
      'error: ConfigMap builds/ca, data[ca.crt]: undefined',
      'error: ConfigMap builds/base, data[buildkitd.toml]: undefined',
    ]);
  });

  test('a source that may be what could not be read is told so', async () => {
    const stdin = [mirrorAuth(SPEC), CA].map((one) => JSON.stringify(one)).join('\n---\n');
    const { stderr } = await run(['-f', '-'], { stdin: `${stdin}\n---\na: b: c` });
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'namespace builds; it may be among what could not be read, see above (SecretNotFound)',
    );
  });

  test('what is wrong in a source is told at its key, with the field that wants it', async () => {
    const stdin = `${JSON.stringify(mirrorAuth({ ...SPEC, buildkitConfig: { name: 'config', baseRef: { name: 'base' } } }))}
---
apiVersion: v1
kind: Secret
metadata: {name: hub, namespace: builds}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: broken
---
apiVersion: v1
kind: ConfigMap
metadata: {name: base, namespace: builds}
data:
  buildkitd.toml: |
    debgu = true
---
${JSON.stringify(CA)}
`;
    const { stderr } = await run(['-f', '-', '-o', 'json'], { stdin });
    const notices = stderr
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const wantedBy = (field: string): object => ({
      file: '-',
      line: 1,
      object: 'MirrorAuth builds/ci',
      field,
    });
    const broken = (index: number): object => ({
      level: 'error',
      file: '-',
      line: 8,
      object: 'Secret builds/hub',
      field: 'stringData[.dockerconfigjson]',
      reason: 'SecretInvalid',
      message:
        'not a JSON object; write {"auths": {"<host>": {"auth": "<base64 of user:password>"}}}',
      wantedBy: wantedBy(`spec.registries[${String(index)}].credentials`),
    });
    expect(notices).toEqual([
      broken(0),
      broken(1),
      {
        level: 'warning',
        file: '-',
        line: 14,
        object: 'ConfigMap builds/base',
        field: 'data[buildkitd.toml]',
        reason: 'BaseKeyIgnored',
        message: 'buildkitd does not read debgu (for debug); correct it, or take it out',
        wantedBy: wantedBy('spec.buildkitConfig.baseRef'),
      },
    ]);
    const { stderr: words } = await run(['-f', '-'], { stdin });
    expect(words).toMatch(
      /^error: -:8: Secret builds\/hub, stringData\[\.dockerconfigjson\]: not a JSON/,
    );
    expect(words.replaceAll(/\s+/g, ' ')).toContain(
      '(wanted by MirrorAuth builds/ci, spec.registries[0].credentials in -:1) (SecretInvalid)',
    );
  });

  test('a warning of a source stands there, and one of spec at its field', async () => {
    const mirrors = [{ origin: 'docker.io', endpoints: ['localhost:5000/a', 'localhost:5000/b'] }];
    const registries = [
      { ...SPEC.registries[0], protocol: 'HTTP' },
      { host: 'localhost:5000', credentials: { type: 'Anonymous' } },
      { host: 'dhi.io', credentials: { type: 'Anonymous' } },
    ];
    const login = secret('hub', {
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'me', password: `${PASSWORD}\n` },
    });
    const spec = { ...SPEC, registries, mirrors };
    expect(await found([mirrorAuth(spec), login])).toEqual(
      [
        'spec.registries[1].host: PodLocalHost',
        'spec.registries[0].protocol: UnprotectedCredential',
        'spec.mirrors[0].endpoints[1]: TokenScopeReuse',
        'spec.registries[2].host: ImplicitHubCredential',
      ]
        .map((place) => `warning: MirrorAuth builds/ci, ${place}`)
        .concat('warning: Secret builds/hub, undefined: PasswordEndsInNewline'),
    );
  });

  test('a source in another namespace is told, too', async () => {
    const elsewhere = secret('hub', {}, { namespace: 'elsewhere' });
    const { stderr } = await render([mirrorAuth(SPEC), elsewhere, CA]);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'looked for in namespace builds; one of that name is in namespace elsewhere (SecretNotFound)',
    );
  });

  test('sources are looked for in the namespace of the MirrorAuth alone', async () => {
    const elsewhere = secret('hub', {}, { namespace: 'elsewhere' });
    expect(await found([mirrorAuth(SPEC), elsewhere, CA])).toEqual([
      `${CI}spec.registries[0].credentials: SecretNotFound`,
      `${CI}spec.registries[1].credentials: SecretNotFound`,
    ]);
  });

  test('two that want one output: the older one has it, and without an age the first by name', async () => {
    const wants = { pullSecret: { name: 'same' } };
    const one = mirrorAuth(wants, { name: 'a', creationTimestamp: '2026-01-02T00:00:00Z' });
    const older = mirrorAuth(wants, { name: 'b', creationTimestamp: '2026-01-01T00:00:00Z' });
    const ageless = ['c', 'd'].map((name) => mirrorAuth(wants, { name }));
    const conflict = (name: string): string =>
      `error: MirrorAuth builds/${name}, spec.pullSecret: TargetConflict`;
    expect(await found([one, older, ...ageless])).toEqual(['a', 'c', 'd'].map(conflict));
    expect(await found(ageless)).toEqual([conflict('d')]);
    const { stdout } = await render([one, older, ...ageless], '-o', 'json');
    expect(itemsOf(stdout)).toMatchObject([
      { metadata: { labels: { 'mirrorauth.dev/owner-name': 'b' } } },
    ]);
  });

  test('an object of somebody else where an output should be, unless it is handed over', async () => {
    const stranger = secret('pull', { type: 'kubernetes.io/dockerconfigjson' });
    const taken = await render([...INPUT, stranger], '-o', 'json');
    expect(await found([...INPUT, stranger])).toEqual([
      `${CI}spec.pullSecret.name: TargetNotOwned`,
    ]);
    expect(namesOf(itemsOf(taken.stdout))).toEqual(['builds/config ConfigMap']);
    const annotations = { 'mirrorauth.dev/adopt': 'MirrorAuth/ci' };
    const adopted = secret('pull', { type: 'kubernetes.io/dockerconfigjson' }, { annotations });
    expect(await found([...INPUT, adopted])).toEqual([]);
  });

  test('an output as the cluster has it is written again, and is no source', async () => {
    const owner = {
      apiVersion: 'mirrorauth.dev/v1alpha1',
      kind: 'MirrorAuth',
      name: 'ci',
      uid: 'u',
    };
    const ownerReferences = [{ ...owner, controller: true }];
    expect(await found([...INPUT, secret('pull', {}, { ownerReferences })])).toEqual([]);
    const source = secret('hub', {}, { ownerReferences });
    expect(await found([mirrorAuth(SPEC), source, CA])).toEqual([
      'error: Secret builds/hub, undefined: SourceIsOutput',
      'error: Secret builds/hub, undefined: SourceIsOutput',
    ]);
  });
});

describe('what people read', () => {
  test('is a block of at most 80 columns for each problem, and where names are explained', async () => {
    const { stderr } = await render([mirrorAuth(SPEC), CA]);
    expect(stderr)
      .toBe(`error: -:1: MirrorAuth builds/ci, spec.registries[0].credentials: Secret hub
  does not exist: create it, or correct secretRef.name; looked for in namespace
  builds (SecretNotFound)
error: -:1: MirrorAuth builds/ci, spec.registries[1].credentials: Secret hub
  does not exist: create it, or correct secretRef.name; looked for in namespace
  builds (SecretNotFound)
docs/reasons/<Name>.md has a page of each name in (…).
`);
  });

  test('holds warnings, which are no failure', async () => {
    const [hub, harbor] = SPEC.registries;
    const registries = [hub, { ...harbor, tls: { insecureSkipVerify: true } }];
    const { code, stderr } = await render([mirrorAuth({ ...SPEC, registries }), LOGIN]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^warning: -:1: MirrorAuth builds\/ci, spec\.registries\[1\]\.tls\.insecureSkipVerify:\n  harbor.corp: .*\n(.*\n)*.*\(UnprotectedCredential\)\n/,
    );
  });

  test('is coloured on a terminal alone, and not where NO_COLOR is set', async () => {
    const args = ['-f', '-'];
    const colour = '\u001B[1;31merror\u001B[0m: ';
    expect((await run(args, { isTTY: true })).stderr).toContain(colour);
    expect((await run(args, { isTTY: true, environment: { NO_COLOR: '' } })).stderr).toContain(
      colour,
    );
    expect((await run(args, { isTTY: true, environment: { NO_COLOR: '1' } })).stderr).toMatch(
      /^error: /,
    );
    expect((await run(args)).stderr).toMatch(/^error: /);
  });

  test('is JSON with -o json, a line for each', async () => {
    const { stderr } = await render([secret('a', { data: { x: '!' } })], '-o', 'json');
    expect(JSON.parse(stderr)).toEqual({
      level: 'error',
      file: '-',
      line: 1,
      object: 'Secret builds/a',
      field: 'data.x',
      message: expect.stringContaining('is not base64') as unknown,
    });
  });
});

describe('files', () => {
  let directory: TemporaryDirectory;
  const path = (...names: readonly string[]): string => join(directory.path, ...names);

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await mkdir(path('folder', 'below.yaml'), { recursive: true });
    await mkdir(path('empty'));
    await mkdir(path('wanting', 'one'), { recursive: true });
    await mkdir(path('wanting', 'two'));
    const wants = (name: string): string =>
      JSON.stringify(mirrorAuth({ pullSecret: { name } }, { name, namespace: undefined }));
    await writeFile(path('folder', 'b.json'), wants('b'));
    await writeFile(path('folder', 'a.yml'), wants('a'));
    await writeFile(path('folder', 'notes.txt'), 'a: b: c');
    await writeFile(path('folder', 'below.yaml', 'c.yaml'), wants('c'));
    await writeFile(path('single.txt'), wants('single'));
  });

  afterAll(() => directory.remove());

  test('are taken by name, of a folder by extension, and from standard input', async () => {
    const stdin = JSON.stringify(mirrorAuth({ pullSecret: { name: 'stdin' } }));
    const args = [
      '-f',
      path('single.txt'),
      '-f',
      path('folder'),
      '-f',
      '-',
      '-n',
      'ns',
      '-o',
      'json',
    ];
    const { code, stdout } = await run(args, { stdin });
    expect(code).toBe(0);
    expect(namesOf(itemsOf(stdout))).toEqual([
      'builds/stdin Secret',
      'ns/a Secret',
      'ns/b Secret',
      'ns/single Secret',
    ]);
  });

  test('of folders within folders are taken with --recursive', async () => {
    const { stdout } = await run(['-R', '-f', path('folder'), '-o', 'json']);
    expect(namesOf(itemsOf(stdout))).toEqual([
      'default/a Secret',
      'default/b Secret',
      'default/c Secret',
    ]);
  });

  test('are read once, however often they are named', async () => {
    const args = [
      '-f',
      path('folder'),
      '-f',
      path('folder', 'a.yml'),
      '-f',
      `${path('folder')}/../folder/b.json`,
    ];
    const { code, stdout } = await run([...args, '-o', 'json']);
    expect(code).toBe(0);
    expect(namesOf(itemsOf(stdout))).toEqual(['default/a Secret', 'default/b Secret']);
  });

  test('of folders within folders may be what is missing, which is told before the rest', async () => {
    await writeFile(path('wanting', 'a.yaml'), JSON.stringify(mirrorAuth(SPEC)));
    const { stderr } = await run(['-f', path('wanting')]);
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /^warning: \S+: 2 folders in it were not read: add --recursive if they hold what is missing error: /,
    );
    expect((await run(['-f', path('folder')])).stderr).toBe('');
  });

  test('that cannot be read are told, and the others are read', async () => {
    const args = ['-f', path('none.yaml'), '-f', path('empty'), '-f', path('single.txt')];
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(1);
    expect(stdout).toContain('name: single');
    expect(stderr).toContain(`none.yaml: cannot be read (ENOENT)`);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain('empty: holds no .yaml, .yml or .json file');
  });

  test.each([
    [[], '--filename is missing'],
    [['-f', '-', '-f', '-'], 'standard input can be read once'],
    [['-f', '-', '-n', 'A_b'], '--namespace=A_b is no name of a namespace'],
    [['-f', '-', '-o', 'xml'], 'write one of yaml, json'],
    [['x.yaml'], 'x.yaml'],
  ])('%j is a wrong call', async (args, says) => {
    await expect(run(args)).rejects.toThrow(says);
  });
});

test('the process loads no client of Kubernetes, which would take longer than all the rest', async () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) => { process.stderr.write(name + '\\n'); return next(name, context); } });`;
  const main = new URL('../../../src/main.ts', import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, main, 'render', '-f', '-'],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  child.stdin.end(INPUT.map((one) => JSON.stringify(one)).join('\n'));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stdout).toContain('kind: ConfigMap');
  const packages = stderr
    .split('\n')
    .filter((name) => /^[@a-z]/.test(name) && !isBuiltin(name) && !name.includes('file:'));
  expect([...new Set(packages)].toSorted()).toEqual(['jsonc-parser', 'smol-toml', 'yaml', 'zod']);
});

describe('a canary in a Secret', () => {
  const CANARY = 'QXZ0QXZ1QXZ2QXZ3';
  const mine = (fields: object): readonly object[] => [mirrorAuth(SPEC), secret('hub', fields), CA];
  const config = (text: string): readonly object[] =>
    mine({ type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': text } });
  const raw = (rest: string): string =>
    `${JSON.stringify(mirrorAuth(SPEC))}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: hub, namespace: builds}\n${rest}`;

  const PLACES: Readonly<Record<string, string | readonly object[]>> = {
    'a password': mine({
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'u', password: CANARY },
    }),
    'a user without a password': mine({
      type: 'kubernetes.io/basic-auth',
      stringData: { username: CANARY },
    }),
    'an entry': config(`{"auths":{"docker.io":{"auth":"${base64(`u:${CANARY}`)}"}}}`),
    'an entry that is broken': config(`{"auths":{"docker.io":{"auth":"${CANARY}"}}}`),
    'a config that is broken': config(`{"auths":${CANARY}}`),
    'what is no base64': mine({ data: { password: `${CANARY}!` } }),
    'a map': mine({ data: { password: { [CANARY]: CANARY } } }),
    'all of data': mine({ data: CANARY }),
    'the type': mine({ type: { [CANARY]: 1 } }),
    'a type that nobody knows': mine({ type: CANARY }),
    'a field': mine({ [CANARY]: 'x' }),
    'a key that is not legal': mine({ stringData: { [`${CANARY}:`]: 'x' } }),
    'a name': [mirrorAuth(SPEC), secret(`${CANARY}@`, {})],
    'a namespace': [mirrorAuth(SPEC), secret('hub', {}, { namespace: `${CANARY}@` })],
    'a kind': [{ apiVersion: 'mirrorauth.dev/v1', kind: CANARY }],
    'an annotation': mine({}).map((one) => ({
      ...one,
      metadata: { name: 'x', annotations: { a: [CANARY] } },
    })),
    'user and password of a host': [
      mirrorAuth({
        ...SPEC,
        registries: [
          ...SPEC.registries,
          { host: `u:${CANARY}@a.corp`, credentials: { type: 'Anonymous' } },
        ],
        mirrors: [{ origin: 'docker.io', endpoints: [`u:${CANARY}@b.corp`] }],
      }),
    ],
    'broken YAML': raw(`stringData:\n  password: ${CANARY}: ${CANARY}\n`),
    'YAML with an open quote': raw(`stringData:\n  password: "${CANARY}\n`),
    'a tag': raw(`stringData:\n  password: !${CANARY} x\n`),
    'an alias': raw(`stringData:\n  password: *${CANARY}\n`),
    'a key that is a map': raw(`stringData:\n  ? {${CANARY}: x}\n  : x\n`),
    'a key that stands twice': raw(`stringData:\n  ${CANARY}: x\n  ${CANARY}: y\n`),
    'a text instead of an object': CANARY,
    'broken JSON': `{"apiVersion": "v1", "kind": "Secret", "data": {"a": ${CANARY}"`,
  };

  test.each(Object.entries(PLACES))('is never shown: as %s', async (_, input) => {
    const stdin =
      typeof input === 'string' ? input : input.map((one) => JSON.stringify(one)).join('\n---\n');
    for (const format of ['yaml', 'json']) {
      const { stdout, stderr } = await run(['-f', '-', '-o', format], { stdin });
      const shown = stdout + stderr;
      for (const secretText of [CANARY, base64(CANARY), base64(`u:${CANARY}`)]) {
        // Six characters in a row tell too much.
        for (let start = 0; start + 6 <= secretText.length; start += 1) {
          expect(shown).not.toContain(secretText.slice(start, start + 6));
        }
      }
    }
  });
});
