import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type BinaryName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kubectl'
  | 'buildkitd'
  | 'buildctl'
  | 'registry'
  | 'credentials'
  | 'promlint'
  | 'readers';

/** A folder whose go.mod pins what is built there. */
export interface GoModule {
  /** From the checkout's root. */
  readonly folder: string;
  /** The required module whose version is the version of the binaries; absent: our own program. */
  readonly pinned?: string;
  /** Minutes or seconds of a build with cold caches on 2 cores, in words. */
  readonly usually: string;
  /** The linker flags that make a binary say its version, as the projects' own builds do. */
  readonly ldflags: (version: string) => string;
}

const KUBERNETES: GoModule = {
  folder: 'testbed/go/kubernetes',
  pinned: 'k8s.io/kubernetes',
  usually: '6 minutes',
  ldflags: (version) => {
    const [major, minor] = version.slice(1).split('.');
    const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].map(
      (stamp) =>
        `-X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`,
    );
    return `-s -w ${stamps.join(' ')}`;
  },
};
const ETCD: GoModule = {
  folder: 'testbed/go/etcd',
  pinned: 'go.etcd.io/etcd/server/v3',
  usually: '20 seconds',
  ldflags: () => '-s -w',
};
const BUILDKIT: GoModule = {
  folder: 'testbed/go/buildkit',
  pinned: 'github.com/moby/buildkit',
  usually: '90 seconds',
  ldflags: (version) => `-s -w -X github.com/moby/buildkit/version.Version=${version}`,
};
const REGISTRY: GoModule = {
  folder: 'testbed/go/registry',
  pinned: 'github.com/distribution/distribution/v3',
  usually: '50 seconds',
  ldflags: (version) =>
    `-s -w -X github.com/distribution/distribution/v3/version.version=${version}`,
};
const CREDENTIALS: GoModule = {
  folder: 'testbed/go/credentials',
  usually: '20 seconds',
  ldflags: () => '-s -w',
};
const READERS: GoModule = {
  folder: 'test/readers',
  usually: '2 minutes',
  ldflags: () => '-s -w',
};

const PROMLINT: GoModule = {
  folder: 'testbed/go/promlint',
  usually: '20 seconds',
  ldflags: () => '-s -w',
};

export interface Binary {
  readonly module: GoModule;
  /** The Go package that `go build` is given. */
  readonly package: string;
  /** True for what `KUBEBUILDER_ASSETS` may hold (setup-envtest's three, and the controller manager). */
  readonly inKubebuilderAssets: boolean;
  /** How a binary on PATH is asked for its version; absent: it is not looked for on PATH. */
  readonly versionArgs?: readonly string[];
}

export const BINARIES: Readonly<Record<BinaryName, Binary>> = {
  etcd: {
    module: ETCD,
    package: 'go.etcd.io/etcd/server/v3',
    inKubebuilderAssets: true,
    versionArgs: ['--version'],
  },
  'kube-apiserver': {
    module: KUBERNETES,
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    inKubebuilderAssets: true,
    versionArgs: ['--version'],
  },
  'kube-controller-manager': {
    module: KUBERNETES,
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    inKubebuilderAssets: true,
    versionArgs: ['--version'],
  },
  kubectl: {
    module: KUBERNETES,
    package: 'k8s.io/kubernetes/cmd/kubectl',
    inKubebuilderAssets: true,
    versionArgs: ['version', '--client', '--output', 'json'],
  },
  buildkitd: {
    module: BUILDKIT,
    package: 'github.com/moby/buildkit/cmd/buildkitd',
    inKubebuilderAssets: false,
    versionArgs: ['--version'],
  },
  buildctl: {
    module: BUILDKIT,
    package: 'github.com/moby/buildkit/cmd/buildctl',
    inKubebuilderAssets: false,
    versionArgs: ['--version'],
  },
  registry: {
    module: REGISTRY,
    package: 'github.com/distribution/distribution/v3/cmd/registry',
    inKubebuilderAssets: false,
    versionArgs: ['--version'],
  },
  credentials: {
    module: CREDENTIALS,
    package: 'mirrorauth.dev/testbed/credentials',
    inKubebuilderAssets: false,
  },
  readers: {
    module: READERS,
    package: 'mirrorauth.dev/test/readers',
    inKubebuilderAssets: false,
  },
  promlint: {
    module: PROMLINT,
    package: 'mirrorauth.dev/testbed/promlint',
    inKubebuilderAssets: false,
  },
};

/** Every binary's name, in the order of the catalogue. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys loses the key type of a closed record
export const BINARY_NAMES = Object.keys(BINARIES) as BinaryName[];

export function moduleFolder(module: GoModule): string {
  return join(import.meta.dirname, '..', '..', module.folder);
}

/** The version that a module's go.mod pins, such as `v1.37.2`; our own program has none. */
export function pinnedVersion(module: GoModule): string {
  if (module.pinned === undefined) return '';
  const goMod = readFileSync(join(moduleFolder(module), 'go.mod'), 'utf8');
  const version = requiredVersion(goMod, module.pinned);
  if (version === undefined) {
    throw new Error(`${module.folder}/go.mod does not require ${module.pinned}`);
  }
  return version;
}

/** The version of `path` in the text of a go.mod (its `require` lines; `replace` is not read). */
export function requiredVersion(goMod: string, path: string): string | undefined {
  for (const line of goMod.split('\n')) {
    const [first, ...rest] = line.trim().split(/\s+/);
    const [name, version] = first === 'require' ? rest : [first, ...rest];
    if (name === path && version?.startsWith('v') === true) return version;
  }
  return undefined;
}

/** The version in the text of a go.mod's `go` line, such as `1.26.0`. */
export function goLine(goMod: string): string | undefined {
  return /^go (\S+)$/m.exec(goMod)?.[1];
}
