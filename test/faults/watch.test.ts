import { describe, expect, inject, test } from 'vitest';
import { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { answer, cut, garble, lines } from '../support/fault-proxy.ts';
import { bothWith, hubBehindHarbor, Lab, nameOfCall } from '../support/lab.ts';
import { MissedDeletions } from '../support/missed-deletions.ts';
import { CONFIG_MAPS, MIRRORAUTHS, own, SECRETS } from '../support/world.ts';

/** Rows 17 to 21: what befalls the watches. */

const cluster = new ControlPlaneClient(inject('controlPlane'));

describe('row 18: a watch that breaks is opened again and nothing is lost, when', () => {
  test.each([
    ['its lines are cut short by a reset', cut(700)],
    ['its lines are cut short by what looks like an end', cut(700, 'End')],
    ['it ends at once', cut(0, 'End')],
    ['it is reset at once', cut(0)],
    ['its first line is garbage', garble(0)],
    ['its second line is garbage', garble(1)],
  ])('%s', async (_, fault) => {
    const lab = await Lab.start(cluster, 'row18');
    await lab.make('ci');
    lab.proxy.on({ verb: 'watch' }, fault, { times: 6 });
    expect(lab.proxy.reset({ verb: 'watch' })).toBe(3);
    await lab.world.rotate('ci-hub', 'second');
    await lab.world.patch(CONFIG_MAPS, 'ci-config', { data: { extra: 'x' } });
    await lab.world.rotate('ci-hub', 'third');
    await lab.untilLogins('ci-pull', 'third');
    await lab.world.until(
      'the ConfigMap to be put right',
      () => lab.world.files(CONFIG_MAPS, 'ci-config'),
      (files) => files !== undefined && !('extra' in files),
    );
    await lab.world.ready('ci');
  });
});

describe('row 19: a version that is compacted away', () => {
  test('on a watch leads to a list, and what was deleted in the gap is noticed', async () => {
    const lab = await Lab.start(cluster, 'row19');
    const missed = await MissedDeletions.happen(lab);
    const expired = lab.proxy.on({ verb: 'watch' }, answer(410, { reason: 'Expired' }), {
      times: 3,
    });
    await missed.caughtUp();
    expect(expired.hits).toBe(3);
    const lists = lab.proxy.passages
      .slice(missed.seen)
      .filter(({ request }) => request.verb === 'list');
    expect(lists.map(({ request }) => request.resource).toSorted()).toEqual([
      'configmaps',
      'mirrorauths',
      'secrets',
    ]);
    await missed.collected();
  });
});

describe('row 20: events that are repeated or late', () => {
  test('are no news', async () => {
    const lab = await Lab.start(cluster, 'row20');
    lab.proxy.on(
      { verb: 'watch' },
      lines((line) => [line, line]),
    );
    lab.proxy.reset({ verb: 'watch' });
    await lab.make('ci');
    const mark = await lab.mark();
    await lab.world.rotate('ci-hub', 'second');
    await lab.untilLogins('ci-pull', 'second');
    await lab.make('later');
    expect((await lab.writes(mark)).filter((write) => write.includes('ci-'))).toEqual([
      'patch secrets/ci-pull',
    ]);
  });

  test('of a MirrorAuth that was deleted: nothing is made for it again', async () => {
    const lab = await Lab.start(cluster, 'row20');
    await lab.make('ci');
    const mark = await lab.mark();
    const late = lab.proxy.hold({ verb: 'watch', resource: 'mirrorauths' }, 'Answer');
    await lab.world.delete(MIRRORAUTHS, 'ci');
    const isGone = (found: unknown): boolean => found === undefined;
    await lab.world.until('the Secret to go', () => lab.world.get(SECRETS, 'ci-pull'), isGone);
    await lab.world.until(
      'the operator to ask for its MirrorAuth',
      async () => (await lab.calls(mark)).map(nameOfCall),
      (calls) => calls.includes('get mirrorauths/ci'),
    );
    // Something else that would make it look.
    await lab.world.rotate('ci-hub', 'second');
    late.release();
    await lab.make('later');
    await lab.untilIdle();
    const made = (await lab.writes(mark)).filter((write) => write.includes('/ci'));
    expect(made).toEqual([]);
  });

  test('of a MirrorAuth that was deleted and made again: its status is of the second', async () => {
    const lab = await Lab.start(cluster, 'row20');
    // Without an output: that it vanished would give the rest away.
    const spec = { registries: [own('a.corp', 'ci-hub')], pullSecret: { name: 'ci-pull' } };
    await lab.world.apply('ci', spec);
    await lab.world.ready('ci', 'SecretNotFound');
    const late = lab.proxy.hold({ verb: 'watch', resource: 'mirrorauths' }, 'Answer');
    await lab.world.delete(MIRRORAUTHS, 'ci');
    await lab.world.apply('ci', spec);
    // The operator still believes in the first one, and has something else to say of it.
    await lab.world.create(SECRETS, 'ci-hub', {
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'me' },
    });
    const refused = () =>
      lab.proxy.passages.filter(
        ({ request, status }) => request.subresource === 'status' && status === 409,
      );
    await lab.world.until(
      'the operator to have tried',
      () => Promise.resolve(refused().length),
      (count) => count > 0,
    );
    expect(await lab.world.status('ci')).toEqual({ observedGeneration: -1 });
    late.release();
    await lab.world.rotate('ci-hub', 'second');
    await lab.world.ready('ci');
  });

  test('of a MirrorAuth that was deleted and made again: its outputs are of the second', async () => {
    const lab = await Lab.start(cluster, 'row20');
    await lab.make('ci');
    const first = await lab.world.metadata(SECRETS, 'ci-pull');
    const late = lab.proxy.hold({ verb: 'watch', resource: 'mirrorauths' }, 'Answer');
    await lab.world.delete(MIRRORAUTHS, 'ci');
    await lab.world.apply('ci', hubBehindHarbor('ci'));
    const uid = (await lab.world.metadata(MIRRORAUTHS, 'ci'))?.uid;
    await lab.world.rotate('ci-hub', 'second');
    late.release();
    await lab.world.ready('ci');
    await lab.untilLogins('ci-pull', 'second');
    const child = await lab.world.metadata(SECRETS, 'ci-pull');
    expect(child?.ownerReferences.map((owner) => owner.uid)).toEqual([uid]);
    expect(child?.uid).not.toBe(first?.uid);
  });
});

