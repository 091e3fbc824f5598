import { describe, expect, it } from 'vitest';
import type { Credentials, MirrorAuthSpec, Registry } from '../../../../src/api/mirrorauth.ts';
import type { JsonObject } from '../../../../src/kube/object.ts';
import { Bench } from '../../../support/bench.ts';
import { CA_ONE, CA_TWO } from '../../../support/certificates.ts';
import {
  aConfigMap,
  aDockerConfig,
  aSecret,
  configMapNamed,
  consentTo,
  secretNamed,
} from '../../../support/gen.ts';
import { base64, configJson } from '../../../support/secrets.ts';

const HUB_KEY = 'https://index.docker.io/v1/';
const OUTPUT = secretNamed('ci-pull');
const HUB = secretNamed('hub');
const CA = configMapNamed('corp-ca');

const from = (name: string, more: { key?: string; entry?: string } = {}): Credentials => ({
  type: 'SecretRef',
  secretRef: { name, ...more },
});
const duplicateOf = (host: string): Credentials => ({ type: 'DuplicateOf', duplicateOf: host });
const registry = (
  host: string,
  credentials: Credentials,
  more: Partial<Registry> = {},
): Registry => ({
  host,
  credentials,
  ...more,
});
const withCa = { tls: { caRef: { name: 'corp-ca' } } };

const hub = registry('docker.io', from('hub'));
const harbor = registry('harbor.corp', duplicateOf('docker.io'));
const ghcr = registry('ghcr.io', from('ghcr'));

const spec = (...registries: Registry[]): MirrorAuthSpec => ({
  registries,
  pullSecret: { name: 'ci-pull' },
});

/** Secrets hub and ghcr are there; nothing was written yet. */
const aBench = (...registries: Registry[]): Bench => {
  const bench = new Bench(spec(...registries));
  bench.cluster.put(HUB, aDockerConfig({ [HUB_KEY]: 'hub-user:hub-1' }));
  bench.cluster.put(secretNamed('ghcr'), aDockerConfig({ 'ghcr.io': 'robot:ghcr-1' }));
  return bench;
};

/** The same, and everything is written. */
const settled = (...registries: Registry[]): Bench => {
  const bench = aBench(...registries);
  bench.cluster.put(CA, aConfigMap({ 'ca.crt': CA_ONE }));
  bench.reconcile();
  return bench;
};

const states = (bench: Bench): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (bench.status.pullSecret?.entries ?? []).map(({ host, state }) => [host, state]),
  );

const reasons = (bench: Bench): readonly (string | undefined)[] => [
  bench.condition('CredentialsResolved')?.reason,
  bench.condition('PullSecretSynced')?.reason,
];

describe('the pull Secret', () => {
  it('holds each credential under its host, and duplicates where spec asks for them', () => {
    const bench = settled(hub, harbor, ghcr, registry('quay.io', { type: 'Anonymous' }));
    expect(bench.logins('ci-pull')).toEqual({
      [HUB_KEY]: 'hub-user:hub-1',
      'harbor.corp': 'hub-user:hub-1',
      'ghcr.io': 'robot:ghcr-1',
    });
    expect(states(bench)).toEqual({
      'docker.io': 'Current',
      'harbor.corp': 'Current',
      'ghcr.io': 'Current',
      'quay.io': 'Anonymous',
    });
    expect(reasons(bench)).toEqual(['Resolved', 'Synced']);
  });

  it('has on record where each entry came from, by names alone', () => {
    const picky = registry('quay.io', from('ghcr', { key: 'k', entry: 'quay.io/x' }));
    const bench = settled(hub, harbor, ghcr, picky);
    const annotations = bench.cluster.get(OUTPUT)?.metadata.annotations ?? {};
    expect(JSON.parse(annotations['mirrorauth.dev/entries'] ?? '')).toEqual([
      { host: 'docker.io', type: 'SecretRef', secretName: 'hub' },
      { host: 'ghcr.io', type: 'SecretRef', secretName: 'ghcr' },
      { host: 'harbor.corp', type: 'DuplicateOf', duplicateOf: 'docker.io', secretName: 'hub' },
    ]);
  });

  it('follows a rotation in all entries at once, in one write', () => {
    const bench = settled(hub, harbor, ghcr);
    bench.cluster.put(HUB, aDockerConfig({ [HUB_KEY]: 'hub-user:hub-2' }));
    const before = bench.cluster.writes.length;
    bench.reconcile();
    expect(bench.logins('ci-pull')).toMatchObject({
      [HUB_KEY]: 'hub-user:hub-2',
      'harbor.corp': 'hub-user:hub-2',
    });
    expect(bench.cluster.writes.length - before).toBe(1);
  });

  it('is not written when a source is touched without a change', () => {
    const bench = settled(hub);
    bench.cluster.put(HUB, aDockerConfig({ [HUB_KEY]: 'hub-user:hub-1' }, { labels: { a: 'b' } }));
    expect(bench.plan()).toMatchObject({ plan: { actions: [] }, rounds: 0 });
  });

  it('leaves an omitted entry out, and its credential may still be duplicated', () => {
    const bench = settled({ ...hub, pullSecretEntry: 'Omit' }, harbor);
    expect(bench.logins('ci-pull')).toEqual({ 'harbor.corp': 'hub-user:hub-1' });
    expect(states(bench)).toEqual({ 'docker.io': 'Omitted', 'harbor.corp': 'Current' });
  });

  it('may hold no entry at all when spec wants none', () => {
    const bench = settled(registry('quay.io', { type: 'Anonymous' }));
    expect(bench.files(OUTPUT)).toEqual({
      '.dockerconfigjson': '{"auths":{}}',
      'config.json': '{"auths":{}}',
    });
  });
});

