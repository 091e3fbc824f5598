import type { Log, LogFields } from '../../src/kube/log.ts';

export interface LogLine {
  readonly level: Exclude<keyof Log, 'child'>;
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that a test can read. */
export class MemoryLog implements Log {
  /** Also those of its children. */
  readonly lines: LogLine[];
  readonly #common: LogFields;

  constructor(lines: LogLine[] = [], common: LogFields = {}) {
    this.lines = lines;
    this.#common = common;
  }

  debug(fields: LogFields, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#write('error', fields, message);
  }

  child(fields: LogFields): MemoryLog {
    return new MemoryLog(this.lines, { ...this.#common, ...fields });
  }

  #write(level: LogLine['level'], fields: LogFields, message: string): void {
    this.lines.push({ level, message, fields: { ...this.#common, ...fields } });
  }
}
