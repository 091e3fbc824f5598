import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync, Visitor } from 'rolldown/utils';
import { expect, it } from 'vitest';

/** The rules of docs/architecture.md, read off the imports and the syntax tree of every file in src/. */

const ROOT = join(import.meta.dirname, '..', '..');

interface Room {
  /** Other rooms that it may import. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  /** Modules of Node that it may import; absent: any. */
  readonly node?: readonly string[];
  /** No clock, environment, randomness, logger or I/O: they arrive as arguments. */
  readonly isPure?: true;
}

const ROOMS: Readonly<Record<string, Room>> = {
  api: { rooms: [], packages: ['zod'], node: [], isPure: true },
  core: {
    rooms: ['api'],
    packages: ['jsonc-parser', 'smol-toml'],
    node: ['buffer', 'crypto'],
    isPure: true,
  },
  kube: { rooms: [], packages: ['@kubernetes/client-node', 'undici'] },
  controller: { rooms: ['api', 'core', 'kube'], packages: [] },
  cli: {
    rooms: ['api', 'core', 'kube', 'controller'],
    packages: ['@prometheus-io/client', 'pino', 'yaml'],
  },
  'main.ts': { rooms: ['api', 'core', 'kube', 'controller', 'cli'], packages: ['package.json'] },
};

const IMPURE_OBJECTS: ReadonlySet<string> = new Set([
  'console',
  'globalThis',
  'performance',
  'process',
]);
const IMPURE_CALLS: ReadonlySet<string> = new Set([
  'Date.now',
  'Math.random',
  'fetch',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);
const MUTABLE_COLLECTIONS: ReadonlySet<string> = new Set(['Map', 'Set', 'WeakMap', 'WeakSet']);

/** What a file does that its room may not, each as a sentence. */
function violationsOf(path: string, text: string): readonly string[] {
  const name = roomOf(path);
  const room = ROOMS[name];
  if (room === undefined) {
    return [`${path} is in no room`];
  }
  return [
    ...importsOf(path, text)
      .filter((imported) => !mayImport(name, room, imported))
      .map((imported) => `${path} imports ${imported}`),
    ...(room.isPure ? impurities(path, text) : []).map((use) => `${path} uses ${use}`),
    ...sharedState(path, text).map((variable) => `${path} keeps state in ${variable}`),
  ];
}

/** `core` of src/core/plan/plan.ts. */
function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function mayImport(own: string, room: Room, imported: string): boolean {
  if (imported.startsWith('node:')) {
    return room.node?.includes(imported.slice('node:'.length)) ?? true;
  }
  return imported.startsWith('src/')
    ? [own, ...room.rooms].includes(roomOf(imported)) && imported !== 'src/main.ts'
    : room.packages.includes(imported);
}

/** Static, dynamic and type imports and re-exports; those of own files by their path from the root. */
function importsOf(path: string, text: string): readonly string[] {
  const { module } = parseSync(path, text);
  const written = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
      text.slice(start + 1, end - 1),
    ),
  ];
  return [...new Set(written)].map((one) =>
    one.startsWith('.') ? posix.join(posix.dirname(path), one) : one,
  );
}

function impurities(path: string, text: string): readonly string[] {
  const found: string[] = [];
  new Visitor({
    MemberExpression: ({ object }) => {
      if (object.type === 'Identifier' && IMPURE_OBJECTS.has(object.name)) {
        found.push(object.name);
      }
    },
    CallExpression: ({ callee: { start, end } }) => {
      const callee = text.slice(start, end);
      if (IMPURE_CALLS.has(callee)) {
        found.push(callee);
      }
    },
    NewExpression: ({ callee, arguments: args }) => {
      if (callee.type === 'Identifier' && callee.name === 'Date' && args.length === 0) {
        found.push('new Date()');
      }
    },
  }).visit(parseSync(path, text).program);
  return found;
}

/** Variables at the top level that somebody could change: `let`, and collections not typed Readonly. */
function sharedState(path: string, text: string): readonly string[] {
  const { body } = parseSync(path, text).program;
  return body
    .map((node) => (node.type === 'ExportNamedDeclaration' ? node.declaration : node))
    .filter((node) => node?.type === 'VariableDeclaration')
    .flatMap(({ kind, declarations }) =>
      declarations
        .filter(
          ({ id, init }) =>
            kind !== 'const' ||
            (init?.type === 'NewExpression' &&
              init.callee.type === 'Identifier' &&
              MUTABLE_COLLECTIONS.has(init.callee.name) &&
              !/:\s*Readonly/.test(text.slice(id.start, id.end))),
        )
        .map(({ id }) => text.slice(id.start, id.end)),
    );
}

const sources = globSync('src/**/*.ts', { cwd: ROOT });

it('every file in src keeps to the rules of its room', () => {
  expect(sources.length).toBeGreaterThan(50);
  const violations = sources.flatMap((path) =>
    violationsOf(path, readFileSync(join(ROOT, path), 'utf8')),
  );
  expect(violations).toEqual([]);
});

it('src/kube knows nothing of mirrors', () => {
  const tellTales = sources.filter(
    (path) => roomOf(path) === 'kube' && /mirror/i.test(readFileSync(join(ROOT, path), 'utf8')),
  );
  expect(tellTales).toEqual([]);
});

const FORBIDDEN: readonly (readonly [claim: string, path: string, text: string])[] = [
  ['api imports no other room', 'src/api/x.ts', `import '../core/plan.ts';`],
  ['api imports no module of Node', 'src/api/x.ts', `import { Buffer } from 'node:buffer';`],
  ['core imports no type of kube', 'src/core/x.ts', `import type { C } from '../kube/client.ts';`],
  ['core does no I/O', 'src/core/x.ts', `import { readFile } from 'node:fs/promises';`],
  ['core loads nothing late', 'src/core/x.ts', `const log = await import('pino');`],
  ['core re-exports nothing of others', 'src/core/x.ts', `export { z } from 'zod';`],
  ['core reads no clock', 'src/core/x.ts', `export const now = (): number => Date.now();`],
  ['core reads no wall clock', 'src/core/x.ts', `export const now = (): Date => new Date();`],
  ['core is not random', 'src/core/x.ts', `export const dice = (): number => Math.random();`],
  ['core has no timers', 'src/core/x.ts', `setTimeout(() => undefined, 1);`],
  ['core reads no environment', 'src/core/x.ts', `export const home = process.env['HOME'];`],
  ['core prints nothing', 'src/core/x.ts', `console.log('x');`],
  ['controller has no client of its own', 'src/controller/x.ts', `import 'undici';`],
  ['kube imports no other room', 'src/kube/x.ts', `import '../api/names.ts';`],
  ['nothing imports main.ts', 'src/cli/x.ts', `import '../main.ts';`],
  ['no file stands outside the rooms', 'src/tools/x.ts', ``],
  ['no room has a variable for all', 'src/kube/x.ts', `let count = 0;`],
  ['no room exports one', 'src/kube/x.ts', `export const cache = new Map<string, string>();`],
];

it.each(FORBIDDEN)('the rules find it: %s', (_claim, path, text) => {
  expect(violationsOf(path, text)).toHaveLength(1);
});

it('the rules let what is allowed pass', () => {
  const text = `
    import { createHash } from 'node:crypto';
    import { parse } from 'smol-toml';
    import type { Problem } from '../api/conditions.ts';
    import { plan } from './plan.ts';
    const WORDS: ReadonlySet<string> = new Set(['a']);
    export const age = (now: Date): number => now.getTime() - Date.parse('2026-01-01');
  `;
  expect(violationsOf('src/core/x.ts', text)).toEqual([]);
});
