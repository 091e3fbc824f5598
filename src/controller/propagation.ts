import type { Clock } from '../kube/clock.ts';

/**
 * Measures how long it takes until the outputs of a MirrorAuth are what a changed source says: from
 * when a watch showed the change until the last of them is written. A change that asks for no write is
 * not measured, and one whose writes fail is measured when they succeed.
 */
export class Propagation {
  readonly #clock: Clock;
  readonly #onPropagated: (ms: number) => void;
  /** By key, since when a change of a source has waited for a look. Of several the first counts. */
  readonly #waiting = new Map<string, number>();
  /** Those that a look is at. */
  readonly #underWay = new Map<string, number>();
  #isStarted = false;

  constructor(clock: Clock, onPropagated: (ms: number) => void) {
    this.#clock = clock;
    this.#onPropagated = onPropagated;
  }

  /** Work begins. What changed before is somebody else's: this process may have waited for days to lead. */
  start(): void {
    this.#isStarted = true;
  }

  /** A watch has shown that a source of this MirrorAuth changed. */
  sourceChanged(key: string): void {
    if (this.#isStarted) {
      this.#waiting.set(key, this.#waiting.get(key) ?? this.#clock.now());
    }
  }

  /** Runs a look, which is to call {@link written} when it has written all that it had to. */
  async around<T>(key: string, look: () => Promise<T>): Promise<T> {
    const since = this.#waiting.get(key);
    if (since !== undefined) {
      this.#waiting.delete(key);
      this.#underWay.set(key, since);
    }
    try {
      return await look();
    } catch (error) {
      const left = this.#underWay.get(key);
      if (left !== undefined) {
        this.#waiting.set(key, left);
      }
      throw error;
    } finally {
      this.#underWay.delete(key);
    }
  }

  written(key: string): void {
    const since = this.#underWay.get(key);
    if (since !== undefined) {
      this.#underWay.delete(key);
      this.#onPropagated(this.#clock.now() - since);
    }
  }
}
