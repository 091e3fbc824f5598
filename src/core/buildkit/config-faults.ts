import { BUILDKITD_KEYS, isListShape } from './config-keys.ts';
import type { Scalar, Shape, ShapeTable } from './config-keys.ts';
import { isTable, plainKey } from './toml.ts';
import type { TomlTable, TomlValue } from './toml.ts';

/** What of a buildkitd.toml is read by nobody, and what keeps buildkitd from starting. */

export type ConfigFault = UnknownKey | WrongType;

/** Left aside without a word (cmd/buildkitd/config/load.go: the decoder is not strict). */
export interface UnknownKey {
  readonly kind: 'UnknownKey';
  /** From the root on; places in lists are left out. */
  readonly path: readonly string[];
  /** The key that was meant, as far as letters tell. */
  readonly nearest: string | undefined;
  /** All that are known there. */
  readonly known: ShapeTable;
  /** The host that was meant where a host stands without quotes, so that its dots part it. */
  readonly splitHost: string | undefined;
}

/** buildkitd says so and does not start. */
export interface WrongType {
  readonly kind: 'WrongType';
  readonly path: readonly string[];
  readonly wanted: Shape;
}

/**
 * Faults of a file that is TOML, in the order of its text.
 *
 * Errs on the side of silence: `[x]` for a list of tables is a list of one, and `x = {}`, which is
 * refused there, reads the same here.
 */
export function configFaults(table: TomlTable): readonly ConfigFault[] {
  return faultsOfTable(table, BUILDKITD_KEYS, []);
}

function faultsOfTable(
  table: TomlTable,
  shapes: ShapeTable,
  path: readonly string[],
): readonly ConfigFault[] {
  return Object.entries(table).flatMap(([key, value]): readonly ConfigFault[] => {
    const shape = shapeOf(key, shapes);
    const below = [...path, key];
    return shape === undefined ? [unknownKey(below, value, shapes)] : faultsOf(value, shape, below);
  });
}

function faultsOf(value: TomlValue, shape: Shape, path: readonly string[]): readonly ConfigFault[] {
  if (typeof shape === 'string') {
    return fits(value) && TAKES[shape](value) ? [] : [{ kind: 'WrongType', path, wanted: shape }];
  }
  if (isListShape(shape)) {
    const items = itemsOf(value);
    return items === undefined
      ? [{ kind: 'WrongType', path, wanted: shape }]
      : items
          .flatMap((item) => faultsOf(item, shape[0], path))
          .map((fault) =>
            // The list as a whole is what a person writes.
            fault.path.length === path.length && fault.kind === 'WrongType'
              ? { ...fault, wanted: shape }
              : fault,
          );
  }
  return isTable(value)
    ? faultsOfTable(value, shape, path)
    : [{ kind: 'WrongType', path, wanted: shape }];
}

function itemsOf(value: TomlValue): readonly TomlValue[] | undefined {
  if (Array.isArray(value)) {
    return value;
  }
  return isTable(value) ? [value] : undefined;
}

/** time.ParseDuration, else seconds (moby/buildkit v0.34.2 cmd/buildkitd/config/gcpolicy.go). */
const DURATION = /^(?:[-+]?(?:\d+|0?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+))?$/;
/** A percentage, or docker/go-units RAMInBytes. */
const SIZE = /^(?:[-+]?\d+%|\+?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)? ?(?:b|[kmgtp](?:b|ib)?)?)?$/i;

/** What go-toml v2.4.3 unmarshaler.go decodes into a field. */
const TAKES: Readonly<Record<Scalar, (value: TomlValue) => boolean>> = {
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => typeof value === 'bigint',
  natural: (value) => typeof value === 'bigint' && value >= 0n,
  string: (value) => typeof value === 'string',
  duration: (value) => isTable(value) || isText(value, DURATION),
  size: (value) => isTable(value) || isText(value, SIZE),
  any: () => true,
};

/** An integer of more than 64 bits is refused whatever it is for (go-toml v2.4.3 decode.go). */
function fits(value: TomlValue): boolean {
  return typeof value !== 'bigint' || BigInt.asIntN(64, value) === value;
}

/** Numbers are read as the text that they are written with. */
function isText(value: TomlValue, grammar: RegExp): boolean {
  return (
    (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number') &&
    grammar.test(String(value))
  );
}

/** Own keys in any case; those of a map byte for byte. */
function shapeOf(key: string, shapes: ShapeTable): Shape | undefined {
  return (
    shapes['*'] ?? Object.entries(shapes).find(([known]) => plainKey(known) === plainKey(key))?.[1]
  );
}

function unknownKey(path: readonly string[], value: TomlValue, shapes: ShapeTable): UnknownKey {
  return {
    kind: 'UnknownKey',
    path,
    nearest: nearestOf(path.at(-1) ?? '', Object.keys(shapes)),
    known: shapes,
    splitHost: splitHostOf(path, value),
  };
}

/** `docker.io` of `[registry.docker.io]`, which is a table io in a table docker. */
function splitHostOf(
  [root = '', ...path]: readonly string[],
  value: TomlValue,
): string | undefined {
  if (plainKey(root) !== 'registry' || path.length !== 2 || !isTable(value)) {
    return undefined;
  }
  const [only, ...others] = Object.entries(value);
  return only !== undefined && others.length === 0 && isTable(only[1])
    ? [...path, only[0]].join('.')
    : path.join('.');
}

/** The known key with the fewest letters to change, if they are less than half of them. */
function nearestOf(key: string, known: readonly string[]): string | undefined {
  // A name of a mile's length is nobody's slip of the pen, and would cost as many steps.
  if (key.length > MAX_KEY_LENGTH) {
    return undefined;
  }
  const [nearest] = known
    .map((one) => ({ one, distance: distanceOf(plainKey(key), plainKey(one)) }))
    .filter(({ one, distance }) => distance * 2 < Math.min(one.length, key.length))
    .toSorted((a, b) => a.distance - b.distance);
  return nearest?.one;
}

const MAX_KEY_LENGTH = 64;

/** Levenshtein: letters to add, drop or change. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 1; index <= from.length; index++) {
    const above = row;
    row = [index];
    for (let column = 1; column <= to.length; column++) {
      row[column] = Math.min(
        (row[column - 1] ?? 0) + 1,
        (above[column] ?? 0) + 1,
        (above[column - 1] ?? 0) + (to[column - 1] === from[index - 1] ? 0 : 1),
      );
    }
  }
  return row.at(-1) ?? 0;
}
