import type { ConfigIndex } from './config-index.ts';
import { hostOfConfigKey } from './credential-key.ts';
import { fail, firstProblem } from '../result.ts';
import type { Check, Result } from '../result.ts';

/** What to tell whoever wants an entry that a Docker config does not have. */

/** Their messages go on where "has no entry of <host>," ends. */
interface Missing {
  readonly index: ConfigIndex;
  readonly host: string;
}

/** Such as `docker.io`: it is never asked, yet it shows where the credential is. */
const helperHasAnotherKey: Check<Missing> = {
  finds: ({ index: { config }, host }) =>
    [...config.helpers].some(([key, isNamed]) => isNamed && hostOfConfigKey(key) === host),
  reason: 'UnsupportedCredential',
  message:
    'but a credential helper under a key of this host that docker does not look up; write auth under auths and take the helper out',
};
/** Go merges two objects auths, which a JSON parser does not. */
const keyIsRepeated: Check<Missing> = {
  finds: ({ index }) => index.config.repeatsKey,
  reason: 'CredentialNotFound',
  message: 'but one JSON object has a key twice, of which the last one counts; write it once',
};
const keyHasWildcard: Check<Missing> = {
  finds: ({ index }) => index.hasWildcardKey,
  reason: 'CredentialNotFound',
  message:
    'but a key with a wildcard, which kubelet alone understands; write an entry for the host itself',
};

const HINTS: readonly Check<Missing>[] = [helperHasAnotherKey, keyIsRepeated, keyHasWildcard];

/** @returns CredentialNotFound, or UnsupportedCredential where a helper was meant to hold it */
export function missingEntry(index: ConfigIndex, host: string): Result<never> {
  const hint = firstProblem({ index, host }, HINTS);
  const nothing = `has no entry of ${host}`;
  return hint === undefined
    ? fail('CredentialNotFound', `${nothing}; log in to that host, or name another Secret`)
    : fail(hint.reason, `${nothing}, ${hint.message}`);
}
