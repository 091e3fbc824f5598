/** How names found in somebody's files are shown: they may hold what nobody expects in a name. */

const MAX_LENGTH = 300;

/**
 * A name as it stands in the file, fit for one line: without user, password and query of a
 * URL, which people do write into keys, and without control characters.
 */
export function shown(name: string): string {
  const text = name
    .replace(/^([a-z][-+.a-z0-9]*:\/\/)?.*@/is, '$1…@')
    .replace(/[?#].*/s, '?…')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/** `[registry."docker.io"]`, as TOML writes it. */
export function tableHeader(host: string): string {
  return `[registry.${quoted(host)}]`;
}

/** A string of JSON and TOML alike. */
export function quoted(name: string): string {
  return JSON.stringify(shown(name));
}

/** Quoted names in a sentence: a file may have very many of them. */
export function listed(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES;
  const all = names.slice(0, MAX_NAMES).map(quoted).join(', ');
  return rest > 0 ? `${all} and ${String(rest)} more` : all;
}

const MAX_NAMES = 5;

/** Lines to be pasted for each of these, of which a file may have very many; `#` is TOML's comment. */
export function linesFor<T>(
  items: readonly T[],
  linesOf: (item: T) => readonly string[],
): readonly string[] {
  const rest = items.length - MAX_LINES;
  const lines = items.slice(0, MAX_LINES).flatMap(linesOf);
  return rest > 0 ? [...lines, `# and ${String(rest)} more`] : lines;
}

const MAX_LINES = 20;

/** What is to be pasted: lines that begin with two blanks, which stay as they are. */
export function code(...lines: readonly string[]): string {
  return lines.map((line) => `\n  ${line}`).join('');
}
