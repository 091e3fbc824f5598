import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import type { Resource } from '../../src/kube/resource.ts';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { eventually } from '../../testbed/eventually.ts';
import {
  answer,
  cut,
  delay,
  dropAnswer,
  dropRequest,
  garble,
  lines,
  silence,
} from '../support/fault-proxy.ts';
import type { Fault, Passage } from '../support/fault-proxy.ts';
import { isWrite, nameOfRequest } from '../support/kube-request.ts';
import type { KubeRequest } from '../support/kube-request.ts';
import { bothWith, hubBehindHarbor, Lab } from '../support/lab.ts';
import { startOperator } from '../support/operator.ts';
import { faultOptions } from '../support/seeds.ts';
import { CONFIG_MAPS, MIRRORAUTHS, SECRETS } from '../support/world.ts';

/**
 * Random faults between random changes, by seed. Then everything is let go, and the world has to be
 * right, with no more writes than the changes can have caused and never two of one object at once.
 */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const NAMES = ['a', 'b', 'c'] as const;
type Name = (typeof NAMES)[number];

const name = fc.constantFrom(...NAMES);
const CHANGES = [
  'rotate',
  'recreateSource',
  'editSecret',
  'editConfigMap',
  'deleteSecret',
  'deleteConfigMap',
  'labelOutput',
  'recreate',
  'overwriteStatus',
] as const;

const watchFault = fc.constantFrom<Fault>(
  dropRequest,
  cut(300),
  cut(900, 'End'),
  garble(0),
  garble(1),
  lines((line) => [line, line]),
  answer(410, { reason: 'Expired' }),
  answer(500),
  answer(429),
);
const callFault = fc.constantFrom<Fault>(
  dropRequest,
  dropAnswer,
  delay(30),
  cut(20),
  cut(20, 'End'),
  garble(0),
  answer(409, { reason: 'Conflict' }),
  answer(429, { reason: 'TooManyRequests', retryAfter: 1 }),
  answer(500),
  answer(503),
);

type Step =
  | { readonly kind: 'Change'; readonly change: (typeof CHANGES)[number]; readonly on: Name }
  | {
      readonly kind: 'Fault';
      readonly fault: Fault;
      readonly on: 'Watches' | 'Reads' | 'Writes';
      readonly times: number;
    }
  | { readonly kind: 'Reset' | 'Silence' | 'Restart' | 'Breathe' | 'Freeze' | 'Stall' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('Change' as const),
      change: fc.constantFrom(...CHANGES),
      on: name,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('Fault' as const),
      fault: callFault,
      on: fc.constantFrom('Reads' as const, 'Writes' as const),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('Fault' as const),
      fault: watchFault,
      on: fc.constant('Watches' as const),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...(['Reset', 'Silence', 'Restart', 'Breathe', 'Freeze', 'Stall'] as const),
      ),
    }),
  },
);

/** The script of a seed. */
function scriptOf(seed: number): readonly Step[] {
  const script = fc.array(step, { minLength: 15, maxLength: 25, size: 'max' });
  return fc.sample(script, { seed, numRuns: 1 })[0] ?? [];
}

/** What was done to each MirrorAuth, and what its outputs have to say. */
class Expectations {
  readonly #changes = new Map<Name, number>();
  readonly #passwords = new Map<Name, string>();
  restarts = 0;
  #serial = 0;

  noteChange(on: Name): void {
    this.#changes.set(on, this.changes(on) + 1);
  }

  newPassword(on: Name): string {
    this.#serial += 1;
    this.#passwords.set(on, `p${String(this.#serial)}`);
    return this.password(on);
  }

  changes(on: Name): number {
    return this.#changes.get(on) ?? 1;
  }

  password(on: Name): string {
    return this.#passwords.get(on) ?? 'first';
  }
}

const nothing = (): void => undefined;

async function change(
  { world }: Lab,
  kind: (typeof CHANGES)[number],
  on: Name,
  expected: Expectations,
): Promise<void> {
  expected.noteChange(on);
  const edit = { data: { extra: btoa(String(expected.changes(on))) } };
  // An output may be gone at this moment.
  const absentIsFine = (promise: Promise<unknown>): Promise<unknown> => promise.catch(nothing);
  // Deleting names the version that was read, and the operator may write in between.
  const remove = (resource: Resource, name: string): Promise<void> =>
    eventually(() => world.delete(resource, name), { describe: `${name} to be deleted` });
  switch (kind) {
    case 'rotate':
      await world.rotate(`${on}-hub`, expected.newPassword(on));
      return;
    case 'recreateSource':
      await remove(SECRETS, `${on}-hub`);
      await world.login(`${on}-hub`, 'me', expected.newPassword(on));
      return;
    case 'editSecret':
      await absentIsFine(world.patch(SECRETS, `${on}-pull`, edit));
      return;
    case 'editConfigMap':
      await absentIsFine(world.patch(CONFIG_MAPS, `${on}-config`, edit));
      return;
    case 'deleteSecret':
      await remove(SECRETS, `${on}-pull`);
      return;
    case 'deleteConfigMap':
      await remove(CONFIG_MAPS, `${on}-config`);
      return;
    case 'labelOutput':
      await world.patch(MIRRORAUTHS, on, {
        spec: {
          pullSecret: { name: `${on}-pull`, labels: { n: String(expected.changes(on)) } },
        },
      });
      return;
    case 'recreate':
      await remove(MIRRORAUTHS, on);
      await world.create(MIRRORAUTHS, on, { spec: hubBehindHarbor(on) });
      return;
    case 'overwriteStatus':
      await world.kubectl([
        'patch',
        'mauth',
        on,
        '--subresource=status',
        '--type=merge',
        '--patch={"status":{"buildkitConfig":{"name":"x","revision":"00000000"}}}',
      ]);
  }
}

