/**
 * Holds a value that must never be printed. Template strings, `JSON.stringify`, `util.inspect`,
 * pino and an Error's cause all show `[redacted]`; only {@link Redacted.reveal} gives the value,
 * and its call sites are easy to find.
 *
 * A private class field is used because neither inspection nor serialisation reaches it.
 */
export class Redacted<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Call it where the bytes are put into a Secret and nowhere else. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  /** `util.inspect` looks this symbol up; the registry makes an import of `node:util` needless. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

/** What a {@link Redacted} prints as. */
export const REDACTED = '[redacted]';
