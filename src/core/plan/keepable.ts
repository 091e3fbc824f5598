import { ENTRIES_ANNOTATION } from '../../api/metadata.ts';
import type { CaSection } from '../ca-bundle.ts';
import { caSourceId } from './resolve-cas.ts';
import type { CaResolution } from './resolve-cas.ts';
import type { Resolution } from './resolve-credentials.ts';
import type { Credential } from '../docker/docker-config.ts';
import type { LiveObject } from './output.ts';
import { provenanceLine, recordedProvenances } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import { readPullSecret } from '../docker/pull-secret.ts';

/** What a live pull Secret holds that may stay when its source cannot be read. */
export interface Keepable {
  readonly recorded: ReadonlySet<string>;
  readonly entries: ReadonlyMap<string, Credential>;
  readonly cas: ReadonlyMap<string, CaSection>;
}

/** An entry to write, and whether it is as its source says now. */
export interface ChosenEntry {
  readonly provenance: Provenance;
  readonly credential: Credential;
  readonly state: 'Current' | 'Kept';
}

/** What a live Secret holds; nothing when its content was not read. */
export function keepableOf(live: LiveObject): readonly Keepable[] {
  if (live.data.content === undefined) {
    return [];
  }
  const { entries, cas } = readPullSecret(live.data.content);
  return [
    {
      recorded: recordedProvenances(live.annotations[ENTRIES_ANNOTATION]),
      entries,
      cas: new Map(cas.map((section) => [caSourceId(section), section])),
    },
  ];
}

/**
 * What the sources say where they say it; else what is there, if spec wants that very credential.
 *
 * @param keepables the first one that has an entry counts
 */
export function chooseEntries(
  resolutions: readonly Resolution[],
  keepables: readonly Keepable[],
): readonly ChosenEntry[] {
  return resolutions.flatMap(({ provenance, outcome }): readonly ChosenEntry[] => {
    if (outcome.kind === 'Resolved') {
      return [{ provenance, credential: outcome.credential, state: 'Current' }];
    }
    const [credential] = keepables
      .filter(({ recorded }) => recorded.has(provenanceLine(provenance)))
      .flatMap(({ entries }) => entries.get(provenance.host) ?? []);
    return credential === undefined ? [] : [{ provenance, credential, state: 'Kept' }];
  });
}

/** The same for the CAs. */
export function chooseCas(
  resolutions: readonly CaResolution[],
  keepables: readonly Keepable[],
): readonly CaSection[] {
  return resolutions.flatMap(({ source, outcome }) =>
    outcome.kind === 'Resolved'
      ? [outcome.section]
      : keepables.flatMap(({ cas }) => cas.get(caSourceId(source)) ?? []).slice(0, 1),
  );
}
