import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import type { Mirror, MirrorAuthSpec, Registry } from '../../../../src/api/mirrorauth.ts';
import type { JsonObject } from '../../../../src/kube/object.ts';
import { Bench } from '../../../support/bench.ts';
import { CA_ONE, CA_TWO } from '../../../support/certificates.ts';
import { aConfigMap, configMapNamed, consentTo } from '../../../support/gen.ts';

const OUTPUT = configMapNamed('ci-buildkitd');
const BASE = configMapNamed('base');
const CA = configMapNamed('corp-ca');
const SETTINGS = 'debug = true\n';

const harbor: Registry = { host: 'harbor.corp', tls: { caRef: { name: 'corp-ca' } } };
const hub: Mirror = { origin: 'docker.io', endpoints: ['harbor.corp/hub', 'cache.corp:5000'] };
const ghcr: Mirror = { origin: 'ghcr.io', endpoints: ['cache.corp:5000/ghcr'] };

const spec = (mirrors: Mirror[], registries: Registry[] = [harbor]): MirrorAuthSpec => ({
  registries,
  mirrors,
  buildkitConfig: { name: 'ci-buildkitd', baseRef: { name: 'base' } },
});

const aBench = (wanted: MirrorAuthSpec): Bench => {
  const bench = new Bench(wanted);
  bench.cluster.put(BASE, aConfigMap({ 'buildkitd.toml': SETTINGS }));
  bench.cluster.put(CA, aConfigMap({ 'ca.crt': CA_ONE }));
  return bench;
};

const settled = (wanted: MirrorAuthSpec): Bench => {
  const bench = aBench(wanted);
  bench.reconcile();
  return bench;
};

const toml = (bench: Bench): unknown => parse(bench.files(OUTPUT)?.['buildkitd.toml'] ?? '');
const synced = (bench: Bench): string | undefined =>
  bench.condition('BuildkitConfigSynced')?.reason;

const replace = (bench: Bench, target: typeof BASE, object: JsonObject | undefined): void => {
  bench.cluster.remove(target);
  if (object !== undefined) {
    bench.cluster.put(target, object);
  }
};

/** What can be wrong with a source, and what is then said. */
const FAULTS: Readonly<
  Record<string, readonly [source: typeof BASE, object: JsonObject | undefined, reason: string]>
> = {
  'the base is missing': [BASE, undefined, 'BaseConfigNotFound'],
  'the base has no such key': [BASE, aConfigMap({ other: '' }), 'BaseConfigNotFound'],
  'the base is no TOML': [BASE, aConfigMap({ 'buildkitd.toml': '=' }), 'BaseConfigInvalid'],
  'the base says what the MirrorAuth says': [
    BASE,
    aConfigMap({ 'buildkitd.toml': '[registry."docker.io"]\nmirrors = ["evil.example"]\n' }),
    'BaseConfigConflict',
  ],
  'a CA is missing': [CA, undefined, 'CaNotFound'],
  'a CA is no PEM': [CA, aConfigMap({ 'ca.crt': 'hello' }), 'CaInvalid'],
  'all is well and the result too large': [
    BASE,
    aConfigMap({ 'buildkitd.toml': `root = "${'x'.repeat(1_048_500)}"\n` }),
    'TooLarge',
  ],
};

