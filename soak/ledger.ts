import type { AuditEvent } from '../testbed/audit-log.ts';

/** `secrets/pull`, `mirrorauths/ci/status`. */
export type ObjectId = string;

export interface LedgerOptions {
  /** Whose writes are to be explained, as the audit log names it. */
  readonly user: string;
  /** What a change of this object may make that user write. */
  readonly dependants: (changed: ObjectId) => readonly ObjectId[];
}

export interface LedgerTotals {
  readonly writes: number;
  readonly causes: number;
  /** Writes of status in and after an outage. */
  readonly excused: number;
  /** The most writes of one object, and the causes that this one had. */
  readonly most: { readonly id: ObjectId; readonly writes: number; readonly causes: number };
  /** `09:15:03.120 patch secrets/pull` */
  readonly unexplained: readonly string[];
}

/**
 * How long before a write its content may have been read. What is changed then is not in it and
 * is cause for another write.
 */
const READ_BEFORE_MS = 10_000;
/** Requests are logged when they end, those that came earlier perhaps later: so long this waits for them. */
const HOLD_BACK_MS = 30_000;

/** Of one object in one outage: status says that something failed, and that it is over. */
const EXCUSES = 2;

interface Outage {
  readonly from: number;
  readonly until: number;
  readonly excused: Map<ObjectId, number>;
}

interface Account {
  /** When changes came that no write has answered yet. */
  open: number[];
  writes: number;
  causes: number;
}

/**
 * Explains each write of the operator by a change that it answers, from the audit log. Each change is
 * cause for one write of each object that depends on it, and a write answers all changes before it: so
 * no object is written more often than what it is made of was changed. Only status may be written for
 * another reason: the server was away, or refused what it does not refuse otherwise.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #accounts = new Map<ObjectId, Account>();
  readonly #outages: Outage[] = [];
  readonly #unexplained: string[] = [];
  #waiting: readonly AuditEvent[] = [];

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Takes the next stretch of the audit log. */
  take(events: readonly AuditEvent[]): void {
    const all = [...this.#waiting, ...events.filter(isWrite)].toSorted(byReceipt);
    const settled = (all.at(-1)?.receivedAt.getTime() ?? 0) - HOLD_BACK_MS;
    this.#enter(all.filter(({ receivedAt }) => receivedAt.getTime() < settled));
    this.#waiting = all.filter(({ receivedAt }) => receivedAt.getTime() >= settled);
  }

  /** The server was away; what failed meanwhile is told and put right by `until`. Both by Date.now(). */
  noteOutage(from: number, until: number): void {
    this.#outages.push({ from, until, excused: new Map() });
  }

  /** Nothing more will come. */
  close(): LedgerTotals {
    this.#enter(this.#waiting);
    this.#waiting = [];
    return this.totals();
  }

  /** Up to now, but for the last requests. */
  totals(): LedgerTotals {
    const accounts = [...this.#accounts].map(([id, { writes, causes }]) => ({
      id,
      writes,
      causes,
    }));
    return {
      writes: sum(accounts.map(({ writes }) => writes)),
      causes: sum(accounts.map(({ causes }) => causes)),
      excused: sum(this.#outages.flatMap(({ excused }) => [...excused.values()])),
      most: accounts.reduce((most, one) => (one.writes > most.writes ? one : most), {
        id: '',
        writes: 0,
        causes: 0,
      }),
      unexplained: this.#unexplained,
    };
  }

  #enter(events: readonly AuditEvent[]): void {
    for (const event of events) {
      const id = idOf(event);
      if (event.user === this.#options.user) {
        this.#enterWrite(id, event);
      } else {
        for (const dependant of this.#options.dependants(id)) {
          const account = this.#account(dependant);
          account.causes += 1;
          account.open.push(event.receivedAt.getTime());
        }
      }
    }
  }

  #enterWrite(id: ObjectId, { verb, receivedAt }: AuditEvent): void {
    const account = this.#account(id);
    account.writes += 1;
    const at = receivedAt.getTime();
    if (account.open.shift() === undefined && !this.#excuse(id, at)) {
      this.#unexplained.push(`${receivedAt.toISOString().slice(11, -1)} ${verb} ${id}`);
    }
    account.open = account.open.filter((cause) => cause > at - READ_BEFORE_MS);
  }

  #excuse(id: ObjectId, at: number): boolean {
    const outage = this.#outages.find(
      ({ from, until, excused }) => at >= from && at <= until && (excused.get(id) ?? 0) < EXCUSES,
    );
    if (outage === undefined || !id.endsWith('/status')) {
      return false;
    }
    outage.excused.set(id, (outage.excused.get(id) ?? 0) + 1);
    return true;
  }

  #account(id: ObjectId): Account {
    const account = this.#accounts.get(id) ?? { open: [], writes: 0, causes: 0 };
    this.#accounts.set(id, account);
    return account;
  }
}

/** That the server carried out. */
function isWrite({ stage, verb, code }: AuditEvent): boolean {
  return stage === 'ResponseComplete' && !['get', 'list', 'watch'].includes(verb) && code < 300;
}

function idOf({ resource = '', name = '', subresource }: AuditEvent): ObjectId {
  return [resource, name, ...(subresource === undefined ? [] : [subresource])].join('/');
}

const byReceipt = (one: AuditEvent, other: AuditEvent): number =>
  one.receivedAt.getTime() - other.receivedAt.getTime();

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
