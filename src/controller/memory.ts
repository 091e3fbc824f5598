import { isDeepStrictEqual } from 'node:util';
import type { MirrorAuthStatus } from '../api/status.ts';
import type { LiveObject, ObjectName } from '../core/plan/output.ts';
import type { Parts } from '../core/plan/plan.ts';
import { objectId } from '../core/plan/references.ts';
import type { Result } from '../kube/workers.ts';
import { ABSENT, KnownVersion } from './version.ts';
import type { Version } from './version.ts';

/** How long a source that was seen may be away before it is reported: rotators delete and create. */
const GRACE_MS = 10_000;
/** How long the watch may take to show what was read or written before it is read again. */
const SHOW_MS = 10_000;

/** How many plans in a row may be out of date before people are told. */
const OUTDATED_IN_A_ROW = 3;

/** Status of a MirrorAuth, and the resourceVersion that has it. */
export interface StoredStatus {
  readonly status: MirrorAuthStatus;
  readonly resourceVersion: string;
}

/** What the server answered of one object, and what the store showed at that moment. */
export interface Answer {
  readonly version: Version;
  readonly shown: Version;
  /** For outputs, without content. */
  readonly live?: LiveObject;
}

/**
 * What one MirrorAuth's last look left behind: no contents, only versions and what was concluded
 * from them. It is made anew when the object is another one, its generation changes or somebody asks
 * for a full look.
 */
export class Memory {
  /** Identity and wishes of the object that this speaks of. */
  readonly subject: string;
  readonly uid: string;
  /** Other MirrorAuths that want one of the outputs, as they were. */
  rivals: string | undefined;
  /** What the parts of the last look concluded; empty unless it was carried through. */
  parts: Parts = {};
  /** The versions of the objects that each part was concluded from. */
  readonly basis = new Map<keyof Parts, ReadonlyMap<string, Version>>();
  /** When to look again although nothing changed, in the clock's milliseconds. */
  #dueAt = Infinity;
  /** Before which the server does not want to be asked, in the clock's milliseconds. */
  #putOffUntil = -Infinity;
  /** Looks in a row whose plan was out of date by the time that it was carried out. */
  #outdated = 0;
  /** By when the watch must have shown everything that was read or written. */
  #showDueAt = Infinity;
  #status: { readonly stored: StoredStatus; readonly version: KnownVersion } | undefined;
  readonly #known = new Map<string, KnownVersion>();
  readonly #live = new Map<string, LiveObject>();
  readonly #unsure = new Set<string>();
  /** What was there when it was last read or written, unless it was deleted on purpose. */
  readonly #wasThere = new Set<string>();
  /** What the store showed of an object when the server last refused to read or write it. */
  readonly #refusedAt = new Map<string, Version>();
  readonly #lostAt = new Map<string, number>();

  constructor(subject: string, uid: string) {
    this.subject = subject;
    this.uid = uid;
  }

  /** Takes the answer to a write of status. */
  noteStatus(stored: StoredStatus, { version, shown }: Answer): void {
    const known =
      this.#status?.version.see(shown) === 'behind'
        ? this.#status.version
        : KnownVersion.read(shown, shown);
    known.advance(version);
    this.#status = { stored, version: known };
  }

  /** Takes note that what is stored is right as it is. */
  noteStatusFine(shown: Version, stored: StoredStatus): void {
    if (this.#status?.version.see(shown) !== 'behind') {
      this.#status = { stored, version: KnownVersion.read(shown, shown) };
    }
  }

