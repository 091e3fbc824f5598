/** Where documents and JSON values begin and end: so that a broken one does not take others along. */

/** A part of a file. */
export interface Piece {
  readonly text: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** At the lines `---`, as kubectl does (k8s.io/apimachinery v0.37 pkg/util/yaml/decoder.go). */
export function splitDocuments(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let line = 1;
  for (const part of text.split(/^---[^\S\n]*(?:\n|$)/m)) {
    pieces.push({ text: part, line });
    line += newlinesOf(part) + 1;
  }
  return pieces;
}

/** `{…}{…}`, with or without space between: how jq and kubectl write many objects. */
export function splitJson({ text, line }: Piece): readonly Piece[] {
  const pieces: Piece[] = [];
  let depth = 0;
  let start = 0;
  for (const token of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/gs)) {
    if (token[0] === '{') {
      depth += 1;
    }
    if (token[0] === '}') {
      depth -= 1;
    }
    if (token[0] === '}' && depth === 0) {
      const end = token.index + 1;
      pieces.push({ text: text.slice(start, end), line: line + newlinesOf(text.slice(0, start)) });
      start = end;
    }
  }
  return text.trimStart().startsWith('{')
    ? withRest(pieces, { text: text.slice(start), line: line + newlinesOf(text.slice(0, start)) })
    : [];
}

function withRest(pieces: readonly Piece[], rest: Piece): readonly Piece[] {
  return rest.text.trim() === '' ? pieces : [...pieces, rest];
}

function newlinesOf(text: string): number {
  return text.split('\n').length - 1;
}
