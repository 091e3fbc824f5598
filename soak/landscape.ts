import { isDeepStrictEqual } from 'node:util';
import { parse as parseToml } from 'smol-toml';
import { parseStatus } from '../src/api/mirrorauth.ts';
import { isObject, parseObjectMeta } from '../src/kube/object.ts';
import type { JsonObject } from '../src/kube/object.ts';
import { inParallel } from '../bench/parallel.ts';
import {
  conditionOf,
  CONFIG_MAPS,
  duplicate,
  MIRRORAUTHS,
  own,
  SECRETS,
  World,
} from '../test/support/world.ts';
import type { ControlPlane } from '../testbed/control-plane.ts';
import type { ObjectId } from './ledger.ts';

/** Everything that has to do with one MirrorAuth, by name. */
export interface Household {
  readonly name: string;
  readonly source: string;
  readonly pull: string;
  readonly buildkit: string;
}

const AT_ONCE = 16;
/** MirrorAuths that share a source Secret. */
const SHARERS = 10;
const USER = 'robot';

/**
 * MirrorAuths with their sources in one namespace, what is done to them, and what must have come of
 * it. It keeps its own account of the passwords and specs, and asks the operator for nothing.
 */
export class Landscape {
  readonly world: World;
  readonly households: readonly Household[];
  readonly sources: readonly string[];
  readonly #passwords = new Map<string, string>();
  /** By MirrorAuth: the last segment of its mirror's path. */
  readonly #editions = new Map<string, string>();
  /** Deleted, and not created again yet. */
  readonly #away = new Set<Household>();

  static async create(cluster: ControlPlane, count: number): Promise<Landscape> {
    const landscape = new Landscape(await World.create(cluster, 'soak'), count);
    await inParallel(landscape.sources, AT_ONCE, (source) => landscape.#createSource(source));
    await inParallel(landscape.households, AT_ONCE, (one) => landscape.#createMirrorAuth(one));
    return landscape;
  }

  private constructor(world: World, count: number) {
    this.world = world;
    this.households = Array.from({ length: count }, (_, index) => ({
      name: `m-${String(index)}`,
      source: `source-${String(Math.floor(index / SHARERS))}`,
      pull: `m-${String(index)}-pull`,
      buildkit: `m-${String(index)}-buildkit`,
    }));
    this.sources = [...new Set(this.households.map(({ source }) => source))];
  }

  /** Objects that a change of this one may make the operator write. */
  readonly dependants = (changed: ObjectId): readonly ObjectId[] => {
    const [resource, name = ''] = changed.split('/');
    if (resource === 'secrets' && name.startsWith('source-')) {
      return this.households
        .filter(({ source }) => source === name)
        .map(({ pull }) => `secrets/${pull}`);
    }
    const [index] = /\d+/.exec(name) ?? [];
    const owner = this.households[Number(index)];
    if (owner === undefined) {
      return [];
    }
    return resource === 'mirrorauths'
      ? [`secrets/${owner.pull}`, `configmaps/${owner.buildkit}`, `mirrorauths/${name}/status`]
      : [changed, `mirrorauths/${owner.name}/status`];
  };

  async rotate(source: string, password: string): Promise<void> {
    this.#passwords.set(source, password);
    await this.world.rotate(source, password);
  }

  /** One that is there to have something done to it; undefined: the one whose turn it is is away. */
  present(household: Household): Household | undefined {
    return this.#away.has(household) ? undefined : household;
  }

  async edit({ name }: Household, edition: string): Promise<void> {
    this.#editions.set(name, edition);
    await this.world.patch(MIRRORAUTHS, name, { spec: { mirrors: mirrors(edition) } });
  }

  async tamper({ pull }: Household): Promise<void> {
    const config = Buffer.from('{"auths":{}}').toString('base64');
    await this.world.patch(SECRETS, pull, { data: { '.dockerconfigjson': config } });
  }

  async removeOutput({ buildkit }: Household): Promise<void> {
    await this.world.delete(CONFIG_MAPS, buildkit);
  }

  /**
   * Deletes a MirrorAuth. Another one of its name comes when its outputs are collected: if the garbage
   * collector's watch is down meanwhile, it takes the second one for the first one, changed, and never
   * collects what that owned (kube-controller-manager 1.37.2).
   */
  async replace(household: Household): Promise<void> {
    await this.world.delete(MIRRORAUTHS, household.name);
    this.#away.add(household);
    await this.#bringBack();
  }

  /** What is not as it should be; empty when all is right. */
  async faults(): Promise<readonly string[]> {
    await this.#bringBack();
    const faults: string[] = [];
    await inParallel(this.households, AT_ONCE, async (household) => {
      faults.push(...(await this.#faultsOf(household)));
    });
    return faults;
  }

  async #bringBack(): Promise<void> {
    for (const household of this.#away) {
      const outputs = [
        await this.world.get(SECRETS, household.pull),
        await this.world.get(CONFIG_MAPS, household.buildkit),
      ];
      if (outputs.every((output) => output === undefined)) {
        await this.#createMirrorAuth(household);
        this.#away.delete(household);
      }
    }
  }

  async #faultsOf({ name, source, pull, buildkit }: Household): Promise<readonly string[]> {
    const { world } = this;
    const password = this.#passwords.get(source) ?? '';
    const logins = await world.logins(pull);
    const files = await world.files(CONFIG_MAPS, buildkit);
    const object = (await world.get(MIRRORAUTHS, name)) ?? {};
    const status = parseStatus(object['status']);
    const right = {
      [`secrets/${pull}`]: isDeepStrictEqual(logins, {
        'harbor.corp': `${USER}:${password}`,
        'mirror.corp': `${USER}:${password}`,
      }),
      [`configmaps/${buildkit}`]: isDeepStrictEqual(mirrorsIn(files?.['buildkitd.toml']), [
        `mirror.corp/${this.#editions.get(name) ?? ''}`,
      ]),
      [`mirrorauths/${name}`]:
        conditionOf(status, 'Ready')?.status === 'True' &&
        status.observedGeneration === parseObjectMeta(object['metadata'])?.generation,
    };
    return Object.entries(right).flatMap(([id, isRight]) => (isRight ? [] : [id]));
  }

  async #createSource(source: string): Promise<void> {
    this.#passwords.set(source, 'first');
    await this.world.login(source, USER, 'first');
  }

  async #createMirrorAuth({ name, source, pull, buildkit }: Household): Promise<void> {
    this.#editions.set(name, 'first');
    await this.world.create(MIRRORAUTHS, name, {
      spec: {
        registries: [own('harbor.corp', source), duplicate('mirror.corp', 'harbor.corp')],
        mirrors: mirrors('first'),
        pullSecret: { name: pull },
        buildkitConfig: { name: buildkit },
      },
    });
  }
}

const mirrors = (edition: string): readonly JsonObject[] => [
  { origin: 'harbor.corp', endpoints: [`mirror.corp/${edition}`] },
];

/** The mirrors of harbor.corp in a buildkitd.toml. */
function mirrorsIn(text = ''): unknown {
  const { registry } = parseToml(text);
  const harbor = isObject(registry) ? registry['harbor.corp'] : undefined;
  return isObject(harbor) ? harbor['mirrors'] : undefined;
}
