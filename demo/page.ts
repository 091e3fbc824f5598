import { styleText } from 'node:util';
import { printProgress } from '../testbed/progress.ts';
import type { Progress } from '../testbed/progress.ts';

/** What the demo shows goes to stdout, in colour only on a terminal and without NO_COLOR. */

export function heading(text: string): void {
  print(`\n${styleText('bold', text)}`);
}

export function line(text: string): void {
  print(`  ${text}`);
}

/** A file's own text. */
export function quote(text: string): void {
  for (const one of text.trimEnd().split('\n')) line(styleText('cyan', one));
}

/** What a step has shown. */
export function conclusion(text: string): void {
  line(`=> ${text}`);
}

export function good(text: string): string {
  return styleText('green', text);
}

export function bad(text: string): string {
  return styleText('red', text);
}

/** Columns of equal width, two spaces apart; only the last one may be coloured. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    line(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** What is not the story goes to stderr. */
export const progress: Progress = (text) => {
  printProgress(styleText('dim', `[setup] ${text}`, { stream: process.stderr }));
};

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
