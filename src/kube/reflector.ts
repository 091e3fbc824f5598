import { backoffMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import type { Client } from './client.ts';
import { deadline, sleep } from './clock.ts';
import type { Clock } from './clock.ts';
import { KubeError, errorFields } from './errors.ts';
import type { Call, KubeErrorKind } from './errors.ts';
import { Lister } from './lister.ts';
import { callOf, eventVersion } from './list-watch.ts';
import type { Selection, WatchEvent } from './list-watch.ts';
import type { Log, LogFields } from './log.ts';
import { parseObjectMeta } from './object.ts';
import type { JsonObject, ObjectMeta, ObjectRef } from './object.ts';
import { OutageLog } from './outage-log.ts';
import type { Change, Store, Stored } from './store.ts';

export interface ReflectorOptions<T extends Stored> extends Selection {
  readonly client: Pick<Client, 'list' | 'watch'>;
  /**
   * Takes what is worth keeping out of an object as it is parsed; the rest is dropped. Copy what you
   * need and keep neither argument: annotations of a Secret may hold the whole Secret. undefined
   * means that the object is of no interest, which a change can make it.
   */
  readonly project: (object: JsonObject, metadata: ObjectMeta) => T | undefined;
  readonly store: Store<T>;
  /** Told of each change after the store shows it. It should queue a key and do nothing else. */
  readonly onChange: (change: Change<T>) => void;
  /** How long each watch is asked to last, in whole seconds. Absent: 30 to 50, at random. */
  readonly timeoutSeconds?: () => number;
  /**
   * Objects in a page of a list, where the server cannot stream it. Absent: 100. A page is in memory
   * as a whole while it is parsed, and annotations alone may make each object 256 kB large.
   */
  readonly pageLimit?: number;
  readonly clock: Clock;
  /** As `Math.random`. */
  readonly random: () => number;
  /** The only thing that ends it. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** To share between reflectors of one server, so that its outage is told once. Absent: one's own. */
  readonly outages?: OutageLog;
}

/** Signs of life, to be read at any time. Times are the clock's milliseconds. */
export interface Pulse {
  /** Of what. */
  readonly resource: string;
  /** `''`: all. */
  readonly namespace: string;
  /** When the server last said something: a list, an accepted watch, an event, a bookmark, a timely end. */
  readonly heardAt: number | undefined;
  /**
   * When it last took a step of its own: something was heard, failed or is tried again. While the
   * server is away this goes on. A watch and a pause take a minute at most: one whose last step is
   * much older hangs.
   */
  readonly steppedAt: number;
  /** Whether the first list is in the store. */
  readonly isSynced: boolean;
}

export interface Reflector {
  readonly pulse: () => Pulse;
  /** true when the first list is in the store, false when the signal came before. Never rejects. */
  readonly hasSynced: Promise<boolean>;
  /** Resolves when the signal has aborted and nothing is under way any more. Never rejects. */
  readonly stopped: Promise<void>;
}

const BACKOFF: Backoff = { baseMs: 200, capMs: 30_000 };
/** How much longer than asked for a watch may last before it counts as dead. */
const WATCHDOG_GRACE_MS = 10_000;
/** Of a server's Retry-After no more than this is honoured. */
const LONGEST_PAUSE_MS = 60_000;

/** What a fresh list mends: the version is too old, or the kind was taken away (and may come back). */
const NEEDS_LIST: ReadonlySet<KubeErrorKind> = new Set(['Expired', 'NotFound']);
/** What may come from the position itself (a future version, an event that cannot be read). */
const DOUBTS_POSITION: ReadonlySet<KubeErrorKind> = new Set([
  'BadRequest',
  'Invalid',
  'ProtocolError',
  'Timeout',
]);

/**
 * Keeps a store equal to the objects of one kind in one scope: a list (see Lister), then watches, for ever.
 *
 * - A watch that ends after its full time is renewed at once, from the last version seen (bookmarks
 *   included). Every other end is followed by a jittered exponential backoff, 200 ms to 30 s, also
 *   where the server ended the watch cleanly but early; longer, up to 60 s, where the server says so.
 * - A version that is too old, on a watch or between two pages, leads to a new list, and the first
 *   time soon, however long the outage before it was: a server that says so is there again. So does
 *   the second failure in a row that may come from the position. After all others the watch goes on
 *   where it was.
 * - A watch that is not over 10 s after its time is dead and is cut off. Since each is asked to last
 *   50 s at most, a connection that died in silence is noticed within a minute, whether or not the
 *   server sends bookmarks (docs/decisions/0015).
 * - What `project` or `onChange` throws is logged with the object's name and otherwise ignored; an
 *   object that cannot be projected is not in the store.
 */
export function runReflector<T extends Stored>(options: ReflectorOptions<T>): Reflector {
  const synced = Promise.withResolvers<boolean>();
  const run = new Run(options, synced.resolve);
  return { hasSynced: synced.promise, stopped: run.untilStopped(), pulse: () => run.pulse() };
}

class Run<T extends Stored> {
  readonly #options: ReflectorOptions<T>;
  readonly #onSync: (synced: boolean) => void;
  readonly #call: Call;
  readonly #logFields: LogFields;
  readonly #name: string;
  readonly #lister: Lister<T>;
  readonly #outages: OutageLog;
  /** Where the next watch starts; undefined: list first. Opaque. */
  #position: string | undefined;
  #watchingSince: number | undefined;
  #failures = 0;
  #lastFailure: KubeErrorKind | undefined;
  #doubts = 0;
  #retryAfterMs = 0;
  #heardAt: number | undefined;
  #steppedAt: number;
  #isSynced = false;

  constructor(options: ReflectorOptions<T>, onSync: (synced: boolean) => void) {
    const { resource, scope } = options;
    this.#options = options;
    this.#onSync = onSync;
    this.#call = callOf('watch', options);
    this.#logFields = { resource: resource.plural, ...(scope !== 'all' && scope) };
    this.#name = JSON.stringify(this.#logFields);
    this.#outages = options.outages ?? new OutageLog(options.log, options.clock);
    this.#steppedAt = options.clock.now();
    this.#lister = new Lister({
      ...options,
      selection: options,
      project: (object, metadata) => {
        this.#hear();
        return this.#project(object, metadata);
      },
      // One object that makes no sense does not keep the others of its list out.
      onUnusable: () =>
        options.log.error(this.#logFields, 'a listed object has no usable metadata'),
    });
  }

  async untilStopped(): Promise<void> {
    const { clock, random, signal } = this.#options;
    while (!signal.aborted) {
      if (await this.#round()) {
        this.#failures = 0;
      } else {
        const pauseMs = backoffMs(this.#failures - 1, BACKOFF, random);
        await sleep(clock, Math.max(pauseMs, this.#retryAfterMs), signal);
      }
    }
    this.#onSync(false);
  }

  pulse(): Pulse {
    const { resource, scope } = this.#options;
    return {
      resource: resource.plural,
      namespace: scope === 'all' ? '' : scope.namespace,
      heardAt: this.#heardAt,
      steppedAt: this.#steppedAt,
      isSynced: this.#isSynced,
    };
  }

  /** One list, if need be, and one watch. Returns whether that watch lasted its full time. */
  async #round(): Promise<boolean> {
    const { clock, signal, log } = this.#options;
    this.#watchingSince = undefined;
    this.#retryAfterMs = 0;
    this.#steppedAt = clock.now();
    try {
      this.#position ??= await this.#list();
      if (await this.#watch(this.#position)) {
        this.#hear();
        return true;
      }
      this.#countFailure(undefined);
      log.debug({ ...this.#logFields, failures: this.#failures }, 'watch ended early');
    } catch (error) {
      this.#rethink(error);
      if (!signal.aborted) {
        const fields = { ...this.#logFields, failures: this.#failures };
        this.#outages.failed(this.#name, fields, error);
      }
    }
    this.#steppedAt = clock.now();
    return false;
  }

  #hear(): void {
    this.#heardAt = this.#options.clock.now();
    this.#steppedAt = this.#heardAt;
  }

  async #list(): Promise<string> {
    const { store, scope } = this.#options;
    const { items, resourceVersion } = await this.#lister.list();
    this.#notify(store.replace(items, scope));
    this.#hear();
    this.#isSynced = true;
    this.#onSync(true);
    return resourceVersion;
  }

  async #watch(resourceVersion: string): Promise<boolean> {
    const { client, clock, signal } = this.#options;
    const timeoutSeconds = this.#timeoutSeconds();
    const since = clock.now();
    const ms = timeoutSeconds * 1000 + WATCHDOG_GRACE_MS;
    const watchdog = deadline(clock, ms, signal, () => new KubeError(this.#call, 'Timeout'));
    this.#watchingSince = since;
    try {
      const events = client.watch(this.#options, {
        resourceVersion,
        timeoutSeconds,
        signal: watchdog.signal,
        onOpen: () => {
          this.#hear();
          this.#outages.worked(this.#name, this.#logFields);
        },
      });
      for await (const event of events) {
        this.#take(event);
      }
    } finally {
      watchdog.cancel();
    }
    // The server's timer starts after ours, but its clock may run a little faster.
    return clock.now() - since >= timeoutSeconds * 900;
  }

  #timeoutSeconds(): number {
    const { random, timeoutSeconds = () => 30 + Math.floor(random() * 21) } = this.#options;
    // 0 would mean the server's own choice, and a watch that ends at once would not look early.
    return Math.max(1, timeoutSeconds());
  }

  #take(event: WatchEvent): void {
    const version = eventVersion(this.#call, event);
    this.#hear();
    if (event.type !== 'BOOKMARK') {
      this.#notify(this.#changesOf(event));
    }
    this.#position = version;
    this.#doubts = 0;
  }

  #changesOf({ type, object }: WatchEvent): readonly Change<T>[] {
    const metadata = parseObjectMeta(object['metadata']);
    if (metadata === undefined) {
      throw new KubeError(this.#call, 'ProtocolError');
    }
    const item = type === 'DELETED' ? undefined : this.#project(object, metadata);
    const { store } = this.#options;
    return item === undefined ? store.remove(metadata) : store.upsert(item);
  }

  #project(object: JsonObject, metadata: ObjectMeta): T | undefined {
    try {
      return this.#options.project(object, metadata);
    } catch (error) {
      this.#logObject(metadata, error, 'an object cannot be projected');
      return undefined;
    }
  }

  #notify(changes: readonly Change<T>[]): void {
    for (const change of changes) {
      try {
        this.#options.onChange(change);
      } catch (error) {
        const item = change.type === 'deleted' ? change.before : change.after;
        this.#logObject(item, error, 'a change cannot be handled');
      }
    }
  }

  #logObject({ namespace, name }: ObjectRef, error: unknown, message: string): void {
    this.#options.log.error(
      { ...this.#logFields, namespace, name, ...errorFields(error) },
      message,
    );
  }

  /**
   * Failures in a row. A new one starts after a watch that held for as long as the longest backoff,
   * and with the first version that is too old: the server is there again.
   *
   * @param kind undefined: a watch ended early, and cleanly
   */
  #countFailure(kind: KubeErrorKind | undefined): void {
    const held = this.#options.clock.now() - (this.#watchingSince ?? Infinity);
    const isBack = kind === 'Expired' && this.#lastFailure !== 'Expired';
    this.#failures = held >= BACKOFF.capMs || isBack ? 1 : this.#failures + 1;
    this.#lastFailure = kind;
  }

  /** Takes from a failure what the next try should do about it: perhaps the position is what is wrong. */
  #rethink(error: unknown): void {
    const { kind, retryAfterMs = 0 } =
      error instanceof KubeError ? error : ({ kind: 'ProtocolError' } as const);
    this.#retryAfterMs = Math.min(retryAfterMs, LONGEST_PAUSE_MS);
    this.#countFailure(kind);
    this.#doubts = DOUBTS_POSITION.has(kind) ? this.#doubts + 1 : 0;
    if (NEEDS_LIST.has(kind) || this.#doubts >= 2) {
      this.#position = undefined;
    }
  }
}
