import { beforeEach, describe, expect, it } from 'vitest';
import { EventHistories } from '../../../src/controller/event-history.ts';
import { EventRecorder } from '../../../src/controller/event-recorder.ts';
import type { Note } from '../../../src/controller/events.ts';
import { EVENTS, MIRRORAUTHS } from '../../../src/controller/kinds.ts';
import { projectMirrorAuth } from '../../../src/controller/stores.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import type { KubeErrorKind } from '../../../src/kube/errors.ts';
import { FencedError } from '../../../src/kube/fence.ts';
import { isObject } from '../../../src/kube/object.ts';
import type { JsonObject } from '../../../src/kube/object.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLog } from '../../support/memory-log.ts';

/** Against events in memory; that the API server takes them is for test/cluster/events.test.ts. */

let clock: FakeClock;
let log: MemoryLog;
/** By name. */
let stored: Map<string, JsonObject>;
let writes: number;
let refusal: Error | undefined;
let recorder: EventRecorder;

beforeEach(() => {
  clock = new FakeClock();
  log = new MemoryLog();
  stored = new Map();
  writes = 0;
  refusal = undefined;
  let serial = 1;
  recorder = new EventRecorder({
    clock,
    instance: 'pod',
    // Never the same, and ever less.
    random: () => {
      serial += 1;
      return 1 / serial;
    },
    client: {
      create: (_resource, _namespace, body) => {
        const name = isObject(body['metadata']) ? String(body['metadata']['name']) : '';
        return store(name, body);
      },
      mergePatch: (_resource, { name }, body) =>
        stored.has(name)
          ? store(name, { ...stored.get(name), ...body })
          : Promise.reject(error('NotFound')),
    },
  });
});

function store(name: string, body: JsonObject): Promise<JsonObject> {
  if (refusal !== undefined) {
    return Promise.reject(refusal);
  }
  writes += 1;
  stored.set(name, body);
  return Promise.resolve(body);
}

function error(kind: KubeErrorKind): KubeError {
  return new KubeError({ verb: 'create', resource: EVENTS }, kind);
}

function item(uid = '1') {
  const metadata = {
    namespace: 'builds',
    name: 'ci',
    uid,
    resourceVersion: '1',
    labels: {},
    annotations: {},
    ownerReferences: [],
    generation: 1,
    creationTimestamp: undefined,
    deletionTimestamp: undefined,
  };
  return projectMirrorAuth({ kind: MIRRORAUTHS.kind }, metadata);
}

const note = (text: string): Note => ({
  type: 'Normal',
  reason: 'Updated',
  action: 'Write',
  note: text,
});

/** `text xCount` of each event. */
async function told(): Promise<readonly string[]> {
  await recorder.settled();
  return [...stored.values()].map(({ note: text, series }) =>
    isObject(series) ? `${String(text)} x${String(series['count'])}` : String(text),
  );
}

describe('the same note again', () => {
  it('within six minutes is the same event with a count and the time of the last', async () => {
    for (let i = 0; i < 3; i += 1) {
      recorder.record(item(), [note('a')], log);
      await recorder.settled();
      clock.advance(60_000);
    }
    expect(await told()).toEqual(['a x3']);
    const [event] = stored.values();
    expect(event).toMatchObject({
      eventTime: '1970-01-01T00:00:00.000000Z',
      series: { count: 3, lastObservedTime: '1970-01-01T00:02:00.000000Z' },
    });
  });

  it('later is a new event', async () => {
    recorder.record(item(), [note('a')], log);
    clock.advance(6 * 60_000);
    recorder.record(item(), [note('a')], log);
    expect(await told()).toEqual(['a', 'a']);
  });

  it('of another object, or another note, is another event', async () => {
    recorder.record(item(), [note('a'), note('b')], log);
    recorder.record(item('2'), [note('a')], log);
    expect(await told()).toEqual(['a', 'b', 'a']);
  });

  it('that comes while the first is not written yet is told with it, in one write', async () => {
    recorder.record(item(), [note('a'), note('a'), note('a')], log);
    expect(await told()).toEqual(['a x3']);
    expect(writes).toBe(1);
  });

  it('whose event is gone by now is a new event that has the count', async () => {
    recorder.record(item(), [note('a')], log);
    await recorder.settled();
    stored.clear();
    recorder.record(item(), [note('a')], log);
    expect(await told()).toEqual(['a x2']);
  });
});

describe('events of one MirrorAuth', () => {
  it('are 25 at once and then one in five minutes, whatever they say', async () => {
    const flood = (): void => {
      recorder.record(
        item(),
        Array.from({ length: 40 }, (_, i) => note(`${String(clock.now())} ${String(i)}`)),
        log,
      );
    };
    flood();
    expect(await told()).toHaveLength(25);
    clock.advance(2 * 5 * 60_000);
    flood();
    expect(await told()).toHaveLength(27);
  });

  it('leave those of others their own number', async () => {
    const many = Array.from({ length: 40 }, (_, i) => note(String(i)));
    recorder.record(item(), many, log);
    recorder.record(item('2'), [note('a')], log);
    expect(await told()).toHaveLength(26);
  });
});

it('the names of events are in the order of their time, also within a millisecond', async () => {
  for (let i = 0; i < 20; i += 1) {
    recorder.record(item(), [note(String(i))], log);
    clock.advance(i % 2);
  }
  await recorder.settled();
  const names = [...stored.keys()];
  expect(names).toEqual(names.toSorted());
  expect(new Set(names).size).toBe(20);
});

describe('what is held in memory', () => {
  it('is no more than 1,000 events that wait', async () => {
    for (let uid = 0; uid < 1_100; uid += 1) {
      recorder.record(item(String(uid)), [note('a')], log);
    }
    expect(await told()).toHaveLength(1_000);
    expect(log.lines).toHaveLength(100);
  });

  it('is nothing of an object of which nothing was told for two hours', () => {
    const histories = new EventHistories(clock);
    for (let uid = 0; uid < 50; uid += 1) {
      histories.note(String(uid), note('a'), new Date(0));
      clock.advance(60_000);
    }
    expect(histories.size).toBe(50);
    clock.advance(2 * 3_600_000);
    histories.note('new', note('a'), new Date(0));
    expect(histories.size).toBeLessThan(10);
  });
});

describe('an event that cannot be written', () => {
  it('holds up nothing: whoever records does not wait', async () => {
    const answer = Promise.withResolvers<JsonObject>();
    const hanging = new EventRecorder({
      clock,
      instance: 'pod',
      random: Math.random,
      client: { create: () => answer.promise, mergePatch: () => answer.promise },
    });
    hanging.record(item(), [note('a')], log);
    hanging.record(item(), [note('b')], log);
    answer.resolve({});
    await hanging.settled();
    expect(log.lines).toEqual([]);
  });

  it.each<[Error, string]>([
    [error('Forbidden'), 'warn'],
    [error('NamespaceTerminating'), 'debug'],
    [new FencedError(), 'debug'],
  ])('for %s is one line at %s, and the next one is written', async (why, level) => {
    refusal = why;
    recorder.record(item(), [note('a')], log);
    await recorder.settled();
    refusal = undefined;
    recorder.record(item(), [note('a')], log);
    expect(await told()).toEqual(['a x2']);
    expect(log.lines).toMatchObject([{ level, message: 'an event could not be written' }]);
  });
});
