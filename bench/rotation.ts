import { isObject, parseObjectMeta } from '../src/kube/object.ts';
import type { JsonObject } from '../src/kube/object.ts';
import { duplicate, own, SECRETS, World } from '../test/support/world.ts';
import { printProgress } from '../testbed/progress.ts';
import { quantile } from './quantile.ts';
import type { Figure, Measurement } from './report.ts';
import type { Setting } from './setting.ts';
import { Sightings } from './sightings.ts';

const TURNS = 200;
/**
 * Turns before those that count: code that never ran is slow in both processes, and the operator
 * writes an event for each of the first 25 (src/controller/event-history.ts).
 */
const WARM_UP = 30;
/** Aim for p99. */
const ROUND_TRIPS = 3;

/**
 * Rotates the source Secret of a MirrorAuth, and times each from sending the PATCH to the watch event
 * that shows the new password in the pull Secret.
 *
 * In turn with it, so that noise hits all alike, goes what to compare it with: a bare PATCH of a
 * Secret of the same size, and the same requests that a rotation needs (PATCH, event, GET, PATCH,
 * event) with no operator between them, which nothing on this server can beat.
 */
export async function measureRotation(setting: Setting): Promise<Measurement> {
  printProgress(`rotation: ${WARM_UP} + ${TURNS} times`);
  const operator = await setting.startOperator();
  const scene = await Scene.set(setting);
  const samples: Sample[] = [];
  try {
    for (let turn = 0; turn < WARM_UP + TURNS; turn += 1) {
      operator.died.throwIfAborted();
      samples.push(await scene.play(`password-${String(turn).padStart(4, '0')}`));
    }
  } finally {
    await scene.close();
    await operator.stop();
  }
  return {
    title: `Rotation: from the PATCH of a source Secret to the pull Secret's watch event, ${TURNS} times`,
    figures: [
      ...figuresOf(samples.slice(WARM_UP)),
      {
        name: 'the very first rotation of a fresh process (not counted above)',
        value: samples[0]?.rotation ?? Number.NaN,
        unit: 'ms',
      },
    ],
  };
}

/** Milliseconds. */
interface Sample {
  readonly roundTrip: number;
  readonly direct: number;
  readonly rotation: number;
}

function figuresOf(samples: readonly Sample[]): readonly Figure[] {
  const of = (what: keyof Sample, share: number): number =>
    quantile(
      samples.map((sample) => sample[what]),
      share,
    );
  const both = (what: keyof Sample, name: string): readonly Figure[] => [
    { name: `${name}, p50`, value: of(what, 0.5), unit: 'ms' },
    { name: `${name}, p99`, value: of(what, 0.99), unit: 'ms' },
  ];
  const trips = (what: keyof Sample, share: number): number =>
    of(what, share) / of('roundTrip', share);
  return [
    ...both('roundTrip', 'round trip: a bare PATCH and its answer'),
    ...both('direct', 'the same requests with no operator between them'),
    ...both('rotation', 'rotation'),
    {
      name: 'the same requests in round trips, p50 to p50',
      value: trips('direct', 0.5),
      unit: 'x',
    },
    {
      name: 'the same requests in round trips, p99 to p99',
      value: trips('direct', 0.99),
      unit: 'x',
    },
    { name: 'rotation in round trips, p50 to p50', value: trips('rotation', 0.5), unit: 'x' },
    {
      name: 'rotation in round trips, p99 to p99',
      value: trips('rotation', 0.99),
      unit: 'x',
      aim: ROUND_TRIPS,
    },
  ];
}

const USER = 'robot';
const NAMES = {
  /** Source and output of the MirrorAuth. */
  source: 'source',
  pull: 'pull',
  /** Secrets that no MirrorAuth names. */
  bare: 'bare',
  directSource: 'direct-source',
  directOutput: 'direct-output',
};

class Scene {
  readonly #world: World;
  readonly #secrets: Sightings;
  /** How the pull Secret looks: key and text of its one file. */
  readonly #pull: { readonly key: string; readonly text: string };

  static async set({ cluster, client }: Setting): Promise<Scene> {
    const world = await World.create(cluster, 'rotation');
    const scope = { namespace: world.namespace };
    for (const name of [NAMES.source, NAMES.bare, NAMES.directSource]) {
      await world.login(name, USER, 'password-none');
    }
    await world.apply('ci', {
      registries: [own('harbor.corp', NAMES.source), duplicate('mirror.corp', 'harbor.corp')],
      mirrors: [{ origin: 'harbor.corp', endpoints: ['mirror.corp'] }],
      pullSecret: { name: NAMES.pull },
      buildkitConfig: { name: 'buildkit' },
    });
    await world.ready('ci');
    const [[key, text] = ['', '']] = Object.entries((await world.files(SECRETS, NAMES.pull)) ?? {});
    await world.create(SECRETS, NAMES.directOutput, { stringData: { [key]: text } });
    return new Scene(
      world,
      { key, text },
      await Sightings.begin(client, { resource: SECRETS, scope, metadataOnly: false }),
    );
  }

  private constructor(
    world: World,
    pull: { readonly key: string; readonly text: string },
    secrets: Sightings,
  ) {
    this.#world = world;
    this.#pull = pull;
    this.#secrets = secrets;
  }

  async play(password: string): Promise<Sample> {
    return {
      roundTrip: await this.#roundTrip(password),
      direct: await this.#direct(password),
      rotation: await this.#rotation(password),
    };
  }

  async close(): Promise<void> {
    this.#secrets.close();
    await this.#world.close();
  }

  async #roundTrip(password: string): Promise<number> {
    const began = performance.now();
    await this.#world.rotate(NAMES.bare, password);
    return performance.now() - began;
  }

  async #direct(password: string): Promise<number> {
    const { key, text } = this.#pull;
    const began = performance.now();
    const sourceSeen = this.#secrets.next((object) => nameOf(object) === NAMES.directSource);
    const rotated = this.#world.rotate(NAMES.directSource, password);
    await sourceSeen;
    await this.#world.get(SECRETS, NAMES.directSource);
    const outputSeen = this.#secrets.next((object) => nameOf(object) === NAMES.directOutput);
    const written = this.#world.patch(SECRETS, NAMES.directOutput, {
      stringData: { [key]: `${text.slice(0, -password.length)}${password}` },
    });
    const at = await outputSeen;
    await Promise.all([rotated, written]);
    return at - began;
  }

  async #rotation(password: string): Promise<number> {
    const login = Buffer.from(`${USER}:${password}`).toString('base64');
    const seen = this.#secrets.next(
      (object) => nameOf(object) === NAMES.pull && textOf(object, this.#pull.key).includes(login),
    );
    const began = performance.now();
    const [at] = await Promise.all([seen, this.#world.rotate(NAMES.source, password)]);
    return at - began;
  }
}

function nameOf(object: JsonObject): string | undefined {
  return parseObjectMeta(object['metadata'])?.name;
}

function textOf({ data }: JsonObject, key: string): string {
  const value = isObject(data) ? data[key] : undefined;
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : '';
}
