import { parseArgs } from 'node:util';

/** Options of a subcommand: declared once, read from flags and from the environment. */

export interface Option<T> {
  /** The flag, without its dashes. */
  readonly flag: string;
  readonly help: string;
  /** What the value is called in the help. */
  readonly value: string;
  /** Absent: the option has to be given. */
  readonly default?: string;
  /** What the help says for a default that is empty. */
  readonly whenEmpty?: string;
  /** The flag may stand alone, and then means `true`. */
  readonly isSwitch?: true;
  /** @throws UsageError saying what to write instead */
  readonly parse: (text: string) => T;
}

type Options = Readonly<Record<string, Option<unknown>>>;

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
 * @throws UsageError for a flag that is none of the options
 */
export function optionReader(
  options: Options,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): OptionReader {
  const given = parseFlags(options, args);
  return (option) => {
    const text = given[option.flag] ?? environment[variableOf(option)] ?? option.default;
    if (text === undefined) {
      throw new UsageError(`--${option.flag} is missing: ${option.help}`);
    }
    return option.parse(text);
  };
}

function parseFlags(options: Options, args: readonly string[]): Readonly<Record<string, string>> {
  const switches = new Set(
    Object.values(options).flatMap(({ flag, isSwitch }) => (isSwitch ? [`--${flag}`] : [])),
  );
  const flags = Object.values(options).map(({ flag }) => [flag, { type: 'string' }] as const);
  try {
    const { values } = parseArgs({
      args: args.map((arg) => (switches.has(arg) ? `${arg}=true` : arg)),
      options: Object.fromEntries(flags),
      strict: true,
      allowPositionals: false,
    });
    return Object.fromEntries(
      Object.entries(values).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    );
  } catch (error) {
    // The texts of parseArgs name the argument and are made for people.
    throw new UsageError(error instanceof Error ? error.message : 'the arguments make no sense');
  }
}

/** Lines that fit on a terminal of 80 columns behind an indent. */
function wrap(text: string): readonly string[] {
  return text.match(/.{1,72}(?:\s|$)/g)?.map((line) => line.trimEnd()) ?? [];
}

/** `MIRRORAUTH_LOG_LEVEL` for `--log-level`. */
function variableOf({ flag }: Option<unknown>): string {
  return `MIRRORAUTH_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** The lines of the help that speak of the options. */
export function helpOf(options: Options): string {
  return Object.values(options)
    .map((option) => {
      const byDefault =
        option.default === undefined
          ? 'required'
          : `default: ${option.default || option.whenEmpty}`;
      const lines = wrap(`${option.help} (${byDefault}; ${variableOf(option)})`);
      return [`  --${option.flag}=${option.value}`, ...lines.map((line) => `      ${line}`)].join(
        '\n',
      );
    })
    .join('\n');
}

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

/** A switch. */
export function onOrOff(flag: string): (text: string) => boolean {
  const parse = oneOf(flag, ['true', 'false']);
  return (text) => parse(text) === 'true';
}
