import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { allChangesOf, MutationReport, survivorsOf } from './survivors.ts';
import { unexplained } from './unexplained.ts';

/**
 * `npm run mutation [-- --mutate GLOB]`: Stryker breaks src/core line by line. It fails below the
 * score that stryker.config.json asks for, and where no test notices a change that explained.ts does
 * not explain.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const REPORT = join(ROOT, '.vitest', 'mutation.json');

rmSync(REPORT, { force: true });
const { status } = spawnSync(
  'npx',
  ['stryker', 'run', 'test/mutation/stryker.config.json', ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: ROOT },
);
const report = MutationReport.parse(JSON.parse(readFileSync(REPORT, 'utf8')));
const open = unexplained(survivorsOf(report), allChangesOf(report));
process.stdout.write(
  open.length === 0
    ? 'Each change that no test notices is explained in test/mutation/explained.ts.\n'
    : `${open.join('\n')}\n${String(open.length)} to be tested, or explained in test/mutation/explained.ts.\n`,
);
process.exitCode = open.length === 0 ? (status ?? 1) : 1;