describe('a pull Secret that is not there', () => {
  it('is not created while none of its credentials is resolved', () => {
    const bench = new Bench(spec(hub, harbor));
    bench.reconcile();
    expect(bench.files(OUTPUT)).toBeUndefined();
    expect(reasons(bench)).toEqual(['SecretNotFound', 'Pending']);
  });

  it('is created with those that are resolved', () => {
    const bench = aBench(hub, registry('quay.io', from('absent')));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ [HUB_KEY]: 'hub-user:hub-1' });
    expect(states(bench)).toEqual({ 'docker.io': 'Current', 'quay.io': 'Missing' });
    expect(reasons(bench)).toEqual(['SecretNotFound', 'Synced']);
  });
});

describe('an entry whose source cannot be used now', () => {
  const faults: Readonly<Record<string, readonly [JsonObject | undefined, string]>> = {
    'is gone': [undefined, 'SecretNotFound'],
    'is no Docker config': [
      aSecret('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{}' }),
      'SecretInvalid',
    ],
    'has lost the entry': [aDockerConfig({ 'quay.io': 'a:b' }), 'CredentialNotFound'],
    'has two entries that differ': [
      aDockerConfig({ 'docker.io/a': 'a:b', 'docker.io/b': 'c:d' }),
      'AmbiguousCredential',
    ],
    'is of a type that holds no credential': [
      aSecret('kubernetes.io/tls', {}),
      'UnsupportedCredential',
    ],
    'is an output': [
      aDockerConfig(
        { [HUB_KEY]: 'x:y' },
        {
          ownerReferences: [
            {
              apiVersion: 'mirrorauth.dev/v1alpha1',
              kind: 'MirrorAuth',
              name: 'other',
              uid: 'other',
              controller: true,
            },
          ],
        },
      ),
      'SourceIsOutput',
    ],
  };

  it.each(Object.entries(faults))('stays when the source %s', (_, [object, reason]) => {
    const bench = settled(hub, harbor, ghcr);
    bench.cluster.remove(HUB);
    if (object !== undefined) {
      bench.cluster.put(HUB, object);
    }
    bench.reconcile();
    bench.wait(10_000);
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({
      [HUB_KEY]: 'hub-user:hub-1',
      'harbor.corp': 'hub-user:hub-1',
      'ghcr.io': 'robot:ghcr-1',
    });
    expect(reasons(bench)).toEqual([reason, 'Synced']);
    expect(states(bench)).toEqual({
      'docker.io': 'Kept',
      'harbor.corp': 'Kept',
      'ghcr.io': 'Current',
    });
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('stays when the source may not be read', () => {
    const bench = settled(hub, ghcr);
    bench.denied.add('Secret/hub');
    bench.reconcile();
    expect(bench.logins('ci-pull')).toHaveProperty([HUB_KEY], 'hub-user:hub-1');
    expect(reasons(bench)).toEqual(['AccessDenied', 'Synced']);
  });

  it('does not keep the others from being refreshed', () => {
    const bench = settled(hub, ghcr);
    bench.cluster.remove(HUB);
    bench.cluster.put(secretNamed('ghcr'), aDockerConfig({ 'ghcr.io': 'robot:ghcr-2' }));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({
      [HUB_KEY]: 'hub-user:hub-1',
      'ghcr.io': 'robot:ghcr-2',
    });
  });

  it('says that it is refused when a credential is there and is not written', () => {
    const bench = aBench(hub, registry('ghcr.io', from('hub', { key: 'config' })));
    bench.reconcile();
    expect(states(bench)).toEqual({ 'docker.io': 'Current', 'ghcr.io': 'Refused' });
  });
});

describe('what is told of the pull Secret', () => {
  const messages = (bench: Bench): readonly (string | undefined)[] => [
    bench.condition('CredentialsResolved')?.message,
    bench.condition('PullSecretSynced')?.message,
  ];
  const quay = registry('quay.io', from('absent'));
  const NO_HUB = 'Secret hub does not exist: create it, or correct secretRef.name';
  const NO_QUAY = 'quay.io: Secret absent does not exist: create it, or correct secretRef.name';
  const rows: Readonly<Record<string, readonly [() => Bench, readonly [string, string]]>> = {
    'counts entries and Secrets': [
      () => settled(hub, harbor, ghcr),
      ['3 entries from 2 Secrets', 'Secret ci-pull has 3 entries'],
    ],
    'counts one entry': [
      () => settled(hub),
      ['1 entry from 1 Secret', 'Secret ci-pull has 1 entry'],
    ],
    'counts the entries that are there beside those that are wanted': [
      () => settled(hub, quay),
      [NO_QUAY, 'Secret ci-pull has 1 of 2 entries'],
    ],
    'names hosts with one problem together, and says what is kept': [
      () => {
        const bench = settled(hub, harbor, quay);
        bench.cluster.remove(HUB);
        bench.wait(10_000);
        bench.reconcile();
        bench.wait(10_000);
        bench.reconcile();
        return bench;
      },
      [
        `docker.io, harbor.corp: ${NO_HUB}; the last good entry is kept; ${NO_QUAY}`,
        'Secret ci-pull has 2 of 3 entries',
      ],
    ],
    'says what its creation waits for': [
      () => {
        const bench = new Bench(spec(hub));
        bench.reconcile();
        return bench;
      },
      [`docker.io: ${NO_HUB}`, 'Secret ci-pull is created once one of its credentials is resolved'],
    ],
    'says what its adoption waits for': [
      () => {
        const bench = aBench(hub, quay);
        bench.cluster.put(OUTPUT, aDockerConfig({}, { annotations: consentTo('ci') }));
        bench.reconcile();
        return bench;
      },
      [NO_QUAY, 'Secret ci-pull is taken over once all its sources are resolved'],
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [bench, expected]) => {
    expect(messages(bench())).toEqual(expected);
  });

  it('is a line for each registry, with the names of its source', () => {
    const bench = settled(hub, harbor, registry('a.io', { type: 'Anonymous' }));
    expect(bench.status.pullSecret).toStrictEqual({
      name: 'ci-pull',
      entries: [
        { host: 'docker.io', type: 'SecretRef', secretName: 'hub', state: 'Current' },
        {
          host: 'harbor.corp',
          type: 'DuplicateOf',
          duplicateOf: 'docker.io',
          secretName: 'hub',
          state: 'Current',
        },
        { host: 'a.io', type: 'Anonymous', state: 'Anonymous' },
      ],
    });
  });

  it('is no line when spec has no registries', () => {
    const bench = new Bench({ pullSecret: { name: 'ci-pull' } });
    bench.reconcile();
    expect(bench.status.pullSecret).toEqual({ name: 'ci-pull', entries: [] });
  });

  it('is which credentials are there, when it may not be written', () => {
    const bench = aBench(hub, quay);
    bench.cluster.put(OUTPUT, aDockerConfig({}));
    bench.reconcile();
    expect(states(bench)).toEqual({ 'docker.io': 'Refused', 'quay.io': 'Missing' });
  });

  it('is which credentials are missing, when it cannot be created', () => {
    const bench = new Bench(spec(hub, registry('a.io', { type: 'Anonymous' })));
    bench.reconcile();
    expect(states(bench)).toEqual({ 'docker.io': 'Missing', 'a.io': 'Anonymous' });
  });

  it('is no line while it is not taken over yet, or somebody else rewrites it', () => {
    const adopting = aBench(hub, quay);
    adopting.cluster.put(OUTPUT, aDockerConfig({}, { annotations: consentTo('ci') }));
    adopting.reconcile();
    expect(adopting.status.pullSecret).toEqual({ name: 'ci-pull', entries: [] });
    const contended = settled(hub);
    contended.contended.push(OUTPUT);
    contended.reconcile();
    expect(contended.status.pullSecret).toEqual({ name: 'ci-pull', entries: [] });
  });

  it('is a warning of a source, once for all the hosts that it concerns', () => {
    const bench = aBench(hub, harbor, ghcr);
    bench.cluster.put(HUB, aSecret('kubernetes.io/basic-auth', { username: 'u', password: 'p\n' }));
    bench.reconcile();
    expect(bench.status.warnings).toEqual([
      {
        reason: 'PasswordEndsInNewline',
        message:
          'docker.io, harbor.corp: Secret hub: the password ends in a newline, which is sent with it; if it is none of the password, write it without: printf instead of echo',
      },
    ]);
  });
});

describe('an entry that spec no longer wants so', () => {
  /** What is wanted of harbor.corp after it was a duplicate of docker.io, and no source of it is there. */
  const changes: Readonly<Record<string, Registry>> = {
    'a duplicate that is switched to a Secret that is not there yet': registry(
      'harbor.corp',
      from('absent'),
    ),
    'a duplicate that is switched to its own entry of the same Secret': registry(
      'harbor.corp',
      from('hub'),
    ),
    'a duplicate that is switched to another host': registry('harbor.corp', duplicateOf('ghcr.io')),
    'an entry that is to be anonymous': registry('harbor.corp', { type: 'Anonymous' }),
    'an entry that is to be left out': { ...harbor, pullSecretEntry: 'Omit' },
  };

  it.each(Object.entries(changes))('goes although all sources are gone: %s', (_, changed) => {
    const bench = settled(hub, harbor, ghcr);
    bench.cluster.remove(HUB);
    bench.cluster.remove(secretNamed('ghcr'));
    bench.apply(spec(hub, changed, ghcr));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({
      [HUB_KEY]: 'hub-user:hub-1',
      'ghcr.io': 'robot:ghcr-1',
    });
  });

  const references: Readonly<Record<string, Credentials>> = {
    'another Secret': from('absent'),
    'another key': from('hub', { key: 'config' }),
    'another entry': from('hub', { entry: 'https://index.docker.io/v1/x' }),
  };
  it.each(Object.entries(references))('goes when spec names %s', (_, credentials) => {
    const bench = settled(hub, ghcr);
    bench.cluster.remove(HUB);
    bench.apply(spec(registry('docker.io', credentials), ghcr));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
  });

  it('goes when the duplicated host takes its credential from another Secret', () => {
    const bench = settled(hub, harbor, ghcr);
    bench.apply(spec(registry('docker.io', from('absent')), harbor, ghcr));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
  });

  it('goes although it was the last', () => {
    const bench = settled(hub);
    bench.cluster.remove(HUB);
    bench.apply(spec(ghcr));
    bench.cluster.remove(secretNamed('ghcr'));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({});
  });
});

describe('an entry whose origin is not on record', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const annotations: Readonly<Record<string, string | null>> = {
    'there is no record': null,
    'the record is no JSON': '[{',
    'the record is no list': '{"host":"docker.io"}',
    'the record is nested deeper than any stack': deep,
    'the record is of another Secret':
      '[{"host":"docker.io","type":"SecretRef","secretName":"other"}]',
  };
  it.each(Object.entries(annotations))('goes with its source when %s', (_, annotation) => {
    const bench = settled(hub, ghcr);
    bench.cluster.edit(OUTPUT, {
      metadata: { annotations: { 'mirrorauth.dev/entries': annotation } },
    });
    bench.cluster.remove(HUB);
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
  });

  it('is missing when it is on record and not in the Secret', () => {
    const bench = settled(hub, ghcr);
    const text = configJson({ 'ghcr.io': { auth: base64('robot:ghcr-1') } });
    bench.cluster.edit(OUTPUT, {
      data: { '.dockerconfigjson': base64(text), 'config.json': base64(text) },
    });
    bench.cluster.remove(HUB);
    bench.reconcile();
    bench.wait(10_000);
    bench.reconcile();
    expect(states(bench)).toEqual({ 'docker.io': 'Missing', 'ghcr.io': 'Current' });
  });

  it('goes with its source when the Secret no longer holds what mirrorauth writes', () => {
    const bench = settled(hub, ghcr);
    const text = configJson({ [HUB_KEY]: { username: 'a', password: 'b' }, 'ghcr.io': 5 });
    bench.cluster.edit(OUTPUT, { data: { '.dockerconfigjson': base64(text) } });
    bench.cluster.remove(HUB);
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
  });
});

