import type { Client } from './client.ts';
import { deadline } from './clock.ts';
import type { Clock } from './clock.ts';
import { KubeError } from './errors.ts';
import type { KubeErrorKind } from './errors.ts';
import { callOf, endsInitialEvents, eventVersion } from './list-watch.ts';
import type { Selection, WatchEvent } from './list-watch.ts';
import { parseObjectMeta } from './object.ts';
import type { JsonObject, ObjectMeta } from './object.ts';

export interface ListerOptions<T> {
  readonly client: Pick<Client, 'list' | 'watch'>;
  readonly selection: Selection;
  /** What to keep of an object, called as soon as it has come; undefined: nothing. Never throws. */
  readonly project: (object: JsonObject, metadata: ObjectMeta) => T | undefined;
  /** Told of an object without usable metadata, which is left out. */
  readonly onUnusable: () => void;
  /** For a list in pages. Absent: 100. */
  readonly pageLimit?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Everything that a selection holds at one version. */
export interface State<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** How long a streamed list may take, and how much later it counts as dead. */
const STREAM_SECONDS = 50;
const GRACE_MS = 10_000;

/** What a server may answer that does not know streamed lists, or is no good at them. */
const CANNOT_STREAM: ReadonlySet<KubeErrorKind> = new Set([
  'BadRequest',
  'Invalid',
  'ProtocolError',
  'Timeout',
]);

/**
 * Lists a selection, holding hardly more than the projections: the annotations of a Secret alone may
 * make it 256 kB large, and there may be thousands. So the objects are streamed one by one, but by a
 * server that once failed at that they are listed in pages.
 */
export class Lister<T> {
  readonly #options: ListerOptions<T>;
  #canStream = true;

  constructor(options: ListerOptions<T>) {
    this.#options = options;
  }

  /** @throws KubeError, or the signal's reason */
  async list(): Promise<State<T>> {
    if (this.#canStream) {
      try {
        return await this.#stream();
      } catch (error) {
        if (!(error instanceof KubeError && CANNOT_STREAM.has(error.kind))) {
          throw error;
        }
        this.#canStream = false;
      }
    }
    return this.#page();
  }

  async #stream(): Promise<State<T>> {
    const { client, selection, clock, signal } = this.#options;
    const call = callOf('list', selection);
    const ms = STREAM_SECONDS * 1000 + GRACE_MS;
    const limit = deadline(clock, ms, signal, () => new KubeError(call, 'Timeout'));
    const items = new Map<string, T>();
    try {
      const options = { timeoutSeconds: STREAM_SECONDS, signal: limit.signal };
      for await (const event of client.watch(selection, options)) {
        if (endsInitialEvents(event)) {
          return { items: [...items.values()], resourceVersion: eventVersion(call, event) };
        }
        this.#take(items, event);
      }
    } finally {
      limit.cancel();
    }
    throw new KubeError(call, 'ProtocolError');
  }

  #take(items: Map<string, T>, { type, object }: WatchEvent): void {
    if (type === 'BOOKMARK') {
      return;
    }
    const metadata = parseObjectMeta(object['metadata']);
    if (metadata === undefined) {
      this.#options.onUnusable();
      return;
    }
    const key = `${metadata.namespace}/${metadata.name}`;
    const item = type === 'DELETED' ? undefined : this.#options.project(object, metadata);
    if (item === undefined) {
      items.delete(key);
    } else {
      items.set(key, item);
    }
  }

  async #page(): Promise<State<T>> {
    const items: T[] = [];
    let more: { readonly continueToken?: string } = {};
    for (;;) {
      const { resourceVersion, continueToken } = await this.#onePage(items, more);
      if (continueToken === undefined) {
        return { items, resourceVersion };
      }
      more = { continueToken };
    }
  }

  /** Lets go of the page before the next one is asked for. */
  async #onePage(
    items: T[],
    more: { readonly continueToken?: string },
  ): Promise<{ readonly resourceVersion: string; readonly continueToken: string | undefined }> {
    const {
      client,
      selection,
      pageLimit: limit = 100,
      signal,
      project,
      onUnusable,
    } = this.#options;
    const page = await client.list(selection, { limit, signal, ...more });
    for (const object of page.items) {
      const metadata = parseObjectMeta(object['metadata']);
      const item = metadata && project(object, metadata);
      if (metadata === undefined) {
        onUnusable();
      } else if (item !== undefined) {
        items.push(item);
      }
    }
    return { resourceVersion: page.resourceVersion, continueToken: page.continueToken };
  }
}
