import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialKeyOf } from '../../src/core/explain/buildkit.ts';
import { lookUp } from '../../src/core/explain/docker-lookup.ts';
import type { Lookup } from '../../src/core/explain/docker-lookup.ts';
import { explain } from '../../src/core/explain/explain.ts';
import type {
  BuilderFiles,
  Explanation,
  ImageReference,
  OtherReader,
  StepCredential,
} from '../../src/core/explain/explanation.ts';
import type { FoundCredential } from '../../src/core/explain/found-credential.ts';
import { parseImageReference } from '../../src/core/explain/image-reference.ts';
import { kanikoKey, refusalOf } from '../../src/core/explain/kaniko.ts';
import { lookUpImage } from '../../src/core/explain/kubelet.ts';
import { outcomesAt, placeOfName, readPodmanFile } from '../../src/core/explain/podman.ts';
import { readFiles } from '../../src/core/explain/reading.ts';
import type { Reading } from '../../src/core/explain/reading.ts';
import { sameRoute } from '../../src/core/explain/same-route.ts';
import { Redacted } from '../../src/core/redacted.ts';
import { anyClientCase } from '../support/client-files.ts';
import type { ClientCase } from '../support/client-files.ts';
import { useReaders } from '../support/readers.ts';
import type { LookupAnswer, Outcome } from '../support/readers.ts';

/** What explain says of logins, beside what the programs themselves find. */

const readers = useReaders();

const READERS = ['buildkit', 'kaniko', 'podman'] as const;
type Reader = (typeof READERS)[number];

function filesOf({ config, dockerAuthConfig, mirrors }: ClientCase): BuilderFiles {
  const text = ['docker.io', 'ghcr.io'].map(
    (origin) => `[registry."${origin}"]\nmirrors = ${JSON.stringify(mirrors)}\n`,
  );
  return {
    config: { name: 'config.json', bytes: new Redacted(Buffer.from(config)), origins: new Map() },
    dockerAuthConfig: dockerAuthConfig === undefined ? undefined : new Redacted(dockerAuthConfig),
    buildkitdToml: { name: 'buildkitd.toml', text: text.join('') },
  };
}

function imageOf(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (!parsed.ok) {
    throw new Error(parsed.message);
  }
  return parsed.image;
}

const NOTHING = 'nothing';
const FAILED = 'failed';

/** No login is sent without a password, nor beside an identity token. */
function sentText(login: string, identityToken = '', registryToken = ''): string {
  const isSent = login.indexOf(':') < login.length - 1 && identityToken === '';
  return !isSent && identityToken === '' && registryToken === ''
    ? NOTHING
    : JSON.stringify({ login: isSent ? login : '', identityToken, registryToken });
}

/** What our reading of an entry sends. */
function sent({ kind, parts }: FoundCredential): string {
  const { user, password, identityToken, registryToken } = parts.reveal();
  return kind === 'Anonymous'
    ? NOTHING
    : sentText(`${user}:${password}`, identityToken, registryToken);
}

/** What a real reader sends first. */
function really({ failed, tries: [first] }: Outcome): string {
  if (failed) {
    return FAILED;
  }
  return first === undefined
    ? NOTHING
    : sentText(first.login, first.identityToken, first.registryToken);
}

interface Host {
  readonly host: string;
  readonly name: Pick<ImageReference, 'domain' | 'path'>;
}

/** What may be sent by our reading; the helpers named are not there, so that asking them fails. */
const POSSIBLE: Readonly<Record<Reader, (host: Host, reading: Reading) => readonly string[]>> = {
  buildkit: ({ host }, { client }) => outcomesOf(lookUp(client, credentialKeyOf(host))),
  kaniko: ({ name }, reading) =>
    refusalOf(reading) === undefined
      ? outcomesOf(lookUp(reading.client, kanikoKey(name, reading)))
      : [FAILED],
  podman: ({ name }, { files }) => {
    const file = readPodmanFile(files);
    if (file === undefined || file.helpers.has(name.domain)) {
      return [FAILED];
    }
    const found = outcomesAt(placeOfName(name, file), file);
    return found.length === 0
      ? [NOTHING]
      : found.map(({ credential }) => (credential === undefined ? FAILED : sent(credential)));
  },
};

function outcomesOf(found: Lookup): readonly string[] {
  switch (found.place) {
    case 'Helper':
      return [FAILED];
    case 'Variable':
      return [sent(found.credential)];
    case 'File':
      return found.outcomes.map(({ credential }) => sent(credential));
  }
}

const isLogin = (answer: string): boolean =>
  answer.endsWith('"identityToken":"","registryToken":""}');
const isToken = (answer: string): boolean => answer.startsWith('{') && !isLogin(answer);

/** What a person is told, and what that means of the distinct answers of many runs. */
const MEANS: Readonly<Record<StepCredential['kind'], (answers: readonly string[]) => boolean>> = {
  Login: (answers) => answers.length === 1 && answers.every(isLogin),
  Token: (answers) => answers.length === 1 && answers.every(isToken),
  Anonymous: (answers) => answers.join() === NOTHING,
  Helper: (answers) => answers.join() === FAILED,
  Random: (answers) => answers.length > 1,
  Unreadable: (answers) =>
    answers.length > 1 || answers.join() === NOTHING || answers.join() === FAILED,
  // No file here is one that mirrorauth makes.
  Unknown: () => false,
};

interface Claim extends Host {
  readonly reader: Reader;
  readonly kind: StepCredential['kind'] | undefined;
  readonly answers: readonly string[];
}

