import { z } from 'zod';

/**
 * The changes that no test noticed, out of Stryker's report
 * (https://github.com/stryker-mutator/mutation-testing-elements, mutation-testing-report-schema).
 */

const Position = z.object({ line: z.int().min(1), column: z.int().min(1) });

const Mutant = z.object({
  status: z.string(),
  location: z.object({ start: Position, end: Position }),
  replacement: z.string().optional(),
});

export const MutationReport = z.object({
  files: z.record(z.string(), z.object({ source: z.string(), mutants: z.array(Mutant) })),
});
export type MutationReport = z.infer<typeof MutationReport>;

/** By file below src/core: changes of its lines, as {@link shownChange} has them. */
export type ChangesByFile = ReadonlyMap<string, readonly string[]>;

/** Those that no test noticed. */
export function survivorsOf({ files }: MutationReport): ChangesByFile {
  return changesOf(files, (status) => status === 'Survived' || status === 'NoCoverage');
}

/** Of all files that were changed at all, whatever became of it. */
export function allChangesOf({ files }: MutationReport): ChangesByFile {
  return changesOf(files, () => true);
}

function changesOf(
  files: MutationReport['files'],
  isWanted: (status: string) => boolean,
): ChangesByFile {
  return new Map(
    Object.entries(files).map(([path, { source, mutants }]) => [
      path.replace(/^src\/core\//, ''),
      mutants.filter(({ status }) => isWanted(status)).map((mutant) => shownChange(source, mutant)),
    ]),
  );
}

const MAX_LENGTH = 70;

/**
 * A line as it stands there, and in it between ⟪ and ⟫ what is taken out and what is put in:
 * `return ⟪a < b → a <= b⟫ ? 1 : 0;`.
 */
function shownChange(
  source: string,
  { location: { start, end }, replacement = '' }: z.infer<typeof Mutant>,
): string {
  const lines = source.split('\n');
  const first = lines[start.line - 1] ?? '';
  const last = lines[end.line - 1] ?? '';
  const whole = lines.slice(start.line - 1, end.line).join('\n');
  const before = first.slice(0, start.column - 1);
  const after = last.slice(end.column - 1);
  const changed = whole.slice(before.length, whole.length - after.length);
  return `${before.trimStart()}⟪${oneLine(changed)} → ${oneLine(replacement)}⟫${after}`;
}

function oneLine(text: string): string {
  const line = withSingleBlanks(text).trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}

/**
 * Whether what a change, as {@link shownChange} has it, takes something out of still stands in a
 * source. What is taken out may be cut off, and then nothing is known of what stands behind it.
 */
export function stillStands(change: string, source: string): boolean {
  const [before = '', taken = '', after = ''] = change.split(/⟪| → .*⟫/);
  const text = taken.endsWith('…') ? `${before}${taken.slice(0, -1)}` : `${before}${taken}${after}`;
  return withSingleBlanks(source).includes(withSingleBlanks(text));
}

function withSingleBlanks(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
