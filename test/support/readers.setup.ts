import { ensureBinaries } from '../../testbed/binaries.ts';

/** Builds the program before the first test, whose time limit it would break. */
export async function setup(): Promise<void> {
  await ensureBinaries(['readers']);
}
