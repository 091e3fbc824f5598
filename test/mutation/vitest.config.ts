import { defineConfig } from 'vitest/config';

/**
 * The tests that hold src/core, for `npm run mutation`: pure ones alone. Left out are those that try
 * thousands of cases, for they would run again for nearly every change, and take hours.
 */
export default defineConfig({
  test: {
    // src/core/plan/dry-run.ts is held by the tests of the subcommand that prints what it says.
    include: ['test/unit/core/**/*.test.ts', 'test/unit/cli/render.test.ts'],
    exclude: [
      'test/unit/core/plan-machine.test.ts',
      'test/unit/core/properties.test.ts',
      'test/unit/core/canary.test.ts',
      'test/unit/core/**/hostile.test.ts',
    ],
    testTimeout: 20_000,
  },
});
