import { createScanner, visit } from 'jsonc-parser';
import type { JSONScanner } from 'jsonc-parser';

/**
 * JSON as Go's encoding/json sees it. `JSON.parse` would lose what it does with keys that stand
 * there twice, and knows nothing of what it leaves unread.
 */

export type GoJson =
  | { readonly kind: 'Object'; readonly members: readonly Member[] }
  | { readonly kind: 'Array'; readonly items: readonly GoJson[] }
  | { readonly kind: 'String'; readonly text: string }
  | { readonly kind: 'Null' }
  | { readonly kind: 'Other' };

export interface Member {
  readonly name: string;
  readonly value: GoJson;
}

/** What an absent value is as good as. */
export const NULL: GoJson = { kind: 'Null' };

/** Nesting beyond which it gives up (scanner.go maxNestingDepth). */
const MAX_DEPTH = 10_000;

/** The first value of a text, as json.Decoder takes it out of a file; an empty one is null. */
export function parseFirst(text: string): FirstValue | undefined {
  // Go ends a null at its last letter, where the scanner takes `nullx` for one word.
  const nothing = /^[ \t\r\n]*(?:$|null)/.exec(text);
  if (nothing !== null) {
    return { value: NULL, rest: text.slice(nothing[0].length) };
  }
  const read = readFirst(text);
  return read !== undefined && isJson(text.slice(0, read.end))
    ? { value: read.value, rest: text.slice(read.end) }
    : undefined;
}

export interface FirstValue {
  readonly value: GoJson;
  /** What follows it and is not looked at. */
  readonly rest: string;
}

/** The one value of a text, as json.Unmarshal takes it. */
export function parseWhole(text: string): GoJson | undefined {
  return isJson(text) ? readFirst(text)?.value : undefined;
}

/** Strict, which the scanner is not. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Where a text stops to be JSON, from 1 on; undefined where that is too deep to be looked for. */
export function jsonFaultAt(
  text: string,
): { readonly line: number; readonly column: number } | undefined {
  if ((text.match(/[[{]/g) ?? []).length > MAX_BRACKETS) {
    return undefined;
  }
  const faults: { readonly line: number; readonly column: number }[] = [];
  const onError = (_code: number, _offset: number, _length: number, ...at: number[]): void => {
    const [line = 0, column = 0] = at;
    faults.push({ line: line + 1, column: column + 1 });
  };
  visit(text, { onError }, { disallowComments: true, allowTrailingComma: false });
  return faults[0];
}

/** The visitor calls itself for each of them. */
const MAX_BRACKETS = 1000;

interface Read {
  readonly value: GoJson;
  readonly end: number;
}

function readFirst(text: string): Read | undefined {
  const scanner = createScanner(text, true);
  const builder = new Builder();
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    builder.take(text.charAt(scanner.getTokenOffset()), scanner);
    if (builder.depth > MAX_DEPTH) {
      return undefined;
    }
    if (builder.depth === 0) {
      const [value] = builder.values;
      return value && { value, end: scanner.getTokenOffset() + scanner.getTokenLength() };
    }
  }
  return undefined;
}

interface OpenObject {
  readonly members: Member[];
  name: string | undefined;
}

/** Token after token, so that depth costs nothing. */
class Builder {
  readonly values: GoJson[] = [];
  readonly #open: (OpenObject | GoJson[])[] = [];

  get depth(): number {
    return this.#open.length;
  }

  take(sign: string, scanner: JSONScanner): void {
    switch (sign) {
      case '{':
        return this.#openObject();
      case '[':
        return this.#openArray();
      case '}':
      case ']':
        this.#open.pop();
        return undefined;
      case ':':
      case ',':
        return undefined;
      case '"':
        return this.#takeString(scanner.getTokenValue().toWellFormed());
      default:
        return this.#add({ kind: sign === 'n' ? 'Null' : 'Other' });
    }
  }

  #openObject(): void {
    const members: Member[] = [];
    this.#add({ kind: 'Object', members });
    this.#open.push({ members, name: undefined });
  }

  #openArray(): void {
    const items: GoJson[] = [];
    this.#add({ kind: 'Array', items });
    this.#open.push(items);
  }

  #takeString(text: string): void {
    const innermost = this.#open.at(-1);
    if (innermost !== undefined && 'members' in innermost && innermost.name === undefined) {
      innermost.name = text;
    } else {
      this.#add({ kind: 'String', text });
    }
  }

  #add(value: GoJson): void {
    const innermost = this.#open.at(-1);
    if (innermost === undefined) {
      this.values.push(value);
    } else if ('members' in innermost) {
      innermost.members.push({ name: innermost.name ?? '', value });
      innermost.name = undefined;
    } else {
      innermost.push(value);
    }
  }
}

/**
 * What a Go field takes without an error; null does for all of them, and fields that a struct does
 * not have may be anything.
 */
export type JsonShape =
  | 'string'
  | { readonly listOf: JsonShape }
  | { readonly mapOf: JsonShape }
  | { readonly struct: Readonly<Record<string, JsonShape>> };

/** Whether it decodes without an error, every one of several members of a name included. */
export function fits(value: GoJson, shape: JsonShape): boolean {
  if (value.kind === 'Null') {
    return true;
  }
  if (shape === 'string') {
    return value.kind === 'String';
  }
  if ('listOf' in shape) {
    return value.kind === 'Array' && value.items.every((item) => fits(item, shape.listOf));
  }
  return (
    value.kind === 'Object' &&
    value.members.every((member) => {
      const wanted =
        'mapOf' in shape
          ? shape.mapOf
          : Object.entries(shape.struct).find(([name]) => isField(member, name))?.[1];
      return wanted === undefined || fits(member.value, wanted);
    })
  );
}

/** The string in a field of a struct: the last one that is one; empty: none. */
export function stringField(value: GoJson, name: string): string {
  const found = membersOf(value).findLast(
    (member) => isField(member, name) && member.value.kind === 'String',
  );
  return found?.value.kind === 'String' ? found.value.text : '';
}

/** The map in a field of a struct: several of one name are filled into one, and null empties it. */
export function mapField(value: GoJson, name: string): ReadonlyMap<string, GoJson> {
  const map = new Map<string, GoJson>();
  for (const member of membersOf(value)) {
    if (isField(member, name)) {
      if (member.value.kind === 'Null') {
        map.clear();
      }
      for (const inner of membersOf(member.value)) {
        map.set(inner.name, inner.value);
      }
    }
  }
  return map;
}

/** All values in a field of a struct that is a map, those too that others take the place of. */
export function valuesOfMapField(value: GoJson, name: string): readonly GoJson[] {
  return membersOf(value)
    .filter((member) => isField(member, name))
    .flatMap((member) => membersOf(member.value).map((inner) => inner.value));
}

export function membersOf(value: GoJson): readonly Member[] {
  return value.kind === 'Object' ? value.members : [];
}

/** In any case; the long s and the Kelvin sign are an s and a k (fold.go). */
export function isField({ name }: Member, wanted: string): boolean {
  return name.replaceAll('\u017f', 's').toLowerCase() === wanted.toLowerCase();
}
