import { Buffer } from 'node:buffer';
import type { CheckedCredential } from './checked-credential.ts';
import { COLON, partsOfEntry, partsOfLogin } from './entry-parts.ts';
import type { EntryParts, Login } from './entry-parts.ts';
import { ENTRY_ADVICE } from './entry-warnings.ts';
import { Redacted } from '../redacted.ts';
import { firstProblem, ok, warningsOf } from '../result.ts';
import type { Check, Result } from '../result.ts';

/** What counts as a credential, and the one way in which it is written down. */

const credentialIsMissing: Check<EntryParts> = {
  finds: (parts) => parts.login === undefined && !hasToken(parts),
  reason: 'CredentialNotFound',
  message: 'holds no credential; write auth, the base64 of user:password',
};
const userIsEmpty: Check<EntryParts> = {
  finds: ({ login }) => login?.user.length === 0,
  reason: 'SecretInvalid',
  message: 'the user is empty, for which docker refuses the whole file; write a user',
};
const userHasColon: Check<EntryParts> = {
  finds: ({ login }) => login?.user.includes(COLON) === true,
  reason: 'SecretInvalid',
  message: 'the user holds a colon, which ends it in user:password; use a user without one',
};
/** `docker login` writes an empty password beside an identity token. */
const passwordIsEmpty: Check<EntryParts> = {
  finds: (parts) => parts.login?.password.length === 0 && !hasToken(parts),
  reason: 'SecretInvalid',
  message: 'the password is empty, which BuildKit takes for anonymous; write the password',
};

const CREDENTIAL_CHECKS: readonly Check<EntryParts>[] = [
  credentialIsMissing,
  userIsEmpty,
  userHasColon,
  passwordIsEmpty,
];

function hasToken({ fields: { identitytoken, registrytoken } }: EntryParts): boolean {
  return identitytoken !== '' || registrytoken !== '';
}

/** A credential of user and password; both are kept byte for byte, a newline at the end too. */
export function loginCredential(
  user: Redacted<Uint8Array>,
  password: Redacted<Uint8Array>,
): Result<CheckedCredential> {
  return checked(
    partsOfLogin({ user: Buffer.from(user.reveal()), password: Buffer.from(password.reveal()) }),
  );
}

/**
 * The credential that the value of an entry holds.
 *
 * @returns CredentialNotFound or SecretInvalid without a subject, as warnings are; none of them
 *   holds text of the entry
 */
export function readEntry(value: Redacted<unknown>): Result<CheckedCredential> {
  const parts = partsOfEntry(value);
  return parts.ok ? checked(parts.value) : parts;
}

function checked(parts: EntryParts): Result<CheckedCredential> {
  const problem = firstProblem(parts, CREDENTIAL_CHECKS);
  if (problem !== undefined) {
    return { ok: false, problem };
  }
  const { identitytoken, registrytoken } = parts.fields;
  return ok({
    credential: {
      ...(parts.login && { auth: new Redacted(encodeLogin(parts.login)) }),
      ...(identitytoken !== '' && { identityToken: new Redacted(identitytoken) }),
      ...(registrytoken !== '' && { registryToken: new Redacted(registrytoken) }),
    },
    warnings: warningsOf(parts, ENTRY_ADVICE),
  });
}

function encodeLogin({ user, password }: Login): string {
  return Buffer.concat([user, Buffer.from([COLON]), password]).toString('base64');
}
