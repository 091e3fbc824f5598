import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { Data } from '../core/plan/output.ts';

/**
 * Tells whether data is what it was, without holding it. The key lives and dies with the process, so
 * that a fingerprint says nothing to anyone else; it is held in memory and never written anywhere.
 */
export class Fingerprints {
  readonly #key = createSecretKey(randomBytes(32));

  /** A predicate that is true for exactly this data. */
  matcher(data: Data): (other: Data) => boolean {
    const own = this.#of(data);
    return (other) => own.equals(this.#of(other));
  }

  #of(data: Data): Buffer {
    const hmac = createHmac('sha256', this.#key);
    for (const [key, bytes] of [...data].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      // Lengths keep one file's end and the next one's name apart.
      const content = bytes.reveal();
      hmac.update(`${String(key.length)} ${key} ${String(content.length)} `);
      hmac.update(content);
    }
    return hmac.digest();
  }
}
