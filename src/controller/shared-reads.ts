import type { ObjectName } from '../core/plan/output.ts';
import { KubeError } from '../kube/errors.ts';
import type { Client } from '../kube/client.ts';
import { readObject, RESOURCES } from './kinds.ts';
import type { WholeObject } from './kinds.ts';
import { indexKey } from './stores.ts';
import { ABSENT, versionOf } from './version.ts';
import type { Version } from './version.ts';

/** What a GET says. */
export type Read =
  | { readonly kind: 'Found'; readonly object: WholeObject }
  | { readonly kind: 'NotFound' }
  | { readonly kind: 'AccessDenied' };

/**
 * Reads objects, once for all MirrorAuths that need the same state of the same object. An answer is
 * used again only while it is exactly what the store shows, and held only while a queued MirrorAuth
 * needs it: it may be a Secret.
 */
export class SharedReads {
  readonly #client: Pick<Client, 'get'>;
  readonly #answers = new Map<string, Promise<Read>>();

  constructor(client: Pick<Client, 'get'>) {
    this.#client = client;
  }

  /**
   * @param shown what the store shows of the object at this moment
   * @throws KubeError other than NotFound and Forbidden, which are answers
   */
  async read(namespace: string, name: ObjectName, shown: Version): Promise<Read> {
    const id = indexKey(namespace, name);
    let unfit: Promise<Read> | undefined;
    for (;;) {
      const held = this.#answers.get(id);
      if (held === undefined || held === unfit) {
        return this.#ask(id, { namespace, name, shown });
      }
      const answer = await held.catch(() => undefined);
      if (answer?.kind === 'Found' && versionOf(answer.object.metadata) === shown) {
        return answer;
      }
      unfit = held;
    }
  }

  #ask(
    id: string,
    wanted: { readonly namespace: string; readonly name: ObjectName; readonly shown: Version },
  ): Promise<Read> {
    const answer = this.#get(wanted.namespace, wanted.name);
    if (wanted.shown !== ABSENT) {
      this.#answers.set(id, answer);
    }
    return answer;
  }

  /** Lets go of the answers that nobody needs. */
  release(isNeeded: (id: string) => boolean): void {
    for (const id of this.#answers.keys()) {
      if (!isNeeded(id)) {
        this.#answers.delete(id);
      }
    }
  }

  /** Answers that are held; for tests. */
  get size(): number {
    return this.#answers.size;
  }

  async #get(namespace: string, { kind, name }: ObjectName): Promise<Read> {
    try {
      const object = await this.#client.get(RESOURCES[kind], { namespace, name });
      return { kind: 'Found', object: readObject(kind, object) };
    } catch (error) {
      if (error instanceof KubeError && error.kind === 'NotFound') {
        return { kind: 'NotFound' };
      }
      if (error instanceof KubeError && error.kind === 'Forbidden') {
        return { kind: 'AccessDenied' };
      }
      throw error;
    }
  }
}
