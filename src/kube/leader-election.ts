import type { Client } from './client.ts';
import { deadline, sleep } from './clock.ts';
import type { Clock } from './clock.ts';
import { KubeError, errorFields } from './errors.ts';
import type { KubeErrorKind } from './errors.ts';
import { LEASES, isReleased, isSameRecord, microTime, readLease, specOf } from './lease.ts';
import type { LeaseRecord } from './lease.ts';
import type { Log } from './log.ts';
import { isObject } from './object.ts';
import type { JsonObject, ObjectRef } from './object.ts';

export interface LeaderElectionOptions {
  /**
   * Needs get, create and update of Leases. Give it a client of its own, without retries and without
   * a fence: every try here has a time of its own.
   */
  readonly client: Pick<Client, 'get' | 'create' | 'update'>;
  readonly lease: ObjectRef;
  /** Of this process and no other one, nor an earlier one on the same machine. */
  readonly identity: string;
  readonly fieldManager: string;
  readonly clock: Clock;
  /** As `Math.random`. */
  readonly random: () => number;
  readonly log: Log;
  /** Absent: 15 s, 10 s and 2 s, as client-go's users have it. */
  readonly times?: ElectionTimes;
}

export interface ElectionTimes {
  /** How long the others wait after the last renewal that they saw. A whole number of seconds. */
  readonly leaseMs: number;
  /** How long this process goes on writing after its last renewal. */
  readonly renewDeadlineMs: number;
  /** How long a leader waits between two tries. A candidate waits a quarter to half of that. */
  readonly retryMs: number;
}

export interface Election {
  /** Resolves with true when this process leads, with false when it resigned before. Never rejects. */
  readonly elected: Promise<boolean>;
  /** Resolves with the reason when this process has led and does no more, but not by resigning. */
  readonly lost: Promise<LossReason>;
  /**
   * Whether a write may begin at this moment: this process leads, and its last renewal was sent less
   * than the renew deadline ago. To be asked before each write (see `fenced`).
   */
  mayWrite(): boolean;
  /** Whoever leads as far as is known here; `''`: nobody. */
  leader(): string;
  /**
   * Ends the campaign, or gives the lease back so that another process need not wait. All work has to
   * be over before. Never rejects: a lease that cannot be given back runs out.
   */
  resign(): Promise<void>;
}

export type LossReason =
  | 'the lease could not be renewed in time'
  | 'another process holds the lease';

const DEFAULT_TIMES: ElectionTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
/** A try is over before the next one is due. */
const TRY_SHARE = 0.9;
/** By which client-go v0.37 multiplies `retryMs` where it checks it (JitterFactor). */
const JITTER = 1.2;
/**
 * How long a candidate waits, as shares of `retryMs`: with that of 2 s it finds a lease that was given
 * back within a second. client-go waits 1 to 2.2 times `retryMs`.
 */
const LOOK_SHARE = { least: 0.25, spread: 0.25 };

/**
 * Elects one of several processes by a Lease, as client-go does it (v0.37
 * tools/leaderelection/leaderelection.go), so that the two can take turns.
 *
 * - The clocks of the processes are never compared. A lease is free when this process has seen no
 *   change of it for as long as the lease itself says it lasts; `renewTime` is only looked at for
 *   being another one.
 * - Every write names the resourceVersion that was read. A Conflict is a race that was lost.
 * - The leader counts from before it sent its last renewal, the others from after they saw it: it has
 *   stopped `leaseMs - renewDeadlineMs` before another one begins, however long messages take.
 * - The scale is monotonic. It stands still while the whole machine sleeps, and it is not compared
 *   with another machine's: clocks that run at different speeds are the limit of this, as they are
 *   of client-go's.
 * - A candidate looks at the lease more often than client-go's: whoever hands over needs no more than
 *   a second for it.
 *
 * It differs where client-go would let two lead for some seconds:
 *
 * - Another holder in the lease ends the leadership at once, and not at the renew deadline.
 * - A lease that is gone, or whose holder somebody took out by hand, is not free before the last
 *   holder's time is over. A lease that was given back (`leaseDurationSeconds: 1`) is.
 *
 * This does not fence: what a leader sent just before it stopped may arrive later. Writes that must
 * not be repeated carry preconditions.
 *
 * @throws RangeError for times with which two could lead
 */