describe('row 20: an output of an earlier MirrorAuth of that name', () => {
  test('that was left behind is not taken over', async () => {
    const lab = await Lab.start(cluster, 'row20');
    await lab.make('ci');
    await lab.world.kubectl(['delete', 'mauth', 'ci', '--cascade=orphan']);
    const left = await lab.world.get(SECRETS, 'ci-pull');
    await lab.world.apply('ci', hubBehindHarbor('ci'));
    await lab.world.ready('ci', 'TargetNotOwned');
    expect(await lab.world.get(SECRETS, 'ci-pull')).toEqual(left);
  });
});

describe('row 21: a watch that is late while a source is rotated twice', () => {
  test('what is written is the newest at that moment, and is never taken back', async () => {
    const lab = await Lab.start(cluster, 'row21');
    await lab.make('ci');
    const mark = await lab.mark();
    const late = lab.proxy.hold({ verb: 'watch', resource: 'secrets' }, 'Answer');
    await lab.world.rotate('ci-hub', 'second');
    await lab.world.rotate('ci-hub', 'third');
    await late.reached;
    // Something else makes it look.
    await lab.world.kubectl(['annotate', 'mauth', 'ci', 'mirrorauth.dev/reconcile-requested-at=1']);
    await lab.untilLogins('ci-pull', 'third');
    late.release();
    await lab.make('later');
    await lab.untilIdle();
    expect((await lab.writes(mark)).filter((write) => write.endsWith('ci-pull'))).toEqual([
      'patch secrets/ci-pull',
    ]);
    await lab.untilLogins('ci-pull', 'third');
  });

  test('nor by a second one that reads the same source a little later', async () => {
    const lab = await Lab.start(cluster, 'row21', { concurrency: 1 });
    await lab.world.login('hub', 'me', 'first');
    for (const name of ['a', 'b']) {
      await lab.world.apply(name, {
        registries: [own('a.corp', 'hub')],
        pullSecret: { name: `${name}-pull` },
      });
      await lab.world.ready(name);
    }
    const mark = await lab.mark();
    lab.proxy.hold({ verb: 'watch', resource: 'secrets' }, 'Answer');
    await lab.world.rotate('hub', 'second');
    const read = lab.proxy.hold({ verb: 'get', name: 'hub' }, 'Answer');
    const request = 'mirrorauth.dev/reconcile-requested-at=1';
    await lab.world.kubectl(['annotate', 'mauth', 'a', request]);
    await read.reached;
    await lab.world.kubectl(['annotate', 'mauth', 'b', request]);
    await lab.world.rotate('hub', 'third');
    // The first one has read what was over by then, and the other one waits for its turn.
    read.release();
    const has = (name: string) => async () => (await lab.world.logins(`${name}-pull`))?.['a.corp'];
    await lab.world.until('b to be written', has('b'), (login) => login !== 'me:first');
    expect(await has('b')()).toBe('me:third');
    lab.proxy.letGo();
    await lab.world.until('a to be right', has('a'), (login) => login === 'me:third');
    expect((await lab.writes(mark)).filter((write) => write.endsWith('b-pull'))).toHaveLength(1);
  });
});

describe('row 17: a watch that is half open', () => {
  test('is given up within a minute, and what was missed is caught up with', async () => {
    const clock = new FakeClock();
    const lab = await Lab.start(cluster, 'row17', { clock });
    await lab.make('ci');
    expect(lab.proxy.silence({ verb: 'watch' })).toBe(3);
    await lab.world.rotate('ci-hub', 'second');
    await lab.world.delete(CONFIG_MAPS, 'ci-config');
    expect(await lab.world.logins('ci-pull')).toEqual(bothWith('first'));
    clock.advance(60_000);
    await lab.whileTimePasses(clock, {
      describe: 'the rotation, and the ConfigMap to be back',
      look: async () => [
        await lab.world.logins('ci-pull'),
        (await lab.world.get(CONFIG_MAPS, 'ci-config')) !== undefined,
      ],
      isRight: (found) => JSON.stringify(found) === JSON.stringify([bothWith('second'), true]),
    });
  });
});
