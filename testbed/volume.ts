import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { ControlPlaneClient } from './control-plane/client.ts';

const Texts = z.record(z.string(), z.string()).default({});
const Mountable = z.object({ data: Texts, binaryData: Texts });

/** Its files by name. */
type Files = ReadonlyMap<string, Buffer>;

export interface VolumeSource {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
}

/**
 * Brings a folder to what a pod sees that mounts this whole object there, without `items` and
 * `subPath`: a link for each key through `..data`, which is exchanged in one step (Kubernetes
 * v1.37.2 pkg/volume/util/atomic_writer.go). Once mounted, it is brought up to date by another
 * call, as by kubelet within a minute or two. The folder is not read-only, as a pod's would be.
 * Errors: there is no such object.
 */
export async function mountVolume(
  cluster: ControlPlaneClient,
  source: VolumeSource,
  dir: string,
): Promise<void> {
  const files = await filesOf(cluster, source);
  await mkdir(dir, { recursive: true });
  const before = await readdir(dir, { withFileTypes: true });
  const folder = await mkdtemp(`${dir}/..volume-`);
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  const current = join(dir, '..data');
  await symlink(basename(folder), `${current}_tmp`);
  await rename(`${current}_tmp`, current);

  const linked = before.filter((e) => e.isSymbolicLink() && e.name !== '..data').map(nameOf);
  for (const name of files.keys()) {
    if (!linked.includes(name)) await symlink(join('..data', name), join(dir, name));
  }
  const stale = before.filter((e) => e.name.startsWith('..volume-')).map(nameOf);
  for (const name of [...stale, ...linked.filter((link) => !files.has(link))]) {
    await rm(join(dir, name), { recursive: true });
  }
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

async function filesOf(
  cluster: ControlPlaneClient,
  { kind, namespace, name }: VolumeSource,
): Promise<Files> {
  const resource = kind === 'Secret' ? 'secrets' : 'configmaps';
  const text = await cluster.get(`/api/v1/namespaces/${namespace}/${resource}/${name}`);
  const { data, binaryData } = Mountable.parse(JSON.parse(text));
  const encoding = kind === 'Secret' ? 'base64' : 'utf8';
  return new Map([
    ...Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)] as const),
    ...Object.entries(binaryData).map(([k, value]) => [k, Buffer.from(value, 'base64')] as const),
  ]);
}
