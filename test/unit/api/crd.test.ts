import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { mirrorAuthCrd, rootSchema, schemaFaults } from '../../../src/api/crd.ts';
import { mirrorAuthSchema } from '../../../src/api/mirrorauth.ts';

describe('the CRD', () => {
  test('is the one in crds/', async () => {
    const stored = await readFile(
      new URL('../../../crds/mirrorauth.dev_mirrorauths.yaml', import.meta.url),
      'utf8',
    );
    expect(parse(stored)).toEqual(mirrorAuthCrd());
  });

  test('is structural, bounded and described in every field', () => {
    expect(schemaFaults(rootSchema(mirrorAuthSchema))).toEqual([]);
  });

  test('is small enough for a client-side kubectl apply', () => {
    expect(JSON.stringify(mirrorAuthCrd()).length).toBeLessThan(262_144);
  });
});

describe('the lint of schemas', () => {
  const faultsOf = (schema: z.ZodType): readonly string[] =>
    schemaFaults(
      rootSchema(z.object({ spec: z.object({ field: schema }).meta({ description: '.' }) })),
    );

  test.each([
    ['an unbounded string', z.string().meta({ description: '.' }), 'no bound'],
    [
      'an unbounded list',
      z.array(z.boolean().meta({ description: '.' })).meta({ description: '.' }),
      'no maxItems',
    ],
    ['a field without a description', z.boolean(), 'no description'],
    ['a union', z.union([z.boolean(), z.int()]).meta({ description: '.' }), 'anyOf'],
    ['a default', z.boolean().default(true).meta({ description: '.' }), 'a default in spec'],
    [
      'a pattern with a look-ahead',
      z
        .string()
        .max(9)
        .regex(/^(?!a)/)
        .meta({ description: '.' }),
      'a pattern that RE2 cannot read',
    ],
  ])('finds %s', (_what, schema, fault) => {
    expect(faultsOf(schema).join('\n')).toContain(`schema.spec.field: ${fault}`);
  });
});
