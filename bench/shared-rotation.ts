import { OPTIONS } from '../src/cli/controller/options.ts';
import { isObject, parseObjectMeta } from '../src/kube/object.ts';
import type { JsonObject } from '../src/kube/object.ts';
import { own, SECRETS } from '../test/support/world.ts';
import { printProgress } from '../testbed/progress.ts';
import { Crowd, namesOf } from './crowd.ts';
import { inParallel } from './parallel.ts';
import { quantile } from './quantile.ts';
import type { Figure, Measurement } from './report.ts';
import { allRequestsSince } from './requests.ts';
import type { Setting } from './setting.ts';
import { Sightings } from './sightings.ts';

const COUNT = 500;
const TURNS = 10;
/** Turns before those that count. */
const WARM_UP = 2;
/** As many as the operator has workers. */
const AT_ONCE = Number(OPTIONS.concurrency.default);
/** Aim for all of them: this many times what the bare writes take. */
const BARE_WRITES = 1.5;

const KEY = '.dockerconfigjson';

/**
 * Rotates one Secret that hundreds of MirrorAuths use, and times each pull Secret from sending the
 * PATCH to the watch event that shows the new password in it. In turn with it, a bare client writes
 * the same texts into as many Secrets that no MirrorAuth names, as many at a time as the operator.
 */
export async function measureSharedRotation(setting: Setting): Promise<Measurement> {
  printProgress(`shared rotation: ${String(COUNT)} MirrorAuths, ${String(WARM_UP + TURNS)} times`);
  const crowd = await Crowd.create(setting, namesOf('m', COUNT), {
    sources: ['source'],
    specOf: (name) => ({
      registries: [own('harbor.corp', 'source')],
      pullSecret: { name: `pull-${name}` },
    }),
  });
  const mark = await setting.cluster.auditMark();
  const operator = await setting.startOperator();
  const samples: Sample[] = [];
  try {
    await allRequestsSince(setting, mark);
    const scene = await Scene.set(setting, crowd);
    for (let turn = 0; turn < WARM_UP + TURNS; turn += 1) {
      operator.died.throwIfAborted();
      samples.push(await scene.play(`password-${String(turn).padStart(4, '0')}`));
    }
    scene.close();
  } finally {
    await operator.stop();
    await crowd.remove();
  }
  return {
    title: `Shared rotation: one Secret that ${String(COUNT)} MirrorAuths use, ${String(TURNS)} times`,
    figures: figuresOf(samples.slice(WARM_UP)),
  };
}

/** Milliseconds until each of the Secrets was seen, in their order. */
interface Sample {
  readonly bare: readonly number[];
  readonly rotation: readonly number[];
}

/** Medians of the turns. */
function figuresOf(samples: readonly Sample[]): readonly Figure[] {
  const median = (of: (sample: Sample) => number): number => quantile(samples.map(of), 0.5);
  const threeOf = (what: keyof Sample, name: string): readonly Figure[] => [
    { name: `${name}, p50`, value: median((turn) => quantile(turn[what], 0.5)), unit: 'ms' },
    { name: `${name}, p99`, value: median((turn) => quantile(turn[what], 0.99)), unit: 'ms' },
    { name: `${name}, all`, value: median((turn) => quantile(turn[what], 1)), unit: 'ms' },
  ];
  const ratio = ({ bare, rotation }: Sample): number => quantile(rotation, 1) / quantile(bare, 1);
  return [
    ...threeOf('bare', `the same writes by a bare client, ${String(AT_ONCE)} at a time`),
    ...threeOf('rotation', 'rotation'),
    {
      name: 'rotation in bare writes, all to all',
      value: median(ratio),
      unit: 'x',
      aim: BARE_WRITES,
    },
  ];
}

class Scene {
  readonly #setting: Setting;
  readonly #crowd: Crowd;
  readonly #secrets: Sightings;
  readonly #bareNames: readonly string[];

  static async set(setting: Setting, crowd: Crowd): Promise<Scene> {
    const bareNames = namesOf('bare', COUNT);
    await inParallel(bareNames, AT_ONCE, (name) =>
      crowd.world.create(SECRETS, name, {
        type: 'kubernetes.io/dockerconfigjson',
        data: { [KEY]: configOf('first') },
      }),
    );
    const scope = { namespace: crowd.world.namespace };
    const selection = { resource: SECRETS, scope, metadataOnly: false };
    return new Scene(setting, crowd, {
      secrets: await Sightings.begin(setting.client, selection),
      bareNames,
    });
  }

  private constructor(
    setting: Setting,
    crowd: Crowd,
    { secrets, bareNames }: { readonly secrets: Sightings; readonly bareNames: readonly string[] },
  ) {
    this.#setting = setting;
    this.#crowd = crowd;
    this.#secrets = secrets;
    this.#bareNames = bareNames;
  }

  async play(password: string): Promise<Sample> {
    const { world } = this.#crowd;
    const bare = await this.#time('bare-', password, () =>
      inParallel(this.#bareNames, AT_ONCE, (name) =>
        world.patch(SECRETS, name, { data: { [KEY]: configOf(password) } }),
      ),
    );
    const mark = await this.#setting.cluster.auditMark();
    const rotation = await this.#time('pull-', password, () => world.rotate('source', password));
    await allRequestsSince(this.#setting, mark);
    return { bare, rotation };
  }

  close(): void {
    this.#secrets.close();
  }

  /** Milliseconds from `begin` until each Secret with that prefix has been seen with the password. */
  async #time(
    prefix: string,
    password: string,
    begin: () => Promise<unknown>,
  ): Promise<readonly number[]> {
    const login = loginOf(password);
    const seen = new Map<string, number>();
    const began = performance.now();
    const all = this.#secrets.next((object) => {
      const name = parseObjectMeta(object['metadata'])?.name ?? '';
      if (name.startsWith(prefix) && textOf(object).includes(login)) {
        seen.set(name, performance.now() - began);
      }
      return seen.size === COUNT;
    }, 60_000);
    await Promise.all([begin(), all]);
    return [...seen.values()];
  }
}

const loginOf = (password: string): string => Buffer.from(`robot:${password}`).toString('base64');

/** What the operator writes, as it stands in `data`. */
const configOf = (password: string): string =>
  Buffer.from(JSON.stringify({ auths: { 'harbor.corp': { auth: loginOf(password) } } })).toString(
    'base64',
  );

function textOf({ data }: JsonObject): string {
  const value = isObject(data) ? data[KEY] : undefined;
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : '';
}
