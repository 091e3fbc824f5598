import { expect, test } from 'vitest';
import { freePorts, retryTakenPort } from '../../../testbed/addresses.ts';

test('free ports are different ones', async () => {
  expect(new Set(await freePorts(10)).size).toBe(10);
});

test('a start that finds its port taken is tried three times', async () => {
  const failures = ['listen tcp: bind: address already in use', 'address already in use'];
  const start = () => {
    const failure = failures.shift();
    return failure === undefined ? Promise.resolve('up') : Promise.reject(new Error(failure));
  };
  expect(await retryTakenPort(start)).toBe('up');

  failures.push(...Array.from({ length: 3 }, () => 'bind: address already in use'), 'unreached');
  await expect(retryTakenPort(start)).rejects.toThrow('address already in use');
  expect(failures).toEqual(['unreached']);
});

test('any other failure of a start is final', async () => {
  const failures = ['no such file'];
  const start = () => Promise.reject(new Error(failures.shift() ?? 'tried again'));
  await expect(retryTakenPort(start)).rejects.toThrow('no such file');
});
