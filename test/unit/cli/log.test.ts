import { describe, expect, test } from 'vitest';
import { createLogger } from '../../../src/cli/log.ts';
import { Redacted } from '../../../src/core/redacted.ts';

function logged(format: 'json' | 'text', level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  return { lines, log: createLogger({ level, format }, { write: (line) => lines.push(line) }) };
}

describe('a log line', () => {
  test('as json has the level by name, the time, the message and the fields', () => {
    const { lines, log } = logged('json');
    log.info({ namespace: 'builds', name: 'ci' }, 'output changed');
    expect(JSON.parse(lines.join(''))).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
      namespace: 'builds',
      name: 'ci',
      message: 'output changed',
    });
  });

  test('as text is readable at a glance', () => {
    const { lines, log } = logged('text');
    log.warn({ name: 'ci', note: 'two words', count: 2 }, 'watch failed');
    expect(lines.join('')).toMatch(
      /^\d\d:\d\d:\d\d warn {2}watch failed name=ci note="two words" count=2\n$/,
    );
  });

  test.each(['json', 'text'] as const)('as %s shows nothing of what is redacted', (format) => {
    const { lines, log } = logged(format);
    log.info({ credential: new Redacted('hunter2'), deep: { er: [new Redacted('hunter2')] } }, 'x');
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('')).toContain('[redacted]');
  });

  test('below the level is not written', () => {
    const { lines, log } = logged('json');
    log.debug({}, 'quiet');
    expect(lines).toEqual([]);
  });
});
