import type { Notice, Place } from '../problem.ts';

/** Keys and indexes from a value down to a part of it. */
export type Path = readonly (string | number)[];

/** A value that was read from a file, and where its parts stand. */
export interface Located {
  readonly value: unknown;
  readonly file: string;
  /** The line of the part at this path, or of the nearest part above it that is there. */
  readonly lineOf: (path: Path) => number;
}

/** The part at this path. */
export function partOf({ file, lineOf }: Located, value: unknown, path: Path): Located {
  return { value, file, lineOf: (below) => lineOf([...path, ...below]) };
}

/** What is wrong with a part of an object. */
export interface Fault {
  readonly path: Path;
  readonly message: string;
  readonly reason?: string;
  /** What stands where a field's name should may be anything: the line has to do. */
  readonly isFieldSecret?: true;
}

/** @param object how people call the object that `located` is */
export function placeOf({ file, lineOf }: Located, object: string | undefined, path: Path): Place {
  return {
    file,
    line: lineOf(path),
    ...(object !== undefined && { object }),
    ...(path.length > 0 && { field: fieldOf(path) }),
  };
}

export function noticeOf(
  located: Located,
  object: string | undefined,
  { path, message, reason, isFieldSecret }: Fault,
): Notice {
  const { field, ...place } = placeOf(located, object, path);
  return {
    ...place,
    ...(field !== undefined && isFieldSecret !== true && { field }),
    ...(reason !== undefined && { reason }),
    message,
  };
}

/** Of fields, and of keys of labels and data: other text may be anything, and is not shown. */
const LEGAL_KEY = /^[-._/a-zA-Z0-9]{1,253}$/;

/** `spec.registries[0].host`, `data[.dockerconfigjson]` */
function fieldOf(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') {
        return `[${String(part)}]`;
      }
      if (!/^[a-zA-Z][a-zA-Z0-9]*$/.test(part)) {
        return LEGAL_KEY.test(part) ? `[${part}]` : '[…]';
      }
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}