/** What is claimed of each host that has a name which the program takes. */
function claimsOf(one: ClientCase): readonly Claim[] {
  const files = filesOf(one);
  const image = imageOf(one.image);
  const reading = readFiles(files);
  const explained = explain(image, files);
  return sameRoute(image, reading).flatMap(({ host, name }, index) =>
    READERS.flatMap((reader) =>
      name === undefined || (reader === 'podman' && name.domain.startsWith('['))
        ? []
        : {
            reader,
            host,
            name,
            kind: shownOf(reader, explained)[index]?.credential.kind,
            answers: sorted(POSSIBLE[reader]({ host, name }, reading)),
          },
    ),
  );
}

function shownOf(reader: Reader, { buildkit, others }: Explanation): OtherReader['hosts'] {
  const name = { kaniko: 'kaniko, crane', podman: 'Podman, Buildah, CRI-O', buildkit: '' }[reader];
  return others.find((other) => other.name === name)?.hosts ?? buildkit;
}

const sorted = (answers: readonly string[]): readonly string[] => [...new Set(answers)].toSorted();

async function ask(
  one: ClientCase,
  { domain, path }: Host['name'],
  loads: number,
): Promise<LookupAnswer> {
  const { config, dockerAuthConfig } = one;
  const asks = [{ host: domain, repository: path }];
  return readers().lookup({
    config,
    asks,
    loads,
    ...(dockerAuthConfig !== undefined && { dockerAuthConfig }),
  });
}

/** Those of fifty fresh loads; of more where some that are claimed did not come. */
async function realAnswers(one: ClientCase, claim: Claim): Promise<readonly string[]> {
  const answersOf = async (loads: number): Promise<readonly string[]> =>
    sorted((await ask(one, claim.name, loads))[claim.reader][0]?.map(really) ?? []);
  const answers = await answersOf(50);
  return answers.length < claim.answers.length ? answersOf(500) : answers;
}

describe('the logins that explain tells', () => {
  it('are those that BuildKit, kaniko and Podman find, at random where they do', async () => {
    await fc.assert(
      fc.asyncProperty(anyClientCase, async (one) => {
        const claims = claimsOf(one);
        const real = await Promise.all(
          claims.map(async (claim) => ({ ...claim, answers: await realAnswers(one, claim) })),
        );
        expect(real).toEqual(claims);
        expect(real.filter(({ kind, answers }) => !MEANS[kind ?? 'Random'](answers))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('are those that kubelet tries, in its order', async () => {
    await fc.assert(
      fc.asyncProperty(anyClientCase, async (one) => {
        const files = filesOf(one);
        const image = imageOf(one.image);
        const ours = lookUpImage(image, files);
        const kubelet = explain(image, files).others.find(({ name }) => name === 'kubelet');
        const outcomes = (await ask(one, image, 20)).kubelet[0] ?? [];
        const logins = ours === 'Refused' ? [] : ours.map(({ credential }) => loginOf(credential));
        expect(outcomes.map(({ failed }) => failed)).toEqual(
          outcomes.map(() => ours === 'Refused'),
        );
        expect(outcomes.map(({ tries }) => tries.map(({ login }) => login).toSorted())).toEqual(
          outcomes.map(() => logins.toSorted()),
        );
        expect(kubelet?.hosts.map(({ credential }) => credential.kind)).toEqual([kindOf(outcomes)]);
      }),
      { numRuns: 1000 },
    );
  });

  it('of kubelet are in the order of their keys, the longest first', async () => {
    const auths = {
      'ghcr.io': { auth: base64('host:p') },
      'ghcr.io/team': { auth: base64('team:p') },
      '*.io/team/ba': { auth: base64('glob:p') },
      'https://ghcr.io/v2/team/base': { auth: base64('url:p') },
    };
    const one = { config: JSON.stringify({ auths }), mirrors: [], image: 'ghcr.io/team/base' };
    const [outcome, ...others] = (await ask(one, imageOf(one.image), 50)).kubelet[0] ?? [];
    const ours = lookUpImage(imageOf(one.image), filesOf(one));
    expect(others).toEqual([]);
    expect(ours === 'Refused' ? ours : ours.map(({ credential }) => loginOf(credential))).toEqual(
      outcome?.tries.map(({ login }) => login),
    );
  });

  it('of containerd are the one that kubelet hands it, for mirrors and origin alike', async () => {
    const auths = {
      'https://index.docker.io/v1/': { auth: base64('hub:p') },
      'm.corp': { auth: base64('mirror:p') },
      'n.corp': { auth: base64('other:p') },
    };
    const one = {
      config: JSON.stringify({ auths }),
      mirrors: ['m.corp', 'n.corp'],
      image: 'alpine',
    };
    const [handed] = (await ask(one, imageOf('alpine'), 1)).kubelet[0]?.[0]?.tries ?? [];
    const [user = '', password = ''] = handed?.login.split(':') ?? [];
    const sentTo = await readers().containerd({ user, password, mirrors: one.mirrors.length });
    const [containerd] = explain(imageOf('alpine'), filesOf(one)).others;

    expect(sentTo).toEqual(sentTo.map(() => [{ user: 'hub', password: 'p' }]));
    expect(
      containerd?.hosts.map(({ host, credential: { kind, key } }) => [host, kind, key]),
    ).toEqual(
      ['m.corp', 'n.corp', 'registry-1.docker.io'].map((host) => [
        host,
        'Login',
        Object.keys(auths)[0],
      ]),
    );
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function loginOf({ parts }: FoundCredential): string {
  const { user, password } = parts.reveal();
  return `${user}:${password}`;
}

/** Whether one of the tries sends something. */
function kindOf(outcomes: readonly Outcome[]): StepCredential['kind'] {
  if (outcomes.some(({ failed }) => failed)) {
    return 'Unreadable';
  }
  return outcomes.some(({ tries }) => tries.some(({ login }) => sentText(login) !== NOTHING))
    ? 'Login'
    : 'Anonymous';
}
