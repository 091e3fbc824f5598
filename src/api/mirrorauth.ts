import { z } from 'zod';
import { faultsOf } from './fault.ts';
import { hostOfEndpoint, mirrorEndpoint, registryHost } from './registry-host.ts';
import { dataKey, objectName, outputLabels } from './names.ts';
import { withRules } from './rule.ts';
import type { Rule } from './rule.ts';
import { mirrorAuthStatus } from './status.ts';
import type { MirrorAuthStatus } from './status.ts';

/**
 * MirrorAuth, the namespaced kind: what is known of each registry host, which hosts stand in for
 * which origins, and the two files to keep. The schema is the source of the CRD (crd.ts) and of the
 * types below; absence is the default everywhere, so that what Git says is all that is stored.
 */

export const MIRRORAUTH_KIND = 'MirrorAuth';
export const MIRRORAUTH_PLURAL = 'mirrorauths';

/** Bounds that the CEL cost budget of Kubernetes 1.33 to 1.37 admits (64 x 32 x 16 does not). */
export const MAX_REGISTRIES = 64;
export const MAX_MIRRORS = 32;
export const MAX_ENDPOINTS = 8;

export const DEFAULT_CA_KEY = 'ca.crt';
export const DEFAULT_BASE_KEY = 'buildkitd.toml';
export const DEFAULT_MOUNT_PATH = '/etc/buildkit';

const atomicList = { 'x-kubernetes-list-type': 'atomic' } as const;

const secretRef = z
  .object({
    name: objectName('Name of the Secret, in the namespace of the MirrorAuth.'),
    key: dataKey(
      'Key of the Secret that holds a Docker config.json. Only for Secrets of type Opaque, and there required.',
    ).optional(),
    entry: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[!-~]+$/, 'write printable ASCII without spaces')
      .meta({
        description:
          "Key under `auths` to take when several keys of the Docker config speak of this registry's host. It must speak of that host. Absent: the only one.",
      })
      .optional(),
  })
  .meta({
    description:
      "The Secret to read this registry's own credential from: type kubernetes.io/dockerconfigjson, kubernetes.io/dockercfg, kubernetes.io/basic-auth, or Opaque with `key`. From a Docker config only the entry of this very host is taken.",
  });

const credentials = withRules(
  z.object({
    type: z.enum(['SecretRef', 'DuplicateOf', 'Anonymous']).meta({
      description:
        'SecretRef: a Secret holds it. DuplicateOf: this host is given the credential of another registry, which discloses it to whoever runs this host. Anonymous: none.',
    }),
    secretRef: secretRef.optional(),
    duplicateOf: registryHost(
      'Host of the registry under `registries` whose SecretRef credential this host is given.',
    ).optional(),
  }),
  'Where the credential of this host comes from. Required with pullSecret; without it absent.',
  [
    {
      cel: "(self.type == 'SecretRef') == has(self.secretRef)",
      message: 'secretRef goes with type: SecretRef, and only there',
      holds: (value) => (value.type === 'SecretRef') === (value.secretRef !== undefined),
    },
    {
      cel: "(self.type == 'DuplicateOf') == has(self.duplicateOf)",
      message: 'duplicateOf goes with type: DuplicateOf, and only there',
      holds: (value) => (value.type === 'DuplicateOf') === (value.duplicateOf !== undefined),
    },
  ],
);

const configMapKeyRef = (what: string, defaultKey: string) =>
  z
    .object({
      name: objectName('Name of the ConfigMap, in the namespace of the MirrorAuth.'),
      key: dataKey(`Key of the ConfigMap. Absent: ${defaultKey}.`).optional(),
    })
    .meta({ description: what });

