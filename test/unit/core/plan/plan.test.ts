import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { MirrorAuthSpec, Registry } from '../../../../src/api/mirrorauth.ts';
import { plan } from '../../../../src/core/plan/plan.ts';
import type { LiveObject } from '../../../../src/core/plan/output.ts';
import { Bench, loginsIn } from '../../../support/bench.ts';
import { CA_ONE } from '../../../support/certificates.ts';
import {
  aConfigMap,
  aDockerConfig,
  aLive,
  configMapNamed,
  consentTo,
  controlledBy,
  secretNamed,
} from '../../../support/gen.ts';

const SECRET = secretNamed('ci-pull');
const RENAMED = secretNamed('ci-pull-2');
const CONFIG_MAP = configMapNamed('ci-buildkitd');
const CONFIG_MAP_RENAMED = configMapNamed('ci-buildkitd-2');
const BASE = configMapNamed('base');

const fromSecret = (host: string, name: string): Registry => ({
  host,
  credentials: { type: 'SecretRef', secretRef: { name } },
});
const harbor = fromSecret('harbor.corp', 'harbor');
const ghcr = fromSecret('ghcr.io', 'ghcr');

/** A spec of both outputs; `more` overrides. */
const spec = (more: Partial<MirrorAuthSpec> = {}): MirrorAuthSpec => ({
  registries: [harbor, ghcr],
  mirrors: [
    { origin: 'docker.io', endpoints: ['harbor.corp'] },
    { origin: 'ghcr.io', endpoints: ['harbor.corp/ghcr'] },
  ],
  pullSecret: { name: 'ci-pull' },
  buildkitConfig: { name: 'ci-buildkitd', baseRef: { name: 'base' } },
  ...more,
});
const withoutHarbor = { registries: [ghcr], mirrors: [] };
const renamed = { pullSecret: { name: 'ci-pull-2' } };
const configRenamed = { buildkitConfig: { name: 'ci-buildkitd-2', baseRef: { name: 'base' } } };

const aBench = (): Bench => {
  const bench = new Bench(spec());
  bench.cluster.put(secretNamed('harbor'), aDockerConfig({ 'harbor.corp': 'robot:harbor-1' }));
  bench.cluster.put(secretNamed('ghcr'), aDockerConfig({ 'ghcr.io': 'robot:ghcr-1' }));
  bench.cluster.put(BASE, aConfigMap({ 'buildkitd.toml': 'debug = true\n' }));
  return bench;
};

const settled = (): Bench => {
  const bench = aBench();
  bench.reconcile();
  return bench;
};

const toml = (bench: Bench, target = CONFIG_MAP): string =>
  bench.files(target)?.['buildkitd.toml'] ?? '';

const verbs = (bench: Bench, since: number): readonly string[] =>
  bench.cluster.writes.slice(since).map(({ verb, target }) => `${verb} ${target.name}`);

