import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection, TlsOptions } from '../../../src/kube/connection.ts';
import { createTransport } from '../../../src/kube/transport.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';

const GET = { method: 'GET', path: '/p' } as const;
const MINUTE = 60_000;
/** Sooner than the server would close an idle connection by itself, which is after 5 s. */
const SOON = { interval: 1, timeout: 3_000 };

let server: ScriptedServer;
let clock: FakeClock;
let transport: Transport;
/** What the files hold; an Error: they cannot be read. */
let files: TlsOptions | Error;
let looks: number;

beforeEach(async () => {
  server = await ScriptedServer.start();
  clock = new FakeClock();
  files = { ca: 'one' };
  looks = 0;
  const connection: Connection = {
    ...server.connection(),
    tls: () => {
      looks += 1;
      return files instanceof Error ? Promise.reject(files) : Promise.resolve({ ...files });
    },
  };
  transport = createTransport({ connection, clock, userAgent: 'test', requestTimeoutMs: 1e9 });
});

afterEach(async () => {
  await transport.close();
  await server.stop();
});

async function call(): Promise<number> {
  const answer = transport.request(GET);
  (await server.next()).answer(200, {});
  return (await answer).status;
}

async function callEachMinute(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    clock.advance(MINUTE);
    expect(await call()).toBe(200);
  }
}

describe('the files of CA and client certificate', () => {
  it('are looked at once a minute, by one of the calls that come at the same time', async () => {
    await call();
    await call();
    expect(looks).toBe(1);
    clock.advance(MINUTE);
    const answers = [transport.request(GET), transport.request(GET)];
    (await server.next()).answer(200, {});
    (await server.next()).answer(200, {});
    await Promise.all(answers);
    expect(looks).toBe(2);
  });

  it('that are as they were keep the connections', async () => {
    await call();
    await callEachMinute(20);
    expect(looks).toBe(21);
    // A call may find the connection of the one before not yet free.
    expect(server.connectionsSeen).toBeLessThan(4);
  });

  it('that changed get new connections, and what is under way ends on the old ones', async () => {
    const slow = transport.request(GET);
    const held = await server.next();
    files = { ca: 'two' };
    clock.advance(MINUTE);
    expect(await call()).toBe(200);
    expect(server.connectionsSeen).toBeGreaterThan(1);
    held.answer(200, { late: true });
    expect((await slow).json).toEqual({ late: true });
  });

  it('that cannot be read for the moment leave everything as it is', async () => {
    await call();
    files = new Error('hunter2');
    await callEachMinute(20);
    expect(looks).toBe(21);
    expect(server.connectionsSeen).toBeLessThan(4);
  });

  it('that cannot be read at first are Unauthorized, without their text', async () => {
    files = new Error('hunter2');
    await expect(transport.request(GET)).rejects.toThrow(/^Unauthorized$/);
    files = { ca: 'one' };
    expect(await call()).toBe(200);
  });

  it('are looked at after a connection that failed, without waiting for the minute', async () => {
    await call();
    const broken = transport.request(GET);
    (await server.next()).reset();
    await expect(broken).rejects.toThrow('Unreachable');
    files = { ca: 'two' };
    expect(await call()).toBe(200);
    expect(looks).toBe(2);
  });
});

describe('connections of a CA that was replaced', () => {
  it('are closed when nothing is under way on them', async () => {
    await call();
    files = { ca: 'two' };
    clock.advance(MINUTE);
    await call();
    await vi.waitFor(() => expect(server.openConnections).toBe(1), SOON);
  });

  it('keep a watch until that ends, and are then closed', async () => {
    const opening = transport.stream(GET);
    const watch = await server.next();
    watch.write('a');
    const stream = await opening;
    if ('refusal' in stream) {
      throw new Error('refused');
    }
    files = { ca: 'two' };
    clock.advance(MINUTE);
    await call();
    watch.write('b');
    watch.end();
    const chunks: string[] = [];
    for await (const chunk of stream.chunks) {
      chunks.push(Buffer.from(chunk).toString());
    }
    expect(chunks.join('')).toBe('ab');
    await vi.waitFor(() => expect(server.openConnections).toBe(1), SOON);
  });

  it('are cut off when the transport is closed', async () => {
    const opening = transport.stream(GET);
    (await server.next()).write('a');
    await opening;
    files = { ca: 'two' };
    clock.advance(MINUTE);
    await call();
    await transport.close();
    await vi.waitFor(() => expect(server.openConnections).toBe(0), SOON);
  });
});
