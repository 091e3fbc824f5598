import { join } from 'node:path';
import type { Buildkitd } from '../../testbed/buildkit.ts';
import type { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { mountVolume } from '../../testbed/volume.ts';
import type { Workplace } from './workplace.ts';

export interface BuilderOptions {
  readonly cluster: ControlPlaneClient;
  readonly namespace: string;
  readonly place: Workplace;
  /** What the names of the two outputs begin with. */
  readonly name: string;
}

/** Builders as pods run them: the client mounts the whole pull Secret, buildkitd the whole ConfigMap. */
export class Builder {
  /** The part of a MirrorAuth's spec that asks for what is mounted. */
  readonly outputs: {
    readonly pullSecret: { readonly name: string };
    readonly buildkitConfig: { readonly name: string; readonly mountPath: string };
  };
  /** The client's `DOCKER_CONFIG`. */
  readonly dockerConfigDir: string;
  readonly #options: BuilderOptions;

  constructor(options: BuilderOptions) {
    const { name, place } = options;
    this.#options = options;
    this.dockerConfigDir = join(place.dir, 'docker-config');
    this.outputs = {
      pullSecret: { name: `${name}-pull` },
      buildkitConfig: { name: `${name}-buildkitd`, mountPath: join(place.dir, 'etc', 'buildkit') },
    };
  }

  /** Mounts the live Secret; when it is mounted already, as kubelet does after a change. */
  async mountPullSecret(): Promise<void> {
    const { cluster, namespace } = this.#options;
    const { name } = this.outputs.pullSecret;
    await mountVolume(cluster, { kind: 'Secret', namespace, name }, this.dockerConfigDir);
  }

  /** Mounts the live ConfigMap and starts a buildkitd with it. */
  async startBuildkitd(): Promise<Buildkitd> {
    const { cluster, namespace, place } = this.#options;
    const { name, mountPath } = this.outputs.buildkitConfig;
    await mountVolume(cluster, { kind: 'ConfigMap', namespace, name }, mountPath);
    return place.buildkitd(join(mountPath, 'buildkitd.toml'));
  }
}
