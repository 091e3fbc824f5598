import { describe, expect, it } from 'vitest';
import type { Source, SourceConfigMap } from '../../../../src/core/plan/observed.ts';
import { resolveCas } from '../../../../src/core/plan/resolve-cas.ts';
import type { CaOutcome } from '../../../../src/core/plan/resolve-cas.ts';
import { CA_ONE } from '../../../support/certificates.ts';

const found = (
  data: Readonly<Record<string, string>>,
  more: Partial<SourceConfigMap> = {},
): Source<SourceConfigMap> => ({
  kind: 'Found',
  object: { name: 'corp-ca', data: new Map(Object.entries(data)), isOutput: false, ...more },
});
const problem = (
  kind: 'JustLost' | 'Unresolved',
  reason: 'CaNotFound' | 'CaInvalid' | 'AccessDenied' | 'SourceIsOutput',
  message: string,
): CaOutcome => ({ kind, problem: { reason, message } });

const MISSING = 'ConfigMap corp-ca does not exist: create it, or correct tls.caRef.name';

describe('the CA of a registry', () => {
  const rows: Readonly<Record<string, readonly [Source<SourceConfigMap> | undefined, CaOutcome]>> =
    {
      'is what its ConfigMap says': [
        found({ 'ca.crt': CA_ONE }),
        {
          kind: 'Resolved',
          section: { configMap: 'corp-ca', key: 'ca.crt', certificates: [CA_ONE] },
        },
      ],
      'is missing without its ConfigMap': [
        { kind: 'NotFound', justLost: false },
        problem('Unresolved', 'CaNotFound', MISSING),
      ],
      'is missing when nobody looked for its ConfigMap': [
        undefined,
        problem('Unresolved', 'CaNotFound', MISSING),
      ],
      'is just lost when its ConfigMap went a moment ago': [
        { kind: 'NotFound', justLost: true },
        problem('JustLost', 'CaNotFound', MISSING),
      ],
      'is missing without the key': [
        found({ other: CA_ONE }),
        problem(
          'Unresolved',
          'CaNotFound',
          'ConfigMap corp-ca has no key ca.crt: add it, or name the right one in tls.caRef.key',
        ),
      ],
      'is of no use when it is no PEM': [
        found({ 'ca.crt': 'hello' }),
        problem(
          'Unresolved',
          'CaInvalid',
          'ConfigMap corp-ca, key ca.crt: holds no certificate; write CA certificates in PEM there',
        ),
      ],
      'cannot be read without the right to': [
        { kind: 'AccessDenied' },
        problem(
          'Unresolved',
          'AccessDenied',
          'ConfigMap corp-ca cannot be read: grant the operator get on it',
        ),
      ],
      'is not taken from an output': [
        found({ 'ca.crt': CA_ONE }, { isOutput: true }),
        problem(
          'Unresolved',
          'SourceIsOutput',
          'ConfigMap corp-ca: is itself an output of a MirrorAuth; name the ConfigMap that it is made from',
        ),
      ],
    };
  it.each(Object.entries(rows))('%s', (_, [source, outcome]) => {
    const spec = { registries: [{ host: 'harbor.corp', tls: { caRef: { name: 'corp-ca' } } }] };
    const configMaps = new Map(source === undefined ? [] : [['corp-ca', source]]);
    expect(resolveCas(spec, configMaps)).toEqual([
      { source: { configMap: 'corp-ca', key: 'ca.crt' }, outcome },
    ]);
  });

  it('is none where spec has no registries', () => {
    expect(resolveCas({}, new Map())).toEqual([]);
  });
});
