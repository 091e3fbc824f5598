import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** Options of a subcommand: declared once, read from flags and from the environment. */

export type Option<T> = SingleOption<T> | ListOption<T>;

interface Named {
  /** The flag, without its dashes. */
  readonly flag: string;
  /** One letter, without its dash. */
  readonly short?: string;
  readonly help: string;
  /** What the value is called in the help. Absent: a switch, which is `true` where it is given. */
  readonly value?: string;
  /** Absent: the option has to be given. */
  readonly default?: string;
  /** What the help says for a default that is empty. */
  readonly whenEmpty?: string;
}

/** The last one given counts. */
export interface SingleOption<T> extends Named {
  /** @throws UsageError saying what to write instead */
  readonly parse: (text: string) => T;
}

/** May be given several times. */
export interface ListOption<T> extends Named {
  /** @throws UsageError saying what to write instead */
  readonly parseAll: (texts: readonly string[]) => T;
}

type Options = Readonly<Record<string, Option<unknown>>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** The call is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Gives the value of one option. Throws UsageError when it is missing or makes no sense. */
export type OptionReader = <T>(option: Option<T>) => T;

/**
 * A flag wins over its environment variable (`--log-level`, `MIRRORAUTH_LOG_LEVEL`), and that over
 * the default.
 *
 * @param environment absent: flags only
 * @throws UsageError for a flag that is none of the options
 */
export function optionReader(
  options: Options,
  args: readonly string[],
  environment: Environment = {},
): OptionReader {
  const given = parseFlags(options, args);
  return (option) => {
    const text = environment[variableOf(option)] ?? option.default;
    const texts = given.get(option.flag) ?? (text === undefined ? [] : [text]);
    const last = texts.at(-1);
    if (last === undefined) {
      throw new UsageError(`--${option.flag} is missing: ${option.help}`);
    }
    return 'parseAll' in option ? option.parseAll(texts) : option.parse(last);
  };
}

/** The values of each flag that was given, in order. */
function parseFlags(
  options: Options,
  args: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  try {
    const { values } = parseArgs({
      args: withSwitchesSpelled(options, args),
      options: parseOptionsOf(options),
      strict: true,
      allowPositionals: false,
    });
    return new Map(
      Object.entries(values).map(([flag, given]) => [flag, [given ?? []].flat().map(String)]),
    );
  } catch (error) {
    // The texts of parseArgs name the argument and are made for people.
    throw new UsageError(error instanceof Error ? error.message : 'the arguments make no sense');
  }
}

/**
 * Takes the words that belong to no flag, wherever they stand, out of the arguments.
 *
 * @returns them, and the rest for {@link optionReader}
 */
export function takeWords(
  options: Options,
  args: readonly string[],
): { readonly words: readonly string[]; readonly flags: readonly string[] } {
  const { tokens } = parseArgs({
    args: withSwitchesSpelled(options, args),
    options: parseOptionsOf(options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words = new Map(
    tokens.flatMap((token) =>
      token.kind === 'positional' ? [[token.index, token.value] as const] : [],
    ),
  );
  return { words: [...words.values()], flags: args.filter((_, index) => !words.has(index)) };
}

type ParseOptions = NonNullable<ParseArgsConfig['options']>;

function parseOptionsOf(options: Options): ParseOptions {
  return Object.fromEntries(
    Object.values(options).map(({ flag, short }) => [
      flag,
      { type: 'string', multiple: true, ...(short !== undefined && { short }) },
    ]),
  );
}

/** A switch may stand alone or be told `=true` or `=false`, as people are used to from kubectl. */
function withSwitchesSpelled(options: Options, args: readonly string[]): string[] {
  const switches = new Map<string, string>(
    Object.values(options)
      .filter(({ value }) => value === undefined)
      .flatMap(({ flag, short }) => [
        [`--${flag}`, flag] as const,
        ...(short === undefined ? [] : [[`-${short}`, flag] as const]),
      ]),
  );
  return args.map((arg) => (switches.has(arg) ? `--${switches.get(arg) ?? ''}=true` : arg));
}

/** Lines of at most `width` characters, broken at spaces; a longer word stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** `MIRRORAUTH_LOG_LEVEL` for `--log-level`. */
function variableOf({ flag }: Named): string {
  return `MIRRORAUTH_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** A terminal of 80 columns, less the indent. */
const HELP_WIDTH = 74;

/** The lines of the help that speak of the options. */
export function helpOf(
  options: Options,
  { environment }: { readonly environment: boolean } = { environment: true },
): string {
  return Object.values(options)
    .map((option) => {
      const notes = [...defaultOf(option), ...(environment ? [variableOf(option)] : [])];
      const text = notes.length === 0 ? option.help : `${option.help} (${notes.join('; ')})`;
      return [spellingOf(option), ...wrap(text, HELP_WIDTH).map((line) => `      ${line}`)].join(
        '\n',
      );
    })
    .join('\n');
}

/** `  -o, --output=yaml|json` */
function spellingOf({ flag, short, value }: Named): string {
  const long = value === undefined ? `--${flag}` : `--${flag}=${value}`;
  return short === undefined ? `  ${long}` : `  -${short}, ${long}`;
}

/** A switch is off by default, which goes without saying. */
function defaultOf(option: Named): readonly string[] {
  if (option.default === undefined) {
    return ['required'];
  }
  return option.value === undefined
    ? []
    : [`default: ${option.default || String(option.whenEmpty)}`];
}

/** A switch: off unless it is given. */
export const SWITCH = {
  default: 'false',
  parse: (text: string): boolean => {
    if (text !== 'true' && text !== 'false') {
      throw new UsageError(`a switch is told ${text}: write true or false, or the switch alone`);
    }
    return text === 'true';
  },
} as const;

/** One of a few words. */
export function oneOf<const T extends string>(
  flag: string,
  words: readonly T[],
): (text: string) => T {
  return (text) => {
    const word = words.find((one) => one === text);
    if (word === undefined) {
      throw new UsageError(
        `--${flag}=${text} is unknown: write ${words.length === 1 ? '' : 'one of '}${words.join(', ')}`,
      );
    }
    return word;
  };
}