const tls = withRules(
  z.object({
    caRef: configMapKeyRef(
      'ConfigMap with the CA certificates (PEM) that signed the certificate of this host. They are trusted beside the public ones.',
      DEFAULT_CA_KEY,
    ).optional(),
    insecureSkipVerify: z
      .boolean()
      .meta({
        description:
          "true: do not verify the host's certificate. Anyone on the path can then read the credential. Absent: verify.",
      })
      .optional(),
  }),
  'How TLS to this host is verified. Absent: against the public CAs of the builder image.',
  [
    {
      cel: 'has(self.caRef) != (has(self.insecureSkipVerify) && self.insecureSkipVerify)',
      message: 'write caRef or insecureSkipVerify: true, one of the two',
      holds: (value) => (value.caRef !== undefined) !== (value.insecureSkipVerify === true),
    },
  ],
);

const registry = withRules(
  z.object({
    host: registryHost(
      'host[:port] in lower case, without the default port. Docker Hub is docker.io.',
    ),
    protocol: z
      .enum(['HTTPS', 'HTTP'])
      .meta({ description: 'How builders speak to this host. Absent: HTTPS.' })
      .optional(),
    tls: tls.optional(),
    credentials: credentials.optional(),
    pullSecretEntry: z
      .enum(['Omit'])
      .meta({
        description:
          'Omit: this host gets no entry in the pull Secret; its credential may still be duplicated. Absent: it gets one.',
      })
      .optional(),
  }),
  'What is known of one host: an origin, a mirror, or a registry to push to.',
  [
    {
      cel: "!(has(self.protocol) && self.protocol == 'HTTP' && has(self.tls))",
      message: 'protocol: HTTP has no tls: leave one of the two out',
      holds: (value) => !(value.protocol === 'HTTP' && value.tls !== undefined),
    },
    {
      cel: "!self.host.endsWith(':443') || (has(self.protocol) && self.protocol == 'HTTP')",
      message: 'leave the default port :443 out: BuildKit looks credentials up under another key',
      looksAt: ['host'],
      holds: (value) => !value.host.endsWith(':443') || value.protocol === 'HTTP',
    },
    {
      cel: "!self.host.endsWith(':80') || !has(self.protocol) || self.protocol != 'HTTP'",
      message: 'leave the default port :80 out: BuildKit looks credentials up under another key',
      looksAt: ['host'],
      holds: (value) => !value.host.endsWith(':80') || value.protocol !== 'HTTP',
    },
  ],
);

const mirror = withRules(
  z.object({
    origin: registryHost(
      'Host as image references name it, such as docker.io or ghcr.io. It need not be under registries: then it is anonymous and HTTPS.',
    ),
    endpoints: z
      .array(mirrorEndpoint('host[:port][/path], without scheme.'))
      .min(1)
      .max(MAX_ENDPOINTS)
      .meta({
        description:
          'Mirrors that BuildKit asks before the origin, in this order. Whatever one refuses is asked of the next, and at last of the origin, without a word in the build.',
        ...atomicList,
      }),
  }),
  'Who stands in for one origin when images are pulled. Pushes always go to the origin.',
  [
    {
      cel: 'self.endpoints.all(e, self.endpoints.exists_one(f, e == f))',
      message: 'an endpoint is written once',
      looksAt: ['endpoints'],
      holds: (value) => areUnique(value.endpoints),
    },
    {
      cel: "self.origin.contains('.') || self.origin.contains(':') || self.origin == 'localhost'",
      field: 'origin',
      message:
        'image references take a name without dot and port for a path on Docker Hub: write docker.io, or host:port',
      looksAt: ['origin'],
      holds: ({ origin }) => /[.:]/.test(origin) || origin === 'localhost',
    },
    {
      cel: '!(self.origin in self.endpoints)',
      message: 'an origin is not its own mirror: leave that endpoint out',
      looksAt: ['origin', 'endpoints'],
      holds: (value) => !value.endpoints.includes(value.origin),
    },
  ],
);

const pullSecret = z
  .object({
    name: objectName('Name of the Secret to write, in the namespace of the MirrorAuth.'),
    labels: outputLabels('Labels to put on the Secret beside the fixed ones.').optional(),
  })
  .meta({
    description:
      'The Secret (kubernetes.io/dockerconfigjson) for the build client, buildctl or buildx: mount the whole of it and let DOCKER_CONFIG name the folder. Absent: none is written.',
  });

