import { beforeEach, expect, it } from 'vitest';
import { Propagation } from '../../../src/controller/propagation.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let measured: number[];
let propagation: Propagation;

beforeEach(() => {
  clock = new FakeClock();
  measured = [];
  propagation = new Propagation(clock, (ms) => measured.push(ms));
  propagation.start();
});

/** A look of 10 ms that writes, or has nothing to write, or fails. */
async function look(key: string, comesTo: 'written' | 'nothing' | Error): Promise<void> {
  await propagation
    .around(key, () => {
      clock.advance(10);
      if (comesTo instanceof Error) {
        return Promise.reject(comesTo);
      }
      if (comesTo === 'written') {
        propagation.written(key);
      }
      return Promise.resolve();
    })
    .catch(() => undefined);
}

it('a change is measured until all is written', async () => {
  propagation.sourceChanged('a');
  clock.advance(40);
  await look('a', 'written');
  expect(measured).toEqual([50]);
});

it('of several changes before a look the first counts', async () => {
  propagation.sourceChanged('a');
  clock.advance(40);
  propagation.sourceChanged('a');
  await look('a', 'written');
  expect(measured).toEqual([50]);
});

it('a look that fails is part of the time', async () => {
  propagation.sourceChanged('a');
  await look('a', new Error('busy'));
  clock.advance(100);
  propagation.sourceChanged('a');
  await look('a', 'written');
  expect(measured).toEqual([120]);
});

it('a change that asks for no write is not measured, nor is a write that no source asked for', async () => {
  propagation.sourceChanged('a');
  await look('a', 'nothing');
  await look('a', 'written');
  expect(measured).toEqual([]);
});

it('a change during a look is for the next one', async () => {
  propagation.sourceChanged('a');
  await propagation.around('a', () => {
    clock.advance(10);
    propagation.sourceChanged('a');
    propagation.written('a');
    return Promise.resolve();
  });
  clock.advance(5);
  await look('a', 'written');
  expect(measured).toEqual([10, 15]);
});

it('what changed while another process did the work is not measured', async () => {
  propagation = new Propagation(clock, (ms) => measured.push(ms));
  propagation.sourceChanged('a');
  clock.advance(86_400_000);
  propagation.start();
  await look('a', 'written');
  expect(measured).toEqual([]);
});
