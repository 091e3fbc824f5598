import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { mirrorAuthCrd } from '../src/api/crd.ts';

/**
 * Writes the generated files, or with `--check` says which of them are out of step with `src/api`.
 * `npm run generate` and `npm run check:generated`.
 */

const HEADER = '# Generated from src/api by `npm run generate`. Do not edit.\n';

const generated: readonly (readonly [path: string, content: string])[] = [
  [
    'crds/mirrorauth.dev_mirrorauths.yaml',
    HEADER + stringify(mirrorAuthCrd(), { lineWidth: 100, aliasDuplicateObjects: false }),
  ],
];

const outOfStep: string[] = [];
for (const [path, content] of generated) {
  const url = new URL(`../${path}`, import.meta.url);
  const stored = await readFile(url, 'utf8').catch(() => undefined);
  if (stored !== content) {
    outOfStep.push(path);
    if (!process.argv.includes('--check')) {
      await writeFile(url, content);
    }
  }
}

if (process.argv.includes('--check') && outOfStep.length > 0) {
  process.stderr.write(
    `out of step with src/api: ${outOfStep.join(', ')}; run: npm run generate\n`,
  );
  process.exitCode = 1;
} else if (outOfStep.length > 0) {
  process.stdout.write(`wrote ${outOfStep.join(', ')}\n`);
}
