import { ENTRIES_ANNOTATION } from '../api/metadata.ts';
import type { CaSection } from './ca-bundle.ts';
import { caSourceId } from './cas.ts';
import type { CaResolution } from './cas.ts';
import type { Resolution } from './credentials.ts';
import type { Credential } from './docker-config.ts';
import type { LiveObject } from './output.ts';
import { provenanceLine, recordedProvenances } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import { readPullSecret } from './pull-secret.ts';

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

export const NOTHING_TO_KEEP: Keepable = {
  recorded: new Set(),
  entries: new Map(),
  cas: new Map(),
};

/** Undefined when the content of the live Secret was not read. */
export function keepableOf(live: LiveObject): Keepable | undefined {
  if (live.data.content === undefined) {
    return undefined;
  }
  const { entries, cas } = readPullSecret(live.data.content);
  return {
    recorded: recordedProvenances(live.annotations[ENTRIES_ANNOTATION]),
    entries,
    cas: new Map(cas.map((section) => [caSourceId(section), section])),
  };
}

/** What the sources say where they say it; else what is there, if spec wants that very credential. */
export function chooseEntries(
  resolutions: readonly Resolution[],
  keepable: Keepable,
): readonly ChosenEntry[] {
  return resolutions.flatMap(({ provenance, outcome }): readonly ChosenEntry[] => {
    if (outcome.kind === 'Resolved') {
      return [{ provenance, credential: outcome.credential, state: 'Current' }];
    }
    const credential = keepable.recorded.has(provenanceLine(provenance))
      ? keepable.entries.get(provenance.host)
      : undefined;
    return credential === undefined ? [] : [{ provenance, credential, state: 'Kept' }];
  });
}

/** The same for the CAs. */
export function chooseCas(
  resolutions: readonly CaResolution[],
  keepable: Keepable,
): readonly CaSection[] {
  return resolutions.flatMap(({ source, outcome }) =>
    outcome.kind === 'Resolved' ? [outcome.section] : (keepable.cas.get(caSourceId(source)) ?? []),
  );
}
