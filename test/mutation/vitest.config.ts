import { defineConfig } from 'vitest/config';

/** The tests that hold src/core, for `npm run mutation`: pure ones alone, so that they are quick. */
export default defineConfig({
  test: {
    include: ['test/unit/core/**/*.test.ts', 'test/unit/api/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
