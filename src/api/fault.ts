import type { z } from 'zod';

/** What is wrong with a field, in words for people: zod's own speak of types and expressions. */

export interface SpecFault {
  readonly path: readonly (string | number)[];
  /** What is wrong; what to write instead. Never a value. */
  readonly message: string;
}

/**
 * What the issues say, once for each field: behind a wrong type or form the rest is an echo.
 *
 * @param error of a parse with `reportInput`
 */
export function faultsOf({ issues }: z.ZodError): readonly SpecFault[] {
  return issues
    .filter((issue, index) => !issues.slice(0, index).some((earlier) => isEcho(issue, earlier)))
    .map((issue) => ({
      path: issue.path.filter((part) => typeof part !== 'symbol'),
      message: messageOf(issue),
    }));
}

/** Rules of one object are independent of each other. */
function isEcho({ path }: z.core.$ZodIssue, earlier: z.core.$ZodIssue): boolean {
  return earlier.code !== 'custom' && earlier.path.join('\0') === path.join('\0');
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    const lack = lackOf(issue.input, 'is of the wrong type');
    return `${lack}: write ${TYPES[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === 'invalid_value') {
    const choice = issue.values.length === 1 ? '' : 'one of ';
    return `${lackOf(issue.input, 'is unknown')}: write ${choice}${issue.values.join(', ')}`;
  }
  if (issue.code === 'too_small') {
    return issue.minimum === 1
      ? `is empty: write ${issue.origin === 'string' ? 'a text' : 'at least one item'}`
      : `has less than ${String(issue.minimum)} characters: write a longer text`;
  }
  if (issue.code === 'too_big') {
    return issue.origin === 'string'
      ? `has more than ${String(issue.maximum)} characters: write a shorter text`
      : `has more than ${String(issue.maximum)} items: write fewer`;
  }
  return issue.message;
}

/** `key:` with nothing behind it is null. */
function lackOf(input: unknown, otherwise: string): string {
  return input === undefined || input === null ? 'is missing' : otherwise;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text, in quotes where it looks like a number or like yes',
  boolean: 'true or false',
  object: 'an object',
  record: 'a map of texts',
  array: 'a list',
};
