import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXPLAINED } from '../../mutation/explained.ts';
import {
  allChangesOf,
  MutationReport,
  stillStands,
  survivorsOf,
} from '../../mutation/survivors.ts';
import { unexplained } from '../../mutation/unexplained.ts';

const SOURCE = 'const a =\n  b < c ? 1 : 2;\nif (a) {\n  go();\n  stop();\n} else {\n}\n';

const at = (
  status: string,
  [line, column]: readonly [number, number],
  [endLine, endColumn]: readonly [number, number],
  replacement: string,
): object => ({
  status,
  location: { start: { line, column }, end: { line: endLine, column: endColumn } },
  replacement,
});

const report = MutationReport.parse({
  schemaVersion: '1.0',
  files: {
    'src/core/plan/plan.ts': {
      source: SOURCE,
      mutants: [
        at('Killed', [2, 3], [2, 8], 'true'),
        at('Survived', [2, 3], [2, 8], 'b <= c'),
        at('NoCoverage', [3, 8], [6, 2], '{}'),
      ],
    },
  },
});

const LESS = '⟪b < c → b <= c⟫ ? 1 : 2;';
const BLOCK = 'if (a) ⟪{ go(); stop(); } → {}⟫ else {';

it('the changes that no test noticed are shown as they stand in their lines', () => {
  expect(survivorsOf(report)).toEqual(new Map([['plan/plan.ts', [LESS, BLOCK]]]));
});

it('long changes are cut off', () => {
  const source = `f('${'x'.repeat(100)}');`;
  const mutants = [at('Survived', [1, 3], [1, source.length - 1], '""')];
  const long = MutationReport.parse({ files: { 'src/core/size.ts': { source, mutants } } });
  expect(survivorsOf(long).get('size.ts')).toEqual([`f(⟪'${'x'.repeat(69)}… → ""⟫);`]);
});

it('a change is to be explained, and an explanation is of a change that is there', () => {
  const told = (changes: readonly string[]): readonly string[] =>
    unexplained(survivorsOf(report), allChangesOf(report), {
      'plan/plan.ts': [{ why: 'nothing differs', changes }],
      'plan/other.ts': [{ why: 'a file that was not changed', changes: ['x'] }],
    });
  expect(told([LESS, BLOCK])).toEqual([]);
  expect(told([LESS])).toEqual([`plan/plan.ts: no test notices ${BLOCK}`]);
  expect(told([LESS, BLOCK, 'y'])).toEqual(['plan/plan.ts: explained, and not there any more: y']);
});

const CORE = join(import.meta.dirname, '..', '..', '..', 'src', 'core');

it.each(Object.entries(EXPLAINED))('what is explained of %s still stands there', (file, groups) => {
  const source = readFileSync(join(CORE, file), 'utf8');
  const changes = groups.flatMap((group) => group.changes);
  expect(changes.filter((change) => !stillStands(change, source))).toEqual([]);
  expect(changes).toEqual([...new Set(changes)]);
});
