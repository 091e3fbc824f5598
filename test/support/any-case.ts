import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { MirrorAuthSpec, Registry } from '../../src/api/mirrorauth.ts';
import type { SourceSecret } from '../../src/core/docker/source-credential.ts';
import { dryRun } from '../../src/core/plan/dry-run.ts';
import type { DryRun } from '../../src/core/plan/dry-run.ts';
import type { Source, SourceConfigMap } from '../../src/core/plan/observed.ts';
import { CA_ONE, CA_TWO } from './certificates.ts';
import { aSpec } from './gen.ts';
import { base64, bytes, configJson } from './secrets.ts';

/** Arbitrary MirrorAuths with all that they name, and which host is to get which login. */

export interface Case {
  readonly spec: MirrorAuthSpec;
  /** Secrets of type dockerconfigjson by name: host to `user:password`. */
  readonly logins: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export const HOSTS = [
  'docker.io',
  'ghcr.io',
  'quay.io',
  'harbor.corp',
  'cache.corp:5000',
  'cache.corp:5001',
  'localhost:5000',
  '10.0.0.1:8443',
  'a-b.c0',
  'xn--bcher-kva.example',
] as const;

const SECRETS = ['one', 'two', 'three'] as const;
const CAS: Readonly<Record<string, string>> = { 'ca-one': CA_ONE, 'ca-two': CA_TWO };
const BASE =
  'root = "/var/lib/buildkit"\n[worker.oci]\ngc = true\n[registry."harbor.corp"]\ntlsconfigdir = ["/c"]\n';
const PATHS = ['', '/hub', '/a/b', '/x-y_z'] as const;

/** Each host may take its own credential from any of the Secrets, a duplicate, or none. */
const registries: fc.Arbitrary<Registry[]> = fc
  .uniqueArray(fc.constantFrom(...HOSTS), { maxLength: HOSTS.length })
  .chain((hosts) => {
    const sourced = hosts.filter((_host, index) => index % 2 === 0);
    return fc.tuple(...hosts.map((host) => registryOf(host, sourced)));
  })
  .map((list) => [...list]);

function registryOf(host: string, sourced: readonly string[]): fc.Arbitrary<Registry> {
  const own = fc
    .constantFrom(...SECRETS)
    .map((name) => ({ type: 'SecretRef', secretRef: { name } }) as const);
  const others = [
    fc.constant({ type: 'Anonymous' } as const),
    ...sourced.map((duplicateOf) => fc.constant({ type: 'DuplicateOf', duplicateOf } as const)),
  ];
  return fc
    .tuple(sourced.includes(host) ? own : fc.oneof(own, ...others), transport, fc.nat(5))
    .map(([credentials, how, omit]) => ({
      host,
      credentials,
      ...how,
      ...(omit === 0 && { pullSecretEntry: 'Omit' as const }),
    }));
}

const transport: fc.Arbitrary<Pick<Registry, 'protocol' | 'tls'>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.constant({ protocol: 'HTTP' } as const),
  fc.constant({ tls: { insecureSkipVerify: true } } as const),
  fc.constantFrom(...Object.keys(CAS)).map((name) => ({ tls: { caRef: { name } } })),
);

/** Mirrors of any origins, by endpoints on the hosts of these registries. */
function mirrorsOf(list: readonly Registry[]): fc.Arbitrary<MirrorAuthSpec['mirrors']> {
  const hosts = list.map(({ host }) => host).filter((host) => host !== 'docker.io');
  if (hosts.length === 0) {
    return fc.constant([]);
  }
  const endpoint = fc
    .tuple(fc.constantFrom(...hosts), fc.constantFrom(...PATHS))
    .map(([host, path]) => `${host}${path}`);
  return fc
    .uniqueArray(
      fc.record({
        origin: fc.constantFrom(...HOSTS, 'gcr.io', 'registry.k8s.io'),
        endpoints: fc.uniqueArray(endpoint, { minLength: 1, maxLength: 8 }),
      }),
      { selector: ({ origin }) => origin, maxLength: 6 },
    )
    .map((mirrors) =>
      mirrors
        .map(({ origin, endpoints }) => ({
          origin,
          endpoints: endpoints.filter((one) => one !== origin),
        }))
        .filter(({ endpoints }) => endpoints.length > 0),
    );
}

