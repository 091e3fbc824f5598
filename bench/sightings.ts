import type { Client } from '../src/kube/client.ts';
import type { Selection } from '../src/kube/list-watch.ts';
import type { JsonObject } from '../src/kube/object.ts';

type IsIt = (object: JsonObject) => boolean;

/** A watch of our own: says at which moment an object was seen in some state. */
export class Sightings {
  readonly #closing = new AbortController();
  #awaited: { readonly isIt: IsIt; readonly seen: (at: number) => void } | undefined;

  /** Watches from now on. */
  static async begin(client: Client, selection: Selection): Promise<Sightings> {
    const sightings = new Sightings();
    const signal = sightings.#closing.signal;
    const { resourceVersion } = await client.list(selection, { limit: 1, signal });
    const events = client.watch(selection, { resourceVersion, timeoutSeconds: 1_800, signal });
    void sightings.#look(events).catch((error: unknown) => sightings.#closing.abort(error));
    return sightings;
  }

  /**
   * The moment, by performance.now(), at which the next event comes whose object is it. At most one
   * may be awaited at a time.
   *
   * @param isIt asked of each event, in their order
   * @throws when it does not come within the deadline, or the watch broke
   */
  async next(isIt: IsIt, deadlineMs = 10_000): Promise<number> {
    const sighting = Promise.withResolvers<number>();
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(deadlineMs)]);
    signal.addEventListener('abort', () => sighting.reject(signal.reason));
    this.#awaited = { isIt, seen: sighting.resolve };
    return sighting.promise;
  }

  close(): void {
    this.#closing.abort();
  }

  async #look(events: ReturnType<Client['watch']>): Promise<void> {
    for await (const { type, object } of events) {
      const at = performance.now();
      if (type !== 'BOOKMARK' && this.#awaited?.isIt(object) === true) {
        this.#awaited.seen(at);
        this.#awaited = undefined;
      }
    }
    throw new Error('the watch of the benchmark ended');
  }
}
