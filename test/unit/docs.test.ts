import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync, Visitor } from 'rolldown/utils';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { MIRRORAUTH_KIND, mirrorAuthSchema } from '../../src/api/mirrorauth.ts';

/** What the pages say of the project, held to the project. */

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const PAGES = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/**/*.md', { cwd: ROOT })];

const FENCE = /^ *```(?<language>[a-z]*)\n(?<text>[\s\S]*?)^ *```$/gm;

function blocksOf(page: string, language: string): readonly string[] {
  return [...read(page).matchAll(FENCE)].flatMap(({ groups }) =>
    groups?.['language'] === language ? (groups['text'] ?? []) : [],
  );
}

/** Fences are code and may hold what looks like a link. */
function proseOf(page: string): string {
  return read(page).replaceAll(FENCE, '');
}

interface Snippet {
  readonly page: string;
  readonly text: string;
}

const snippets: readonly Snippet[] = PAGES.flatMap((page) =>
  blocksOf(page, 'yaml').map((text) => ({ page, text })),
);

function objectsOf({ text }: Snippet): readonly unknown[] {
  return parseAllDocuments(text).map((document) => {
    const object: unknown = document.toJS();
    return object;
  });
}

const isMirrorAuth = (object: unknown): boolean =>
  z.object({ kind: z.literal(MIRRORAUTH_KIND) }).safeParse(object).success;

describe('YAML to copy', () => {
  it('is YAML', () => {
    const faults = snippets.flatMap(({ page, text }) =>
      parseAllDocuments(text).flatMap(({ errors, warnings }) =>
        [...errors, ...warnings].map(({ message }) => `${page}: ${message}`),
      ),
    );
    expect(faults).toEqual([]);
  });

  const mirrorAuths = snippets.flatMap((snippet) =>
    objectsOf(snippet)
      .filter(isMirrorAuth)
      .map((object) => ({ page: snippet.page, object })),
  );

  it('has MirrorAuths', () => {
    expect(mirrorAuths.length).toBeGreaterThan(1);
  });

  it.each(mirrorAuths)('is a MirrorAuth without a mistake in $page', ({ object }) => {
    const { spec } = mirrorAuthSchema.parse(object);
    // What the schema does not know is dropped by it, and so would differ.
    expect(object).toHaveProperty('spec', spec);
  });

  it('never mounts a subPath', () => {
    expect(snippets.filter(({ text }) => text.includes('subPath'))).toEqual([]);
  });
});

/** As GitHub makes them from headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  return new Set(
    [...proseOf(page).matchAll(/^#+ (?<title>.+)$/gm)].map(({ groups }) =>
      (groups?.['title'] ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Targets of inline links and of link definitions. */
function linksOf(page: string): readonly string[] {
  const targets = proseOf(page).matchAll(/(?:\]\(|^\[[^\]]+\]: )(?<target>[^)\s]+)/gm);
  return [...targets].map(({ groups }) => groups?.['target'] ?? '');
}

function isBroken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  return (
    !existsSync(join(ROOT, target)) || (anchor !== undefined && !anchorsOf(target).has(anchor))
  );
}

it('links between the pages and to files resolve', () => {
  const broken = PAGES.flatMap((page) =>
    linksOf(page)
      .filter((link) => !/^[a-z]+:/.test(link) && isBroken(page, link))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

it('files that are named in brackets have a link', () => {
  const unlinked = PAGES.flatMap((page) => {
    const prose = proseOf(page);
    const linked = new Set([...prose.matchAll(/^\[([^\]]+)\]: /gm)].map(([, name]) => name));
    return [...prose.matchAll(/\[((?:src|test)\/[^\]]+)\](?![(:])/g)]
      .filter(([, name]) => !linked.has(name))
      .map(([, name]) => `${page}: ${String(name)}`);
  });
  expect(unlinked).toEqual([]);
});

const packageSchema = z.object({
  scripts: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});
const manifest = packageSchema.parse(JSON.parse(read('package.json')));

it('commands exist', () => {
  const targets = new Set([...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name));
  const isMissing = (tool: string, name: string): boolean =>
    tool === 'make' ? !targets.has(name) : !(name in manifest.scripts);
  const missing = PAGES.flatMap((page) =>
    [...read(page).matchAll(/(?:`|\$ )(make|npm run(?: --silent)?) ([a-z0-9:-]+)/g)]
      .filter(([, tool = '', name = '']) => isMissing(tool, name))
      .map(([, tool, name]) => `${page}: ${String(tool)} ${String(name)}`),
  );
  expect(missing).toEqual([]);
});

it('docs/reasons.md explains every reason, and no other', () => {
  const headings = [...read('docs/reasons.md').matchAll(/^### (\S+)$/gm)];
  const explained = headings.flatMap(([, name]) => name ?? []);
  expect(explained.toSorted()).toEqual(declaredReasons().toSorted());
});

/** The words of the closed types in src/api/conditions.ts: types leave nothing behind at run time. */
function declaredReasons(): readonly string[] {
  const path = 'src/api/conditions.ts';
  const reasons: string[] = [];
  let isReason = false;
  new Visitor({
    TSTypeAliasDeclaration: ({ id }) => {
      isReason = /^(Good|Waiting|Stalling|Unknown)Reason$/.test(id.name);
    },
    TSLiteralType: ({ literal }) => {
      if (isReason && literal.type === 'Literal' && typeof literal.value === 'string') {
        reasons.push(literal.value);
      }
    },
    'TSTypeAliasDeclaration:exit': () => {
      isReason = false;
    },
  }).visit(parseSync(path, read(path)).program);
  return reasons;
}

it('docs/decisions has a reason for every dependency, and no other', () => {
  const rows = [...read('docs/decisions/0004-dependencies.md').matchAll(/^\| (`[^|]+) \|/gm)];
  const explained = rows.flatMap(([, names]) => names?.replaceAll(/[`\s]/g, '').split(',') ?? []);
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const packages = { ...dependencies, ...devDependencies, ...optionalDependencies };
  expect(explained.toSorted()).toEqual(Object.keys(packages).toSorted());
});

it('docs/decisions lists every record', () => {
  const records = globSync('docs/decisions/0*.md', { cwd: ROOT });
  const listed = linksOf('docs/decisions/README.md');
  expect(listed.map((name) => `docs/decisions/${name}`).toSorted()).toEqual(records.toSorted());
});