describe('ca.crt of the pull Secret', () => {
  const harborWithCa = { ...harbor, ...withCa };

  it('holds the CAs that spec names, with their names', () => {
    expect(settled(hub, harborWithCa).files(OUTPUT)?.['ca.crt']).toBe(
      `# ConfigMap corp-ca, key ca.crt\n${CA_ONE}`,
    );
    expect(reasons(settled(hub, harborWithCa))).toEqual(['Resolved', 'Synced']);
  });

  it('is missing while its source is, and the credentials are written without it', () => {
    const bench = aBench(hub, harborWithCa);
    bench.reconcile();
    expect(bench.files(OUTPUT)).not.toHaveProperty(['ca.crt']);
    expect(bench.logins('ci-pull')).toHaveProperty(['harbor.corp']);
    expect(reasons(bench)).toEqual(['Resolved', 'CaNotFound']);
  });

  it('is missing from a Secret that is to hold it alone, and the Secret is created', () => {
    const bench = aBench(registry('harbor.corp', { type: 'Anonymous' }, withCa));
    bench.reconcile();
    expect(Object.keys(bench.files(OUTPUT) ?? {})).toEqual(['.dockerconfigjson', 'config.json']);
  });

  it('follows its source', () => {
    const bench = settled(hub, harborWithCa);
    bench.cluster.put(CA, aConfigMap({ 'ca.crt': CA_TWO }));
    bench.reconcile();
    expect(bench.files(OUTPUT)?.['ca.crt']).toContain(CA_TWO);
  });

  const faults: Readonly<Record<string, readonly [JsonObject | undefined, string]>> = {
    'is gone': [undefined, 'CaNotFound'],
    'has lost the key': [aConfigMap({ other: CA_ONE }), 'CaNotFound'],
    'is no PEM': [aConfigMap({ 'ca.crt': 'hello' }), 'CaInvalid'],
  };
  it.each(Object.entries(faults))('stays when its source %s', (_, [object, reason]) => {
    const bench = settled(hub, harborWithCa);
    bench.cluster.remove(CA);
    if (object !== undefined) {
      bench.cluster.put(CA, object);
    }
    bench.reconcile();
    bench.wait(10_000);
    bench.reconcile();
    expect(bench.files(OUTPUT)?.['ca.crt']).toContain(CA_ONE);
    expect(reasons(bench)).toEqual(['Resolved', reason]);
  });

  it('goes when spec no longer names it, although a source is missing', () => {
    const bench = settled(hub, harborWithCa);
    bench.cluster.remove(HUB);
    bench.apply(spec(hub, harbor));
    bench.reconcile();
    expect(bench.files(OUTPUT)).not.toHaveProperty(['ca.crt']);
    expect(bench.logins('ci-pull')).toHaveProperty(['harbor.corp'], 'hub-user:hub-1');
  });

  it('goes when spec names another that is not there', () => {
    const bench = settled(hub, harborWithCa);
    bench.apply(spec(hub, { ...harbor, tls: { caRef: { name: 'corp-ca', key: 'new.crt' } } }));
    bench.reconcile();
    expect(bench.files(OUTPUT)).not.toHaveProperty(['ca.crt']);
  });
});

