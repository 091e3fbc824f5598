import { describe, expect, it } from 'vitest';
import { sleep, systemClock } from '../../../src/kube/clock.ts';
import { backoffMs } from '../../../src/kube/backoff.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('systemClock', () => {
  it('runs what is due and nothing that was cancelled', async () => {
    const ran: string[] = [];
    const cancel = systemClock.after(1, () => ran.push('cancelled'));
    cancel();
    const start = systemClock.now();
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve);
    });
    expect(ran).toEqual([]);
    // Node's timers may fire up to a millisecond early by this clock.
    expect(systemClock.now() - start).toBeGreaterThan(3);
    expect(systemClock.wallTime()).toBeInstanceOf(Date);
  });

  it('does not turn a delay of a year into none', async () => {
    const ran: string[] = [];
    const cancel = systemClock.after(365 * 24 * 3_600_000, () => ran.push('too early'));
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve);
    });
    cancel();
    expect(ran).toEqual([]);
  });
});

describe('sleep', () => {
  it('ends when the time has come', async () => {
    const clock = new FakeClock();
    let isAwake = false;
    const slept = sleep(clock, 10, new AbortController().signal).finally(() => {
      isAwake = true;
    });
    clock.advance(9);
    await Promise.resolve();
    expect(isAwake).toBe(false);
    clock.advance(1);
    await slept;
    expect(clock.waits()).toEqual([]);
  });

  it('ends when the signal aborts, and leaves no timer', async () => {
    const clock = new FakeClock();
    const aborter = new AbortController();
    const slept = sleep(clock, 10, aborter.signal);
    aborter.abort();
    await slept;
    await sleep(clock, 10, aborter.signal);
    expect(clock.waits()).toEqual([]);
  });
});

describe('backoffMs', () => {
  it('doubles from base to cap, and is never less than half of that', () => {
    const backoff = { baseMs: 200, capMs: 30_000 };
    const low = [0, 1, 7, 8, 5000].map((earlier) => backoffMs(earlier, backoff, () => 0));
    const high = [0, 1, 7, 8, 5000].map((earlier) => backoffMs(earlier, backoff, () => 1));
    expect(low).toEqual([100, 200, 12_800, 15_000, 15_000]);
    expect(high).toEqual([200, 400, 25_600, 30_000, 30_000]);
  });
});
