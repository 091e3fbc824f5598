import { describe, expect, test } from 'vitest';
import { mirrorAuthSchema, parseSpec } from '../../../src/api/mirrorauth.ts';
import { MIRRORAUTH_TABLE } from '../../support/mirrorauth-table.ts';

describe('the schema of a MirrorAuth', () => {
  test.each(MIRRORAUTH_TABLE.filter(({ accepted }) => accepted))('accepts: $name', ({ object }) => {
    expect(mirrorAuthSchema.safeParse(object).error?.issues).toBeUndefined();
  });

  test.each(MIRRORAUTH_TABLE.filter(({ accepted }) => !accepted))(
    'holds that $name',
    ({ object }) => {
      expect(mirrorAuthSchema.safeParse(object).success).toBe(false);
    },
  );

  test('has a table of at least forty objects, accepted and refused', () => {
    expect(MIRRORAUTH_TABLE.length).toBeGreaterThanOrEqual(40);
    expect(new Set(MIRRORAUTH_TABLE.map(({ name }) => name)).size).toBe(MIRRORAUTH_TABLE.length);
  });
});

describe('a spec that breaks a rule', () => {
  test('is told by field, rule and culprits', () => {
    const spec = {
      registries: [{ host: 'Harbor.corp', credentials: { type: 'SecretRef' } }],
      mirrors: [{ origin: 'ghcr.io', endpoints: ['a.corp/x', 'b.corp'] }],
      pullSecret: { name: 'p' },
    };
    expect(parseSpec(spec)).toEqual({
      issues: [
        'spec.registries[0].host: write it in lower case: BuildKit compares hosts byte for byte',
        'spec.registries[0].host: write host[:port]: a DNS name or IPv4 address in lower case, and a port from 1 to 65535',
        'spec.registries[0].credentials: secretRef goes with type: SecretRef, and only there',
        'spec.mirrors: with pullSecret nothing is guessed: add the host of every endpoint to registries with its credentials, {type: Anonymous} if it needs none (a.corp, b.corp)',
      ],
    });
  });

  test.each([undefined, null, 5, 'text', [], { registries: 5 }, { registries: [null] }])(
    'is told and not thrown: %j',
    (spec) => {
      expect(parseSpec(spec)).toHaveProperty('issues');
    },
  );
});

test('user and password in an endpoint stand in no message', () => {
  const parsed = parseSpec({
    mirrors: [{ origin: 'ghcr.io', endpoints: ['robot:hunter2@m.corp/x'] }],
    pullSecret: { name: 'pull' },
  });
  expect(parsed).toHaveProperty('issues');
  expect(JSON.stringify(parsed)).not.toMatch(/hunter2|robot/);
});
