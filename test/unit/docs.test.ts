import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseSync, Visitor } from 'rolldown/utils';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { API_VERSION } from '../../src/api/metadata.ts';
import { MIRRORAUTH_KIND, mirrorAuthSchema } from '../../src/api/mirrorauth.ts';
import { WARNING_REASONS } from '../../src/api/warnings.ts';
import { configFaults } from '../../src/core/buildkit/config-faults.ts';
import { parseToml } from '../../src/core/buildkit/toml.ts';
import { MISTAKE_NAMES } from '../../src/core/explain/explanation.ts';

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

const snippetsIn = (language: string): readonly Snippet[] =>
  PAGES.flatMap((page) => blocksOf(page, language).map((text) => ({ page, text })));

const snippets = snippetsIn('yaml');

function objectsOf({ text }: Snippet): readonly unknown[] {
  return parseAllDocuments(text).map((document) => {
    const object: unknown = document.toJS();
    return object;
  });
}

const isMirrorAuth = (object: unknown): boolean =>
  z.object({ kind: z.literal(MIRRORAUTH_KIND) }).safeParse(object).success;

/** `spec` and nothing around it. */
const fragmentSchema = z.strictObject({ spec: z.record(z.string(), z.unknown()) });

/** The outputs that a part of a spec leaves out: with a pull Secret every registry says its credentials. */
function outputsFor(
  fragment: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const buildkitConfig = { name: 'ci-buildkitd' };
  return JSON.stringify(fragment).includes('"credentials"')
    ? { pullSecret: { name: 'ci-pull' }, buildkitConfig }
    : { buildkitConfig };
}

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

  const fragments = snippets.flatMap((snippet) =>
    objectsOf(snippet)
      .flatMap((object) => fragmentSchema.safeParse(object).data ?? [])
      .map(({ spec }) => ({ page: snippet.page, fragment: spec })),
  );

  it('has parts of specs', () => {
    expect(fragments.length).toBeGreaterThan(1);
  });

  it.each(fragments)('is part of a spec without a mistake in $page', ({ fragment }) => {
    const { spec } = mirrorAuthSchema.parse({
      apiVersion: API_VERSION,
      kind: MIRRORAUTH_KIND,
      metadata: { name: 'ci', namespace: 'builds' },
      spec: { ...outputsFor(fragment), ...fragment },
    });
    expect(spec).toMatchObject(fragment);
  });

  it('never mounts a subPath', () => {
    expect(snippets.filter(({ text }) => text.includes('subPath'))).toEqual([]);
  });
});

describe.each([
  { language: 'toml', parse },
  { language: 'json', parse: JSON.parse },
])('$language to copy', ({ language, parse }) => {
  it.each(snippetsIn(language))('can be read in $page', ({ text }) => {
    expect(() => {
      parse(text);
    }).not.toThrow();
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

describe('docs/reasons', () => {
  const index = 'docs/reasons/README.md';
  const declared: Readonly<Record<string, readonly string[]>> = {
    Fine: declaredReasons('GoodReason'),
    'Not known yet': declaredReasons('UnknownReason'),
    Waiting: declaredReasons('WaitingReason'),
    Stalled: declaredReasons('StallingReason'),
    Warnings: WARNING_REASONS,
    Mistakes: MISTAKE_NAMES,
  };
  const names = [...new Set(Object.values(declared).flat())];

  it('has a page for every reason, warning and mistake, and no other', () => {
    const pages = globSync('docs/reasons/*.md', { cwd: ROOT }).filter((page) => page !== index);
    expect(pages.map((page) => basename(page, '.md')).toSorted()).toEqual(names.toSorted());
  });

  it.each(Object.entries(declared))('lists every name under %s, and no other', (title, wanted) => {
    const rows = [...sectionOf(index, title).matchAll(/^\| \[(\w+)\]\(\1\.md\) \| .+ \|$/gm)];
    expect(rows.flatMap(([, name]) => name ?? []).toSorted()).toEqual(wanted.toSorted());
  });

  it.each(names)('says of %s where it is seen', (name) => {
    const page = read(`docs/reasons/${name}.md`);
    expect(page.startsWith(`# ${name}\n\n`)).toBe(true);
    expect(page).toMatch(/^\*\*Seen in\*\* /m);
  });

  const fine = new Set(declared['Fine']);
  it.each(names.filter((name) => !fine.has(name)))('says the cause and the cure of %s', (name) => {
    const page = `docs/reasons/${name}.md`;
    expect(['Cause', 'See it', 'Cure'].filter((title) => sectionOf(page, title) === '')).toEqual(
      [],
    );
  });
});

it.each(snippetsIn('toml').filter(({ page }) => page.startsWith('docs/reasons/')))(
  'buildkitd reads every key of the cure in $page',
  ({ text }) => {
    const parsed = parseToml(text);
    expect(parsed.ok && configFaults(parsed.table)).toEqual([]);
  },
);

/** What stands below the heading of this title and above the next one of its level or a higher one. */
function sectionOf(page: string, title: string): string {
  const heading = new RegExp(`^(?<marks>#+) ${title}\n(?<rest>[^]*)`, 'm').exec(read(page));
  const { marks = '', rest = '' } = heading?.groups ?? {};
  const next = rest.search(new RegExp(`^#{1,${String(marks.length)}} `, 'm'));
  return (next < 0 ? rest : rest.slice(0, next)).trim();
}

/** The words of a closed type in src/api/conditions.ts: types leave nothing behind at run time. */
function declaredReasons(type: string): readonly string[] {
  const path = 'src/api/conditions.ts';
  const reasons: string[] = [];
  let isReason = false;
  new Visitor({
    TSTypeAliasDeclaration: ({ id }) => {
      isReason = id.name === type;
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
