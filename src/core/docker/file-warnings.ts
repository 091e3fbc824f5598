import { readEntry } from './auth-entry.ts';
import type { ConfigIndex } from './config-index.ts';
import { serialiseEntry } from './docker-config.ts';
import type { Credential, RawEntry } from './docker-config.ts';
import type { Advice } from '../result.ts';

/** What may not be meant so in a Docker config, around the entry that is taken out of it. */

/** A Docker config after the choice of an entry. */
export interface ChosenFrom {
  readonly index: ConfigIndex;
  /** What the entry that was taken says. */
  readonly credential: Credential;
  /** The entries that say so. */
  readonly taken: ReadonlySet<RawEntry>;
  /** Others of the same host that the exact key overrules. */
  readonly overruled: readonly RawEntry[];
}

const otherEntriesDiffer: Advice<ChosenFrom> = {
  finds: ({ overruled, credential }) => {
    const taken = serialiseEntry(credential).reveal();
    return overruled.some(({ value }) => {
      const other = readEntry(value);
      return other.ok && serialiseEntry(other.value.credential).reveal() !== taken;
    });
  },
  reason: 'OtherEntryIgnored',
  message:
    'other keys give the same host another login; the one under the exact key is used, as builders do; take the others out',
};
const helpersAreNamed: Advice<ChosenFrom> = {
  finds: ({
    index: {
      config: { helpers, hasStore },
    },
  }) => hasStore || [...helpers.values()].includes(true),
  reason: 'HelperIgnored',
  message:
    'a credential helper is named beside it, which is never written; give hosts that need one an entry with auth',
};
const otherEntriesAreBroken: Advice<ChosenFrom> = {
  finds: ({ index, taken }) => index.hasBrokenEntryBeside(taken),
  reason: 'OtherEntryInvalid',
  message:
    'another entry is broken, for which docker leaves out others at random; it is not written; mend it or take it out',
};
const keysAreRepeated: Advice<ChosenFrom> = {
  finds: ({ index }) => index.config.repeatsKey,
  reason: 'DuplicateKey',
  message: 'one JSON object has a key twice, of which the last one counts; write it once',
};
const keysHaveWildcards: Advice<ChosenFrom> = {
  finds: ({ index }) => index.hasWildcardKey,
  reason: 'WildcardKeyIgnored',
  message:
    'a key has a wildcard, which kubelet alone understands; it matches no host here; write an entry for each host',
};

/** Of the host whose entry was taken. */
export const HOST_ADVICE: readonly Advice<ChosenFrom>[] = [otherEntriesDiffer];

/** Of the file as a whole. */
export const FILE_ADVICE: readonly Advice<ChosenFrom>[] = [
  helpersAreNamed,
  otherEntriesAreBroken,
  keysAreRepeated,
  keysHaveWildcards,
];
