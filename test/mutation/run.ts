import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXPLAINED } from './explained.ts';
import { allChangesOf, MutationReport, survivorsOf } from './survivors.ts';
import { unexplained } from './unexplained.ts';

/**
 * `npm run mutation [-- --mutate GLOB]`: Stryker breaks src/core line by line. It fails below the
 * score that stryker.config.json asks for, and where no test notices a change that explained.ts does
 * not explain. Files are to be whole: where only some lines are changed, explanations of the others
 * are told to be there no more.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const REPORT = join(ROOT, '.vitest', 'mutation.json');

rmSync(REPORT, { force: true });
const { status } = spawnSync(
  'npx',
  ['stryker', 'run', 'test/mutation/stryker.config.json', ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: ROOT },
);
process.exitCode = existsSync(REPORT) && allExplained() ? (status ?? 1) : 1;

function allExplained(): boolean {
  const report = MutationReport.parse(JSON.parse(readFileSync(REPORT, 'utf8')));
  const open = unexplained(survivorsOf(report), allChangesOf(report), EXPLAINED);
  process.stdout.write(
    open.length === 0
      ? 'Each change that no test notices is explained in test/mutation/explained.ts.\n'
      : `${open.join('\n')}\n${String(open.length)} to be tested, or explained in test/mutation/explained.ts.\n`,
  );
  return open.length === 0;
}