describe('the buildkitd ConfigMap', () => {
  it('holds the mirrors, how hosts are spoken to, and the settings of the base', () => {
    const bench = settled(spec([hub]));
    expect(toml(bench)).toEqual({
      debug: true,
      registry: {
        'docker.io': { mirrors: ['harbor.corp/hub', 'cache.corp:5000'] },
        'harbor.corp': { ca: ['/etc/buildkit/harbor.corp.crt'] },
      },
    });
    expect(bench.files(OUTPUT)?.['harbor.corp.crt']).toContain(CA_ONE);
    expect(synced(bench)).toBe('Synced');
    expect(bench.status.buildkitConfig?.revision).toMatch(/^[0-9a-f]{8}$/);
  });

  it('carries over what buildkitd does not read in the base, and warns of it, a few by name', () => {
    const bench = settled(spec([hub]));
    const unread = `debgu = true\n"\u00fc" = 1\n[worker.oci]\ngc-policy-x = 1\n${'long'.repeat(100)} = 1\nfifth = 1\n`;
    bench.cluster.put(BASE, aConfigMap({ 'buildkitd.toml': unread }));
    bench.reconcile();
    expect(toml(bench)).toMatchObject({ debgu: true });
    expect(synced(bench)).toBe('Synced');
    expect(bench.status.warnings).toEqual([
      {
        reason: 'BaseKeyIgnored',
        message:
          'ConfigMap base, key buildkitd.toml: buildkitd does not read debgu (for debug), a key, worker.oci.gc-policy-x (for gcpolicy), and 2 more; correct it, or take it out',
      },
    ]);
    bench.cluster.put(BASE, aConfigMap({ 'buildkitd.toml': SETTINGS }));
    bench.reconcile();
    expect(bench.status.warnings).toBeUndefined();
  });

  it('has another revision when a byte of it changes, and the same when none does', () => {
    const bench = settled(spec([hub]));
    const first = bench.status.buildkitConfig?.revision;
    bench.cluster.put(BASE, aConfigMap({ 'buildkitd.toml': `# a comment\n${SETTINGS}` }));
    bench.reconcile();
    expect(bench.status.buildkitConfig?.revision).toBe(first);
    bench.cluster.put(CA, aConfigMap({ 'ca.crt': CA_TWO }));
    bench.reconcile();
    expect(bench.status.buildkitConfig?.revision).not.toBe(first);
  });

  it('asks for no credential', () => {
    expect(settled(spec([hub])).condition('CredentialsResolved')?.reason).toBe('NotRequested');
  });

  it('loses what somebody added to it', () => {
    const bench = settled(spec([hub]));
    const before = bench.files(OUTPUT);
    bench.cluster.edit(OUTPUT, { data: { theirs: 'x' }, binaryData: { blob: 'AAAA' } });
    bench.reconcile();
    expect(bench.files(OUTPUT)).toEqual(before);
    expect(bench.cluster.get(OUTPUT)?.binaryKeys).toEqual([]);
  });
});

