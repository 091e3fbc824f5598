import { describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { isWrite, nameOfRequest } from '../support/kube-request.ts';
import type { Passage } from '../support/fault-proxy.ts';
import { Lab } from '../support/lab.ts';
import { faultOptions } from '../support/seeds.ts';
import { MIRRORAUTHS, own, SECRETS } from '../support/world.ts';

/** Rows 1 and 32: many MirrorAuths. `npm run test:faults -- --crowd 5000` takes as many as the rows say. */

const cluster = new ControlPlaneClient(inject('controlPlane'));
const { crowd } = faultOptions();
const CONCURRENCY = 8;

describe(`${String(crowd)} MirrorAuths`, () => {
  test(
    'row 32: are looked at in good order when the operator starts, and row 1: cost nothing afterwards',
    { timeout: 60_000 + crowd * 200 },
    async () => {
      const lab = await Lab.create(cluster, 'row32');
      await lab.world.login('hub', 'me', 'first');
      const names = Array.from({ length: crowd }, (_, i) => `m${String(i)}`);
      await inTurns(names, (name) =>
        lab.world.create(MIRRORAUTHS, name, {
          spec: { registries: [own('a.corp', 'hub')], pullSecret: { name: `${name}-pull` } },
        }),
      );
      await lab.startOperator({ concurrency: CONCURRENCY });
      await untilAllSynced(lab, names);
      expect(mostAtOnce(lab.proxy.passages)).toBeLessThanOrEqual(AT_ONCE);
      await lab.stopOperators();

      const started = await lab.mark();
      const before = lab.proxy.passages.length;
      await lab.startOperator({ concurrency: CONCURRENCY, watchTimeoutSeconds: () => 2 });
      await untilRenewed(lab, before);
      await lab.untilIdle();
      const passages = lab.proxy.passages.slice(before);
      expect(mostAtOnce(passages)).toBeLessThanOrEqual(AT_ONCE);
      expect(passages.filter(({ request }) => isWrite(request))).toEqual([]);
      expect(await lab.writes(started)).toEqual([]);
      const gets = passages.map(({ request }) => nameOfRequest(request));
      expect(gets.filter((name) => name === 'get secrets/hub').length).toBeLessThanOrEqual(
        crowd / 10,
      );
      expect(gets.filter((name) => name === 'get secrets/m0-pull')).toHaveLength(1);

      // Row 1: steady state, through several renewals of every watch.
      const quiet = lab.proxy.passages.length;
      await untilRenewed(lab, quiet);
      await untilRenewed(lab, lab.proxy.passages.length);
      const calls = lab.proxy.passages
        .slice(quiet)
        .map(({ request }) => nameOfRequest(request))
        .filter((call) => !call.startsWith('watch '));
      expect(calls).toEqual([]);
    },
  );
});

/** Events are written beside the work, one at a time. */
const AT_ONCE = CONCURRENCY + 1;

/** Twenty at a time. */
async function inTurns<T>(all: readonly T[], each: (one: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < all.length; at += 20) {
    await Promise.all(all.slice(at, at + 20).map(each));
  }
}

async function untilAllSynced(lab: Lab, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await lab.world.ready(name, 'Synced', 60_000 + names.length * 100);
  }
  expect(await lab.world.get(SECRETS, `${names.at(-1) ?? ''}-pull`)).toBeDefined();
}

/** Each kind's watch was opened twice more. */
function untilRenewed(lab: Lab, since: number): Promise<unknown> {
  return lab.world.until(
    'each watch to be renewed twice',
    () =>
      Promise.resolve(
        lab.proxy.passages.slice(since).filter(({ request }) => request.verb === 'watch'),
      ),
    (watches) =>
      ['secrets', 'configmaps', 'mirrorauths'].every(
        (kind) => watches.filter(({ request }) => request.resource === kind).length >= 2,
      ),
  );
}

/** How many requests that are neither list nor watch were under way at the same moment. */
function mostAtOnce(passages: readonly Passage[]): number {
  const calls = passages.filter(({ request }) => !['list', 'watch'].includes(request.verb));
  return Math.max(
    0,
    ...calls.map(
      ({ from }) =>
        calls.filter((other) => other.from <= from && (other.to ?? Infinity) > from).length,
    ),
  );
}
