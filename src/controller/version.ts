/** Which state of an object: uid and resourceVersion, or that there is none. Compared for equality. */
export type Version = string;

export const ABSENT: Version = 'absent';

export function versionOf(
  object: { readonly uid: string; readonly resourceVersion: string } | undefined,
): Version {
  return object === undefined ? ABSENT : `${object.uid}/${object.resourceVersion}`;
}

/** How what a store shows stands to what is known. */
export type Standing =
  /** The store shows what is known. */
  | 'same'
  /** The store has not caught up: it shows a state that is known to be over. */
  | 'behind'
  /** The store shows something that is not known: it has to be read. */
  | 'different';

/**
 * What is known of one object by having read or written it. The answer to a GET or a write is newer
 * than what the watch shows until its event arrives; that event is an echo and no news.
 */
export class KnownVersion {
  #version: Version;
  /** States that the known one came after. */
  readonly #past = new Set<Version>();

  private constructor(version: Version) {
    this.#version = version;
  }

  /** @param shown what the store showed when the object was read */
  static read(version: Version, shown: Version): KnownVersion {
    const known = new KnownVersion(version);
    if (shown !== version) {
      known.#past.add(shown);
    }
    return known;
  }

  get version(): Version {
    return this.#version;
  }

  /** A later answer of the server. */
  advance(version: Version): void {
    if (version !== this.#version) {
      this.#past.add(this.#version);
      this.#past.delete(version);
      this.#version = version;
    }
  }

  /** Takes note of what the store shows, and tells how it stands to what is known. */
  see(shown: Version): Standing {
    if (shown === this.#version) {
      this.#past.clear();
      return 'same';
    }
    return this.#past.has(shown) ? 'behind' : 'different';
  }

  /**
   * Whether the store has not shown this state yet. Somebody may have undone it within one gap of the
   * watch, and then no event ever tells: whoever waits for it sets a deadline.
   */
  get isAhead(): boolean {
    return this.#past.size > 0;
  }
}
