import { z } from 'zod';
import type { BinaryName } from './catalog.ts';

type Reader = (text: string) => string | undefined;

const READERS: Readonly<Record<BinaryName, Reader>> = {
  etcd: (text) => {
    const version = /^etcd Version: (\S+)$/m.exec(text)?.[1];
    return version === undefined ? undefined : `v${version}`;
  },
  'kube-apiserver': kubernetes,
  'kube-controller-manager': kubernetes,
  kubectl: kubectlClient,
  buildkitd: buildkit,
  buildctl: buildkit,
  registry: (text) =>
    /^\S*registry github\.com\/distribution\/distribution\/v3 (\S+)$/.exec(text)?.[1],
  credentials: () => undefined,
  readers: () => undefined,
  promlint: () => undefined,
};

/**
 * The version that a binary prints of itself, written as its module's version (`v3.7.3`).
 * Undefined for anything but the exact shape of the project's own output: wrappers and other
 * programs of the same name print all sorts of things, and none of them is what we want to run.
 */
export function versionOf(binary: BinaryName, output: string): string | undefined {
  return READERS[binary](output.trim());
}

function kubernetes(text: string): string | undefined {
  return /^Kubernetes (v\S+)$/.exec(text)?.[1];
}

function buildkit(text: string): string | undefined {
  return /^build(?:kitd|ctl) github\.com\/moby\/buildkit (\S+)(?: \S*)?$/.exec(text)?.[1];
}

const KubectlVersion = z.object({ clientVersion: z.object({ gitVersion: z.string() }) });

function kubectlClient(text: string): string | undefined {
  try {
    return KubectlVersion.parse(JSON.parse(text)).clientVersion.gitVersion;
  } catch {
    return undefined;
  }
}
