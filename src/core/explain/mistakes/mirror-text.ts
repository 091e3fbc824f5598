/** A mirror as somebody wrote it, taken apart. */
export interface MirrorText {
  readonly scheme: string | undefined;
  /** User, query or fragment. */
  readonly hasMore: boolean;
  /** As written. */
  readonly host: string;
  /** As written, without the slash at its end; empty: none. */
  readonly path: string;
}

const MIRROR =
  /^(?:(?<scheme>[a-z][-+.a-z0-9]*):\/\/)?(?<user>.*@)?(?<host>[^/?#]*)(?<path>[^?#]*)(?<query>.*)$/is;

export function readMirrorText(text: string): MirrorText {
  const { scheme, user, host = '', path = '', query = '' } = MIRROR.exec(text)?.groups ?? {};
  return {
    scheme: scheme?.toLowerCase(),
    hasMore: user !== undefined || query !== '',
    host,
    path: path.replace(/\/+$/, ''),
  };
}

/**
 * The same mirror as BuildKit takes it: `host[:port][/path]` in lower case, without /v2, spaces,
 * default port and a colon that no port follows.
 */
export function mended({ host, path }: MirrorText): string {
  const text = `${host.replace(/:(?:443)?\s*$/, '')}${withoutV2(path)}`;
  return text.replaceAll(/\s/g, '').toLowerCase();
}

/** Whether the path starts with what BuildKit puts before it by itself. */
export function startsWithV2({ path }: MirrorText): boolean {
  return path !== withoutV2(path);
}

function withoutV2(path: string): string {
  return path.replace(/^\/v2(?=\/|$)/i, '');
}
