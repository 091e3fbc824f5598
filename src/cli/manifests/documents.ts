import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { Document, ParsedNode } from 'yaml';
import type { Notice } from '../problem.ts';
import type { Located, Path } from './located.ts';
import { splitDocuments, splitJson } from './split.ts';
import type { Piece } from './split.ts';
import { syntaxFaults } from './syntax.ts';
import type { SyntaxFault } from './syntax.ts';
import { KUBECTL_YAML } from './yaml-schema.ts';

/** From bytes to values: YAML and JSON, one or many documents in a file, each for itself. */

export interface ManifestFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface Documents {
  readonly documents: readonly Located[];
  readonly problems: readonly Notice[];
}

/** Documents that are empty or hold nothing but comments are left out, as kubectl does. */
export function readDocuments({ file, bytes }: ManifestFile): Documents {
  const text = decode(bytes);
  if (text === undefined) {
    return { documents: [], problems: [{ file, message: 'is not UTF-8: save it as UTF-8' }] };
  }
  const read = splitDocuments(text).flatMap((piece) => readPiece(piece, file));
  return {
    documents: read.filter((one) => 'lineOf' in one).filter(({ value }) => value !== null),
    problems: read.filter((one) => 'message' in one),
  };
}

/** Without the byte order mark, if there is one. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What YAML 1.1 calls printable, section 5.1; kubectl refuses everything else. */
const UNPRINTABLE =
  /[^\t\n\r\u{20}-\u{7e}\u{85}\u{a0}-\u{d7ff}\u{e000}-\u{fefe}\u{ff00}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/** A directive stands before all else; kubectl cuts the file behind it and then finds no document. */
const DIRECTIVE = /^(?:[ \t]*(?:#.*)?\n)*%/;

function readPiece(piece: Piece, file: string): readonly (Located | Notice)[] {
  const flaw = flawOf(piece);
  if (flaw !== undefined) {
    return [{ file, ...flaw }];
  }
  const whole = parsePiece(piece, file);
  if (whole.every((one) => 'lineOf' in one)) {
    return whole;
  }
  const template = templateIn(piece, whole);
  if (template !== undefined) {
    return [{ file, line: template, message: IS_TEMPLATE }];
  }
  const values = splitJson(piece);
  return values.length > 1 ? values.flatMap((value) => parsePiece(value, file)) : whole;
}

/** Outside comments and quotes; `{{` begins a key that is a map, which nobody means. */
const TEMPLATE = /^[^#"']*\{\{/;
const IS_TEMPLATE =
  'a template ({{ … }}) stands here, which is not filled in: give the output of helm template';

/** The line of a template that the parser stopped in, or right behind. */
function templateIn(piece: Piece, read: readonly (Located | Notice)[]): number | undefined {
  const lines = piece.text.split('\n');
  const stops = read.flatMap((one) => ('message' in one ? (one.line ?? []) : []));
  return stops
    .flatMap((line) => [line, line - 1])
    .find((line) => TEMPLATE.test(lines[line - piece.line] ?? ''));
}

/** What the parser takes and kubectl does not. */
function flawOf({ text, line }: Piece): Pick<Notice, 'line' | 'message'> | undefined {
  const lineAt = (offset: number): number => line + text.slice(0, offset).split('\n').length - 1;
  const unprintable = UNPRINTABLE.exec(text);
  if (unprintable !== null) {
    const message = 'holds a control character: remove it, or write an escape in quotes';
    return { line: lineAt(unprintable.index), message };
  }
  const directive = DIRECTIVE.exec(text);
  return directive === null
    ? undefined
    : {
        line: lineAt(directive[0].length),
        message: 'kubectl takes no directives (%…): leave the line out',
      };
}

function parsePiece({ text, line }: Piece, file: string): readonly (Located | Notice)[] {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { ...KUBECTL_YAML, lineCounter: counter });
  // What is missing is found missing at the end, behind empty lines.
  const end = text.trimEnd().length;
  const lineAt = (offset: number): number => counter.linePos(Math.min(offset, end)).line + line - 1;
  return [...documents].flatMap((document) => readDocument(document, { file, text, lineAt }));
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly lineAt: (offset: number) => number;
}

function readDocument(
  document: Document.Parsed,
  { file, text, lineAt }: Source,
): readonly (Located | Notice)[] {
  const found = syntaxFaults(document, text);
  const faults = found.length > 0 ? found : nodeFaults(document);
  if (faults.length > 0) {
    return faults.map(({ offset, message }) => ({ file, line: lineAt(offset), message }));
  }
  const start = document.contents?.range[0] ?? 0;
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
    return [{ value, file, lineOf: (path) => lineAt(offsetOf(document.contents, path) ?? start) }];
  } catch (error) {
    // The library throws ReferenceError for the one, and a plain Error for the other.
    const message =
      error instanceof ReferenceError
        ? 'uses its anchors too often: write the values out'
        : 'merges (<<) something that is no map: write the values out';
    return [{ file, line: lineAt(start), message }];
  }
}

/** How many nodes all aliases of a document may stand for; a few lines can stand for billions. */
const MAX_ALIAS_COUNT = 1000;

/** What a parser takes and JSON has no form for. */
function nodeFaults(document: Document.Parsed): readonly SyntaxFault[] {
  const faults: SyntaxFault[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (isCollection(key) || isAlias(key)) {
        faults.push({ offset: key.range?.[0] ?? 0, message: 'a key is no plain text: write text' });
      }
    },
    Alias: (_, alias, ancestors) => {
      const target = alias.resolve(document);
      if (target === undefined || ancestors.some((one) => one === target)) {
        const message =
          'an alias (*name) has no anchor (&name) before it: write the value out, or put it in quotes';
        faults.push({ offset: alias.range?.[0] ?? 0, message });
      }
    },
  });
  return faults;
}

/** Of the key or item at the path, or of the nearest above it. Aliases are not followed. */
function offsetOf(root: ParsedNode | null, path: Path): number | undefined {
  let node: ParsedNode | null = root;
  let offset: number | undefined;
  for (const part of path) {
    const next = childOf(node, part);
    if (next === undefined) {
      break;
    }
    ({ offset, node } = next);
  }
  return offset;
}

interface Child {
  readonly node: ParsedNode | null;
  readonly offset: number | undefined;
}

function childOf(node: ParsedNode | null, part: string | number): Child | undefined {
  if (isSeq<ParsedNode>(node) && typeof part === 'number') {
    const item = node.items[part];
    return item && { node: item, offset: item.range[0] };
  }
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
    return pair && { node: pair.value, offset: pair.key.range[0] };
  }
  return undefined;
}
