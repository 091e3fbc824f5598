import { parse, stringify, TomlError } from 'smol-toml';
import type { TomlTable as MutableTable, TomlValue } from 'smol-toml';
import { OUTPUT_MAX_BYTES } from '../size.ts';

/** TOML in and out, so that what was read is written again as it was. */

export type TomlTable = Readonly<MutableTable>;
export type { TomlValue };

/** Where a text stops being TOML, from 1 on. The parser's own text quotes its input. */
export interface TomlFault {
  readonly line: number;
  readonly column: number;
}

export type ParsedToml =
  | { readonly ok: true; readonly table: TomlTable }
  /** Without a fault: where it is cannot be said. */
  | { readonly ok: false; readonly fault: TomlFault | undefined };

/**
 * Deepest nesting and longest run of table headers that are read. A line of inline tables under one
 * long key would else become gigabytes of headers.
 */
const MAX_DEPTH = 32;
const MAX_HEADERS_LENGTH = OUTPUT_MAX_BYTES;

/** Parses what {@link writeToml} can write again; anything else is a fault. */
export function parseToml(text: string): ParsedToml {
  try {
    const table = parseExactly(text);
    if (headersLength(table, 0, 0) > MAX_HEADERS_LENGTH) {
      return { ok: false, fault: undefined };
    }
    // Fails for lone surrogates, which TOML cannot hold.
    writeToml(table);
    return { ok: true, table };
  } catch (error) {
    return {
      ok: false,
      fault: error instanceof TomlError ? { line: error.line, column: error.column } : undefined,
    };
  }
}

/**
 * TOML 1.0 text of a table. Keys of one table keep their order, tables after plain values.
 *
 * @throws Error when the text does not read back as the same table: a bug, never bad input
 */
export function writeToml(table: TomlTable): string {
  const text = stringify(table, { numbersAsFloat: true });
  if (!isSame(parseExactly(text), table)) {
    throw new Error('TOML does not read back as it was written');
  }
  return text;
}

/** Narrows to a table, inline or not. Dates are objects too. */
export function isTable(value: TomlValue | undefined): value is MutableTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

/** Whether two values are equal, whatever the order of keys. */
export function isSame(a: TomlValue | undefined, b: TomlValue | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  }
  if (isTable(a) && isTable(b)) {
    return isSameTable(a, b);
  }
  if (a instanceof Date && b instanceof Date) {
    return a.toISOString() === b.toISOString();
  }
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

function isSameTable(a: TomlTable, b: TomlTable): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
  );
}

/**
 * The plain spelling under which BuildKit's reader finds a key of its own, which it takes in any
 * case (go-toml v2.4.3 unmarshaler.go, strings.ToLower: there a dotted capital I is an i).
 */
export function plainKey(key: string): string {
  return key.replaceAll('\u0130', 'i').toLowerCase();
}

/**
 * Integers become bigint and floats number, always: 'asNeeded' would read 1.0 as 1 and write it as
 * an integer, which BuildKit's reader does not take for a float.
 */
function parseExactly(text: string): MutableTable {
  return parse(text, { integersAsBigInt: true });
}

/** Characters that the headers of all tables below take together, in the units of {@link MAX_HEADERS_LENGTH}. */
function headersLength(table: TomlTable, prefix: number, depth: number): number {
  if (depth > MAX_DEPTH) {
    return Number.POSITIVE_INFINITY;
  }
  return Object.entries(table).reduce((sum, [key, value]) => {
    const header = prefix + key.length + 1;
    const tables = (Array.isArray(value) ? value : [value]).filter(isTable);
    return (
      sum + tables.reduce((below, one) => below + header + headersLength(one, header, depth + 1), 0)
    );
  }, 0);
}
