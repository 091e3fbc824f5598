import fc from 'fast-check';
import { expect, it } from 'vitest';
import { configFaults } from '../../src/core/buildkit/config-faults.ts';
import { BUILDKITD_KEYS, isListShape } from '../../src/core/buildkit/config-keys.ts';
import type { Shape } from '../../src/core/buildkit/config-keys.ts';
import { parseToml } from '../../src/core/buildkit/toml.ts';
import { useReaders } from '../support/readers.ts';

/** The keys of buildkitd.toml, held to BuildKit's own struct. */

const readers = useReaders();

it('all keys of buildkitd.toml are known, with what is taken for them, and no others', async () => {
  expect(BUILDKITD_KEYS).toEqual(await readers().buildkitdKeys());
});

/** Paths to every key, `*` replaced by a name, and to the keys in tables of lists. */
const pathsOf = (shape: Shape): readonly (readonly string[])[] => {
  if (typeof shape === 'string') {
    return [];
  }
  return isListShape(shape)
    ? pathsOf(shape[0])
    : Object.entries(shape).flatMap(([key, below]) => {
        const name = key === '*' ? 'm.corp' : key;
        return [[name], ...pathsOf(below).map((path) => [name, ...path])];
      });
};

const path = fc.constantFrom(...pathsOf(BUILDKITD_KEYS));
const VALUES =
  'true|1|-1|1.5|""|"x"|"48h"|"1h30m"|"7d"|"2 days"|"+3"|"10GB"|"10 gib"|"5%"|"5.5%"|"-1GB"|"1e3"|' +
  '"1 kilo"|[]|["x"]|[1]|[[]]|[true]|[{}]|[{key = "x"}]|[{key = 1}]|1979-05-27|07:32:00|' +
  '9223372036854775807|9223372036854775808|-9223372036854775808|-9223372036854775809';
const value = fc.constantFrom(...VALUES.split('|'));
const isUpper = fc.boolean();

const text = fc.record({ path, value, isUpper, isHeader: fc.boolean() }).map((drawn) => {
  const keys = drawn.path.map((key) => JSON.stringify(drawn.isUpper ? key.toUpperCase() : key));
  const last = keys.at(-1) ?? '';
  return drawn.isHeader && keys.length > 1
    ? `[${keys.slice(0, -1).join('.')}]\n${last} = ${drawn.value}\n`
    : `${keys.join('.')} = ${drawn.value}\n`;
});

it('buildkitd refuses exactly the values that are faults', async () => {
  await fc.assert(
    fc.asyncProperty(text, async (toml) => {
      const parsed = parseToml(toml);
      const isRefused =
        !parsed.ok || configFaults(parsed.table).some(({ kind }) => kind === 'WrongType');
      expect(isRefused).toBe(!(await readers().toml(toml)).loads);
    }),
    { numRuns: 2000 },
  );
});

it('tables where values stand, and values where tables stand, are refused alike', async () => {
  const paths = pathsOf(BUILDKITD_KEYS);
  const texts = paths.flatMap((keys) => {
    const quoted = keys.map((key) => JSON.stringify(key)).join('.');
    return [`[${quoted}]\nx = 1\n`, `[[${quoted}]]\n`, `${quoted} = 1\n`];
  });
  const differences = await Promise.all(
    texts.map(async (toml) => {
      const parsed = parseToml(toml);
      const isRefused =
        !parsed.ok || configFaults(parsed.table).some(({ kind }) => kind === 'WrongType');
      return isRefused === (await readers().toml(toml)).loads ? [toml] : [];
    }),
  );
  expect(differences.flat()).toEqual([]);
});
