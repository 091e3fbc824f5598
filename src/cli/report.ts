import type { World } from './command.ts';
import { wrap } from './options.ts';
import type { Notice } from './problem.ts';

/** Prints problems and warnings: for people in blocks, for programs in lines of JSON. */

export interface LevelledNotice extends Notice {
  readonly level: 'error' | 'warning';
}

/** Where each name is explained; `<Name>` stands for it. */
const NAME_PAGES = 'docs/reasons/<Name>.md';

const WIDTH = 78;

/** `error: secrets.yaml:12: Secret builds/hub, data[.dockerconfigjson]: is … (SecretInvalid)` */
export function textReport(
  notices: readonly LevelledNotice[],
  { colour }: { readonly colour: boolean },
): string {
  const blocks = notices.map((notice) => {
    const block = wrap(`${notice.level}: ${sentenceOf(notice)}`, WIDTH).join('\n  ');
    return colour ? block.replace(notice.level, COLOURS[notice.level]) : block;
  });
  const hasNames = notices.some(({ reason }) => reason !== undefined);
  const lines = hasNames ? [...blocks, `${NAME_PAGES} has a page of each name in (…).`] : blocks;
  return lines.map((line) => `${line}\n`).join('');
}

/** One object on each line. */
export function jsonReport(notices: readonly LevelledNotice[]): string {
  return notices
    .map(({ level, file, line, object, field, reason, message }) => {
      return `${JSON.stringify({ level, file, line, object, field, reason, message })}\n`;
    })
    .join('');
}

function sentenceOf({ file, line, object, field, reason, message }: Notice): string {
  const place = [
    line === undefined ? file : `${file}:${String(line)}`,
    ...([object, field].some((one) => one !== undefined)
      ? [[object, field].filter((one) => one !== undefined).join(', ')]
      : []),
  ];
  const text = [...place, message].join(': ');
  return reason === undefined ? text : `${text} (${reason})`;
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
