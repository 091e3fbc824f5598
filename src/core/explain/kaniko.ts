import { clientCredential } from './client-credential.ts';
import { keyFor, lookUp } from './docker-lookup.ts';
import type { Lookup } from './docker-lookup.ts';
import type { ImageReference, OtherReader, StepCredential } from './explanation.ts';
import { memoised } from './memoised.ts';
import { quoted } from './mistakes/shown.ts';
import type { Reading } from './reading.ts';
import { NO_SUCH_NAME, sameRoute } from './same-route.ts';

/** kaniko, crane and others on go-containerregistry (github.com/google/go-containerregistry v0.22.1 pkg/authn/keychain.go). */

export function kanikoReader(image: ImageReference, reading: Reading): OtherReader {
  const credentialOf = memoised((key) => clientCredential(lookUp(reading.client, key), reading));
  const refusal = refusalOf(reading);
  return {
    name: 'kaniko, crane',
    hosts: sameRoute(image, reading).map(({ host, name }) => ({
      host,
      credential:
        refusal ?? (name === undefined ? NO_SUCH_NAME : credentialOf(kanikoKey(name, reading))),
    })),
    difference:
      'With the same mirrors as --registry-mirror and --registry-map and the same config.json it ' +
      'looks up as BuildKit does, but the key of the whole repository at the mirror goes before ' +
      'that of the host, and a file that docker cannot read to its end makes every pull fail.',
  };
}

/** config.Load returns an error, and so does every lookup. */
export function refusalOf({
  client: { config },
}: Pick<Reading, 'client'>): StepCredential | undefined {
  const [stop] = config.malformed;
  if (config.fault === undefined && stop === undefined) {
    return undefined;
  }
  const what = stop === undefined ? 'the file' : `the auth of ${quoted(stop)}`;
  return { kind: 'Unreadable', why: `${what} cannot be read: every pull fails` };
}

/** Resolve: the repository, or the registry where nothing at all stands under that key. */
export function kanikoKey(
  { domain, path }: Pick<ImageReference, 'domain' | 'path'>,
  { client }: Pick<Reading, 'client'>,
): string {
  const registry = domain === 'docker.io' ? 'index.docker.io' : domain;
  const repository = `${registry}/${path}`;
  return isEmpty(lookUp(client, repository)) ? keyFor(registry) : repository;
}

/** A helper is asked, and an entry of the variable has a user. */
function isEmpty(lookup: Lookup): boolean {
  return lookup.place === 'File' && lookup.outcomes.every(({ credential }) => credential.isEmpty);
}