describe('an output that is renamed', () => {
  it('is written under its new name first and goes under its old one after', () => {
    const bench = settled();
    const since = bench.cluster.writes.length;
    bench.apply(spec({ ...renamed, ...configRenamed }));
    bench.reconcile();
    expect(verbs(bench, since)).toEqual([
      'create ci-pull-2',
      'create ci-buildkitd-2',
      'delete ci-pull',
      'delete ci-buildkitd',
    ]);
    expect(bench.condition('Ready')?.status).toBe('True');
  });

  it('stays under its old name while the new one cannot be written', () => {
    const bench = settled();
    bench.apply(spec(renamed));
    bench.reconcile({ failedWrite: { at: 0, kind: 'QuotaExceeded' } });
    expect(bench.logins('ci-pull')).toHaveProperty(['harbor.corp']);
    bench.reconcile();
    expect(bench.files(SECRET)).toBeUndefined();
    expect(bench.logins('ci-pull-2')).toHaveProperty(['harbor.corp']);
  });

  it('loses at once what spec no longer wants, although the new name is taken', () => {
    const bench = settled();
    bench.cluster.put(RENAMED, aDockerConfig({ 'a.io': 'a:b' }));
    bench.cluster.put(CONFIG_MAP_RENAMED, aConfigMap({ theirs: 'x' }));
    bench.apply(spec({ ...withoutHarbor, ...renamed, ...configRenamed }));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
    expect(toml(bench)).not.toContain('harbor.corp');
    expect(toml(bench)).toContain('debug = true');
    expect(bench.logins('ci-pull-2')).toEqual({ 'a.io': 'a:b' });
    expect(bench.condition('Ready')).toMatchObject({ status: 'False', reason: 'TargetNotOwned' });
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('loses at once what spec no longer wants, although the write of the new one fails', () => {
    const bench = settled();
    bench.apply(spec({ ...withoutHarbor, ...renamed }));
    bench.reconcile({ failedWrite: { at: 1, kind: 'QuotaExceeded' } });
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
    expect(bench.files(RENAMED)).toBeUndefined();
  });

  it('loses at once what spec no longer wants, although it is immutable', () => {
    const bench = settled();
    bench.cluster.put(RENAMED, aDockerConfig({}));
    bench.cluster.edit(SECRET, { immutable: true });
    bench.apply(spec({ ...withoutHarbor, ...renamed }));
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('leaves one object behind when it is renamed twice and no status was stored between', () => {
    const bench = settled();
    bench.apply(spec(renamed));
    bench.reconcile({ failedWrite: { at: 1, kind: 'ServerError' }, isStatusLost: true });
    expect(bench.files(SECRET)).toBeDefined();
    bench.apply(spec({ pullSecret: { name: 'ci-pull-3' } }));
    bench.reconcile();
    expect(bench.files(SECRET)).toBeUndefined();
    expect(bench.files(RENAMED)).toBeUndefined();
    expect(bench.logins('ci-pull-3')).toHaveProperty(['harbor.corp']);
  });

  it('is taken up again when it is renamed back', () => {
    const bench = settled();
    const { uid } = bench.cluster.get(SECRET)?.metadata ?? {};
    bench.cluster.put(RENAMED, aDockerConfig({}));
    bench.apply(spec(renamed));
    bench.reconcile();
    bench.apply(spec());
    bench.reconcile();
    expect(bench.cluster.get(SECRET)?.metadata.uid).toBe(uid);
    expect(bench.condition('Ready')?.status).toBe('True');
  });

  it('stays as it is while the whole of the new one cannot be made', () => {
    const bench = settled();
    const before = toml(bench);
    bench.cluster.remove(BASE);
    bench.apply(spec(configRenamed));
    bench.reconcile();
    expect(toml(bench)).toBe(before);
    expect(bench.files(CONFIG_MAP_RENAMED)).toBeUndefined();
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('is not touched any more once it is being deleted', () => {
    const bench = settled();
    bench.cluster.edit(SECRET, { metadata: { deletionTimestamp: '2026-06-01T12:00:00Z' } });
    bench.apply(spec({ ...withoutHarbor, ...renamed }));
    const since = bench.cluster.writes.length;
    bench.reconcile();
    expect(verbs(bench, since)).toContain('create ci-pull-2');
    expect(verbs(bench, since)).not.toContain('patch ci-pull');
    expect(verbs(bench, since)).not.toContain('delete ci-pull');
  });

  it('is left alone when it turns out to be controlled by nobody by now', () => {
    const bench = settled();
    bench.apply(spec({ ...withoutHarbor, ...renamed }));
    const planned = plan({
      ...bench.observe(),
      orphans: [aLive(SECRET, aDockerConfig({ 'a.io': 'a:b' }))],
    });
    expect(planned).toMatchObject({ actions: [{ target: RENAMED }, { target: CONFIG_MAP }] });
  });

  it("is left alone when it turns out to be somebody else's by now", () => {
    const bench = settled();
    bench.apply(spec({ ...withoutHarbor, ...renamed }));
    const stolen = aLive(
      SECRET,
      aDockerConfig(
        { 'a.io': 'a:b' },
        { ownerReferences: [controlledBy('other', 'uid-of-another')] },
      ),
    );
    const planned = plan({ ...bench.observe(), orphans: [stolen] });
    expect(planned).toMatchObject({
      kind: 'Plan',
      actions: [{ kind: 'Create' }, { kind: 'Patch' }],
    });
    expect(planned).toMatchObject({ actions: [{ target: RENAMED }, { target: CONFIG_MAP }] });
  });

  it('is left alone when it turns out to be on its way out', () => {
    const bench = settled();
    bench.apply(spec({ ...withoutHarbor, ...renamed }));
    const leaving = aLive(
      SECRET,
      aDockerConfig(
        { 'a.io': 'a:b' },
        {
          ownerReferences: [controlledBy('ci', bench.uid)],
          deletionTimestamp: '2026-06-01T12:00:00Z',
        },
      ),
    );
    const planned = plan({ ...bench.observe(), orphans: [leaving] });
    expect(planned).toMatchObject({ actions: [{ target: RENAMED }, { target: CONFIG_MAP }] });
  });

  it('loses the binary data that somebody added to it, although it is to stay for now', () => {
    const bench = settled();
    bench.cluster.put(CONFIG_MAP_RENAMED, aConfigMap({ theirs: 'x' }));
    bench.cluster.edit(CONFIG_MAP, { binaryData: { blob: 'AAAA' } });
    bench.apply(spec(configRenamed));
    bench.reconcile();
    expect(bench.cluster.get(CONFIG_MAP)?.binaryKeys).toEqual([]);
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('takes over the entries whose source is gone', () => {
    const bench = settled();
    bench.cluster.remove(secretNamed('harbor'));
    bench.apply(spec(renamed));
    bench.reconcile();
    expect(bench.logins('ci-pull-2')).toHaveProperty(['harbor.corp'], 'robot:harbor-1');
    expect(bench.files(SECRET)).toBeUndefined();
  });

  it('takes over nothing of one that is being deleted', () => {
    const bench = settled();
    bench.cluster.edit(SECRET, { metadata: { deletionTimestamp: '2026-06-01T12:00:00Z' } });
    bench.cluster.remove(secretNamed('harbor'));
    bench.apply(spec(renamed));
    bench.reconcile();
    expect(bench.logins('ci-pull-2')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
  });

  it('takes over each entry from the first by name of those that have it', () => {
    const bench = settled();
    const record = bench.cluster.get(SECRET)?.metadata.annotations ?? {};
    const orphan = (name: string): LiveObject =>
      aLive(
        secretNamed(name),
        aDockerConfig(
          { 'harbor.corp': `robot:${name}` },
          { annotations: record, ownerReferences: [controlledBy('ci', bench.uid)] },
        ),
      );
    bench.cluster.remove(SECRET);
    bench.cluster.remove(secretNamed('harbor'));
    bench.apply(spec(renamed));
    const orphans = [orphan('a'), orphan('b'), orphan('c')];
    for (const order of [orphans, orphans.toReversed()]) {
      const planned = plan({ ...bench.observe(), orphans: order });
      const bodies = 'actions' in planned ? planned.actions : [];
      const created = bodies.flatMap((one) => (one.kind === 'Create' ? [one.body.reveal()] : []));
      expect(JSON.stringify(created)).not.toBe('[]');
      const file = JSON.stringify(created).match(/"\.dockerconfigjson":"([^"]*)"/)?.[1] ?? '';
      expect(loginsIn(Buffer.from(file, 'base64').toString())).toHaveProperty(
        ['harbor.corp'],
        'robot:a',
      );
    }
  });

  it('carries a CA whose source is gone once, although it is under both names', () => {
    const caRef = { name: 'corp-ca' };
    const registries = [{ ...harbor, tls: { caRef } }, ghcr];
    const bench = aBench();
    bench.cluster.put(configMapNamed('corp-ca'), aConfigMap({ 'ca.crt': CA_ONE }));
    bench.apply(spec({ registries }));
    bench.reconcile();
    const whole = bench.files(SECRET)?.['ca.crt'];
    bench.apply(spec({ registries, ...renamed }));
    bench.reconcile({ failedWrite: { at: 1, kind: 'ServerError' } });
    bench.cluster.remove(configMapNamed('corp-ca'));
    bench.reconcile();
    expect(bench.files(RENAMED)?.['ca.crt']).toBe(whole);
  });

  it('is narrowed under its new name, which is in place then, when its base is gone', () => {
    const bench = settled();
    bench.apply(spec(configRenamed));
    bench.reconcile({ failedWrite: { at: 1, kind: 'ServerError' } });
    bench.cluster.remove(BASE);
    bench.apply(spec({ ...configRenamed, ...withoutHarbor }));
    const { actions } = bench.plan().plan;
    expect(actions).toMatchObject([
      { kind: 'Patch', target: CONFIG_MAP, change: { kind: 'Narrow' } },
      { kind: 'Patch', target: SECRET, change: { kind: 'Refresh' } },
      { kind: 'Patch', target: CONFIG_MAP_RENAMED, change: { kind: 'Narrow' } },
      { kind: 'Delete', live: { target: CONFIG_MAP }, after: CONFIG_MAP_RENAMED },
    ]);
  });

  it('goes under its old name after the new one is there, of whatever kind it is', () => {
    const bench = settled();
    bench.apply(spec({ ...renamed, ...configRenamed }));
    expect(bench.plan().plan.actions).toMatchObject([
      { kind: 'Create', target: RENAMED },
      { kind: 'Create', target: CONFIG_MAP_RENAMED },
      { kind: 'Delete', live: { target: SECRET }, after: RENAMED },
      { kind: 'Delete', live: { target: CONFIG_MAP }, after: CONFIG_MAP_RENAMED },
    ]);
  });

  it('is not written for its labels while it is to stay under its old name', () => {
    const bench = settled();
    bench.cluster.put(RENAMED, aDockerConfig({}));
    bench.cluster.edit(SECRET, { metadata: { labels: null } });
    bench.apply(spec(renamed));
    expect(bench.plan().plan.actions).toEqual([]);
  });

  it('is taken over under its new name by consent, and then goes under the old one', () => {
    const bench = settled();
    bench.cluster.put(RENAMED, aDockerConfig({ 'a.io': 'a:b' }, { annotations: consentTo('ci') }));
    bench.apply(spec(renamed));
    bench.reconcile();
    expect(bench.files(SECRET)).toBeUndefined();
    expect(bench.logins('ci-pull-2')).not.toHaveProperty(['a.io']);
  });
});

describe('an output that spec drops', () => {
  it('is deleted, and nothing of it is read', () => {
    const bench = settled();
    bench.apply(spec({ buildkitConfig: undefined }));
    const { rounds } = bench.reconcile();
    expect(bench.files(CONFIG_MAP)).toBeUndefined();
    expect(bench.files(SECRET)).toBeDefined();
    expect(rounds).toBe(0);
    expect(bench.condition('BuildkitConfigSynced')?.reason).toBe('NotRequested');
  });
});

describe('a pull Secret that spec drops', () => {
  it('is deleted as it is', () => {
    const bench = settled();
    const since = bench.cluster.writes.length;
    bench.apply(spec({ pullSecret: undefined, registries: [] }));
    const { rounds } = bench.reconcile();
    expect(verbs(bench, since)).toEqual(['delete ci-pull']);
    expect(rounds).toBe(0);
  });
});

describe('a child of an earlier MirrorAuth of the same name', () => {
  it('is made anew, without anything that it held', () => {
    const bench = settled();
    const left = bench.cluster.get(SECRET)?.metadata.uid;
    bench.recreate();
    bench.reconcile();
    expect(bench.condition('Ready')?.status).toBe('True');
    expect(bench.cluster.get(SECRET)?.metadata.uid).not.toBe(left);
    expect(bench.cluster.get(SECRET)?.metadata.ownerReferences).toEqual([
      expect.objectContaining({ uid: bench.uid }),
    ]);
  });

  it('gives none of its logins to the later one, whose own are not there yet', () => {
    const bench = settled();
    bench.cluster.remove(secretNamed('harbor'));
    bench.recreate();
    bench.reconcile();
    expect(bench.logins('ci-pull')).toEqual({ 'ghcr.io': 'robot:ghcr-1' });
  });
});

describe('a spec that cannot be planned', () => {
  it('leaves everything as it is and takes no child for an orphan', () => {
    const bench = settled();
    const before = [bench.files(SECRET), bench.files(CONFIG_MAP)];
    bench.applyIllegal({ pullSecret: { name: 'other' }, registries: [{ host: 'HARBOR.corp' }] });
    const { plan } = bench.reconcile();
    expect(plan.actions).toEqual([]);
    expect([bench.files(SECRET), bench.files(CONFIG_MAP)]).toEqual(before);
  });

  it('is told: Stalled at once, and no duty claims to be done', () => {
    const bench = settled();
    bench.applyIllegal({ pullSecret: { name: 'Other' } });
    bench.reconcile();
    expect(bench.condition('Ready')).toMatchObject({ status: 'False', reason: 'SpecInvalid' });
    expect(bench.condition('Ready')?.message).toContain('spec.pullSecret.name');
    expect(bench.condition('Stalled')).toMatchObject({ status: 'True', reason: 'SpecInvalid' });
    expect(bench.condition('PullSecretSynced')).toMatchObject({
      status: 'Unknown',
      reason: 'Pending',
    });
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
  });
});

describe('content that a plan has to read', () => {
  it('is asked for three times at most: for each output, and for the orphans', () => {
    const bench = settled();
    bench.apply(spec({ ...renamed, ...configRenamed }));
    bench.cluster.put(
      RENAMED,
      aDockerConfig({}, { ownerReferences: [controlledBy('ci', bench.uid)] }),
    );
    bench.cluster.put(
      CONFIG_MAP_RENAMED,
      aConfigMap({}, { ownerReferences: [controlledBy('ci', bench.uid)] }),
    );
    bench.cluster.remove(secretNamed('ghcr'));
    bench.cluster.remove(BASE);
    expect(bench.plan().rounds).toBe(3);
  });

  it('is named', () => {
    const bench = settled();
    bench.apply(spec({ ...configRenamed }));
    expect(plan(bench.observe())).toEqual({ kind: 'NeedsContent', targets: [CONFIG_MAP] });
  });

  it('is not asked for when everything is resolved and nothing is renamed', () => {
    const bench = settled();
    bench.cluster.put(secretNamed('ghcr'), aDockerConfig({ 'ghcr.io': 'robot:ghcr-2' }));
    expect(bench.plan().rounds).toBe(0);
  });
});

describe('an output that somebody else keeps rewriting', () => {
  it('is left alone, and the other is not', () => {
    const bench = settled();
    bench.contended.push(SECRET);
    bench.apply(spec(withoutHarbor));
    bench.cluster.edit(SECRET, { data: { theirs: 'AAAA' } });
    bench.reconcile();
    expect(bench.files(SECRET)).toHaveProperty('theirs');
    expect(toml(bench)).not.toContain('harbor.corp');
    expect(bench.condition('PullSecretSynced')).toMatchObject({
      status: 'False',
      reason: 'Contended',
    });
    expect(bench.condition('BuildkitConfigSynced')?.status).toBe('True');
  });
});

describe('a source that went a moment ago', () => {
  it('is not reported while the other output is as it should be', () => {
    const bench = settled();
    bench.cluster.remove(BASE);
    expect(bench.plan().plan.findings.isQuiet).toBe(true);
  });

  it('is reported at once beside a ConfigMap that is not', () => {
    const bench = settled();
    bench.cluster.remove(secretNamed('ghcr'));
    expect(bench.plan().plan.findings.isQuiet).toBe(true);
    bench.cluster.put(CONFIG_MAP, aConfigMap({}));
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
  });

  it('is nothing to be quiet of when all is there, or an output is not asked for', () => {
    const bench = settled();
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
    bench.apply(spec({ buildkitConfig: undefined }));
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
    bench.apply(spec({ pullSecret: undefined, registries: [] }));
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
  });

  it('is reported at once beside an output that is not', () => {
    const bench = settled();
    bench.cluster.remove(BASE);
    bench.cluster.put(SECRET, aDockerConfig({}));
    expect(bench.plan().plan.findings.isQuiet).toBe(false);
  });
});

describe('parts of the last plan that are handed back', () => {
  it('say what they said, and ask for nothing', () => {
    const bench = settled();
    bench.cluster.remove(secretNamed('ghcr'));
    bench.cluster.remove(BASE);
    bench.wait(10_000);
    const { parts, findings } = bench.reconcile().plan;
    const again = bench.plan(parts);
    expect(again.plan.findings).toEqual(findings);
    expect(again.rounds).toBe(0);
  });
});

describe('trust', () => {
  it('is said to be open, since that is a security switch', () => {
    const condition = settled().condition('MirrorsTrusted');
    expect(condition).toMatchObject({ status: 'True', reason: 'TrustNotRequired' });
    expect(condition?.message).toContain('--trust=open');
  });
});
