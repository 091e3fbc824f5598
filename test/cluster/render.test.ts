import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readManifests } from '../../src/cli/manifests/manifests.ts';
import { isObject } from '../../src/kube/object.ts';
import type { JsonObject } from '../../src/kube/object.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { temporaryDirectory } from '../../testbed/temporary-directory.ts';
import type { TemporaryDirectory } from '../../testbed/temporary-directory.ts';
import { CA_ONE } from '../support/certificates.ts';
import { startOperator } from '../support/operator.ts';
import type { Operator } from '../support/operator.ts';
import { base64 } from '../support/secrets.ts';
import { CONFIG_MAPS, SECRETS, World } from '../support/world.ts';

/** `mirrorauth render` beside the operator on a real API server, over the same files. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

let world: World;
let operator: Operator;
let directory: TemporaryDirectory;
/** The folder with the manifests. */
let folder: string;

const config = (host: string, entry: object): string =>
  JSON.stringify({ auths: { [host]: entry } });

const indented = (value: string, indent: string): string =>
  value.trim().replaceAll('\n', `\n${indent}`);

/** Everything that a MirrorAuth may ask for, and values that YAML makes easy to misread. */
const FILES: Readonly<Record<string, string>> = {
  'mirrorauths.yaml': `
apiVersion: mirrorauth.dev/v1alpha1
kind: MirrorAuth
metadata: {name: all}
spec:
  registries:
  - host: docker.io
    credentials: {type: SecretRef, secretRef: {name: hub}}
  - host: harbor.corp
    credentials: {type: DuplicateOf, duplicateOf: docker.io}
    tls: {caRef: {name: corp-ca}}
  - host: acr.example
    credentials: {type: SecretRef, secretRef: {name: acr}}
  - host: cache.corp:5000
    protocol: HTTP
    credentials: {type: Anonymous}
  - host: registry.corp:5000
    credentials: {type: SecretRef, secretRef: {name: push}}
    tls: {insecureSkipVerify: yes}
  - host: opaque.corp
    credentials: {type: SecretRef, secretRef: {name: opaque, key: config.json, entry: opaque.corp/team}}
    pullSecretEntry: Omit
  - host: mirror.opaque.corp
    credentials: {type: DuplicateOf, duplicateOf: opaque.corp}
    tls: {caRef: {name: corp-ca, key: other.pem}}
  mirrors:
  - origin: docker.io
    endpoints: [harbor.corp/dockerhub, "cache.corp:5000"]
  - {origin: opaque.corp, endpoints: [mirror.opaque.corp]}
  pullSecret: {name: all-pull, labels: {team: build, "on": "yes", octal: "0o14", empty: ""}}
  buildkitConfig:
    name: all-config
    mountPath: /home/user/.config/buildkit
    baseRef: {name: base, key: toml}
    labels: {tier: "1"}
---
# Some of its credentials are there, and some are not: so is the Secret.
apiVersion: mirrorauth.dev/v1alpha1
kind: MirrorAuth
metadata: {name: partial}
spec:
  registries:
  - host: docker.io
    credentials: {type: SecretRef, secretRef: {name: hub}}
  - host: none.corp
    credentials: {type: SecretRef, secretRef: {name: none}}
  pullSecret: {name: partial-pull}
---
apiVersion: mirrorauth.dev/v1alpha1
kind: MirrorAuth
metadata: {name: config-only}
spec:
  mirrors:
  - {origin: ghcr.io, endpoints: ["localhost:5000"]}
  buildkitConfig: {name: config-only}
`,
  'sources.yaml': `
apiVersion: v1
kind: Secret
metadata: {name: hub}
type: kubernetes.io/basic-auth
data: {username: bWU=, password: d3Jvbmc=}
stringData:
  # stringData wins over data, and what is in quotes keeps its spaces and its end of line.
  password: "p:ä ss\\n"
---
apiVersion: v1
kind: Secret
metadata: {name: push}
type: kubernetes.io/dockercfg
data:
  .dockercfg: |
    ${base64('{"registry.corp:5000":{"username":"pusher","password":"p"}}').replace(/(.{20})/g, '$1\n    ')}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: corp-ca}
data:
  ca.crt: |
    ${indented(CA_ONE, '    ')}
  other.pem: "# other\\n${CA_ONE.replaceAll('\n', String.raw`\n`)}"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: base}
data:
  toml: |
    [worker.oci]
    gc = true
    [worker.containerd]
    gckeepstorage = 9007199254740993
`,
  'sources.json': `{
  "apiVersion": "v1",
  "kind": "List",
  "items": [
    {
      "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "acr"},
      "type": "kubernetes.io/dockerconfigjson",
      "stringData": {".dockerconfigjson": ${JSON.stringify(config('acr.example', { auth: 'MDAwMDo=', identitytoken: 'refresh' }))}}
    },
    {
      "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "opaque"},
      "data": {"config.json": ${JSON.stringify(base64(config('opaque.corp/team', { username: 'o', password: 'x' })))}}
    }
  ]
}`,
};

beforeAll(async () => {
  world = await World.create(cluster, 'render');
  operator = await startOperator(cluster, { namespaces: [world.namespace] });
  directory = await temporaryDirectory();
  folder = join(directory.path, 'manifests');
  await mkdir(folder);
  for (const [name, content] of Object.entries(FILES)) {
    await writeFile(join(folder, name), content);
  }
  await world.kubectl(['apply', `--filename=${folder}`]);
  await world.ready('all');
  await world.ready('config-only');
  await world.ready('partial', 'SecretNotFound');
});

