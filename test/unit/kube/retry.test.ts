import { describe, expect, it } from 'vitest';
import { FencedError, fenced } from '../../../src/kube/fence.ts';
import { withRetries } from '../../../src/kube/retry.ts';
import { TransportError } from '../../../src/kube/transport.ts';
import type { Answer, Request, Transport } from '../../../src/kube/transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const GET: Request = { method: 'GET', path: '/p' };
const OK: Answer = { status: 200, json: {} };
const THROTTLED: Answer = { status: 429, json: {}, retryAfterMs: 1000 };
const BUSY: Answer = { status: 503, json: {}, retryAfterMs: 2000 };
const DOWN: Answer = { status: 503, json: {} };
const BROKEN: Answer = { status: 500, json: {} };
const RESET = new TransportError('Unreachable', 'ECONNRESET');
const REFUSED = new TransportError('Unreachable', 'ECONNREFUSED');
const TIMEOUT = new TransportError('Timeout');

/** A transport that answers with these, one after the other, and then with 200. */
function script(outcomes: readonly (Answer | Error)[], random = 0) {
  const clock = new FakeClock();
  const tries: Request['method'][] = [];
  const bare: Transport = {
    request: (request) => {
      const outcome = outcomes[tries.length] ?? OK;
      tries.push(request.method);
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    },
    stream: () => Promise.reject(RESET),
    close: () => Promise.resolve(),
  };
  return { clock, tries, bare, transport: withRetries(bare, { clock, random: () => random }) };
}

/** Plays a call to its end. Returns its status or error, the number of tries and the pauses between. */
async function play(
  outcomes: readonly (Answer | Error)[],
  method: Request['method'] = 'GET',
  random = 0,
): Promise<{ ended: unknown; tries: number; pauses: readonly number[] }> {
  const { clock, tries, transport } = script(outcomes, random);
  const call = transport.request({ ...GET, method }).then(
    ({ status }): unknown => status,
    (error: unknown) => error,
  );
  const isOver = call.then(() => true);
  const notYet = (): Promise<boolean> =>
    new Promise((resolve) => setImmediate(() => resolve(false)));
  const pauses: number[] = [];
  while (!(await Promise.race([isOver, notYet()]))) {
    const [pause] = clock.waits();
    if (pause !== undefined) {
      pauses.push(pause);
      clock.advance(pause);
    }
  }
  const ended = await call;
  expect(clock.waits()).toEqual([]);
  return { ended, tries: tries.length, pauses };
}

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
const METHODS = ['GET', ...WRITES] as const;

describe('a call is tried again', () => {
  it.each(METHODS)('after 429, when the server asks for it: %s', async (method) => {
    expect(await play([THROTTLED], method)).toEqual({ ended: 200, tries: 2, pauses: [1100] });
  });

  it.each(METHODS)('after 503 with Retry-After: %s', async (method) => {
    expect(await play([BUSY], method)).toEqual({ ended: 200, tries: 2, pauses: [2100] });
  });

  it.each(METHODS)('after a connection that could not be made: %s', async (method) => {
    expect(await play([REFUSED], method)).toMatchObject({ ended: 200, tries: 2 });
  });

  it.each([
    ['a connection that broke', RESET],
    ['503', DOWN],
  ])('that reads, after %s', async (_name, outcome) => {
    expect(await play([outcome])).toMatchObject({ ended: 200, tries: 2 });
  });

  it('ever more slowly, four times in all', async () => {
    expect(await play([RESET, RESET, RESET, RESET, RESET])).toEqual({
      ended: RESET,
      tries: 4,
      pauses: [100, 200, 400],
    });
    expect(await play([DOWN, DOWN, DOWN, DOWN])).toMatchObject({ ended: 503, tries: 4 });
  });

  it('after a pause that is spread at random, also where the server named one', async () => {
    expect((await play([RESET], 'GET', 0.5)).pauses).toEqual([150]);
    expect((await play([THROTTLED], 'GET', 0.5)).pauses).toEqual([1150]);
  });
});

describe('a call is not tried again', () => {
  it.each(WRITES)(
    'when it writes and its connection broke: it may have been carried out: %s',
    async (method) => {
      expect(await play([RESET], method)).toMatchObject({ ended: RESET, tries: 1 });
      expect(await play([DOWN], method)).toMatchObject({ ended: 503, tries: 1 });
    },
  );

  it.each(METHODS)('after a timeout, which has cost its time already: %s', async (method) => {
    expect(await play([TIMEOUT], method)).toMatchObject({ ended: TIMEOUT, tries: 1 });
  });

  it.each(METHODS)('after another failure that the server answers with: %s', async (method) => {
    expect(await play([BROKEN], method)).toMatchObject({ ended: 500, tries: 1 });
  });

  it('when the server asks for more than 20 s in all', async () => {
    const patient = { ...THROTTLED, retryAfterMs: 9_000 };
    expect(await play([patient, patient, patient])).toMatchObject({ ended: 429, tries: 3 });
    const more = { ...THROTTLED, retryAfterMs: 20_000 };
    expect(await play([more])).toMatchObject({ ended: 429, tries: 1 });
  });

  it('once its signal has aborted, nor once the transport is closed', async () => {
    for (const end of ['abort', 'close'] as const) {
      const { clock, tries, transport } = script([THROTTLED]);
      const aborter = new AbortController();
      const call = transport.request({ ...GET, signal: aborter.signal });
      await clock.waitFor((ms) => ms === 1100);
      if (end === 'abort') {
        aborter.abort();
      } else {
        await transport.close();
      }
      await expect(call).rejects.toThrow('aborted');
      expect([tries.length, clock.waits()]).toEqual([1, []]);
    }
  });

  it('when it is a stream: who reads it starts over by itself', async () => {
    await expect(script([]).transport.stream(GET)).rejects.toBe(RESET);
  });
});

describe('the fence', () => {
  it.each(WRITES)(
    'lets %s pass while this process may write, and not a moment longer',
    async (method) => {
      const { tries, bare } = script([]);
      let mayWrite = true;
      const transport = fenced(bare, () => mayWrite);
      expect(await transport.request({ ...GET, method })).toEqual(OK);
      mayWrite = false;
      await expect(transport.request({ ...GET, method })).rejects.toThrow(FencedError);
      expect(tries).toEqual([method]);
    },
  );

  it('lets reads pass', async () => {
    const { bare } = script([]);
    const transport = fenced(bare, () => false);
    expect(await transport.request(GET)).toEqual(OK);
    await expect(transport.stream(GET)).rejects.toBe(RESET);
  });

  it('is asked again before each further try', async () => {
    const { clock, tries, bare } = script([THROTTLED]);
    let mayWrite = true;
    const transport = withRetries(
      fenced(bare, () => mayWrite),
      { clock, random: () => 0 },
    );
    const call = transport.request({ ...GET, method: 'POST' });
    await clock.waitFor((ms) => ms === 1100);
    mayWrite = false;
    clock.advance(1100);
    await expect(call).rejects.toThrow(FencedError);
    expect(tries).toEqual(['POST']);
  });
});
