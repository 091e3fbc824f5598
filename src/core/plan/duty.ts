import { stallsAtOnce } from '../../api/conditions.ts';
import type { GoodReason, Problem } from '../../api/conditions.ts';

/** What a plan finds of one duty; it becomes a condition. */
export type Duty =
  | { readonly kind: 'Good'; readonly reason: GoodReason; readonly message: string }
  | { readonly kind: 'Bad'; readonly problem: Problem }
  /** It could not be done yet, and why is said by another duty. */
  | { readonly kind: 'Pending'; readonly message: string };

export function good(reason: GoodReason, message: string): Duty {
  return { kind: 'Good', reason, message };
}

/** How many problems or names a message spells out. */
const SHOWN = 3;

/** `a, b, c, and 4 more` */
export function enumerate(names: readonly string[]): string {
  return shorten(names).join(', ');
}

/**
 * One duty out of several problems: one that a person must mend speaks first, since waiting would
 * not help; the message tells the others too.
 */
export function dutyOf(problems: readonly Problem[], otherwise: Duty): Duty {
  const first = problems.find(({ reason }) => stallsAtOnce(reason)) ?? problems[0];
  if (first === undefined) {
    return otherwise;
  }
  const messages = [...new Set([first, ...problems].map(({ message }) => message))];
  return { kind: 'Bad', problem: { reason: first.reason, message: shorten(messages).join('; ') } };
}

/** `1 entry`, `2 entries` */
export function count(number: number, one: string, many: string): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}

function shorten(items: readonly string[]): readonly string[] {
  const rest = items.length - SHOWN;
  return rest > 0 ? [...items.slice(0, SHOWN), `and ${String(rest)} more`] : items;
}