const MOUNT_PATH = /^([/][.]?[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;

const buildkitConfig = z
  .object({
    name: objectName('Name of the ConfigMap to write, in the namespace of the MirrorAuth.'),
    mountPath: withRules(
      z
        .string()
        .min(2)
        .max(256)
        .regex(/^[ -~]+$/, 'write printable ASCII'),
      `Folder where builders mount the whole ConfigMap; CA files are named by it. Absent: ${DEFAULT_MOUNT_PATH}.`,
      [
        {
          cel: `self.matches('${MOUNT_PATH.source}')`,
          message:
            'write an absolute path without a slash at its end and without . or .. in it, such as /etc/buildkit',
          holds: (path) => MOUNT_PATH.test(path),
        },
      ],
    ).optional(),
    baseRef: configMapKeyRef(
      'ConfigMap with your own buildkitd.toml (workers, garbage collection), into which the registries are merged. Its comments are not carried over. Absent: registries only.',
      DEFAULT_BASE_KEY,
    ).optional(),
    labels: outputLabels('Labels to put on the ConfigMap beside the fixed ones.').optional(),
  })
  .meta({
    description:
      'The ConfigMap for buildkitd: buildkitd.toml and the CA files that it names. Mount the whole of it, never a subPath. Absent: none is written.',
  });

const SPEC_RULES: readonly Rule<z.output<typeof specShape>>[] = [
  {
    cel: 'has(self.pullSecret) || has(self.buildkitConfig)',
    message: 'ask for at least one of pullSecret and buildkitConfig',
    holds: (spec) => spec.pullSecret !== undefined || spec.buildkitConfig !== undefined,
  },
  {
    cel: '!has(self.registries) || self.registries.all(r, self.registries.exists_one(s, r.host == s.host))',
    field: 'registries',
    message: 'a host stands once under registries: remove the second one',
    culprits: (spec) => repeated((spec.registries ?? []).map(({ host }) => host)),
    looksAt: ['host'],
    holds: (spec) => areUnique((spec.registries ?? []).map(({ host }) => host)),
  },
  {
    cel: '!has(self.mirrors) || self.mirrors.all(m, self.mirrors.exists_one(n, m.origin == n.origin))',
    field: 'mirrors',
    message: 'an origin stands once under mirrors: write all its endpoints there',
    culprits: (spec) => repeated((spec.mirrors ?? []).map(({ origin }) => origin)),
    looksAt: ['origin'],
    holds: (spec) => areUnique((spec.mirrors ?? []).map(({ origin }) => origin)),
  },
  {
    cel: '!has(self.pullSecret) || !has(self.registries) || self.registries.all(r, has(r.credentials))',
    field: 'registries',
    message:
      'with pullSecret every registry says its credentials: add credentials: {type: SecretRef | DuplicateOf | Anonymous}',
    culprits: (spec) =>
      (spec.registries ?? [])
        .filter(({ credentials }) => credentials === undefined)
        .map(({ host }) => host),
    holds: (spec) =>
      spec.pullSecret === undefined ||
      (spec.registries ?? []).every(({ credentials }) => credentials !== undefined),
  },
  {
    cel: 'has(self.pullSecret) || !has(self.registries) || self.registries.all(r, !has(r.credentials) && !has(r.pullSecretEntry))',
    field: 'registries',
    message:
      'without pullSecret no credential is read: leave credentials and pullSecretEntry out, or add pullSecret',
    holds: (spec) =>
      spec.pullSecret !== undefined ||
      (spec.registries ?? []).every(
        ({ credentials, pullSecretEntry }) =>
          credentials === undefined && pullSecretEntry === undefined,
      ),
  },
  {
    cel: "!has(self.pullSecret) || !has(self.mirrors) || self.mirrors.all(m, m.endpoints.all(e, e.contains('://') || [e.split('/')[0]].all(h, has(self.registries) && self.registries.exists(r, r.host == h))))",
    field: 'mirrors',
    message:
      'with pullSecret nothing is guessed: add the host of every endpoint to registries with its credentials, {type: Anonymous} if it needs none',
    culprits: (spec) => endpointHosts(spec).filter((host) => !isDeclared(spec, host)),
    looksAt: ['host', 'endpoints'],
    holds: (spec) =>
      spec.pullSecret === undefined || endpointHosts(spec).every((host) => isDeclared(spec, host)),
  },
  {
    cel: "!has(self.mirrors) || self.mirrors.all(m, m.endpoints.all(e, [e.split('/')[0]].all(h, !h.endsWith(':443') || (has(self.registries) && self.registries.exists(r, r.host == h)))))",
    field: 'mirrors',
    message:
      'leave the default port :443 out of endpoints: BuildKit looks credentials up under another key',
    looksAt: ['host', 'endpoints'],
    holds: (spec) =>
      endpointHosts(spec).every((host) => !host.endsWith(':443') || isDeclared(spec, host)),
  },
  {
    cel: "!has(self.mirrors) || self.mirrors.all(m, !m.origin.endsWith(':443') || (has(self.registries) && self.registries.exists(r, r.host == m.origin)))",
    field: 'mirrors',
    message: 'leave the default port :443 out of origin: image references are written without it',
    looksAt: ['host', 'origin'],
    holds: (spec) =>
      (spec.mirrors ?? []).every(
        ({ origin }) => !origin.endsWith(':443') || isDeclared(spec, origin),
      ),
  },
  {
    cel: "!has(self.registries) || self.registries.all(r, !has(r.credentials) || !has(r.credentials.duplicateOf) || self.registries.exists(s, s.host == r.credentials.duplicateOf && has(s.credentials) && s.credentials.type == 'SecretRef'))",
    field: 'registries',
    message:
      'write in duplicateOf a host under registries whose credentials are of type SecretRef: a duplicate of a duplicate is not allowed',
    culprits: (spec) =>
      (spec.registries ?? [])
        .flatMap(({ credentials }) => credentials?.duplicateOf ?? [])
        .filter((host) => !hasOwnCredential(spec, host)),
    looksAt: ['host', 'duplicateOf'],
    holds: (spec) =>
      (spec.registries ?? []).every(
        ({ credentials }) =>
          credentials?.duplicateOf === undefined || hasOwnCredential(spec, credentials.duplicateOf),
      ),
  },
  {
    cel: '!has(self.pullSecret) || !has(self.registries) || self.registries.all(r, !has(r.credentials) || !has(r.credentials.secretRef) || r.credentials.secretRef.name != self.pullSecret.name)',
    field: 'pullSecret',
    message: 'pullSecret.name is also a source (secretRef): give the output a name of its own',
    looksAt: ['name'],
    holds: (spec) =>
      (spec.registries ?? []).every(
        ({ credentials }) =>
          credentials?.secretRef === undefined ||
          credentials.secretRef.name !== spec.pullSecret?.name,
      ),
  },
  {
    cel: '!has(self.buildkitConfig) || !has(self.buildkitConfig.baseRef) || self.buildkitConfig.baseRef.name != self.buildkitConfig.name',
    field: 'buildkitConfig',
    message: 'buildkitConfig.name is also its baseRef: give the output a name of its own',
    looksAt: ['name'],
    holds: ({ buildkitConfig }) =>
      buildkitConfig?.baseRef === undefined || buildkitConfig.baseRef.name !== buildkitConfig.name,
  },
  {
    cel: '!has(self.buildkitConfig) || !has(self.registries) || self.registries.all(r, !has(r.tls) || !has(r.tls.caRef) || r.tls.caRef.name != self.buildkitConfig.name)',
    field: 'buildkitConfig',
    message: 'buildkitConfig.name is also a source (caRef): give the output a name of its own',
    looksAt: ['name'],
    holds: (spec) =>
      (spec.registries ?? []).every(
        ({ tls }) => tls?.caRef === undefined || tls.caRef.name !== spec.buildkitConfig?.name,
      ),
  },
];

const specShape = z.object({
  registries: z
    .array(registry)
    .max(MAX_REGISTRIES)
    .meta({
      description:
        'What is known of each host: origins, mirrors and push targets. Hosts are unique. Absent: nothing.',
      ...atomicList,
    })
    .optional(),
  mirrors: z
    .array(mirror)
    .max(MAX_MIRRORS)
    .meta({
      description: 'Who stands in for whom. Origins are unique. Absent: nobody.',
      ...atomicList,
    })
    .optional(),
  pullSecret: pullSecret.optional(),
  buildkitConfig: buildkitConfig.optional(),
});

const mirrorAuthSpec = withRules(
  specShape,
  'What mirrorauth should write. Everything that it names is in the namespace of the MirrorAuth.',
  SPEC_RULES,
);

/** The longest name: it becomes the value of a label. */
const NAME_MAX_LENGTH = 63;

export const mirrorAuthSchema = withRules(
  z.object({
    metadata: z.looseObject({ name: z.string() }),
    spec: mirrorAuthSpec,
    status: mirrorAuthStatus.optional(),
  }),
  'MirrorAuth keeps the credentials and the mirror configuration that BuildKit needs for registry mirrors.',
  [
    {
      cel: `self.metadata.name.size() <= ${NAME_MAX_LENGTH}`,
      message: `metadata.name has at most ${NAME_MAX_LENGTH} characters: it becomes a label's value`,
      holds: ({ metadata }) => metadata.name.length <= NAME_MAX_LENGTH,
    },
  ],
);

export type MirrorAuthSpec = z.output<typeof mirrorAuthSpec>;
export type Registry = z.output<typeof registry>;
export type Mirror = z.output<typeof mirror>;
export type Credentials = z.output<typeof credentials>;
export type SecretRef = z.output<typeof secretRef>;
export type Tls = z.output<typeof tls>;
export type ConfigMapKeyRef = z.output<ReturnType<typeof configMapKeyRef>>;
export type PullSecretSpec = z.output<typeof pullSecret>;
export type BuildkitConfigSpec = z.output<typeof buildkitConfig>;

function areUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

function repeated(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

function hasOwnCredential(spec: z.output<typeof specShape>, wanted: string): boolean {
  const named = spec.registries?.find(({ host }) => host === wanted);
  return named?.credentials?.type === 'SecretRef';
}

function endpointHosts(spec: z.output<typeof specShape>): readonly string[] {
  // What an endpoint with a scheme means is told by its own rules.
  return (spec.mirrors ?? []).flatMap(({ endpoints }) =>
    endpoints.filter((endpoint) => !endpoint.includes('://')).map(hostOfEndpoint),
  );
}

function isDeclared(spec: z.output<typeof specShape>, host: string): boolean {
  return (spec.registries ?? []).some((registry) => registry.host === host);
}

/** What of a stored object could be understood. */
export type ParsedSpec =
  | { readonly valid: MirrorAuthSpec }
  | { readonly issues: readonly string[] };

/** Reads `spec` of a stored MirrorAuth; never throws. Issues name fields and rules, never values. */
export function parseSpec(value: unknown): ParsedSpec {
  const parsed = mirrorAuthSpec.safeParse(value, { reportInput: true });
  return parsed.success
    ? { valid: parsed.data }
    : {
        issues: faultsOf(parsed.error).map(({ path, message }) => `${pathOf(path)}: ${message}`),
      };
}

/** Reads `status` of a stored MirrorAuth; one that this version would not write counts as none. */
export function parseStatus(value: unknown): MirrorAuthStatus {
  const parsed = mirrorAuthStatus.safeParse(value ?? {});
  return parsed.success ? parsed.data : {};
}

/** `spec.registries[0].host`, as the API server writes paths. */
function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${String(part)}]` : `${text}.${String(part)}`,
    'spec',
  );
}