export function runLeaderElection(options: LeaderElectionOptions): Election {
  const { leaseMs, renewDeadlineMs, retryMs } = options.times ?? DEFAULT_TIMES;
  if (!(leaseMs > renewDeadlineMs && renewDeadlineMs > retryMs * JITTER && retryMs > 0)) {
    throw new RangeError('leaseMs > renewDeadlineMs > 1.2 x retryMs > 0 does not hold');
  }
  if (leaseMs % 1000 !== 0) {
    throw new RangeError('leaseMs is no whole number of seconds');
  }
  return new Elector(options);
}

const LOST_RACE: ReadonlySet<KubeErrorKind> = new Set(['AlreadyExists', 'Conflict']);

/** A Lease, and when this process saw it change. */
interface Observation {
  /** Whole, for what else is in it; undefined: it is gone. */
  readonly object: JsonObject | undefined;
  readonly record: LeaseRecord;
  readonly changedAt: number;
}

class Elector implements Election {
  readonly #options: LeaderElectionOptions;
  readonly #times: ElectionTimes;
  readonly #elected = Promise.withResolvers<boolean>();
  readonly #lost = Promise.withResolvers<LossReason>();
  readonly #resigning = new AbortController();
  readonly #ended: Promise<void>;
  #seen: Observation | undefined;
  /** Whether a write failed since the lease was last read: then it may be another one by now. */
  #isUnsure = false;
  #isFailing = false;
  /** Until when this process may write; undefined: it does not lead. */
  #leadsUntil: number | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#times = options.times ?? DEFAULT_TIMES;
    this.#ended = this.#run();
  }

  get elected(): Promise<boolean> {
    return this.#elected.promise;
  }

  get lost(): Promise<LossReason> {
    return this.#lost.promise;
  }

  mayWrite(): boolean {
    return this.#leadsUntil !== undefined && this.#options.clock.now() < this.#leadsUntil;
  }

  leader(): string {
    return this.#seen?.record.holder ?? '';
  }

  async resign(): Promise<void> {
    this.#resigning.abort();
    await this.#ended;
    const hasLed = this.mayWrite();
    this.#leadsUntil = undefined;
    this.#elected.resolve(false);
    if (hasLed) {
      await this.#try((signal) => this.#release(signal), 'the lease could not be given back');
    }
  }

  async #run(): Promise<void> {
    const { clock, random, identity, log } = this.#options;
    const { retryMs } = this.#times;
    const { signal } = this.#resigning;
    while (!signal.aborted && this.#leadsUntil === undefined) {
      await this.#try((inTime) => this.#acquire(inTime), 'the lease could not be read or taken');
      if (this.#leadsUntil === undefined) {
        const share = LOOK_SHARE.least + LOOK_SHARE.spread * random();
        await sleep(clock, this.#untilNextTry(retryMs * share), signal);
      }
    }
    if (signal.aborted) {
      return;
    }
    log.info({ identity }, 'this process leads');
    this.#elected.resolve(true);
    await this.#renewOn();
  }

  /** Keeps the lease, and ends when it is lost or given back. */
  async #renewOn(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#resigning;
    for (;;) {
      const left = (this.#leadsUntil ?? 0) - clock.now();
      await sleep(clock, Math.min(this.#times.retryMs, left), signal);
      if (signal.aborted) {
        return;
      }
      // Before anything is sent: this process may have been stopped for a while.
      if (!this.mayWrite()) {
        this.#lose('the lease could not be renewed in time');
        return;
      }
      await this.#try((inTime) => this.#renew(inTime), 'the lease could not be renewed');
      if (this.#isHeldByAnother()) {
        this.#lose('another process holds the lease');
        return;
      }
    }
  }

  #lose(reason: LossReason): void {
    this.#leadsUntil = undefined;
    this.#lost.resolve(reason);
  }

  /** One try within its time. What goes wrong is logged, and the next try makes up for it. */
  async #try(action: (signal: AbortSignal) => Promise<void>, message: string): Promise<void> {
    const { clock, lease } = this.#options;
    const call = { verb: 'update', resource: LEASES, on: lease } as const;
    const never = new AbortController().signal;
    const limit = deadline(clock, this.#tryMs(), never, () => new KubeError(call, 'Timeout'));
    try {
      await action(limit.signal);
      this.#isFailing = false;
    } catch (error) {
      this.#isUnsure = true;
      this.#complain(error, message);
    } finally {
      limit.cancel();
    }
  }

  /** Once for failures in a row. A race that was lost is nothing to complain of. */
  #complain(error: unknown, message: string): void {
    const { log } = this.#options;
    if (this.#isFailing || (error instanceof KubeError && LOST_RACE.has(error.kind))) {
      log.debug(errorFields(error), message);
      return;
    }
    this.#isFailing = true;
    // A right that is missing does not come by itself.
    const level = error instanceof KubeError && error.kind === 'Forbidden' ? 'error' : 'warn';
    log[level](errorFields(error), message);
  }

  /** Of a leader no longer than it may write. */
  #tryMs(): number {
    const ms = this.#times.retryMs * TRY_SHARE;
    const left = (this.#leadsUntil ?? Infinity) - this.#options.clock.now();
    return Math.max(1, Math.min(ms, left));
  }

  /** Not later than the lease becomes free, if that can be foreseen. */
  #untilNextTry(ms: number): number {
    const left = this.#freeAt() - this.#options.clock.now();
    return left > 0 ? Math.min(ms, left) : ms;
  }

  /** When the lease that was last seen becomes free. */
  #freeAt(): number {
    if (this.#seen === undefined) {
      return -Infinity;
    }
    const { record, changedAt } = this.#seen;
    // Ours already: a try was carried out whose answer was lost.
    if (isReleased(record) || record.holder === this.#options.identity) {
      return -Infinity;
    }
    return changedAt + (record.durationMs > 0 ? record.durationMs : this.#times.leaseMs);
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    await this.#look(signal);
    const { clock } = this.#options;
    if (clock.now() < this.#freeAt()) {
      return;
    }
    const { object, record } = this.#seen ?? {};
    const now = microTime(clock.wallTime());
    await this.#write(object, signal, {
      holder: this.#options.identity,
      durationMs: this.#times.leaseMs,
      transitions: record === undefined ? 0 : record.transitions + 1,
      renewTime: now,
      acquireTime: now,
    });
  }

  /** Writes over what was last read or written; after a failure it is read first. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, identity } = this.#options;
    if (this.#isUnsure) {
      await this.#look(signal);
    }
    if (this.#seen === undefined || this.#isHeldByAnother()) {
      return;
    }
    const { object, record } = this.#seen;
    await this.#write(object, signal, {
      ...record,
      holder: identity,
      durationMs: this.#times.leaseMs,
      renewTime: microTime(clock.wallTime()),
    });
  }

  #isHeldByAnother(): boolean {
    return this.leader() !== '' && this.leader() !== this.#options.identity;
  }

  async #release(signal: AbortSignal): Promise<void> {
    const { clock, identity } = this.#options;
    // A renewal may have been cut off, so that what was last seen is not the last word.
    const seen = await this.#look(signal);
    if (seen?.object === undefined || seen.record.holder !== identity) {
      return;
    }
    const now = microTime(clock.wallTime());
    await this.#write(seen.object, signal, {
      holder: '',
      durationMs: 1000,
      transitions: seen.record.transitions,
      renewTime: now,
      acquireTime: now,
    });
  }

  /** Reads the lease. One that is gone counts on as it was last seen. */
  async #look(signal: AbortSignal): Promise<Observation | undefined> {
    const { client, lease, clock } = this.#options;
    try {
      const object = await client.get(LEASES, lease, { signal });
      this.#observe(object, readLease(object), clock.now());
    } catch (error) {
      if (!(error instanceof KubeError && error.kind === 'NotFound')) {
        throw error;
      }
      this.#seen &&= { ...this.#seen, object: undefined };
    }
    this.#isUnsure = false;
    return this.#seen;
  }

  async #write(
    object: JsonObject | undefined,
    signal: AbortSignal,
    record: LeaseRecord,
  ): Promise<void> {
    const { client, lease, clock, fieldManager } = this.#options;
    const { namespace, name } = lease;
    const sentAt = clock.now();
    const spec = specOf(record);
    const options = { fieldManager, signal };
    const stored =
      object === undefined
        ? await client.create(LEASES, namespace, { metadata: { namespace, name }, spec }, options)
        : await client.update(LEASES, lease, withSpec(object, spec), options);
    this.#observe(stored, readLease(stored), sentAt);
    if (record.holder === this.#options.identity) {
      this.#leadsUntil = sentAt + this.#times.renewDeadlineMs;
    }
  }

  #observe(object: JsonObject, record: LeaseRecord, now: number): void {
    const isChanged = this.#seen === undefined || !isSameRecord(this.#seen.record, record);
    if (record.holder !== this.leader()) {
      this.#options.log.info({ holder: record.holder }, 'the lease has another holder');
    }
    this.#seen = { object, record, changedAt: isChanged ? now : (this.#seen?.changedAt ?? now) };
  }
}

/** Fields that are not ours stay as they are. */
function withSpec(object: JsonObject, spec: JsonObject): JsonObject {
  return { ...object, spec: { ...(isObject(object['spec']) && object['spec']), ...spec } };
}