describe('a pull Secret that would be too large', () => {
  const huge = aSecret('kubernetes.io/basic-auth', {
    username: 'u',
    password: 'p'.repeat(500_000),
  });

  it('is not created', () => {
    const bench = aBench(hub);
    bench.cluster.put(HUB, huge);
    bench.reconcile();
    expect(bench.files(OUTPUT)).toBeUndefined();
    expect(reasons(bench)).toEqual(['Resolved', 'TooLarge']);
  });

  it('keeps what it has of what is still wanted, and takes nothing in', () => {
    const bench = settled(hub, harbor, ghcr);
    bench.cluster.put(secretNamed('ghcr'), huge);
    bench.cluster.put(HUB, aDockerConfig({ [HUB_KEY]: 'hub-user:hub-2' }));
    bench.apply(spec(hub, ghcr));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({
      [HUB_KEY]: 'hub-user:hub-1',
      'ghcr.io': 'robot:ghcr-1',
    });
    expect(reasons(bench)).toEqual(['Resolved', 'TooLarge']);
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('keeps its CAs', () => {
    const bench = settled(hub, { ...harbor, ...withCa });
    bench.cluster.put(HUB, huge);
    bench.reconcile();
    expect(bench.files(OUTPUT)?.['ca.crt']).toContain(CA_ONE);
    expect(reasons(bench)).toEqual(['Resolved', 'TooLarge']);
  });

  it('may hold 1 MiB to the byte', () => {
    const sizeWith = (host: string, password: string): number => {
      const bench = new Bench(spec(registry(host, from('hub'))));
      bench.cluster.put(HUB, aSecret('kubernetes.io/basic-auth', { username: 'u', password }));
      bench.reconcile();
      return Object.values(bench.files(OUTPUT) ?? {}).join('').length;
    };
    // Base64 grows by four characters for three bytes, and a host name by one; both stand there twice.
    const sizes = ['a.io', 'aa.io', 'aaa.io', 'aaaa.io'].map((host) => {
      const room = 1_048_576 - sizeWith(host, 'x'.repeat(10));
      return sizeWith(host, 'x'.repeat(10 + Math.floor(room / 8) * 3));
    });
    expect(Math.max(...sizes)).toBe(1_048_576);
  });

  it('is not taken over, and that is the reason that is told', () => {
    const bench = aBench(hub);
    bench.cluster.put(HUB, huge);
    bench.cluster.put(OUTPUT, aDockerConfig({ 'a.io': 'a:b' }, { annotations: consentTo('ci') }));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ 'a.io': 'a:b' });
    expect(reasons(bench)).toEqual(['Resolved', 'TooLarge']);
  });
});

