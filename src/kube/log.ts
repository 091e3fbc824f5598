/**
 * Where this room logs to. The signature is pino's `(object, message)`, so a pino logger fits as it is.
 *
 * Messages are constant; what varies goes into the fields, which hold names, counts and durations
 * and never a value out of an object.
 */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A log that adds these fields to each of its lines. */
  child(fields: LogFields): Log;
}

export type LogFields = Readonly<Record<string, unknown>>;
