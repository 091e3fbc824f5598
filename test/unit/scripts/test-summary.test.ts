import { expect, it } from 'vitest';
import { totalsOf } from '../../../scripts/test-summary.ts';

const file = (status: string, tests: number): object => ({
  name: '/x.test.ts',
  status,
  assertionResults: Array.from({ length: tests }, () => ({ status })),
});

it('counts the tests of all files', () => {
  const testResults = [file('passed', 3), file('failed', 2)];
  const report = { numPassedTests: 3, numFailedTests: 2, numPendingTests: 1, testResults };
  expect(totalsOf(report)).toEqual({ passed: 3, failed: 2 });
});

it('counts a file that could not be loaded as one failed test', () => {
  const testResults = [file('passed', 3), file('failed', 0)];
  const report = { numPassedTests: 3, numFailedTests: 0, testResults };
  expect(totalsOf(report)).toEqual({ passed: 3, failed: 1 });
});

it('refuses what is no report of vitest', () => {
  expect(() => totalsOf({ passed: 3 })).toThrow(/numPassedTests/);
});