afterAll(async () => {
  await operator.stop();
  await world.close();
  await directory.remove();
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function render(...args: readonly string[]): Promise<Ran> {
  const child = spawn(
    process.execPath,
    [MAIN, 'render', `--filename=${folder}`, `--namespace=${world.namespace}`, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], HOME: '/nonexistent' } },
  );
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, stdout, stderr };
}

interface Written {
  readonly kind: unknown;
  readonly name: unknown;
  readonly type: unknown;
  readonly labels: unknown;
  readonly annotations: unknown;
  readonly data: unknown;
}

/** What of an object is ours; the rest is the server's. */
function writtenOf(object: JsonObject | undefined): Written {
  const { kind, metadata, type, data } = object ?? {};
  const { name, labels, annotations } = isObject(metadata) ? metadata : {};
  return { kind, name, type, labels, annotations, data };
}

function itemsOf(list: string): readonly JsonObject[] {
  const parsed: unknown = JSON.parse(list);
  const items = isObject(parsed) && Array.isArray(parsed['items']) ? parsed['items'] : [];
  return items.filter(isObject);
}

const OUTPUTS = ['all-config', 'all-pull', 'config-only', 'partial-pull'];

async function live(name: unknown): Promise<JsonObject | undefined> {
  const resource = String(name).endsWith('-pull') ? SECRETS : CONFIG_MAPS;
  const object = await world.get(resource, String(name));
  return object && { ...object, kind: resource.kind };
}

describe('render', () => {
  test('prints, byte for byte, what the operator writes for the same files', async () => {
    const { code, stdout, stderr } = await render('--show-credentials', '--output=json');
    const items = itemsOf(stdout);
    expect(items.map((item) => writtenOf(item).name)).toEqual(OUTPUTS);
    for (const item of items) {
      expect(writtenOf(item)).toEqual(writtenOf(await live(writtenOf(item).name)));
    }
    // The one credential that is missing, with the words of the status; warnings are no failure.
    expect(code).toBe(1);
    const errors = stderr.split('\n').filter((line) => line.includes('"level":"error"'));
    expect(errors.map((line): unknown => JSON.parse(line))).toMatchObject([
      { object: `MirrorAuth ${world.namespace}/partial`, reason: 'SecretNotFound' },
    ]);
  });

  test('prints YAML that says the same to kubectl', async () => {
    const { stdout } = await render('--show-credentials');
    const file = join(directory.path, 'rendered.yaml');
    await writeFile(file, stdout);
    const list = await world.kubectl([
      'label',
      '--local',
      'x=y',
      `--filename=${file}`,
      '--output=json',
    ]);
    const objects = list.split(/^(?=\{)/m).map((one): unknown => JSON.parse(one));
    const written = objects.filter(isObject).map(writtenOf);
    expect(written.map(({ name }) => name)).toEqual(OUTPUTS);
    for (const { name, labels, data } of written) {
      const there = writtenOf(await live(name));
      expect({ ...(isObject(labels) ? labels : {}), x: undefined }).toEqual({
        ...(isObject(there.labels) ? there.labels : {}),
        x: undefined,
      });
      expect(data).toEqual(there.data);
    }
  });

  test('prints masked Secrets that the API server refuses', async () => {
    const { stdout } = await render();
    const file = join(directory.path, 'masked.yaml');
    await writeFile(file, stdout);
    const { code, stderr } = await cluster.kubectl([
      'apply',
      '--dry-run=server',
      '--validate=false',
      `--filename=${file}`,
    ]);
    expect(code).not.toBe(0);
    expect(stderr.match(/illegal base64 data/g)).toHaveLength(2);
  });
});

/** As they may stand for a value in YAML. */
const SCALARS = [
  'on | Off | y | N | yes | TRUE | tRue | ~ | null | Null | "" | \'on\' | !!str on | = | <<',
  '12:30 | 190:20:30 | 2001-01-01 | 2001-01-01T00:00:00Z | 1_000 | 0o14 | -0o7 | 010 | 08',
  '0x1F | 0b11 | +1 | -0 | .5 | 1. | 1e3 | 1e+3 | 1.5e-3 | .inf | 1,000 | 9007199254740993',
  String.raw`1.0 | 0.1.2 | a#b | "\u00e9" | it's | a\nb`,
].flatMap((line) => line.split(' | '));

test('YAML is read as kubectl reads it', async () => {
  const manifest = (key: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  ${key}\n`;
  const file = join(directory.path, 'scalar.yaml');
  for (const scalar of SCALARS) {
    await writeFile(file, manifest(`k: ${scalar}`));
    const { stdout } = await cluster.kubectl([
      'label',
      '--local',
      'x=y',
      `--filename=${file}`,
      '--output=json',
    ]);
    const object: unknown = stdout === '' ? {} : JSON.parse(stdout);
    const data = isObject(object) && isObject(object['data']) ? object['data'] : {};
    const { configMaps } = readManifests(
      [{ file: 'x', bytes: Buffer.from(manifest(`k: ${scalar}`)) }],
      { namespace: 'x' },
    );
    const ours = configMaps[0]?.object.data.get('k')?.reveal();
    // Null, numbers and booleans are refused.
    const theirs = data['k'];
    expect({ scalar, text: ours && Buffer.from(ours).toString() }).toEqual({
      scalar,
      text: typeof theirs === 'string' ? theirs : undefined,
    });
  }
});
