/**
 * What `npm run test:faults -- --seeds 100` says to the tests, which vitest passes no arguments of
 * ours. Without it: a few seeds, always the same, so that two runs of CI do the same.
 */
export interface FaultOptions {
  readonly seeds: readonly number[];
  /** How many MirrorAuths the rows with many take. */
  readonly crowd: number;
}

export const SEEDS_VARIABLE = 'MIRRORAUTH_FAULT_SEEDS';
export const CROWD_VARIABLE = 'MIRRORAUTH_FAULT_CROWD';

const FEW_SEEDS = '1-3';
const SMALL_CROWD = '200';

/** @throws Error when a variable makes no sense */
export function faultOptions(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): FaultOptions {
  return {
    seeds: parseSeeds(environment[SEEDS_VARIABLE] ?? FEW_SEEDS),
    crowd: parseCount(environment[CROWD_VARIABLE] ?? SMALL_CROWD),
  };
}

/** `7`, or `1-100`. */
function parseSeeds(text: string): readonly number[] {
  const [first = '', last = first] = text.split('-');
  const from = parseCount(first);
  return Array.from({ length: parseCount(last) - from + 1 }, (_, i) => from + i);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new Error(`${text} is no positive number`);
  }
  return count;
}
