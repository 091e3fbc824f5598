import type { Document, ErrorCode, YAMLError } from 'yaml';

/** What is wrong where a parser of YAML stops: its own texts quote the input, so they stay unsaid. */

export interface SyntaxFault {
  readonly offset: number;
  readonly message: string;
}

/** Errors behind the first are mostly echoes of it, but for keys that stand twice. */
export function syntaxFaults(
  { errors, warnings }: Document.Parsed,
  text: string,
): readonly SyntaxFault[] {
  const [first, ...others] = [...errors, ...warnings];
  if (first === undefined) {
    return [];
  }
  const repeated = [first, ...others].filter(({ code }) => code === 'DUPLICATE_KEY');
  const lost = repeated.find(({ pos: [offset] }) => beginsObject(text, offset));
  if (first.code === 'DUPLICATE_KEY' && lost !== undefined) {
    return [{ offset: lost.pos[0], message: SEPARATOR_IS_LOST }];
  }
  return [
    faultOf({ first, second: others[0], line: lineAt(text, first.pos[0]) }),
    ...repeated
      .filter((one) => one !== first)
      .map(({ pos }) => ({ offset: pos[0], message: REPEATED })),
  ];
}

/** Whether a line begins here, and with what every object has. */
function beginsObject(text: string, offset: number): boolean {
  const isFirst = offset === 0 || text[offset - 1] === '\n';
  return isFirst && /^(?:apiVersion|kind):/.test(text.slice(offset, offset + 'apiVersion:'.length));
}

const SEPARATOR_IS_LOST =
  'an object has apiVersion or kind for the second time here: write --- on a line of its own before each object';
const REPEATED = 'a key stands here for the second time: remove one of the two';

/** Where the parser stopped. */
interface Stop {
  readonly first: YAMLError;
  readonly second: YAMLError | undefined;
  /** The whole line. */
  readonly line: string;
}

/** One common slip, told by what the parser says of it. */
interface Slip {
  readonly finds: (stop: Stop) => boolean;
  readonly message: string;
  /** Where it stands; absent: where the parser stopped. */
  readonly offset?: (stop: Stop) => number;
}

const dashWithoutSpace: Slip = {
  finds: ({ first: { code }, line }) => /^\s*-[^-\s]/.test(line) && CODES_OF_KEYS.has(code),
  message: 'a space is missing behind the - of this line: add it',
};
/** A value that goes on in a deeper line, in which a colon stands. */
const deeperLine: Slip = {
  finds: ({ first, second }) =>
    first.code === 'BLOCK_AS_IMPLICIT_KEY' && second?.code === 'MULTILINE_IMPLICIT_KEY',
  message:
    'this line is indented deeper than the one before it, which has a value already: align the two',
  offset: ({ second, first }) => second?.pos[1] ?? first.pos[1],
};
const keyWithoutColon: Slip = {
  finds: ({ first }) => first.code === 'MULTILINE_IMPLICIT_KEY',
  message: 'a colon and a space are missing behind the key of this line: write key: value',
};
const openBracket: Slip = {
  finds: ({ first }) => first.code === 'BAD_INDENT' && first.message.startsWith('Flow '),
  message: 'a { or [ is not closed before this line: close it',
};
const noItem: Slip = {
  finds: ({ first }) => first.code === 'MISSING_CHAR' && first.message.startsWith('Sequence item'),
  message:
    'this line belongs neither to the item above it nor is it one: align it, or begin it with -',
};

const SLIPS: readonly Slip[] = [dashWithoutSpace, deeperLine, keyWithoutColon, openBracket, noItem];

const CODES_OF_KEYS: ReadonlySet<ErrorCode> = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'MULTILINE_IMPLICIT_KEY',
]);

function faultOf(stop: Stop): SyntaxFault {
  const { code, pos } = stop.first;
  const slip = SLIPS.find(({ finds }) => finds(stop));
  return {
    offset: slip?.offset?.(stop) ?? pos[0],
    message:
      slip?.message ?? SYNTAX[code] ?? 'is neither YAML nor JSON from here on: correct the syntax',
  };
}

const SYNTAX: Partial<Readonly<Record<ErrorCode, string>>> = {
  DUPLICATE_KEY: REPEATED,
  TAB_AS_INDENT: 'a tab indents this line: use spaces',
  BAD_INDENT: 'this line is indented to no level above it: align it with those that it belongs to',
  MISSING_CHAR: 'a colon, a comma, a closing quote or a bracket is missing here: add it',
  BLOCK_AS_IMPLICIT_KEY: 'a value holds a colon and a space: put it in quotes',
  BAD_SCALAR_START: 'a value begins with a character that YAML keeps for itself: put it in quotes',
  TAG_RESOLVE_FAILED: 'a tag (!name) stands here that kubectl does not know: leave it out',
  RESOURCE_EXHAUSTION: 'is nested too deep: write it flatter',
  BAD_ALIAS: 'an alias (*name) is written wrongly: correct it, or put the value in quotes',
};

function lineAt(text: string, offset: number): string {
  // The parser points at the first column of a line, or at a place within it.
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? text.length : end);
}
