import { readEntry } from './auth-entry.ts';
import { aboutAll } from './checked-credential.ts';
import type { CheckedCredential } from './checked-credential.ts';
import { configKeyOf, hostOfConfigKey, namesWholeHost } from './credential-key.ts';
import type { ConfigIndex } from './config-index.ts';
import { isHeldByHelper, serialiseEntry } from './docker-config.ts';
import type { RawEntry } from './docker-config.ts';
import { FILE_ADVICE, HOST_ADVICE } from './file-warnings.ts';
import { missingEntry } from './missing-entry.ts';
import { about, fail, ok, warningsOf } from '../result.ts';
import type { Result } from '../result.ts';

/** Which entry of a Docker config is the one of a host. */

/** The host, and how to choose. */
export interface WantedEntry {
  readonly host: string;
  /** Key under `auths` to take among several of this host. */
  readonly entry?: string;
}

/** Entries that say the same, and those that they overrule. */
interface Choice {
  readonly taken: readonly RawEntry[];
  readonly overruled: readonly RawEntry[];
}

/**
 * The credential of a host, as builders would find it there, or as its author meant it.
 *
 * @returns UnsupportedCredential, SecretInvalid, AmbiguousCredential or CredentialNotFound without
 *   a subject
 */
export function credentialOfHost(
  index: ConfigIndex,
  wanted: WantedEntry,
): Result<CheckedCredential> {
  const { host } = wanted;
  if (isHeldByHelper(index.config, configKeyOf(host))) {
    return fail(
      'UnsupportedCredential',
      `a credential helper holds the credential of ${host}; write auth under auths and take credsStore and credHelpers out`,
    );
  }
  const { taken, overruled } = choose(index, wanted);
  const [first, ...alike] = taken;
  if (first === undefined) {
    return wanted.entry === undefined
      ? missingEntry(index, host)
      : fail('CredentialNotFound', 'has no entry as in secretRef.entry; correct one of the two');
  }
  const read = readAlike(host, first, alike);
  if (!read.ok) {
    return read;
  }
  const { credential } = read.value;
  const chosen = { index, credential, taken: new Set(taken), overruled };
  const ofHost = [...read.value.warnings, ...warningsOf(chosen, HOST_ADVICE)];
  return ok({
    credential,
    warnings: [...aboutAll(`entry of ${host}`, ofHost), ...warningsOf(chosen, FILE_ADVICE)],
  });
}

/** Whether a key found in a file, or written in `secretRef.entry`, is one of this host. */
export function speaksOf(key: string, host: string): boolean {
  return key === configKeyOf(host) || hostOfConfigKey(key) === host;
}

/** The exact key overrules others, for builders as well; what spec picks leaves nothing to say. */
function choose(index: ConfigIndex, { host, entry }: WantedEntry): Choice {
  const exact = index.entry(entry ?? configKeyOf(host));
  if (entry !== undefined) {
    return { taken: exact === undefined ? [] : [exact], overruled: [] };
  }
  const alike = index.entriesOf(host).filter((one) => one !== exact);
  return exact === undefined
    ? { taken: alike, overruled: [] }
    : { taken: [exact], overruled: alike.filter(({ key }) => namesWholeHost(key)) };
}

/** Builders take any of several entries at random, which does no harm while all say the same. */
function readAlike(
  host: string,
  first: RawEntry,
  others: readonly RawEntry[],
): Result<CheckedCredential> {
  const read = readEntry(first.value);
  const text = textOf(read);
  return others.every(({ value }) => textOf(readEntry(value)) === text)
    ? about(`entry of ${host}`, read)
    : fail(
        'AmbiguousCredential',
        `several entries of ${host} differ, of which builders take one at random; write one under the host alone, or name one in secretRef.entry`,
      );
}

function textOf(read: Result<CheckedCredential>): string | undefined {
  return read.ok ? serialiseEntry(read.value.credential).reveal() : undefined;
}
