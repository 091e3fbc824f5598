import { expect, it } from 'vitest';
import { observed } from '../../../src/kube/observed.ts';
import type { Answer, Stream, Transport } from '../../../src/kube/transport.ts';
import { TransportError } from '../../../src/kube/transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const REQUEST = { method: 'PATCH', path: '/' } as const;

/** A request is answered with `answer`, a stream with `stream`, each after 250 ms. */
function setUp(outcome: { readonly answer: Answer; readonly stream: Stream } | Error) {
  const clock = new FakeClock();
  const seen: string[] = [];
  const settle = <T>(outcomeOf: (good: Exclude<typeof outcome, Error>) => T): Promise<T> => {
    clock.advance(250);
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcomeOf(outcome));
  };
  const inner: Transport = {
    request: () => settle(({ answer }) => answer),
    stream: () => settle(({ stream }) => stream),
    close: () => Promise.resolve(),
  };
  const observer = {
    onAnswer: (method: string, status: number | undefined) =>
      seen.push(`${method} ${String(status)}`),
    onDuration: (method: string, ms: number) => seen.push(`${method} took ${String(ms)}`),
  };
  return { transport: observed(inner, { observer, clock }), seen };
}

const CONFLICT: Answer = { status: 409, json: {} };
const OPEN: Stream = {
  chunks: {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: true, value: undefined }),
    }),
  },
};

it('a request is told with its status and its time, and its answer is handed on', async () => {
  const { transport, seen } = setUp({ answer: CONFLICT, stream: OPEN });
  expect(await transport.request(REQUEST)).toBe(CONFLICT);
  expect(seen).toEqual(['PATCH 409', 'PATCH took 250']);
});

it('a request without an answer is told too, and its error is handed on', async () => {
  const error = new TransportError('Unreachable');
  const { transport, seen } = setUp(error);
  await expect(transport.request(REQUEST)).rejects.toBe(error);
  expect(seen).toEqual(['PATCH undefined', 'PATCH took 250']);
});

it.each<[Stream | Error, string]>([
  [OPEN, 'GET 200'],
  [{ refusal: { status: 403, json: {} } }, 'GET 403'],
  [new TransportError('Timeout'), 'GET undefined'],
])('a stream is told when it begins or is refused, without a time: %#', async (outcome, told) => {
  const { transport, seen } = setUp(
    outcome instanceof Error ? outcome : { answer: CONFLICT, stream: outcome },
  );
  await transport.stream({ method: 'GET', path: '/' }).catch(() => undefined);
  expect(seen).toEqual([told]);
});
