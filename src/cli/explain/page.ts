import { styleText } from 'node:util';
import { wrap } from '../options.ts';

/** Lines for people at a terminal. */

const WIDTH = 80;

export type Style = (text: string) => string;

/** What stands out. Without colour every style is the text itself. */
export interface Styles {
  readonly heading: Style;
  readonly bad: Style;
  readonly quiet: Style;
}

export function stylesOf(isColoured: boolean): Styles {
  const style = (format: Parameters<typeof styleText>[0]): Style =>
    isColoured ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
  return { heading: style('bold'), bad: style(['bold', 'red']), quiet: style('dim') };
}

/**
 * The words in lines of at most 80 columns behind an indent. A word that is longer stands on a line
 * of its own, whole: a URL has to be fit for copying.
 */
export function paragraph(text: string, indent = 0): readonly string[] {
  return wrap(printable(text), WIDTH - indent).map((line) => `${' '.repeat(indent)}${line}`);
}

/** Names come out of files, where anything may stand, even what moves a terminal's cursor. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
}

/** A name, and beside it words that keep to their column; below it when the name is too long. */
export function beside(
  name: string,
  text: string,
  { indent, column }: { readonly indent: number; readonly column: number },
): readonly string[] {
  const [first = '', ...others] = paragraph(text, column);
  const label = `${' '.repeat(indent)}${printable(name)}`;
  return label.length < column
    ? [`${label.padEnd(column)}${first.trimStart()}`, ...others]
    : [label, first, ...others];
}

/** Prose is wrapped; lines that begin with two blanks are there to be pasted and stay as they are. */
export function proseAndCode(text: string, indent: number): readonly string[] {
  return text
    .split('\n')
    .flatMap((line) =>
      line.startsWith('  ') ? [`${' '.repeat(indent)}${printable(line)}`] : paragraph(line, indent),
    );
}
