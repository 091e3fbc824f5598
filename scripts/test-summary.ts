import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/**
 * `node scripts/test-summary.ts FILE`: the totals of a test run out of vitest's JSON report, as
 * `N passed, N failed` on one line. Exit code 1 when a test failed or none passed.
 */

const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/** A file that could not be loaded has no tests, and counts as one that failed. */
export function totalsOf(report: unknown): Totals {
  const { numPassedTests, numFailedTests, testResults } = reportSchema.parse(report);
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}

if (import.meta.main) {
  const report: unknown = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8'));
  const { passed, failed } = totalsOf(report);
  process.stdout.write(`${String(passed)} passed, ${String(failed)} failed\n`);
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
}
