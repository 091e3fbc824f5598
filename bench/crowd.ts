import type { JsonObject } from '../src/kube/object.ts';
import { MIRRORAUTHS, World } from '../test/support/world.ts';
import { inParallel } from './parallel.ts';
import type { Setting } from './setting.ts';

/** For what is prepared. */
const AT_ONCE = 16;

/** Many MirrorAuths in a namespace of their own, with their source Secrets. */
export class Crowd {
  readonly world: World;
  readonly names: readonly string[];
  readonly #setting: Setting;

  private constructor(setting: Setting, world: World, names: readonly string[]) {
    this.#setting = setting;
    this.world = world;
    this.names = names;
  }

  /**
   * @param sources names of the source Secrets to make, `robot` with the password `first`
   * @param specOf the spec of the MirrorAuth of that name
   */
  static async create(
    setting: Setting,
    names: readonly string[],
    {
      sources,
      specOf,
    }: { readonly sources: readonly string[]; readonly specOf: (name: string) => JsonObject },
  ): Promise<Crowd> {
    const world = await World.create(setting.cluster, 'crowd');
    await inParallel(sources, AT_ONCE, (name) => world.login(name, 'robot', 'first'));
    await inParallel(names, AT_ONCE, (name) =>
      world.create(MIRRORAUTHS, name, { spec: specOf(name) }),
    );
    return new Crowd(setting, world, names);
  }

  /** Deletes everything in it. The operator must not run: it would make the outputs anew. */
  async remove(): Promise<void> {
    const { namespace } = this.world;
    // Outputs first, or the garbage collector deletes them one by one, for minutes.
    for (const path of [
      `/api/v1/namespaces/${namespace}/secrets`,
      `/api/v1/namespaces/${namespace}/configmaps`,
      `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
      `/apis/${MIRRORAUTHS.group}/${MIRRORAUTHS.version}/namespaces/${namespace}/${MIRRORAUTHS.plural}`,
    ]) {
      await this.#setting.cluster.expectKubectl(['delete', `--raw=${path}`]);
    }
    await this.world.close();
  }
}

export const namesOf = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index)}`);
