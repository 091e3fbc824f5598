/**
 * Makes each answer once, so that many mirrors of one host cost no more than one: a file may have
 * very many of them, and very many keys for each.
 */
export function memoised<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) {
      return known;
    }
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
