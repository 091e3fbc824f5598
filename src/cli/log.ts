import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { isObject } from '../kube/object.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export const LOG_FORMATS = ['json', 'text'] as const;

export interface LogOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  readonly format: (typeof LOG_FORMATS)[number];
}

/**
 * One line for each thing that happened. `json` is for collectors, `text` for people. Credentials
 * travel as Redacted and print as `[redacted]`; nothing here has to know which fields are secret.
 */
export function createLogger(options: LogOptions, destination: DestinationStream): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
    },
    options.format === 'json' ? destination : asText(destination),
  );
}

function asText(destination: DestinationStream): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk: unknown, _encoding, done) => {
      destination.write(textOf(String(chunk)));
      done();
    },
  });
}

/** `02:23:11 info  output changed  name=ci namespace=builds` */
function textOf(line: string): string {
  const parsed: unknown = JSON.parse(line);
  const { time, level, message, ...fields } = isObject(parsed) ? parsed : {};
  const values = Object.entries(fields).map(([key, value]) => {
    return `${key}=${typeof value === 'string' && !value.includes(' ') ? value : JSON.stringify(value)}`;
  });
  const clock = String(time).slice('2026-11-25T'.length, '2026-11-25T02:23:11'.length);
  return `${[clock, String(level).padEnd(5), String(message), ...values].join(' ')}\n`;
}
