import fc from 'fast-check';
import { BUILDKITD_KEYS, isListShape } from '../../src/core/buildkit/config-keys.ts';
import type { Scalar, Shape, ShapeTable } from '../../src/core/buildkit/config-keys.ts';
import { isTable } from '../../src/core/buildkit/toml.ts';
import type { TomlTable, TomlValue } from '../../src/core/buildkit/toml.ts';
import { HOSTS } from './any-case.ts';

/** Users' own buildkitd.toml that buildkitd would start with, and what go-toml reads of it. */

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom('\u0000', '\u007f', '"', '\\', "'''", '\n', '${HOME}', '/var/lib/buildkit'),
);

/**
 * Keys of the user's own, such as labels. None that go-toml 1.9.5 misreads, which has its test: they
 * are the user's to avoid, and no host has such letters.
 */
const NAMES = ['a', 'team', 'harbor.corp:5000', 'x-y_z', 'A B', 'ü', '0', '-1', "don't"] as const;

const SCALARS: Readonly<Record<Scalar, fc.Arbitrary<TomlValue>>> = {
  boolean: fc.boolean(),
  integer: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  natural: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  string: text,
  duration: fc.constantFrom<TomlValue[]>('48h', '1h30m', 3600n, '3600'),
  size: fc.constantFrom<TomlValue[]>('10GB', '5%', '1.5gb', 1000n),
  any: fc.oneof(
    text,
    fc.double({ noNaN: true }),
    fc.constantFrom(1, 1e21, Number.POSITIVE_INFINITY),
    fc.boolean(),
  ),
};

function valueOf(shape: Shape): fc.Arbitrary<TomlValue> {
  if (typeof shape === 'string') return SCALARS[shape];
  if (isListShape(shape)) return fc.array(valueOf(shape[0]), { maxLength: 3 });
  return tableOf(shape);
}

function tableOf({ '*': any, ...shapes }: ShapeTable): fc.Arbitrary<TomlTable> {
  if (any !== undefined) return fc.dictionary(fc.constantFrom(...NAMES), valueOf(any));
  const keys = Object.entries(shapes);
  return fc
    .subarray(keys, { maxLength: Math.min(keys.length, 4) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map(([key, shape]) => [key, valueOf(shape)]))),
    );
}

const { registry: _, ...SETTINGS } = BUILDKITD_KEYS;

const registries = fc.dictionary(
  fc.constantFrom(...HOSTS, 'other.example'),
  fc.record(
    {
      tlsconfigdir: fc.array(text, { maxLength: 2 }),
      keypair: fc.array(fc.record({ key: text, cert: text }), { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  ),
);

/** A base; its text is `writeToml` of this. */
export const anyBase: fc.Arbitrary<TomlTable> = fc
  .tuple(tableOf(SETTINGS), registries)
  .map(([settings, registry]) => ({ ...settings, registry }));

/** How the program of test/readers/ shows a value: JSON has no integers, and no bits of a float. */
export function tagged(value: TomlValue): unknown {
  if (Array.isArray(value)) return value.map(tagged);
  if (isTable(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tagged(item)]));
  }
  if (typeof value === 'bigint') return { type: 'integer', value: String(value) };
  if (typeof value === 'number') return { type: 'float', value: bitsOf(value) };
  return { type: typeof value, value: String(value) };
}

/** smol-toml 1.9.1 drops the sign of zero, and nobody writes one. */
function bitsOf(float: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, float === 0 ? 0 : float);
  return view.getBigUint64(0).toString(16);
}