describe('a Secret that consents to be taken over', () => {
  const byHand = aDockerConfig(
    {
      [HUB_KEY]: 'old:old',
      'https://quay.io/v2/': 'old:old',
      'registry.corp': 'old:old',
      '*.glob.io': 'x:y',
    },
    { annotations: consentTo('ci'), labels: { theirs: 'x' } },
  );

  it('is taken over in one write once all its sources are resolved, and keeps its own labels', () => {
    const bench = aBench(hub, harbor);
    bench.cluster.put(OUTPUT, byHand);
    const { plan } = bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({
      [HUB_KEY]: 'hub-user:hub-1',
      'harbor.corp': 'hub-user:hub-1',
    });
    expect(bench.cluster.get(OUTPUT)?.metadata.labels).toHaveProperty('theirs', 'x');
    expect(bench.cluster.writes).toHaveLength(1);
    expect(plan.actions).toMatchObject([
      {
        change: {
          kind: 'Adopt',
          note: 'it loses the entries of quay.io, registry.corp, 1 keys that name no host',
        },
      },
    ]);
    expect(bench.condition('Ready')?.status).toBe('True');
  });

  it('is left as it is while a credential is missing', () => {
    const bench = aBench(hub, registry('a.io', from('absent')));
    bench.cluster.put(OUTPUT, byHand);
    bench.reconcile();
    expect(bench.cluster.writes).toEqual([]);
    expect(reasons(bench)).toEqual(['SecretNotFound', 'Pending']);
  });

  it('is left as it is while a CA is missing, and that is the reason that is told', () => {
    const bench = aBench(hub, { ...harbor, ...withCa });
    bench.cluster.put(OUTPUT, byHand);
    bench.reconcile();
    expect(bench.cluster.writes).toEqual([]);
    expect(reasons(bench)).toEqual(['Resolved', 'CaNotFound']);
  });

  it('keeps nothing of what it held, whatever its annotations say', () => {
    const bench = aBench(hub, ghcr);
    const record = '[{"host":"ghcr.io","type":"SecretRef","secretName":"ghcr"}]';
    bench.cluster.put(
      OUTPUT,
      aDockerConfig(
        { 'ghcr.io': 'forged:forged' },
        { annotations: { ...consentTo('ci'), 'mirrorauth.dev/entries': record } },
      ),
    );
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({
      [HUB_KEY]: 'hub-user:hub-1',
      'ghcr.io': 'robot:ghcr-1',
    });
  });
});