const password = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.constantFrom('p:w', 'päss', '🔑', ' lead', '"q"', '{}', 'a\\b'),
);

/** Every Secret has a login for every host, each another one. */
const logins = fc
  .array(password, { minLength: SECRETS.length, maxLength: SECRETS.length })
  .map(
    (passwords) =>
      new Map(
        SECRETS.map((name, index) => [
          name,
          new Map(
            HOSTS.map((host) => [host, `${name}.${host.replace(':', '_')}:${passwords[index]}`]),
          ),
        ]),
      ),
  );

export const anyCase: fc.Arbitrary<Case> = registries.chain((list) =>
  fc
    .record({ mirrors: mirrorsOf(list), logins, hasBase: fc.boolean(), mountPath: fc.boolean() })
    .map(({ mirrors = [], logins: held, hasBase, mountPath }) => ({
      logins: held,
      spec: aSpec({
        registries: list,
        mirrors,
        pullSecret: { name: 'ci-pull', labels: { team: 'build' } },
        buildkitConfig: {
          name: 'ci-buildkitd',
          ...(hasBase && { baseRef: { name: 'base' } }),
          ...(mountPath && { mountPath: '/home/user/.config/buildkit' }),
        },
      }),
    })),
);

/** Which host is given which login, worked out from what was written. */
export function expectedLogins(one: Case): ReadonlyMap<string, string> {
  const wanted = (one.spec.registries ?? []).filter(
    ({ credentials, pullSecretEntry }) =>
      credentials?.type !== 'Anonymous' && pullSecretEntry === undefined,
  );
  return new Map(wanted.map((registry) => [registry.host, loginOf(one, registry)]));
}

function loginOf({ spec, logins: held }: Case, { host, credentials }: Registry): string {
  const source = credentials?.duplicateOf ?? host;
  const secret = spec.registries?.find((one) => one.host === source)?.credentials?.secretRef?.name;
  return held.get(secret ?? '')?.get(source) ?? '';
}

/** What mirrorauth makes of it. */
export function renderCase({ spec, logins: held }: Case): DryRun {
  return dryRun({
    namespace: 'builds',
    name: 'ci',
    uid: 'uid-of-ci',
    creationTimestamp: '2026-01-02T00:00:00Z',
    spec,
    secrets: new Map([...held].map(([name, of]) => [name, found(secretOf(name, of))])),
    configMaps: new Map([
      ...Object.entries(CAS).map(
        ([name, ca]) => [name, found(configMapOf(name, 'ca.crt', ca))] as const,
      ),
      ['base', found(configMapOf('base', 'buildkitd.toml', BASE))] as const,
    ]),
    rivals: [],
  });
}

const found = <T>(object: T): Source<T> => ({ kind: 'Found', object });

function secretOf(name: string, of: ReadonlyMap<string, string>): SourceSecret {
  const auths = Object.fromEntries(
    [...of].map(([host, login]) => [
      host === 'docker.io' ? 'https://index.docker.io/v1/' : host,
      { auth: base64(login) },
    ]),
  );
  return {
    name,
    type: 'kubernetes.io/dockerconfigjson',
    data: new Map([['.dockerconfigjson', bytes(configJson(auths))]]),
    isOutput: false,
  };
}

const configMapOf = (name: string, key: string, text: string): SourceConfigMap => ({
  name,
  data: new Map([[key, text]]),
  isOutput: false,
});

/** The files of an output, as text; none when it is not written. */
export function filesOf(
  { outputs }: DryRun,
  kind: 'Secret' | 'ConfigMap',
): Readonly<Record<string, string>> {
  const output = outputs.find((one) => one.output.target.kind === kind)?.output;
  return Object.fromEntries(
    [...(output?.data ?? [])].map(([key, value]) => [key, Buffer.from(value.reveal()).toString()]),
  );
}
