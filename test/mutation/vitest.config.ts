import { defineConfig } from 'vitest/config';

/**
 * The tests that hold src/core, for `npm run mutation`: pure ones alone. Left out are those that try
 * thousands of cases, for they would run again for nearly every change, and take hours.
 */
export default defineConfig({
  test: {
    // Two parts of src/core are held by the tests of the subcommands that print what they say.
    include: [
      'test/unit/core/**/*.test.ts',
      'test/unit/cli/render.test.ts',
      'test/unit/cli/explain.test.ts',
    ],
    exclude: [
      'test/unit/core/plan-machine.test.ts',
      'test/unit/core/properties.test.ts',
      'test/unit/core/canary.test.ts',
      'test/unit/core/**/hostile.test.ts',
    ],
    testTimeout: 20_000,
  },
});
