import type { Warning } from '../../api/warnings.ts';
import type { Credential } from './docker-config.ts';
import { about, ok } from '../result.ts';
import type { Result } from '../result.ts';

/** A credential that passed every check, and what people should look at all the same. */
export interface CheckedCredential {
  readonly credential: Credential;
  readonly warnings: readonly Warning[];
}

/** The same; a problem and each warning say what they are about, such as `Secret dockerhub`. */
export function aboutCredential(
  subject: string,
  result: Result<CheckedCredential>,
): Result<CheckedCredential> {
  return result.ok
    ? ok({ ...result.value, warnings: aboutAll(subject, result.value.warnings) })
    : about(subject, result);
}

/** The same warnings, each of which says what it is about. */
export function aboutAll(subject: string, warnings: readonly Warning[]): readonly Warning[] {
  return warnings.map(({ reason, message }) => ({ reason, message: `${subject}: ${message}` }));
}
