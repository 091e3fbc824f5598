import { setTimeout as sleep } from 'node:timers/promises';
import { own } from '../test/support/world.ts';
import { printProgress } from '../testbed/progress.ts';
import { Crowd, namesOf } from './crowd.ts';
import type { Measurement } from './report.ts';
import { allRequestsSince, requestsSince } from './requests.ts';
import type { Setting } from './setting.ts';

const COUNT = 1_000;
const SECONDS = 60;

/** Counts what the operator asks in a minute in which nothing happens; each watch ends once in it. */
export async function measureIdle(setting: Setting): Promise<Measurement> {
  const what = COUNT.toLocaleString('en');
  printProgress(`idle: ${what} MirrorAuths, ${String(SECONDS)} s`);
  const { cluster, user } = setting;
  const crowd = await Crowd.create(setting, namesOf('m', COUNT), {
    sources: ['source'],
    specOf: (name) => ({
      registries: [own('harbor.corp', 'source')],
      pullSecret: { name: `${name}-pull` },
    }),
  });
  const started = await cluster.auditMark();
  const operator = await setting.startOperator();
  try {
    await allRequestsSince(setting, started);
    const mark = await cluster.auditMark();
    await sleep(SECONDS * 1_000);
    const requests = await requestsSince(setting, mark);
    const all = await cluster.auditEvents({ user, since: mark });
    const count = (isIt: (event: (typeof all)[number]) => boolean): number =>
      all.filter(isIt).length;
    return {
      title: `Idle: requests in ${String(SECONDS)} s in which nothing happens, with ${what} MirrorAuths`,
      figures: [
        {
          name: 'watches that were renewed',
          value: count(({ verb, stage }) => verb === 'watch' && stage === 'ResponseStarted'),
          unit: 'req',
        },
        {
          name: 'for the Lease, which the leader renews every 2 s',
          value: count(({ resource }) => resource === 'leases'),
          unit: 'req',
        },
        { name: 'all others', value: requests.length, unit: 'req', aim: 0 },
      ],
    };
  } finally {
    await operator.stop();
    await crowd.remove();
  }
}
