import { isDeepStrictEqual } from 'node:util';
import { Agent } from 'undici';
import type { Clock } from './clock.ts';
import type { Connection, TlsOptions } from './connection.ts';

/** How often the files of CA and client certificate are looked at: as often as a token file is. */
const CHECK_MS = 60_000;

interface Pair {
  readonly api: Agent;
  readonly watch: Agent;
}

/**
 * The two undici agents of a connection: calls share at most 16 connections, so that a burst of work
 * does not open hundreds; each watch has a connection of its own.
 *
 * The CA and the client certificate are looked at again once a minute, and at once after a
 * connection that failed. Other ones get new agents; what is under way ends on the old ones. What
 * cannot be read leaves things as they are: somebody may be in the middle of writing it.
 */
export class Agents {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #tls: TlsOptions | undefined;
  #pair: Pair | undefined;
  #checkedAt = -Infinity;
  #check: Promise<void> | undefined;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Makes sure that {@link pair} is of the present CA and certificate. @throws ConnectionError */
  async refresh(): Promise<void> {
    if (this.#pair === undefined || this.#clock.now() >= this.#checkedAt + CHECK_MS) {
      this.#check ??= this.#look().finally(() => (this.#check = undefined));
      await this.#check;
    }
  }

  /**
   * The agents to use at this moment. Not to be kept across an `await`: they may retire meanwhile.
   *
   * @throws TypeError before the first {@link refresh}
   */
  get pair(): Pair {
    if (this.#pair === undefined) {
      throw new TypeError('there are no agents yet');
    }
    return this.#pair;
  }

  /** Has the files looked at before the next call: perhaps the server has another certificate. */
  doubt(): void {
    this.#checkedAt = -Infinity;
  }

  /** Closes the present agents. Retired ones close when what is under way on them ends: abort it. */
  async destroy(): Promise<void> {
    await Promise.all([this.#pair?.api.destroy(), this.#pair?.watch.destroy()]);
  }

  async #look(): Promise<void> {
    this.#checkedAt = this.#clock.now();
    const tls = await this.#connection.tls().catch((error: unknown) => {
      if (this.#tls === undefined) {
        throw error;
      }
      return this.#tls;
    });
    if (this.#pair !== undefined && isDeepStrictEqual(tls, this.#tls)) {
      return;
    }
    const old = this.#pair;
    this.#tls = tls;
    this.#pair = {
      api: new Agent({ ...agentOptions(tls), connections: 16 }),
      watch: new Agent(agentOptions(tls)),
    };
    // Each closes when what is under way on it has ended, and takes nothing new.
    void Promise.allSettled([old?.api.close(), old?.watch.close()]);
  }
}

function agentOptions(tls: TlsOptions): Agent.Options {
  return {
    allowH2: false,
    connect: { ...tls, timeout: 5_000, keepAliveInitialDelay: 30_000 },
    // The API server closes idle connections after 90 s, load balancers after 60 s and more.
    keepAliveTimeout: 30_000,
    // The attempt's own timer and the caller's signal are the timekeepers.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}
