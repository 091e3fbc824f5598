import { HUB_DEPENDANTS } from '../docker/credential-key.ts';
import { HUB_KEY, lookUp } from './docker-lookup.ts';
import type { ClientFiles, FileLookup, Lookup, Outcome } from './docker-lookup.ts';
import type { ReadEntry } from './docker-config-reader.ts';
import type { BuilderFiles, StepCredential } from './explanation.ts';
import { distinct } from './found-credential.ts';
import type { FoundCredential } from './found-credential.ts';
import { listed, quoted, shown } from './mistakes/shown.ts';
import { placeOf, whyUnresolved } from './reading.ts';
import type { Reading } from './reading.ts';

/** What a lookup of docker's own reader comes to, and why, in words. */

export function clientCredential(lookup: Lookup, { files, client }: Reading): StepCredential {
  const notMade = files.made?.notMade.config;
  if (notMade !== undefined) {
    return { kind: 'Unknown', why: `${notMade} could not be made, because of the errors above` };
  }
  switch (lookup.place) {
    case 'Helper':
      return {
        kind: 'Helper',
        ...(files.config && { from: files.config.name }),
        why: `${lookup.setting} names a helper for ${quoted(lookup.key)}, and auths is not read then`,
      };
    case 'Variable':
      return {
        kind: lookup.credential.kind,
        key: shown(lookup.key),
        from: 'DOCKER_AUTH_CONFIG',
        why:
          'it stands before files and helpers, for BuildKit 0.24 and later' +
          detailOf(lookup.credential),
      };
    case 'File':
      return {
        ...verdictOf(lookup, client, files),
        ...placeOf(lookup.outcomes[0].key, files),
      };
  }
}

function verdictOf(
  lookup: FileLookup,
  client: ClientFiles,
  files: BuilderFiles,
): Pick<StepCredential, 'kind' | 'why'> {
  const { key, outcomes, entries } = lookup;
  const [first] = outcomes;
  if (distinct(bestOfEach(outcomes)).length > 1) {
    const all = listed(entries.map((entry) => entry.key));
    return {
      kind: 'Random',
      why: `no key is ${quoted(key)} itself; of those that leave it one is taken, another one in each run: ${all}`,
    };
  }
  if (distinct(outcomes.map(({ credential }) => credential)).length > 1) {
    const [stop = ''] = client.config.malformed;
    return {
      kind: 'Unreadable',
      why: `in some runs and not in others: reading stops at ${quoted(stop)}, whose auth cannot be decoded, in an order that changes`,
    };
  }
  const loss = first.credential.kind === 'Anonymous' ? lossOf(entries, client) : undefined;
  const missing = first.key === undefined ? whyUnresolved(key, files) : undefined;
  return { kind: first.credential.kind, why: loss ?? missing ?? whyFound(lookup, client) };
}

/** The first outcome of each key is that of a file read to its end. */
function bestOfEach(outcomes: readonly Outcome[]): readonly FoundCredential[] {
  return outcomes.flatMap(({ key, credential }, index) =>
    outcomes[index - 1]?.key === key ? [] : [credential],
  );
}

/** What a file that cannot be read cost this host, in every run alike. */
function lossOf(
  [entry]: readonly ReadEntry[],
  { config: { fault } }: ClientFiles,
): string | undefined {
  if (fault === 'NotJson') {
    return 'the file is no JSON object that docker reads, so nothing of it is sent to anybody';
  }
  if (entry === undefined || (entry.decoded?.kind === 'Anonymous' && !entry.hasWrongType)) {
    return undefined;
  }
  if (fault === 'WrongType') {
    const place = entry.hasWrongType ? 'here' : 'in the file';
    return `a value ${place} has the wrong type, for which no auth of the file is decoded: nothing is sent`;
  }
  return 'its auth cannot be decoded: nothing is sent';
}

function whyFound({ key, wanted, outcomes, entries }: FileLookup, client: ClientFiles): string {
  const [{ key: found, credential }] = outcomes;
  const alias = key === wanted ? '' : `BuildKit 0.31 and later look ${wanted} up as Docker Hub; `;
  if (found === undefined) {
    return `${alias}${whyNothing(key, client)}`;
  }
  const match =
    found === key
      ? 'it is what is looked up, byte for byte'
      : `no key is ${quoted(key)} itself, and scheme, user and path of this one are dropped`;
  const alike =
    entries.length > 1 ? `; ${String(entries.length)} keys leave that host and say the same` : '';
  return `${alias}${match}${alike}${detailOf(credential)}`;
}

function isGivenHub(key: string, client: ClientFiles): boolean {
  if (!HUB_DEPENDANTS.includes(key)) {
    return false;
  }
  const hub = lookUp(client, HUB_KEY);
  return hub.place === 'Helper' || !isAnonymous(hub);
}

function isAnonymous(lookup: Exclude<Lookup, { readonly place: 'Helper' }>): boolean {
  const found = lookup.place === 'Variable' ? [lookup] : lookup.outcomes;
  return found.every(({ credential }) => credential.kind === 'Anonymous');
}

function whyNothing(key: string, client: ClientFiles): string {
  const { config, variable } = client;
  return [
    config.entries.size === 0
      ? 'there is no entry under auths'
      : key === HUB_KEY
        ? `Docker Hub is looked up under ${quoted(HUB_KEY)} and nothing else, which is no key`
        : `no key is ${quoted(key)} or leaves it`,
    ...((variable?.size ?? 0) > 0
      ? [`in DOCKER_AUTH_CONFIG ${quoted(key)} itself is no key, and no other counts there`]
      : []),
    ...(isGivenHub(key, client)
      ? ['buildx, and it alone, sends the login of Docker Hub to this host']
      : []),
  ].join('; ');
}

function detailOf({ kind, field, isEmpty }: FoundCredential): string {
  if (kind === 'Anonymous') {
    return isEmpty ? '; the entry is empty' : '; its password is empty, which is no login';
  }
  const details = {
    identitytoken: '; an identitytoken serves registries with a token service, not Basic login',
    registrytoken: '; a registrytoken is sent as it is, and not for Basic login',
  };
  return field === undefined ? '' : details[field];
}