const isWatch = ({ verb }: KubeRequest): boolean => verb === 'watch';
const BEFALLS: Readonly<Record<'Watches' | 'Reads' | 'Writes', (request: KubeRequest) => boolean>> =
  {
    Watches: isWatch,
    Reads: ({ verb }) => verb === 'get',
    Writes: isWrite,
  };

async function take(lab: Lab, one: Step, expected: Expectations): Promise<void> {
  const { proxy } = lab;
  switch (one.kind) {
    case 'Change':
      await change(lab, one.change, one.on, expected);
      return;
    case 'Fault':
      proxy.on(BEFALLS[one.on], one.fault, { times: one.times });
      return;
    case 'Reset':
      proxy.reset(isWatch);
      return;
    case 'Silence':
      proxy.silence(isWatch);
      return;
    case 'Stall':
      proxy.on(BEFALLS.Writes, silence, { times: 1 });
      return;
    case 'Freeze': {
      const frost = proxy.freeze();
      await change(lab, 'rotate', 'a', expected);
      frost.release();
      return;
    }
    case 'Restart':
      expected.restarts += 1;
      await lab.stopOperators();
      await lab.startOperator({ isPartlyBlind: true });
      return;
    case 'Breathe':
      await untilMore(proxy.passages);
  }
}

/** Lets the operator do something, if it wants to do anything. */
function untilMore(passages: readonly Passage[]): Promise<void> {
  const seen = passages.length;
  return eventually(
    () => {
      if (passages.length === seen) {
        throw new Error('nothing yet');
      }
    },
    { describe: 'a request', deadlineMs: 100, intervalMs: 5 },
  ).catch(nothing);
}

/** A new operator that may only read: what it would write is what is wrong with the world. */
async function dryRun(lab: Lab): Promise<readonly string[]> {
  const wanted: string[] = [];
  const refuse = (what: string) => (): Promise<never> => {
    wanted.push(what);
    return Promise.reject(new Error('dry run'));
  };
  let looks = 0;
  const operator = await startOperator(cluster, {
    namespaces: [lab.world.namespace],
    faulty: (client) => ({
      ...client,
      get: async (resource, ref) => {
        const object = await client.get(resource, ref);
        looks += 1;
        return object;
      },
      create: refuse('create'),
      mergePatch: refuse('patch'),
      delete: refuse('delete'),
      applyStatus: refuse('status'),
    }),
  });
  // A source and two outputs of each.
  await lab.world.until(
    'the dry run to have looked',
    () => Promise.resolve(looks),
    (count) => count >= 3 * NAMES.length,
  );
  await operator.stop();
  return wanted;
}

/** Writes to one object of which the second began before the first had ended. */
function overlaps(passages: readonly Passage[]): readonly string[] {
  const writes = passages.filter(({ request }) => isWrite(request));
  return writes.flatMap((write) =>
    writes
      .filter(
        (other) =>
          other !== write &&
          other.request.resource === write.request.resource &&
          other.request.name === write.request.name &&
          other.from > write.from &&
          other.from < (write.to ?? Infinity),
      )
      .map(({ request }) => nameOfRequest(request)),
  );
}

describe('whatever comes between, in the end all is right', () => {
  test.each(faultOptions().seeds)('seed %i', { timeout: 180_000 }, async (seed) => {
    const again = `npm run test:faults -- --seed ${String(seed)} test/faults/matrix.test.ts`;
    const script = scriptOf(seed);
    const told = `repeat with: ${again}\n${script.map((one) => JSON.stringify(one)).join('\n')}`;
    const lab = await Lab.start(cluster, 'matrix');
    const expected = new Expectations();
    const mark = await lab.mark();
    try {
      for (const on of NAMES) {
        await lab.make(on);
      }
      for (const one of script) {
        await take(lab, one, expected);
      }
      lab.proxy.letGo();
      for (const on of NAMES) {
        await lab.untilLogins(`${on}-pull`, expected.password(on));
        await lab.world.ready(on, 'Synced');
      }
      await eventually(async () => expect(await dryRun(lab)).toEqual([]), {
        describe: 'the world to be as a new operator wants it',
        deadlineMs: 60_000,
        intervalMs: 500,
      });
      expect(overlaps(lab.proxy.passages)).toEqual([]);
      const writes = await lab.writes(mark);
      for (const on of NAMES) {
        const changes = expected.changes(on) + 1;
        const count = (what: string): number =>
          writes.filter((write) => write.endsWith(what)).length;
        // One for each change at most; deleting and making again is two writes.
        expect(count(`secrets/${on}-pull`)).toBeLessThanOrEqual(2 * changes);
        expect(count(`configmaps/${on}-config`)).toBeLessThanOrEqual(2 * changes);
        // Each of them may wait, and be fine again.
        expect(count(`mirrorauths/${on}/status`)).toBeLessThanOrEqual(3 * changes + 2);
      }
      expect(await lab.world.logins('a-pull')).toEqual(bothWith(expected.password('a')));
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${told}`, {
        cause: error,
      });
    }
  });
});
