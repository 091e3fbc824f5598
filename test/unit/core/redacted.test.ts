/* oxlint-disable typescript/restrict-template-expressions, typescript/no-misused-spread -- this is what happens where these rules were not heeded */
import { format, inspect } from 'node:util';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { REDACTED, Redacted } from '../../../src/core/redacted.ts';

const SECRET = 'hunter2-canary';
const redacted = new Redacted(SECRET);

/** Each way in which a value becomes text, by the name of the way. */
const ROUTES: Readonly<Record<string, () => string>> = {
  'a template string': () => `${redacted}`,
  'String()': () => String(redacted),
  concatenation: () => '' + redacted,
  toString: () => redacted.toString(),
  toLocaleString: () => redacted.toLocaleString(),
  'Array.join': () => [redacted].join(),
  JSON: () => JSON.stringify(redacted),
  'nested JSON': () => JSON.stringify({ list: [{ redacted }] }),
  'util.inspect': () => inspect(redacted),
  'util.inspect of something around it': () =>
    inspect({ a: [new Map([[redacted, new Set([redacted])]])] }, { depth: null }),
  'util.inspect with hidden properties': () => inspect(redacted, { showHidden: true }),
  'util.inspect without the custom function': () =>
    inspect(redacted, { showHidden: true, customInspect: false, getters: true }),
  'format %s, as console.log does': () => format('%s', redacted),
  'format %o': () => format('%o', redacted),
  'format %O': () => format('%O', { redacted }),
  'format %j': () => format('%j', { redacted }),
  'format %d': () => format('%d', redacted),
  'format of a further argument': () => format('text', redacted, { redacted }),
  'the message of an Error': () => inspect(new Error(`failed for ${redacted}`)),
  'the cause of an Error': () => inspect(new Error('failed', { cause: redacted })),
  'a property of an Error': () => inspect(Object.assign(new Error('failed'), { redacted })),
  'an AggregateError': () => inspect(new AggregateError([redacted], 'failed')),
  'what was thrown': () => {
    try {
      throw new Error('failed', { cause: { redacted } });
    } catch (error) {
      return inspect(error, { showHidden: true, depth: null });
    }
  },
  structuredClone: () => inspect(structuredClone({ redacted }), { showHidden: true, depth: null }),
  spread: () => inspect({ ...redacted }, { showHidden: true }),
  'Object.assign': () => inspect(Object.assign({}, redacted), { showHidden: true }),
  'own keys': () => inspect([Reflect.ownKeys(redacted), Object.entries(redacted)]),
  'for in': () => {
    const seen: string[] = [];
    for (const key in redacted) {
      seen.push(key);
    }
    return seen.join();
  },
  pino: () => logged({ redacted }, 'text'),
  'pino, nested and as a list': () => logged({ a: { b: [redacted] } }, 'text'),
  'pino, as the error': () => logged(new Error('failed', { cause: redacted })),
  'pino, as a further argument': () =>
    logged({ a: 1 }, 'text %s %o %j', redacted, redacted, redacted),
  'pino, as a binding': () => logged({}, 'text'),
};

function logged(...[object, message, ...more]: [object, string?, ...unknown[]]): string {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  logger.child({ bound: redacted }).trace(object, message, ...more);
  return lines.join('');
}

describe('Redacted', () => {
  it.each(Object.entries(ROUTES))('does not show its value by %s', (_, route) => {
    expect(route()).not.toContain(SECRET);
  });

  it.each(['a template string', 'concatenation', 'JSON', 'util.inspect', 'pino'])(
    'says that something is redacted by %s',
    (route) => {
      expect(ROUTES[route]?.()).toContain(REDACTED);
    },
  );

  it('gives its value to who asks for it', () => {
    expect(redacted.reveal()).toBe(SECRET);
  });
});