describe('a pull Secret of ours that no patch can mend', () => {
  it('is replaced, and keeps the entries whose source is missing', () => {
    const bench = settled(hub, ghcr);
    bench.cluster.edit(OUTPUT, { immutable: true, data: { extra: 'eA==' } });
    bench.cluster.remove(HUB);
    const before = bench.cluster.get(OUTPUT)?.metadata.uid;
    bench.reconcile();
    expect(bench.cluster.get(OUTPUT)?.isImmutable).toBe(false);
    expect(bench.cluster.get(OUTPUT)?.metadata.uid).not.toBe(before);
    expect(bench.logins('ci-pull')).toHaveProperty([HUB_KEY], 'hub-user:hub-1');
    expect(bench.plan().plan.actions).toEqual([]);
  });
});

describe('a pull Secret of ours that no patch can mend and that has nothing on record', () => {
  it('is replaced without the entries whose source is missing, although none is left', () => {
    const bench = settled(hub);
    bench.cluster.edit(OUTPUT, {
      immutable: true,
      metadata: { annotations: { 'mirrorauth.dev/entries': null } },
    });
    bench.cluster.remove(HUB);
    bench.reconcile();
    expect(bench.cluster.get(OUTPUT)?.isImmutable).toBe(false);
    expect(bench.logins('ci-pull')).toEqual({});
  });
});