  /** Whether somebody else has changed status since it was written or found right. */
  isStatusTampered(shown: Version, status: MirrorAuthStatus): boolean {
    return (
      this.#status !== undefined &&
      this.#status.version.see(shown) !== 'behind' &&
      !isDeepStrictEqual(this.#status.stored.status, status)
    );
  }

  /** Status as it was last written, while the store does not show that write yet. */
  unechoedStatus(shown: Version): StoredStatus | undefined {
    return this.#status?.version.see(shown) === 'behind' ? this.#status.stored : undefined;
  }

  /** The same object with other wishes: what was read of its surroundings is to be read again. */
  successor(subject: string): Memory {
    const memory = new Memory(subject, this.uid);
    memory.#status = this.#status;
    // What went a moment ago is as likely to come back as it was before the wishes changed.
    for (const [id, at] of this.#lostAt) {
      memory.#lostAt.set(id, at);
    }
    return memory;
  }

  known(name: ObjectName): KnownVersion | undefined {
    return this.#known.get(objectId(name));
  }

  /** An output as it was last read or written, if that is still what the store shows or better. */
  live(name: ObjectName, shown: Version): LiveObject | undefined {
    const isCurrent = (this.known(name)?.see(shown) ?? 'different') !== 'different';
    return isCurrent ? this.#live.get(objectId(name)) : undefined;
  }

  /** Takes the answer to a GET. */
  noteRead(name: ObjectName, { version, shown, live }: Answer): void {
    const id = objectId(name);
    this.#unsure.delete(id);
    this.#refusedAt.delete(id);
    const known = this.#known.get(id);
    if (known === undefined || known.see(shown) === 'different') {
      this.#known.set(id, KnownVersion.read(version, shown));
    } else {
      known.advance(version);
    }
    if (version !== ABSENT) {
      this.#wasThere.add(id);
    }
    this.#setLive(id, live);
  }

  /** Takes the answer to a write. */
  noteWritten(name: ObjectName, { version, shown, live }: Answer): void {
    const id = objectId(name);
    const known = this.#known.get(id) ?? KnownVersion.read(shown, shown);
    known.advance(version);
    this.#known.set(id, known);
    this.#refusedAt.delete(id);
    if (version === ABSENT) {
      this.#wasThere.delete(id);
    } else {
      this.#wasThere.add(id);
    }
    this.#setLive(id, live);
  }

  /** Whether an object that is not there now was, and was deleted by somebody else. */
  wasThere(name: ObjectName): boolean {
    return this.#wasThere.has(objectId(name));
  }

  /** The server did not let it be read or written, as it was. */
  noteRefused(name: ObjectName, shown: Version): void {
    this.#refusedAt.set(objectId(name), shown);
  }

  /** Whether that is how it still is. */
  isRefused(name: ObjectName, shown: Version): boolean {
    return this.#refusedAt.get(objectId(name)) === shown;
  }

  /** Something is other than it was thought to be: it will be read before it is relied upon. */
  forget(name: ObjectName): void {
    this.#known.delete(objectId(name));
    this.#live.delete(objectId(name));
    this.#unsure.add(objectId(name));
  }

  /** Whether an object has to be read even if the store shows none. */
  mustRead(name: ObjectName): boolean {
    return this.#unsure.has(objectId(name));
  }

  /** Whether an object that is not there was there a moment ago. */
  isJustLost(name: ObjectName, now: number): boolean {
    return now < (this.#lostAt.get(objectId(name)) ?? -Infinity) + GRACE_MS;
  }

  noteLost(name: ObjectName, now: number): void {
    this.#lostAt.set(objectId(name), now);
  }

  noteFound(name: ObjectName): void {
    this.#lostAt.delete(objectId(name));
  }

  /** Takes what the store shows for what is: nothing was read, and nothing hangs on it. */
  noteShown(name: ObjectName, shown: Version): void {
    this.#known.set(objectId(name), KnownVersion.read(shown, shown));
  }

  /**
   * Counts a look, and says whether status may wait for the next one: its plan was out of date, which
   * another look puts right, unless something keeps it so.
   */
  isOutdatedForNow(isOutdated: boolean): boolean {
    this.#outdated = isOutdated ? this.#outdated + 1 : 0;
    return isOutdated && this.#outdated <= OUTDATED_IN_A_ROW;
  }

  /**
   * Ends a look.
   *
   * @param dueAt when something happens by itself, in the clock's milliseconds
   */
  rest(now: number, dueAt: readonly number[]): void {
    const graceEnds = [...this.#lostAt.values()].map((at) => at + GRACE_MS);
    this.#dueAt = Math.min(Infinity, ...[...dueAt, ...graceEnds].filter((at) => at > now));
    this.#showDueAt = now + SHOW_MS;
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** Takes note that the server asked not to be asked again before this moment. */
  putOff(until: number): void {
    this.#putOffUntil = until;
  }

  /** Whether a look that nothing new calls for would come before the server wants to be asked. */
  isPutOff(now: number): boolean {
    return now < this.#putOffUntil;
  }

  /** When to look again although nothing changed. */
  nextLook(now: number): Result {
    const at = this.isPutOff(now)
      ? this.#putOffUntil
      : Math.min(this.#dueAt, this.#isAhead ? this.#showDueAt : Infinity);
    return at === Infinity ? { kind: 'done' } : { kind: 'again', afterMs: Math.max(0, at - now) };
  }

  /** Makes this look read what the watch did not show in time: it may have been undone in a gap of it. */
  forgetOverdue(now: number): void {
    if (now < this.#showDueAt || this.isPutOff(now)) {
      return;
    }
    for (const [id, known] of this.#known) {
      if (known.isAhead) {
        this.#known.delete(id);
        this.#live.delete(id);
        this.#unsure.add(id);
      }
    }
  }

  get #isAhead(): boolean {
    return [...this.#known.values()].some(({ isAhead }) => isAhead);
  }

  #setLive(id: string, live: LiveObject | undefined): void {
    if (live === undefined) {
      this.#live.delete(id);
    } else {
      this.#live.set(id, live);
    }
  }
}
