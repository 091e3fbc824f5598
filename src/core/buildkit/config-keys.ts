/**
 * The keys of buildkitd.toml and what buildkitd takes for them: moby/buildkit v0.34.2
 * cmd/buildkitd/config/config.go. A test holds this table to that struct.
 */

/**
 * What is taken for a key: a scalar, `[shape]` for a list, a table of keys. The key `*` stands for
 * every key of a table.
 */
export type Shape = Scalar | readonly [Shape] | ShapeTable;
export interface ShapeTable {
  readonly [key: string]: Shape;
}

/**
 * `natural` is an integer of at least 0. A `duration` is `"48h"` or a number of seconds, a `size`
 * `"10GB"`, `"5%"` or a number of bytes. `any` is handed on as it is.
 */
export type Scalar = 'boolean' | 'integer' | 'natural' | 'string' | 'duration' | 'size' | 'any';

export function isListShape(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

const WORKER_OF_ANY_KIND: ShapeTable = {
  enabled: 'boolean',
  labels: { '*': 'string' },
  platforms: ['string'],
  snapshotter: 'string',
  rootless: 'boolean',
  selinux: 'boolean',
  'apparmor-profile': 'string',
  'max-parallelism': 'integer',
  defaultCgroupParent: 'string',
  networkMode: 'string',
  cniConfigPath: 'string',
  cniBinaryPath: 'string',
  cniPoolSize: 'integer',
  bridgeName: 'string',
  bridgeSubnet: 'string',
  gc: 'boolean',
  gckeepstorage: 'size',
  reservedSpace: 'size',
  maxUsedSpace: 'size',
  minFreeSpace: 'size',
  gcpolicy: [
    {
      all: 'boolean',
      filters: ['string'],
      keepDuration: 'duration',
      keepBytes: 'size',
      reservedSpace: 'size',
      maxUsedSpace: 'size',
      minFreeSpace: 'size',
    },
  ],
};

/** sigstore-go v1.2.2 pkg/fulcio/certificate/summarize.go: its fields have no names of their own. */
const SIGNATURE_POLICY: ShapeTable = {
  timestampThreshold: 'integer',
  tlogThreshold: 'integer',
  CertificateIssuer: 'string',
  SubjectAlternativeName: 'string',
  Issuer: 'string',
  GithubWorkflowTrigger: 'string',
  GithubWorkflowSHA: 'string',
  GithubWorkflowName: 'string',
  GithubWorkflowRepository: 'string',
  GithubWorkflowRef: 'string',
  BuildSignerURI: 'string',
  BuildSignerDigest: 'string',
  RunnerEnvironment: 'string',
  SourceRepositoryURI: 'string',
  SourceRepositoryDigest: 'string',
  SourceRepositoryRef: 'string',
  SourceRepositoryIdentifier: 'string',
  SourceRepositoryOwnerURI: 'string',
  SourceRepositoryOwnerIdentifier: 'string',
  BuildConfigURI: 'string',
  BuildConfigDigest: 'string',
  BuildTrigger: 'string',
  RunInvocationURI: 'string',
  SourceRepositoryVisibilityAtSigning: 'string',
};

export const BUILDKITD_KEYS: ShapeTable = {
  debug: 'boolean',
  trace: 'boolean',
  root: 'string',
  'insecure-entitlements': ['string'],
  proxyNetwork: 'boolean',
  provenanceEnvDir: 'string',
  log: { format: 'string', level: 'string' },
  grpc: {
    address: ['string'],
    debugAddress: 'string',
    uid: 'integer',
    gid: 'integer',
    securityDescriptor: 'string',
    tls: { cert: 'string', key: 'string', ca: 'string' },
  },
  otel: { socketPath: 'string' },
  cdi: { disabled: 'boolean', specDirs: ['string'], autoAllowed: ['string'] },
  worker: {
    oci: {
      ...WORKER_OF_ANY_KIND,
      binary: 'string',
      noProcessSandbox: 'boolean',
      proxySnapshotterPath: 'string',
      stargzSnapshotter: { '*': 'any' },
      userRemapUnsupported: 'string',
    },
    containerd: {
      ...WORKER_OF_ANY_KIND,
      address: 'string',
      namespace: 'string',
      runtime: { name: 'string', path: 'string', options: { '*': 'any' } },
      hypervIsolation: 'boolean',
    },
  },
  registry: {
    '*': {
      mirrors: ['string'],
      http: 'boolean',
      insecure: 'boolean',
      ca: ['string'],
      keypair: [{ key: 'string', cert: 'string' }],
      tlsconfigdir: ['string'],
    },
  },
  dns: { nameservers: ['string'], options: ['string'], searchDomains: ['string'] },
  history: { maxAge: 'duration', maxEntries: 'integer' },
  frontend: {
    'dockerfile.v0': { enabled: 'boolean' },
    'gateway.v0': { enabled: 'boolean', allowedRepositories: ['string'] },
  },
  system: {
    platformsCacheMaxAge: 'duration',
    maxRegistryConcurrency: 'integer',
    sessionAuthTimeout: 'duration',
  },
  cache: {
    gha: {
      sign: { command: ['string'] },
      verify: { required: 'boolean', policy: SIGNATURE_POLICY },
    },
  },
  compaction: {
    enabled: 'boolean',
    idleTimeout: 'duration',
    maxRetry: 'integer',
    writesPerCheck: 'natural',
    sizeWatermark: 'integer',
    sizeGrowthPercent: 'integer',
    minReclaimBytes: 'integer',
    minReclaimPercent: 'integer',
    minReclaimPercentFloor: 'integer',
  },
};
