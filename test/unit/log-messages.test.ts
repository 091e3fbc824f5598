import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'rolldown/utils';
import { expect, it } from 'vitest';

/** What is logged, held to docs/operating.md. What it says in real life is for test/cluster/logs.test.ts. */

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const sources = globSync('src/**/*.ts', { cwd: ROOT }).map((path) => ({ path, text: read(path) }));

/** `log.warn`, `this.#log[level]`, `options.log.error`; not `Math.log`. */
const LOG_CALL = /(?:^|[.#])log(?:\.(?:debug|info|warn|error|fatal)|\[\w+\])$/;

interface Message {
  readonly path: string;
  /** As it stands in the code. */
  readonly text: string;
  readonly isVariable: boolean;
}

function messagesIn({ path, text }: (typeof sources)[number]): readonly Message[] {
  const found: Message[] = [];
  new Visitor({
    CallExpression: ({ callee, arguments: [, message] }) => {
      if (LOG_CALL.test(text.slice(callee.start, callee.end)) && message !== undefined) {
        const { type, start, end } = message;
        found.push({ path, text: text.slice(start, end), isVariable: type === 'Identifier' });
      }
    },
  }).visit(parseSync(path, text).program);
  return found;
}

const messages = sources.flatMap(messagesIn);
const documented = [
  ...read('docs/operating.md').matchAll(/^\| [a-z, ]+ \| `([^`]+)` +\|/gm),
].flatMap(([, message = '']) => message);

it('every message in the code stands in docs/operating.md, and is put together of nothing', () => {
  expect(messages.length).toBeGreaterThan(15);
  const known = new Set(documented.map((message) => `'${message}'`));
  expect(messages.filter(({ text, isVariable }) => !isVariable && !known.has(text))).toEqual([]);
});

it('every message in docs/operating.md stands in the code', () => {
  expect(documented.length).toBeGreaterThan(15);
  const all = sources.map(({ text }) => text).join('');
  expect(documented.filter((message) => !all.includes(`'${message}'`))).toEqual([]);
});
