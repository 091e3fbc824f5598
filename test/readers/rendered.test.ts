import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useReaders } from '../support/readers.ts';
import type { Ask, Contact, LookupAnswer, Outcome, ReaderName } from '../support/readers.ts';
import { hostsCaseOf, rendered } from '../support/readers-render.ts';
import { sourcedCase } from '../support/readers-sources.ts';
import type { SourcedCase, Wanted } from '../support/readers-sources.ts';

/** The pull Secret, in the hands of those that read it. */

const readers = useReaders();

/** BuildKit is asked by the host that it contacts; the others by the image there. */
function askOf({ host, path }: Pick<Contact, 'host' | 'path'>): Ask {
  const prefix = path.replace(/^\/v2\/?/, '');
  return {
    host: host === 'registry-1.docker.io' ? 'docker.io' : host,
    repository: `${prefix === '' ? '' : `${prefix}/`}library/base`,
  };
}

const distinct = (asks: readonly Ask[]): readonly Ask[] => [
  ...new Map(asks.map((ask) => [`${ask.host}/${ask.repository}`, ask])).values(),
];

/** What each reader takes of a credential: docker's reader all, kubelet and Podman less. */
const TAKES: Readonly<Record<ReaderName, (wanted: Wanted) => Wanted>> = {
  buildkit: (wanted) => wanted,
  kaniko: (wanted) => wanted,
  kubelet: ({ login }) => ({ login }),
  podman: ({ login, identityToken }) => ({
    login,
    ...(identityToken !== undefined && { identityToken }),
  }),
};

const only = (tries: readonly Wanted[]): Outcome[] => [
  { tries: [...tries], failed: false, warned: false },
];

function expectedAnswer({ wanted }: SourcedCase, asks: readonly Ask[]): LookupAnswer {
  const of = (name: ReaderName): Outcome[][] =>
    asks.map(({ host }) => {
      const credential = wanted.get(host);
      return only(credential === undefined ? [] : [TAKES[name](credential)]);
    });
  return {
    buildkit: of('buildkit'),
    kaniko: of('kaniko'),
    kubelet: of('kubelet'),
    podman: of('podman'),
  };
}

/** Asks for every host that BuildKit says it would contact, by its own reading of buildkitd.toml. */
async function expectEachToFindItsOwn(one: SourcedCase, loads: number): Promise<void> {
  const output = rendered(one);
  const contacts = await readers().hosts(hostsCaseOf(one.spec, output));
  const asks = distinct(contacts.flatMap(({ hosts }) => hosts.map(askOf)));
  const answer = await readers().lookup({ config: output.config, asks, loads });
  expect(answer).toEqual(expectedAnswer(one, asks));
}

describe('for every host that a build contacts', () => {
  it('each reader finds the credential that spec names, and where it names none, nothing', async () => {
    await fc.assert(
      fc.asyncProperty(sourcedCase, (one) => expectEachToFindItsOwn(one, 4)),
      { numRuns: 1000 },
    );
  });

  it('fifty fresh loads find the same', async () => {
    await fc.assert(
      fc.asyncProperty(sourcedCase, (one) => expectEachToFindItsOwn(one, 50)),
      { numRuns: 60 },
    );
  });
});
