import type { Clock } from './clock.ts';
import { KubeError, errorFields } from './errors.ts';
import type { KubeErrorKind } from './errors.ts';
import type { Log, LogFields } from './log.ts';

/** Failures that speak of the server, whoever meets them. */
const OF_THE_SERVER: ReadonlySet<KubeErrorKind> = new Set([
  'Unauthorized',
  'TooManyRequests',
  'ServerError',
  'Unreachable',
  'Timeout',
]);

interface Outage {
  readonly since: number;
  failures: number;
  readonly affected: Set<string>;
  /** Those of the affected that were refused once since. */
  readonly refused: Set<string>;
}

/**
 * Tells of failures of many watches so that a log stays readable while the API server is away:
 *
 * - An outage of the server is one line when it begins and one when all who met it work again.
 * - What is wrong with one watch alone (no right, no such kind) is one line when it begins and when
 *   it becomes something else, and one when that watch works.
 * - The first 403 that a watch meets after others of its server's outage is part of that: an API
 *   server that starts refuses everybody until it has read its Roles.
 * - The rest is there at the level debug.
 */
export class OutageLog {
  readonly #log: Log;
  readonly #clock: Clock;
  #outage: Outage | undefined;
  /** What is wrong with each watch alone. */
  readonly #wrong = new Map<string, string>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * @param name tells this watch from all others
   * @param fields which watch it is, for people
   */
  failed(name: string, fields: LogFields, error: unknown): void {
    if (error instanceof KubeError && this.#isOfTheServer(name, error)) {
      this.#serverFailed(name, fields, error);
      return;
    }
    const kind = error instanceof KubeError ? error.kind : 'Unknown';
    const isNews = this.#wrong.get(name) !== kind;
    this.#wrong.set(name, kind);
    const all = { ...fields, ...errorFields(error) };
    if (kind !== 'Forbidden') {
      this.#write(isNews ? 'warn' : 'debug', all, 'list or watch failed');
      return;
    }
    this.#write(
      isNews ? 'error' : 'debug',
      all,
      'this may not be listed or watched: a Role or a RoleBinding is missing',
    );
  }

  /** @param name as given to {@link failed} */
  worked(name: string, fields: LogFields): void {
    if (this.#wrong.delete(name)) {
      this.#log.info(fields, 'list and watch work again');
    }
    const outage = this.#outage;
    outage?.affected.delete(name);
    if (outage?.affected.size === 0) {
      this.#outage = undefined;
      const seconds = Math.round((this.#clock.now() - outage.since) / 1000);
      this.#log.info({ failures: outage.failures, seconds }, 'the API server answers again');
    }
  }

  #isOfTheServer(name: string, { kind }: KubeError): boolean {
    const outage = this.#outage;
    if (kind !== 'Forbidden' || outage === undefined) {
      return OF_THE_SERVER.has(kind);
    }
    const isFirst = outage.affected.has(name) && !outage.refused.has(name);
    outage.refused.add(name);
    return isFirst;
  }

  #serverFailed(name: string, fields: LogFields, error: KubeError): void {
    const isNews = this.#outage === undefined;
    this.#outage ??= {
      since: this.#clock.now(),
      failures: 0,
      affected: new Set(),
      refused: new Set(),
    };
    this.#outage.failures += 1;
    this.#outage.affected.add(name);
    this.#write(
      isNews ? 'warn' : 'debug',
      { ...fields, ...errorFields(error) },
      'the API server does not answer as it should, and is tried on',
    );
  }

  #write(level: 'debug' | 'warn' | 'error', fields: LogFields, message: string): void {
    this.#log[level](fields, message);
  }
}
