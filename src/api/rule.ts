import type { z } from 'zod';

/**
 * A rule that JSON Schema cannot say. It is written twice, side by side: in CEL, for the API server,
 * and as a predicate, for everyone who reads a MirrorAuth without a server. A table of objects that
 * is run through both holds the two together (test/cluster/crd.test.ts).
 */
export interface Rule<T> {
  /** CEL expression over `self` (Kubernetes 1.33 environment). */
  readonly cel: string;
  /** What is wrong and what to write instead. The API server adds the field's path. */
  readonly message: string;
  /** The property of `self` that the rule speaks of, when it is not `self` as a whole. */
  readonly field?: string;
  /**
   * Which parts break the rule, when the field's path would not tell. Only the predicate side names
   * them: as a CEL messageExpression they exceed the cost budget a hundredfold (tried on 1.37).
   */
  readonly culprits?: (value: T) => readonly string[];
  /**
   * Names of the fields below `self` that the rule compares: while one of them is broken itself, the
   * predicate side says nothing, which would be an echo.
   */
  readonly looksAt?: readonly string[];
  /** The same rule over the parsed value. Called also when other checks on the value failed. */
  readonly holds: (value: T) => boolean;
}

/**
 * Attaches rules to a schema: the predicates to its parser, the CEL twins to its JSON schema. Of a
 * text the parser tells the first rule that it breaks: the rules go from the plain slip to the whole
 * grammar, which only repeats it.
 * `keywords` are JSON schema keywords that zod has no method for.
 */
export function withRules<S extends z.ZodType>(
  schema: S,
  description: string,
  rules: readonly Rule<z.output<S>>[],
  keywords: Readonly<Record<string, unknown>> = {},
): S {
  return schema
    .superRefine((value, context) => {
      const isSingle = typeof value === 'string';
      const broken = new Set(context.issues.flatMap(({ path }) => path ?? []));
      if (isSingle && context.issues.length > 0) {
        return;
      }
      const found = rules.filter(
        ({ holds, looksAt = [] }) => !looksAt.some((name) => broken.has(name)) && !holds(value),
      );
      for (const rule of isSingle ? found.slice(0, 1) : found) {
        context.addIssue({
          code: 'custom',
          message: messageOf(rule, value),
          path: rule.field === undefined ? [] : [rule.field],
          input: value,
        });
      }
    })
    .meta({
      description,
      ...keywords,
      'x-kubernetes-validations': rules.map(celValidation),
    });
}

function messageOf<T>(rule: Rule<T>, value: T): string {
  // What stands before an @ may be a password; the rule on user and password says what is wrong there.
  const named = new Set(rule.culprits?.(value) ?? []);
  const culprits = [...named].filter((culprit) => !culprit.includes('@'));
  return culprits.length === 0 ? rule.message : `${rule.message} (${culprits.join(', ')})`;
}

function celValidation<T>({ cel, message, field }: Rule<T>): Readonly<Record<string, string>> {
  return { rule: cel, message, ...(field !== undefined && { fieldPath: `.${field}` }) };
}
