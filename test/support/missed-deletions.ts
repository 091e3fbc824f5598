import { answer } from './fault-proxy.ts';
import type { Lab } from './lab.ts';
import { MIRRORAUTHS, SECRETS } from './world.ts';

/** Deletions that no watch tells of: the pull Secret of one MirrorAuth, and another MirrorAuth. */
export class MissedDeletions {
  readonly #lab: Lab;
  readonly #lift: () => void;
  /** Passages of the proxy before the watches may be opened again. */
  readonly seen: number;

  private constructor(lab: Lab, lift: () => void) {
    this.#lab = lab;
    this.#lift = lift;
    this.seen = lab.proxy.passages.length;
  }

  /** From here on no watch is opened, until {@link caughtUp}. */
  static async happen(lab: Lab): Promise<MissedDeletions> {
    await lab.make('ci');
    await lab.make('gone');
    const gap = lab.proxy.on({ verb: 'watch' }, answer(503));
    lab.proxy.reset({ verb: 'watch' });
    await lab.world.delete(SECRETS, 'ci-pull');
    await lab.world.delete(MIRRORAUTHS, 'gone');
    return new MissedDeletions(lab, () => gap.lift());
  }

  /** Lets watches be opened, and waits until the one is made again and follows its source. */
  async caughtUp(): Promise<void> {
    const { world } = this.#lab;
    this.#lift();
    await this.#lab.untilLogins('ci-pull', 'first');
    await world.rotate('gone-hub', 'second');
    await world.rotate('ci-hub', 'second');
    await this.#lab.untilLogins('ci-pull', 'second');
  }

  /** Waits until nothing is left of the other. */
  async collected(): Promise<void> {
    await this.#lab.world.until(
      'the outputs of what was deleted to be collected',
      () => this.#lab.world.get(SECRETS, 'gone-pull'),
      (found) => found === undefined,
    );
  }
}
