import { createScanner } from 'jsonc-parser';

/** How Go fills an object of JSON: struct fields by their name in any case, map keys as they are. */
export type Level = 'Struct' | 'Map';

/**
 * Whether one object has a key twice, of which every parser keeps one without a word. Looks at
 * tokens one after the other, so depth costs nothing.
 *
 * @param text valid JSON
 * @param levels what objects are, from the outermost inwards; those further in are not looked at
 */
export function repeatsKey(text: string, levels: readonly Level[]): boolean {
  const scanner = createScanner(text, true);
  const keys = new OpenKeys(levels);
  let latest = '';
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const sign = text.charAt(scanner.getTokenOffset());
    if (sign === '{' || sign === '[') {
      keys.open();
    } else if (sign === '}' || sign === ']') {
      keys.close();
    } else if (sign === '"') {
      latest = scanner.getTokenValue();
    } else if (sign === ':' && !keys.add(latest)) {
      return true;
    }
  }
  return false;
}

/** The keys of the objects that are open. */
class OpenKeys {
  readonly #levels: readonly { readonly level: Level; readonly keys: Set<string> }[];
  #depth = 0;

  constructor(levels: readonly Level[]) {
    this.#levels = levels.map((level) => ({ level, keys: new Set() }));
  }

  open(): void {
    this.#levels[this.#depth]?.keys.clear();
    this.#depth += 1;
  }

  close(): void {
    this.#depth -= 1;
  }

  /** @returns whether the innermost object did not have it yet */
  add(key: string): boolean {
    const innermost = this.#levels[this.#depth - 1];
    if (innermost === undefined) {
      return true;
    }
    const name = innermost.level === 'Struct' ? key.toLowerCase() : key;
    const isNew = !innermost.keys.has(name);
    innermost.keys.add(name);
    return isNew;
  }
}
