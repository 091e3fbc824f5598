import { beforeEach, describe, expect, it } from 'vitest';
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
let refusal: Error | undefined;
let recorder: EventRecorder;

beforeEach(() => {
  clock = new FakeClock();
  log = new MemoryLog();
  stored = new Map();
  refusal = undefined;
  let serial = 0;
  recorder = new EventRecorder({
    clock,
    instance: 'pod',
    random: () => {
      serial += 1;
      return serial / 2 ** 48;
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

  it('that comes while the first is not written yet is told with it', async () => {
    recorder.record(item(), [note('a'), note('a'), note('a')], log);
    expect(await told()).toEqual(['a x3']);
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
