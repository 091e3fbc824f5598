import type { World } from './command.ts';
import { wrap } from './options.ts';
import type { Notice, Place } from './problem.ts';

/** Prints problems and warnings: for people in blocks, for programs in lines of JSON. */

export interface LevelledNotice extends Notice {
  readonly level: 'error' | 'warning';
}

/** Where each name is explained; `<Name>` stands for it. */
const NAME_PAGES = 'docs/reasons/<Name>.md';

const WIDTH = 78;

/** Writes them to standard error: for programs where the result is for programs too. */
export function report(
  notices: readonly LevelledNotice[],
  { stderr, environment }: Pick<World, 'stderr' | 'environment'>,
  { isJson }: { readonly isJson: boolean },
): void {
  stderr.write(
    isJson ? jsonReport(notices) : textReport(notices, wantsColour(stderr, environment)),
  );
}

/** `error: secrets.yaml:12: Secret builds/hub, data[.dockerconfigjson]: is … (SecretInvalid)` */
function textReport(notices: readonly LevelledNotice[], isColoured: boolean): string {
  const blocks = notices.map((notice) => {
    const block = wrap(`${notice.level}: ${sentenceOf(notice)}`, WIDTH).join('\n  ');
    return isColoured ? block.replace(notice.level, COLOURS[notice.level]) : block;
  });
  const hasNames = notices.some(({ reason }) => reason !== undefined);
  const lines = hasNames ? [...blocks, `${NAME_PAGES} has a page of each name in (…).`] : blocks;
  return lines.map((line) => `${line}\n`).join('');
}

/** One object on each line. */
function jsonReport(notices: readonly LevelledNotice[]): string {
  return notices
    .map(({ level, file, line, object, field, reason, message, wantedBy }) => {
      return `${JSON.stringify({ level, file, line, object, field, reason, message, wantedBy })}\n`;
    })
    .join('');
}

function sentenceOf({ reason, message, wantedBy, ...place }: Notice): string {
  const about = objectText(place);
  const text = [lineText(place), ...(about === '' ? [] : [about]), message].join(': ');
  const wish =
    wantedBy === undefined ? [] : [`(wanted by ${objectText(wantedBy)} in ${lineText(wantedBy)})`];
  return [text, ...wish, ...(reason === undefined ? [] : [`(${reason})`])].join(' ');
}

function lineText({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${String(line)}`;
}

function objectText({ object, field }: Place): string {
  return [object, field].filter((one) => one !== undefined).join(', ');
}

/** Bold red and bold yellow (ECMA-48 SGR). */
const COLOURS = {
  error: '\u001B[1;31merror\u001B[0m',
  warning: '\u001B[1;33mwarning\u001B[0m',
} as const;

/** On a terminal, unless https://no-color.org says otherwise: any value but an empty one. */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  environment: World['environment'],
): boolean {
  return stream.isTTY === true && (environment['NO_COLOR'] ?? '') === '';
}
