import { parseStatus } from '../src/api/mirrorauth.ts';
import { parseObjectMeta } from '../src/kube/object.ts';
import type { JsonObject } from '../src/kube/object.ts';
import type { AuditEvent } from '../testbed/audit-log.ts';
import { conditionOf, duplicate, MIRRORAUTHS, own } from '../test/support/world.ts';
import { printProgress } from '../testbed/progress.ts';
import { Crowd, namesOf } from './crowd.ts';
import type { Figure, Measurement } from './report.ts';
import { allRequestsSince } from './requests.ts';
import type { Setting } from './setting.ts';
import { Sightings } from './sightings.ts';

const COUNTS = [1_000, 5_000];
const DEADLINE_MS = 10 * 60_000;

/**
 * Starts the operator where many MirrorAuths wait for it, each with a source, a pull Secret and a
 * configuration of its own, and times it until the last one is Ready. Then starts another one, which
 * finds everything as it should be.
 */
export async function measureColdStart(setting: Setting): Promise<Measurement> {
  const figures: Figure[] = [];
  for (const count of COUNTS) {
    printProgress(`cold start: ${count.toLocaleString('en')} MirrorAuths`);
    const crowd = await Crowd.create(setting, namesOf('m', count), {
      sources: namesOf('source-m', count),
      specOf,
    });
    figures.push(...(await coldStart(setting, crowd)), ...(await restart(setting, crowd)));
    await crowd.remove();
  }
  return {
    title: 'Cold start: from starting the process until all MirrorAuths are Ready',
    figures,
  };
}

const specOf = (name: string): JsonObject => ({
  registries: [own('harbor.corp', `source-${name}`), duplicate('mirror.corp', 'harbor.corp')],
  mirrors: [{ origin: 'harbor.corp', endpoints: ['mirror.corp'] }],
  pullSecret: { name: `${name}-pull` },
  buildkitConfig: { name: `${name}-buildkit` },
});

async function coldStart(setting: Setting, { world, names }: Crowd): Promise<readonly Figure[]> {
  const mark = await setting.cluster.auditMark();
  const scope = { namespace: world.namespace };
  const sightings = await Sightings.begin(setting.client, {
    resource: MIRRORAUTHS,
    scope,
    metadataOnly: false,
  });
  const began = performance.now();
  const ready = sightings.next(untilAllReady(names.length), DEADLINE_MS);
  const operator = await setting.startOperator();
  const listed = performance.now();
  try {
    const end = await ready;
    const requests = await allRequestsSince(setting, mark);
    const what = `${names.length.toLocaleString('en')} MirrorAuths`;
    return [
      { name: `${what}: all Ready`, value: (end - began) / 1_000, unit: 's' },
      { name: `${what}: of it until they are listed`, value: (listed - began) / 1_000, unit: 's' },
      ...requestFigures(`${what}: for each`, requests, names.length),
    ];
  } finally {
    sightings.close();
    await operator.stop();
  }
}

async function restart(setting: Setting, { names }: Crowd): Promise<readonly Figure[]> {
  const mark = await setting.cluster.auditMark();
  const operator = await setting.startOperator();
  const listed = Date.now();
  try {
    const requests = await allRequestsSince(setting, mark);
    const last = requests.at(-1)?.time.getTime() ?? Number.NaN;
    const what = `${names.length.toLocaleString('en')} MirrorAuths, again`;
    return [
      { name: `${what}: from listed to at rest`, value: (last - listed) / 1_000, unit: 's' },
      ...requestFigures(`${what}: for each`, requests, names.length),
    ];
  } finally {
    await operator.stop();
  }
}

function requestFigures(
  name: string,
  requests: readonly AuditEvent[],
  count: number,
): readonly Figure[] {
  const share = (isIt: (request: AuditEvent) => boolean): number =>
    requests.filter(isIt).length / count;
  const isRead = ({ verb }: AuditEvent): boolean => verb === 'get' || verb === 'list';
  const isEvent = ({ resource }: AuditEvent): boolean => resource === 'events';
  return [
    { name: `${name}, reads`, value: share(isRead), unit: 'req' },
    {
      name: `${name}, outputs and status written`,
      value: share((request) => !isRead(request) && !isEvent(request)),
      unit: 'req',
    },
    { name: `${name}, events`, value: share(isEvent), unit: 'req' },
  ];
}

/** True of the event with which the last of so many MirrorAuths is Ready. */
function untilAllReady(count: number): (object: JsonObject) => boolean {
  const ready = new Set<string>();
  return ({ metadata, status }) => {
    const name = parseObjectMeta(metadata)?.name;
    if (name !== undefined && conditionOf(parseStatus(status), 'Ready')?.status === 'True') {
      ready.add(name);
    }
    return ready.size === count;
  };
}