describe.each(Object.entries(FAULTS))('the buildkitd ConfigMap when %s', (_, fault) => {
  const [source, object, reason] = fault;

  it('is not created', () => {
    const bench = aBench(spec([hub]));
    replace(bench, source, object);
    bench.reconcile();
    expect(bench.files(OUTPUT)).toBeUndefined();
    expect(synced(bench)).toBe(reason);
    expect(bench.condition('Ready')).toMatchObject({ status: 'False', reason });
  });

  it('stays byte for byte while spec still wants all of it', () => {
    const bench = settled(spec([hub]));
    const before = bench.files(OUTPUT);
    replace(bench, source, object);
    bench.reconcile();
    bench.wait(10_000);
    bench.reconcile();
    expect(bench.files(OUTPUT)).toEqual(before);
    expect(synced(bench)).toBe(reason);
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('loses what spec no longer wants, takes nothing in, and keeps the settings', () => {
    const bench = settled(spec([hub]));
    replace(bench, source, object);
    bench.apply(spec([{ origin: 'docker.io', endpoints: ['new.corp', 'cache.corp:5000'] }, ghcr]));
    bench.reconcile();
    expect(toml(bench)).toEqual({
      debug: true,
      registry: {
        'docker.io': { mirrors: ['cache.corp:5000'] },
        'harbor.corp': { ca: ['/etc/buildkit/harbor.corp.crt'] },
      },
    });
    expect(synced(bench)).toBe(reason);
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('is not taken over', () => {
    const bench = aBench(spec([hub]));
    replace(bench, source, object);
    bench.cluster.put(OUTPUT, aConfigMap({ theirs: 'x' }, { annotations: consentTo('ci') }));
    bench.reconcile();
    expect(bench.cluster.writes).toEqual([]);
    expect(synced(bench)).toBe(reason);
  });
});

describe('what is told of the buildkitd ConfigMap', () => {
  const rows: Readonly<Record<string, readonly [(bench: Bench) => void, string]>> = {
    'is that its base is missing': [
      (bench) => replace(bench, BASE, undefined),
      'ConfigMap base does not exist: create it, or correct buildkitConfig.baseRef.name',
    ],
    'is that its base has no such key': [
      (bench) => replace(bench, BASE, aConfigMap({ other: '' })),
      'ConfigMap base has no key buildkitd.toml: add it, or name the right one in buildkitConfig.baseRef.key',
    ],
    'is where its base is broken': [
      (bench) => replace(bench, BASE, aConfigMap({ 'buildkitd.toml': '=' })),
      'ConfigMap base, key buildkitd.toml: is not TOML at line 1, column 1; correct it there',
    ],
    'is that its base may not be read': [
      (bench) => bench.denied.add('ConfigMap/base'),
      'ConfigMap base cannot be read: grant the operator get on it',
    ],
    'is that somebody else has its name': [
      (bench) => bench.cluster.put(OUTPUT, aConfigMap({})),
      'ConfigMap ci-buildkitd exists and was not made for this MirrorAuth: choose another name, delete it, or annotate it with mirrorauth.dev/adopt=MirrorAuth/ci to hand it over',
    ],
    'is that somebody else rewrites it': [
      (bench) => bench.contended.push(OUTPUT),
      'ConfigMap ci-buildkitd keeps being rewritten by somebody else: find the other writer; mirrorauth tries once every 5 minutes',
    ],
  };
  it.each(Object.entries(rows))('%s, and that it has no revision', (_, [happens, message]) => {
    const bench = aBench(spec([hub]));
    happens(bench);
    bench.reconcile();
    expect(bench.condition('BuildkitConfigSynced')?.message).toBe(message);
    expect(bench.status.buildkitConfig).toEqual({ name: 'ci-buildkitd' });
    expect(bench.cluster.writes).toEqual([]);
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
  });

  it('is the revision that it has', () => {
    const bench = settled(spec([hub]));
    const { revision = '' } = bench.status.buildkitConfig ?? {};
    expect(bench.condition('BuildkitConfigSynced')?.message).toBe(
      `ConfigMap ci-buildkitd has revision ${revision}`,
    );
  });

  it('is the revision that it keeps while its base is missing', () => {
    const bench = settled(spec([hub]));
    const before = bench.status.buildkitConfig;
    bench.cluster.remove(BASE);
    bench.apply(spec([hub]));
    bench.reconcile();
    expect(bench.status.buildkitConfig).toEqual(before);
    expect(before?.revision).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('a change of the buildkitd ConfigMap', () => {
  it('is told as a refresh when it is made whole', () => {
    const bench = settled(spec([hub]));
    bench.apply(spec([hub, ghcr]));
    expect(bench.plan().plan.actions).toMatchObject([
      { kind: 'Patch', change: { kind: 'Refresh' } },
    ]);
  });

  it('is told as a narrowing when it is not', () => {
    const bench = settled(spec([hub, ghcr]));
    bench.cluster.remove(BASE);
    bench.apply(spec([hub]));
    expect(bench.plan().plan.actions).toMatchObject([
      { kind: 'Patch', change: { kind: 'Narrow' } },
    ]);
  });
});

describe('the size of the buildkitd ConfigMap', () => {
  it('may be 1 MiB to the byte', () => {
    const bench = settled({ ...spec([], []) });
    const base = (length: number): void => {
      bench.cluster.put(BASE, aConfigMap({ 'buildkitd.toml': `root = "${'x'.repeat(length)}"\n` }));
      bench.reconcile();
    };
    const size = (): number => Object.values(bench.files(OUTPUT) ?? {}).join('').length;
    base(1);
    const most = 1 + 1_048_576 - size();
    base(most);
    expect(size()).toBe(1_048_576);
    expect(synced(bench)).toBe('Synced');
    base(most + 1);
    expect(synced(bench)).toBe('TooLarge');
  });
});

describe('a CA that is missing', () => {
  it('holds nothing up once spec no longer names it', () => {
    const bench = settled(spec([hub]));
    bench.cluster.remove(CA);
    bench.apply(spec([hub], []));
    bench.reconcile();
    expect(Object.keys(bench.files(OUTPUT) ?? {})).toEqual(['buildkitd.toml']);
    expect(synced(bench)).toBe('Synced');
  });
});

describe('a buildkitd ConfigMap that is narrowed, since its CA is missing', () => {
  it('is warned of for its base as before', () => {
    const bench = aBench(spec([hub]));
    bench.cluster.put(BASE, aConfigMap({ 'buildkitd.toml': 'debugg = true\n' }));
    bench.reconcile();
    const before = bench.status.warnings;
    bench.cluster.remove(CA);
    bench.apply(spec([hub]));
    bench.reconcile();
    expect(synced(bench)).toBe('CaNotFound');
    expect(bench.status.warnings).toEqual(before);
    expect(before?.map(({ reason }) => reason)).toEqual(['BaseKeyIgnored']);
  });
});

describe('a buildkitd ConfigMap that cannot be narrowed by host', () => {
  it('is written without the base when somebody broke its TOML and the base is broken too', () => {
    const bench = settled(spec([hub]));
    bench.cluster.put(BASE, aConfigMap({ 'buildkitd.toml': '=' }));
    bench.cluster.edit(OUTPUT, { data: { 'buildkitd.toml': 'mirrors = [' } });
    bench.reconcile();
    expect(toml(bench)).toEqual({
      registry: {
        'docker.io': { mirrors: ['harbor.corp/hub', 'cache.corp:5000'] },
        'harbor.corp': { ca: ['/etc/buildkit/harbor.corp.crt'] },
      },
    });
    expect(synced(bench)).toBe('BaseConfigInvalid');
  });
});

describe('a buildkitd ConfigMap of ours that is immutable', () => {
  it('is left alone while it is right', () => {
    const bench = settled(spec([hub]));
    bench.cluster.edit(OUTPUT, { immutable: true });
    bench.reconcile();
    expect(bench.cluster.get(OUTPUT)?.isImmutable).toBe(true);
    expect(synced(bench)).toBe('Synced');
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('is replaced when it has to change', () => {
    const bench = settled(spec([hub]));
    bench.cluster.edit(OUTPUT, { immutable: true });
    bench.apply(spec([hub, ghcr]));
    bench.reconcile();
    expect(bench.cluster.get(OUTPUT)?.isImmutable).toBe(false);
    expect(synced(bench)).toBe('Synced');
  });

  it('is replaced by its narrowed self when the whole cannot be made', () => {
    const bench = settled(spec([hub, ghcr]));
    bench.cluster.edit(OUTPUT, { immutable: true });
    bench.cluster.remove(BASE);
    bench.apply(spec([ghcr]));
    bench.reconcile();
    expect(toml(bench)).toMatchObject({ debug: true });
    expect(toml(bench)).not.toHaveProperty(['registry', 'docker.io']);
  });
});

describe('a base or a CA that went a moment ago', () => {
  it.each([BASE, CA])('is not reported while all that is wanted is there: %o', (source) => {
    const bench = settled(spec([hub]));
    bench.cluster.remove(source);
    bench.reconcile();
    expect(bench.plan().plan.findings.isQuiet).toBe(true);
    expect(bench.condition('Ready')?.status).toBe('True');
  });

  it('is reported at once when something had to be taken out', () => {
    const bench = settled(spec([hub]));
    bench.cluster.remove(BASE);
    bench.cluster.edit(OUTPUT, {
      data: { 'buildkitd.toml': '[registry."docker.io"]\nmirrors = ["evil.example"]\n' },
    });
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
  });

  it('is reported at once beside another that is broken', () => {
    const bench = settled(spec([hub]));
    bench.cluster.remove(BASE);
    bench.cluster.put(CA, aConfigMap({ 'ca.crt': 'hello' }));
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
  });
});

describe('a ConfigMap that consents to be taken over', () => {
  it('is taken over in one write, and its own files go', () => {
    const bench = aBench(spec([hub]));
    bench.cluster.put(OUTPUT, aConfigMap({ theirs: 'x' }, { annotations: consentTo('ci') }));
    const { plan, rounds } = bench.reconcile();
    expect(Object.keys(bench.files(OUTPUT) ?? {})).toEqual(['buildkitd.toml', 'harbor.corp.crt']);
    expect(plan.actions).toMatchObject([{ kind: 'Patch', change: { kind: 'Adopt' } }]);
    expect(rounds).toBe(0);
  });
});
