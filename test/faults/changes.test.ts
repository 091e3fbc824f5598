import { describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { bothWith, hubBehindHarbor, Lab } from '../support/lab.ts';
import { HUB } from '../support/secrets.ts';
import { CONFIG_MAPS, conditionOf, MIRRORAUTHS, own, saidBy, SECRETS } from '../support/world.ts';

/**
 * Rows 2 to 11, and 24: what people and programs do to the objects. The operator's clock stands still where a
 * row says "within 2 s": what it does then hangs on no timer at all.
 */

const cluster = new ControlPlaneClient(inject('controlPlane'));

test('row 2: the same MirrorAuth applied again, on either side, writes nothing', async () => {
  const lab = await Lab.start(cluster, 'row2');
  await lab.make('ci');
  const versions = async () => [
    await lab.world.version(SECRETS, 'ci-pull'),
    await lab.world.version(CONFIG_MAPS, 'ci-config'),
    await lab.world.status('ci'),
  ];
  const before = await versions();
  const mark = await lab.mark();
  await lab.world.apply('ci', hubBehindHarbor('ci'));
  const manifest = {
    apiVersion: 'mirrorauth.dev/v1alpha1',
    kind: 'MirrorAuth',
    metadata: { name: 'ci', namespace: lab.world.namespace },
    spec: hubBehindHarbor('ci'),
  };
  await lab.world.kubectl(['apply', '--filename=-'], manifest);
  await lab.world.kubectl(['apply', '--filename=-'], manifest);
  // Another one after it, so that it was seen.
  await lab.make('later');
  expect((await lab.writes(mark)).filter((write) => !write.includes('later'))).toEqual([]);
  expect(await versions()).toEqual(before);
});

test('row 3: a source that is rotated is written at once, and no byte of the others changes', async () => {
  const lab = await Lab.start(cluster, 'row3', { clock: new FakeClock() });
  await lab.world.login('other', 'you', 'ü"\\ and more');
  await lab.world.login('hub', 'me', 'first');
  await lab.world.apply('ci', {
    registries: [own('docker.io', 'hub'), own('other.corp', 'other')],
    pullSecret: { name: 'pull' },
    buildkitConfig: { name: 'config' },
  });
  await lab.world.ready('ci');
  const config = await lab.world.version(CONFIG_MAPS, 'config');
  const file = async () => (await lab.world.files(SECRETS, 'pull'))?.['.dockerconfigjson'] ?? '';
  const before = await file();
  await lab.world.rotate('hub', 'second');
  const after = await lab.world.until('the rotation', file, (found) => found !== before);
  const [was, is] = ['me:first', 'me:second'].map((login) => btoa(login));
  expect(after).toBe(before.replace(was ?? '', is ?? ''));
  expect(await lab.world.version(CONFIG_MAPS, 'config')).toBe(config);
});

test('row 5: a source that is deleted leaves its last good login, and never an empty file', async () => {
  const clock = new FakeClock();
  const lab = await Lab.start(cluster, 'row5', { clock });
  await lab.make('ci');
  const mark = await lab.mark();
  const before = await lab.world.version(SECRETS, 'ci-pull');
  await lab.world.delete(SECRETS, 'ci-hub');
  await lab.whileTimePasses(clock, {
    describe: 'SecretNotFound',
    look: () => lab.world.status('ci'),
    isRight: (status) => saidBy(status, 'Ready').startsWith('SecretNotFound'),
  });
  expect(await lab.world.version(SECRETS, 'ci-pull')).toBe(before);
  expect(await lab.world.logins('ci-pull')).toEqual(bothWith('first'));
  expect(new Set(await lab.writes(mark))).toEqual(new Set(['patch mirrorauths/ci/status']));
  await lab.stopOperators();
  // Nor does one that has never seen it take anything out.
  await lab.startOperator();
  await lab.world.ready('ci', 'SecretNotFound');
  expect(await lab.world.version(SECRETS, 'ci-pull')).toBe(before);
});

describe('row 6: a source that makes no sense stalls its MirrorAuth, is never quoted, and is mended by being mended:', () => {
  const CANARY = 'c4n4ry-do-not-tell';
  test.each([
    ['no JSON', `{"auths": {"docker.io": ${CANARY}`],
    ['of another shape', JSON.stringify({ auths: { 'docker.io': { auth: [CANARY] } } })],
    [
      'with __proto__',
      `{"__proto__": {"auths": {"docker.io": {"auth": "${btoa(`me:${CANARY}`)}"}}}}`,
    ],
    [
      'an auth that is no base64',
      JSON.stringify({ auths: { 'docker.io': { auth: `@@${CANARY}` } } }),
    ],
    ['huge', JSON.stringify({ auths: { 'docker.io': { auth: btoa(CANARY.repeat(40_000)) } } })],
  ])('%s', async (_, text) => {
    const lab = await Lab.create(cluster, 'row6');
    const operator = await lab.startOperator();
    await lab.world.create(SECRETS, 'hub', {
      type: 'Opaque',
      data: { 'config.json': btoa(text) },
    });
    await lab.world.apply('ci', {
      registries: [
        {
          host: 'docker.io',
          credentials: { type: 'SecretRef', secretRef: { name: 'hub', key: 'config.json' } },
        },
      ],
      pullSecret: { name: 'pull' },
    });
    const status = await lab.world.until(
      'Ready to be False',
      () => lab.world.status('ci'),
      (found) => conditionOf(found, 'Ready')?.status === 'False',
    );
    expect(await lab.world.get(SECRETS, 'pull')).toBeUndefined();
    const told = [operator.logged(), JSON.stringify(status), ...(await lab.world.events('ci'))];
    expect(told.join('\n')).not.toMatch(new RegExp(`${CANARY}|${btoa(CANARY).slice(0, 16)}`));
    await lab.world.patch(SECRETS, 'hub', {
      data: {
        'config.json': btoa(JSON.stringify({ auths: { 'docker.io': { auth: btoa('me:x') } } })),
      },
    });
    await lab.world.ready('ci');
    expect(await lab.world.logins('pull')).toEqual({ [HUB]: 'me:x' });
  });
});

test('row 7: an output name that somebody else has is not written to, and one event says so', async () => {
  const lab = await Lab.start(cluster, 'row7');
  await lab.world.login('ci-hub', 'me', 'first');
  await lab.world.login('ci-pull', 'somebody', 'else');
  const before = await lab.world.get(SECRETS, 'ci-pull');
  const mark = await lab.mark();
  await lab.world.apply('ci', hubBehindHarbor('ci'));
  expect(
    saidBy(await lab.world.ready('ci', 'TargetNotOwned'), 'Stalled').startsWith('TargetNotOwned'),
  ).toBe(true);
  // Its source is news, and changes nothing.
  await lab.world.rotate('ci-hub', 'second');
  await lab.make('later');
  const attempts = (await lab.calls(mark)).filter(
    ({ verb, name }) => verb !== 'get' && name === 'ci-pull',
  );
  expect(attempts.filter(({ code }) => code < 300)).toEqual([]);
  expect(await lab.world.get(SECRETS, 'ci-pull')).toEqual(before);
  expect(
    (await lab.world.events('ci')).filter((event) => event.includes('TargetNotOwned')),
  ).toHaveLength(1);
});

describe('row 8: an output is put right at once and without a loop, when it is', () => {
  test.each([
    ['deleted', (lab: Lab) => lab.world.delete(SECRETS, 'ci-pull')],
    [
      'edited by hand',
      (lab: Lab) => lab.world.patch(SECRETS, 'ci-pull', { data: { extra: 'eA==' } }),
    ],
    [
      'stripped of its labels',
      (lab: Lab) => lab.world.patch(SECRETS, 'ci-pull', { metadata: { labels: null } }),
    ],
    [
      'stripped of its annotations',
      (lab: Lab) => lab.world.patch(SECRETS, 'ci-pull', { metadata: { annotations: null } }),
    ],
  ])('%s', async (_, tamper) => {
    const lab = await Lab.start(cluster, 'row8', { clock: new FakeClock() });
    await lab.make('ci');
    const right = async () => {
      const metadata = await lab.world.metadata(SECRETS, 'ci-pull');
      return JSON.stringify([
        metadata?.labels,
        metadata?.annotations,
        await lab.world.files(SECRETS, 'ci-pull'),
      ]);
    };
    const before = await right();
    const mark = await lab.mark();
    await tamper(lab);
    await lab.world.until('it to be put right', right, (found) => found === before);
    await lab.make('later');
    expect((await lab.writes(mark)).filter((write) => write.includes('ci'))).toHaveLength(1);
  });
});

test('row 9: of two that want one output the one that has it keeps it, and gives way when it goes', async () => {
  const lab = await Lab.start(cluster, 'row9', { clock: new FakeClock() });
  await lab.world.login('hub', 'me', 'first');
  const wanting = (host: string) => ({
    registries: [own(host, 'hub')],
    pullSecret: { name: 'contested' },
  });
  const mark = await lab.mark();
  await lab.world.apply('z-first', wanting('z.corp'));
  await lab.world.ready('z-first');
  await lab.world.apply('a-second', wanting('a.corp'));
  const status = await lab.world.ready('a-second', 'TargetConflict');
  expect(saidBy(status, 'Stalled')).toContain('MirrorAuth z-first');
  await lab.world.rotate('hub', 'second');
  await lab.world.until(
    'the rotation',
    () => lab.world.logins('contested'),
    (found) => found?.['z.corp'] === 'me:second',
  );
  await lab.world.delete(MIRRORAUTHS, 'z-first');
  await lab.world.until(
    'the other to take over',
    () => lab.world.logins('contested'),
    (found) => JSON.stringify(found) === JSON.stringify({ 'a.corp': 'me:second' }),
  );
  await lab.world.ready('a-second');
  const writes = (await lab.writes(mark)).filter((write) => write.endsWith('/contested'));
  expect(writes).toEqual([
    'create secrets/contested',
    'patch secrets/contested',
    'create secrets/contested',
  ]);
});

describe('row 11: an output name that is taken by something that cannot be written is not deleted:', () => {
  test.each([
    ['immutable', { immutable: true, type: 'kubernetes.io/dockerconfigjson' }],
    ['of another type', { type: 'Opaque' }],
  ])('%s', async (_, body) => {
    const lab = await Lab.start(cluster, 'row11');
    await lab.world.login('ci-hub', 'me', 'first');
    await lab.world.create(SECRETS, 'ci-pull', {
      ...body,
      stringData: { '.dockerconfigjson': '{}' },
      metadata: { annotations: { 'mirrorauth.dev/adopt': 'MirrorAuth/ci' } },
    });
    const before = await lab.world.get(SECRETS, 'ci-pull');
    const mark = await lab.mark();
    await lab.world.apply('ci', hubBehindHarbor('ci'));
    const status = await lab.world.ready('ci', 'TargetNotOwned');
    expect(conditionOf(status, 'Stalled')?.status).toBe('True');
    expect(saidBy(status, 'BuildkitConfigSynced')).toMatch(/^Synced/);
    await lab.world.rotate('ci-hub', 'second');
    await lab.make('later');
    expect((await lab.writes(mark)).filter((write) => write.includes('ci-pull'))).toEqual([]);
    expect(await lab.world.get(SECRETS, 'ci-pull')).toEqual(before);
  });
});

test('row 10: an output that somebody rewrites every second is given up for five minutes at a time', async () => {
  const clock = new FakeClock();
  const lab = await Lab.start(cluster, 'row10', { clock, watchTimeoutSeconds: () => 7_200 });
  await lab.make('ci');
  const mark = await lab.mark();
  const repairs = async () =>
    (await lab.writes(mark)).filter((write) => write === 'patch secrets/ci-pull').length;
  const isContended = async () =>
    saidBy(await lab.world.status('ci'), 'Ready').startsWith('Contended');
  let rewrites = 0;
  /** Every second of the operator's clock, and waits until it has repaired that or given up. */
  const rewriteFor = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      const before = await repairs();
      rewrites += 1;
      await lab.world.patch(SECRETS, 'ci-pull', { data: { extra: btoa(String(rewrites)) } });
      await lab.world.until(
        'a repair, or Contended',
        async () => (await repairs()) > before || (await isContended()),
        (isOver) => isOver,
      );
      await lab.untilIdle();
      clock.advance(1_000);
    }
  };
  await rewriteFor(10);
  const atFirst = await repairs();
  // Six, and one that was on its way.
  expect(atFirst).toBeLessThanOrEqual(7);
  expect(saidBy(await lab.world.ready('ci', 'Contended'), 'Stalled')).toContain('Secret ci-pull');
  for (const later of [1, 2]) {
    await lab.untilIdle();
    clock.advance(290_000);
    const before = await repairs();
    expect(before).toBeLessThanOrEqual(atFirst + 3 * (later - 1));
    await rewriteFor(20);
    // The one try, a repair, and one that was on its way; not twenty.
    expect((await repairs()) - before, `after pause ${String(later)}`).toBeLessThanOrEqual(3);
  }
  const events = await lab.world.events('ci');
  expect(events.some((event) => event.startsWith('Warning Contended'))).toBe(true);
});

describe('row 24: a wall clock that jumps by an hour', () => {
  test.each([1, -1])('(%i h) makes no difference to anything that is in order', async (hours) => {
    let isSkewed = false;
    const clock = {
      ...systemClock,
      wallTime: () => new Date(Date.now() + (isSkewed ? hours * 3_600_000 : 0)),
    };
    const lab = await Lab.start(cluster, 'row24', { clock });
    await lab.make('ci');
    const before = await lab.world.status('ci');
    const mark = await lab.mark();
    isSkewed = true;
    await lab.world.rotate('ci-hub', 'second');
    await lab.untilLogins('ci-pull', 'second');
    // A full look, asked for: it echoes that, and finds nothing else to say.
    await lab.world.kubectl(['annotate', 'mauth', 'ci', 'mirrorauth.dev/reconcile-requested-at=1']);
    const after = await lab.world.until(
      'the full look',
      () => lab.world.status('ci'),
      ({ lastHandledReconcileAt }) => lastHandledReconcileAt === '1',
    );
    expect(after).toEqual({ ...before, lastHandledReconcileAt: '1' });
    expect(await lab.writes(mark)).toEqual([
      'patch secrets/ci-pull',
      'patch mirrorauths/ci/status',
    ]);
  });
});
