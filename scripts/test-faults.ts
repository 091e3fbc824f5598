import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CROWD_VARIABLE, SEEDS_VARIABLE } from '../test/support/seeds.ts';

/**
 * `npm run test:faults -- [--seeds N | --seed N] [--crowd N] [FILE] [-t NAME]`: the faults, with as
 * many random scripts as are asked for (`--seed`: that one alone), and as many MirrorAuths in the
 * rows with many. Everything else goes to vitest.
 */

const { values, tokens } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    crowd: { type: 'string' },
    t: { type: 'string', short: 't' },
  },
  allowPositionals: true,
  tokens: true,
});
const seeds = values.seed ?? (values.seeds === undefined ? undefined : `1-${values.seeds}`);
const name = values.t === undefined ? [] : ['-t', values.t];
const files = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));

const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'faults', ...name, ...files], {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(seeds !== undefined && { [SEEDS_VARIABLE]: seeds }),
    ...(values.crowd !== undefined && { [CROWD_VARIABLE]: values.crowd }),
  },
});
process.exitCode = status ?? 1;
