import { API_VERSION } from '../api/metadata.ts';
import { MIRRORAUTH_KIND } from '../api/mirrorauth.ts';
import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { KubeError, errorFields } from '../kube/errors.ts';
import { FencedError } from '../kube/fence.ts';
import { microTime } from '../kube/lease.ts';
import type { Log } from '../kube/log.ts';
import { FIELD_MANAGER } from './apply.ts';
import { EventHistories } from './event-history.ts';
import type { Series } from './event-history.ts';
import type { Note } from './events.ts';
import { EVENTS } from './kinds.ts';
import type { MirrorAuthItem } from './stores.ts';

export interface EventRecorderOptions {
  readonly client: Pick<Client, 'create' | 'mergePatch'>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Name of this process, such as the pod's. */
  readonly instance: string;
}

/** Longest `note` (k8s.io/api v0.37 events/v1 types.go). */
const NOTE_MAX_LENGTH = 1_024;
/** Events that wait for being written. More are dropped: they are in the log all the same. */
const BACKLOG = 1_000;

/** What is to be written: a series, as it stands when its turn comes. */
interface Entry {
  readonly item: MirrorAuthItem;
  readonly note: Note;
  readonly series: Series;
  readonly log: Log;
}

/**
 * Writes notes as events on a MirrorAuth: what `kubectl describe` shows of its history. Best effort:
 * nothing waits for it, and an event that cannot be written is logged and given up. They are written
 * one at a time, in the order in which they came.
 *
 * The same note again within six minutes is one event with a count (`series`), as of client-go's
 * recorder (v0.37 tools/events/event_broadcaster.go). Of one MirrorAuth 25 events are written at once
 * and then one in five minutes, as its older recorder has it (tools/record/events_cache.go): see
 * EventHistories.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #histories: EventHistories;
  #backlog = 0;
  /** Nanoseconds since 1970 in the name of the last event. */
  #lastName = 0n;
  #last: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#histories = new EventHistories(options.clock);
  }

  /** @param log of the look that the notes are from */
  record(item: MirrorAuthItem, notes: readonly Note[], log: Log): void {
    for (const note of notes) {
      const series = this.#histories.note(item.uid, note, this.#options.clock.wallTime());
      if (!series.isQueued) {
        this.#queue({ item, note, series, log });
      }
    }
  }

  /** Resolves when all that was recorded before is written or given up. Never rejects. */
  settled(): Promise<void> {
    return this.#last;
  }

  #queue(entry: Entry): void {
    const { series, note, log } = entry;
    if (this.#backlog >= BACKLOG) {
      log.debug({ reason: note.reason }, 'an event was left out: too many are to be written');
      return;
    }
    this.#backlog += 1;
    series.isQueued = true;
    this.#last = this.#writeAfter(this.#last, entry);
  }

  async #writeAfter(last: Promise<void>, entry: Entry): Promise<void> {
    await last;
    this.#backlog -= 1;
    entry.series.isQueued = false;
    await this.#write(entry);
  }

  async #write({ item, note, series, log }: Entry): Promise<void> {
    if (!this.#histories.mayWrite(item.uid)) {
      log.debug({ reason: note.reason }, 'an event was left out: too many of this MirrorAuth');
      return;
    }
    try {
      await this.#send(item, note, series);
    } catch (error) {
      const fields = { reason: note.reason, ...errorFields(error) };
      if (isNobodysFault(error)) {
        log.debug(fields, 'an event could not be written');
      } else {
        log.warn(fields, 'an event could not be written');
      }
    }
  }

  async #send(item: MirrorAuthItem, note: Note, series: Series): Promise<void> {
    const isCounted = series.name !== undefined && (await this.#count(item, series));
    if (!isCounted) {
      const name = this.#nameFor(item);
      const body = this.#body(item, note, { name, series });
      await this.#options.client.create(EVENTS, item.namespace, body, {
        fieldManager: FIELD_MANAGER,
      });
      series.name = name;
    }
  }

  /**
   * As client-go names events (v0.37 tools/record/util/util.go), but that no two are alike:
   * `kubectl describe` shows those without a `lastTimestamp` in the order of their names.
   */
  #nameFor({ name }: MirrorAuthItem): string {
    const { clock, random } = this.#options;
    const nanoseconds = BigInt(clock.wallTime().getTime()) * 1_000_000n;
    const here = nanoseconds + BigInt(Math.floor(random() * 1_000_000));
    this.#lastName = here > this.#lastName ? here : this.#lastName + 1n;
    return `${name}.${this.#lastName.toString(16)}`;
  }

  /** Returns whether the event of a series was still there to be counted up. */
  async #count({ namespace }: MirrorAuthItem, { name = '', ...series }: Series): Promise<boolean> {
    const body = { series: seriesOf(series) };
    try {
      await this.#options.client.mergePatch(EVENTS, { namespace, name }, body, {
        fieldManager: FIELD_MANAGER,
      });
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.kind === 'NotFound') {
        return false;
      }
      throw error;
    }
  }

  #body(
    item: MirrorAuthItem,
    { type, reason, action, note }: Note,
    as: { readonly name: string; readonly series: Series },
  ): Record<string, unknown> {
    const { namespace, name, uid, resourceVersion } = item;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name: as.name },
      eventTime: microTime(as.series.firstAt),
      ...(as.series.count > 1 && { series: seriesOf(as.series) }),
      type,
      reason,
      action,
      note: note.slice(0, NOTE_MAX_LENGTH),
      reportingController: 'mirrorauth.dev/mirrorauth',
      reportingInstance: this.#options.instance,
      regarding: {
        apiVersion: API_VERSION,
        kind: MIRRORAUTH_KIND,
        namespace,
        name,
        uid,
        resourceVersion,
      },
    };
  }
}

function seriesOf({
  count,
  lastAt,
}: Pick<Series, 'count' | 'lastAt'>): Readonly<Record<string, unknown>> {
  return { count, lastObservedTime: microTime(lastAt) };
}

/** A namespace that goes takes no events, and a process that leads no more writes none. */
function isNobodysFault(error: unknown): boolean {
  return (
    error instanceof FencedError ||
    (error instanceof KubeError && ['NamespaceTerminating', 'NotFound'].includes(error.kind))
  );
}