describe('a pull Secret of ours that somebody applied', () => {
  it('keeps the annotation of kubectl apply, which is not ours to remove', () => {
    const bench = settled(hub);
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    bench.cluster.edit(OUTPUT, { metadata: { annotations } });
    expect(bench.plan().plan.actions).toEqual([]);
  });
});

describe('a source that went a moment ago', () => {
  const isQuiet = (bench: Bench): boolean => bench.plan().plan.findings.isQuiet;

  it('is not reported while its entry is still there', () => {
    const bench = settled(hub, ghcr);
    bench.cluster.remove(HUB);
    bench.reconcile();
    expect(isQuiet(bench)).toBe(true);
    expect(bench.condition('Ready')?.status).toBe('True');
  });

  it('is reported after ten seconds', () => {
    const bench = settled(hub, ghcr);
    bench.cluster.remove(HUB);
    bench.reconcile();
    bench.wait(10_000);
    bench.reconcile();
    expect(isQuiet(bench)).toBe(false);
    expect(bench.condition('Ready')).toMatchObject({ status: 'False', reason: 'SecretNotFound' });
  });

  it('is reported at once when the Secret has no entry to fall back on', () => {
    const bench = settled(hub, ghcr);
    bench.cluster.remove(HUB);
    bench.cluster.remove(OUTPUT);
    expect(isQuiet(bench)).toBe(false);
  });

  it('is reported at once beside another that is broken', () => {
    const bench = settled(hub, ghcr);
    bench.cluster.remove(HUB);
    bench.cluster.put(secretNamed('ghcr'), aSecret('Opaque', {}));
    expect(isQuiet(bench)).toBe(false);
  });

  it('is reported at once when it is named anew', () => {
    const bench = settled(hub, ghcr);
    bench.apply(spec(registry('docker.io', from('absent')), ghcr));
    bench.reconcile();
    expect(isQuiet(bench)).toBe(false);
    expect(bench.condition('Ready')).toMatchObject({ status: 'False', reason: 'SecretNotFound' });
  });

  it('is reported at once when it is a CA whose certificates are gone too', () => {
    const bench = settled(hub, { ...harbor, ...withCa });
    bench.cluster.remove(CA);
    bench.cluster.edit(OUTPUT, { data: { 'ca.crt': null } });
    expect(isQuiet(bench)).toBe(false);
  });

  it('is not reported when it is a CA whose certificates are still there', () => {
    const bench = settled(hub, { ...harbor, ...withCa });
    bench.cluster.remove(CA);
    bench.reconcile();
    expect(isQuiet(bench)).toBe(true);
  });
});
