import type { BadReason, Problem } from '../api/conditions.ts';
import type { Warning, WarningReason } from '../api/warnings.ts';

/** A value, or what a person is told instead. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** @param message what is wrong; what to write instead */
export function fail(reason: BadReason, message: string): Result<never> {
  return { ok: false, problem: { reason, message } };
}

/** The same result; a problem says what it is about, such as `Secret dockerhub`. */
export function about<T>(subject: string, result: Result<T>): Result<T> {
  return result.ok ? result : fail(result.problem.reason, `${subject}: ${result.problem.message}`);
}

/** One small rule over `T`, named after the bad state that it finds. Lists of them run in order. */
export interface Check<T> {
  readonly finds: (value: T) => boolean;
  readonly reason: BadReason;
  /** What is wrong; what to write instead. */
  readonly message: string;
}

/** The problem that the first check finds, or undefined. */
export function firstProblem<T>(value: T, checks: readonly Check<T>[]): Problem | undefined {
  const found = checks.find(({ finds }) => finds(value));
  return found && { reason: found.reason, message: found.message };
}

/** One small rule over `T` that refuses nothing, named after what it finds. */
export interface Advice<T> {
  readonly finds: (value: T) => boolean;
  readonly reason: WarningReason;
  /** What is so; what to write instead. */
  readonly message: string;
}

/** A warning for each rule that finds something, in the order of the list. */
export function warningsOf<T>(value: T, advice: readonly Advice<T>[]): readonly Warning[] {
  return advice
    .filter(({ finds }) => finds(value))
    .map(({ reason, message }) => ({ reason, message }));
}
