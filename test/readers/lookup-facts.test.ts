import { describe, expect, it } from 'vitest';
import { useReaders } from '../support/readers.ts';
import type { Ask, Outcome, ReaderName } from '../support/readers.ts';
import { base64, configJson, login } from '../support/secrets.ts';

/**
 * What the readers find in files that people write. `mirrorauth explain` and the warnings say these
 * things of them; here they say them themselves.
 */

const readers = useReaders();

/** Logins in the order of use, `-` for none; a choice at random has a bar between its outcomes. */
type Shown = Readonly<Record<ReaderName, string>>;

function shown({ tries, failed, warned }: Outcome): string {
  const logins = tries.map(({ login, identityToken, registryToken }) =>
    [login, identityToken, registryToken].filter((part) => part !== undefined).join('+'),
  );
  const found = logins.length === 0 ? '-' : logins.join(', ');
  return `${failed ? 'fails' : found}${warned ? ' warned' : ''}`;
}

const IMAGE: Ask = { host: 'h.corp', repository: 'x/y' };
const HUB: Ask = { host: 'docker.io', repository: 'library/x' };

async function foundIn(config: string, ask = IMAGE, dockerAuthConfig = ''): Promise<Shown> {
  const answer = await readers().lookup({ config, asks: [ask], dockerAuthConfig });
  const of = (name: ReaderName): string => (answer[name][0] ?? []).map(shown).join(' | ');
  return {
    buildkit: of('buildkit'),
    kaniko: of('kaniko'),
    kubelet: of('kubelet'),
    podman: of('podman'),
  };
}

const all = (outcome: string): Shown => ({
  buildkit: outcome,
  kaniko: outcome,
  kubelet: outcome,
  podman: outcome,
});
/** What docker's reader, which BuildKit and kaniko share, finds, and what the others do. */
const docker = (outcome: string, kubelet: string, podman: string): Shown => ({
  buildkit: outcome,
  kaniko: outcome,
  kubelet,
  podman,
});

const under = (...keys: readonly string[]): string =>
  configJson(Object.fromEntries(keys.map((key) => [key, login(`${key}:p`)])));

describe('Docker Hub under the key', () => {
  it.each<[string, Shown]>([
    ['https://index.docker.io/v1/', all('u:p')],
    ['docker.io', docker('-', 'u:p', 'u:p')],
    ['index.docker.io', docker('-', 'u:p', 'u:p')],
    ['https://docker.io', docker('-', 'u:p', 'u:p')],
    ['docker.io/library', docker('-', 'u:p', 'u:p')],
    ['https://index.docker.io/v2/', docker('-', 'u:p', 'u:p')],
    ['registry-1.docker.io', docker('-', '-', 'u:p')],
    ['https://registry-1.docker.io/v2/', docker('-', '-', 'u:p')],
    ['https://index.docker.io/v1', docker('-', '-', 'u:p')],
  ])('%s', async (key, expected) => {
    expect(await foundIn(configJson({ [key]: login('u:p') }), HUB)).toEqual(expected);
  });
});

describe('h.corp/x/y under the key', () => {
  it.each<[string, Shown]>([
    ['h.corp', all('u:p')],
    ['https://h.corp', all('u:p')],
    ['https://h.corp/v2/', all('u:p')],
    ['http://h.corp', all('u:p')],
    ['h.corp/', docker('u:p', 'u:p', '-')],
    ['https://a:b@h.corp/', docker('u:p', 'u:p', '-')],
    ['h.corp/x', all('u:p')],
    ['h.corp/x/y', all('u:p')],
    ['h.corp/other', docker('u:p', '-', '-')],
    ['*.corp', docker('-', 'u:p', '-')],
    ['h.corp:443', all('-')],
    ['H.corp', all('-')],
    ['h.corp ', all('-')],
  ])('%j', async (key, expected) => {
    expect(await foundIn(configJson({ [key]: login('u:p') }))).toEqual(expected);
  });
});

describe('of several keys of one host', () => {
  it('docker takes one of the paths at random, kubelet and Podman that of the image', async () => {
    const two = configJson({ 'h.corp/x': login('a:p'), 'h.corp/b': login('b:p') });
    expect(await foundIn(two)).toEqual(docker('a:p | b:p', 'a:p', 'a:p'));
  });

  it('docker takes the exact one, whatever paths there are', async () => {
    const three = configJson({
      'h.corp': login('exact:p'),
      'h.corp/x': login('a:p'),
      'https://h.corp/v2/': login('url:p'),
    });
    const { buildkit, kaniko, podman } = await foundIn(three);
    expect({ buildkit, kaniko, podman }).toEqual({
      buildkit: 'exact:p',
      kaniko: 'exact:p',
      podman: 'a:p',
    });
  });

  it('kubelet tries all that match, the longest path first', async () => {
    const { kubelet } = await foundIn(under('*.corp', 'h.corp', 'h.corp/x'));
    expect(kubelet).toBe('h.corp/x:p, h.corp:p, *.corp:p');
  });

  it('kaniko takes that of the whole repository before that of the host', async () => {
    const { buildkit, kaniko } = await foundIn(under('h.corp', 'h.corp/x/y'));
    expect([buildkit, kaniko]).toEqual(['h.corp:p', 'h.corp/x/y:p']);
  });

  it('an exact one without a credential hides the others, but not from kubelet', async () => {
    const { kubelet, ...others } = await foundIn(
      configJson({ 'h.corp': {}, 'https://h.corp/v2/': login('u:p') }),
    );
    expect(others).toEqual({ buildkit: '-', kaniko: '-', podman: '-' });
    expect(kubelet).toBe(':, u:p | u:p, :');
  });
});

describe('an entry with', () => {
  const auth = base64('u:>>>?');
  it.each<[string, object, Shown]>([
    ['auth alone', { auth }, all('u:>>>?')],
    ['auth, beside another login', { auth, username: 'a', password: 'b' }, all('u:>>>?')],
    ['username and password', { username: 'u', password: 'p' }, docker('u:p', 'u:p', '-')],
    [
      'an identity token',
      { auth, identitytoken: 'id' },
      docker('u:>>>?+id', 'u:>>>?', 'u:>>>?+id'),
    ],
    ['an identity token alone', { identitytoken: 'id' }, docker(':+id', ':', '-')],
    ['a registry token', { auth, registrytoken: 'rt' }, docker('u:>>>?+rt', 'u:>>>?', 'u:>>>?')],
    ['a line break in auth', { auth: `${auth.slice(0, 4)}\r\n${auth.slice(4)}` }, all('u:>>>?')],
    ['a newline at the end of the password', login('u:p\n'), all('u:p\n')],
    ['NUL at the end of the password', login('u:p\0'), docker('u:p', 'u:p\0', 'u:p')],
  ])('%s', async (_name, entry, expected) => {
    expect(await foundIn(configJson({ 'h.corp': entry }))).toEqual(expected);
  });

  it('auth without padding, in the URL alphabet or with a space is read by no docker', async () => {
    expect(auth).toBe('dTo+Pj4/');
    for (const spelling of [base64('u:pp').replaceAll('=', ''), 'dTo-Pj4_', ` ${auth}`]) {
      const { buildkit, kaniko, podman } = await foundIn(
        configJson({ 'h.corp': { auth: spelling } }),
      );
      expect({ buildkit, kaniko, podman }).toEqual({
        buildkit: '- warned',
        kaniko: 'fails',
        podman: 'fails',
      });
    }
  });
});

describe('beside a good entry', () => {
  const beside = (entry: unknown): string =>
    configJson({ 'h.corp': { ...login('u:p'), username: 'l', password: 'l' }, 'x.corp': entry });

  it.each([
    ['auth that is no base64', { auth: '%%%' }],
    ['auth without a colon', login('nocolon')],
  ])('%s lets BuildKit find it at random, and kaniko and kubelet fail', async (_name, entry) => {
    // What was not decoded yet still has the literal fields.
    expect(await foundIn(beside(entry))).toEqual({
      buildkit: 'l:l warned | u:p warned',
      kaniko: 'fails',
      kubelet: 'fails',
      podman: 'u:p',
    });
  });

  it.each([
    ['auth that is a number', { auth: 5 }],
    ['an entry that is a string', 'x'],
  ])('%s lets BuildKit read no auth at all, and all others fail', async (_name, entry) => {
    expect(await foundIn(beside(entry))).toEqual({
      buildkit: 'l:l warned',
      kaniko: 'fails',
      kubelet: 'fails',
      podman: 'fails',
    });
  });

  it('a credential helper for all takes docker away from it, and one for another host does not', async () => {
    const auths = { 'h.corp': login('u:p') };
    expect(await foundIn(configJson(auths, { credsStore: 'desktop' }))).toEqual(
      docker('fails', 'u:p', 'u:p'),
    );
    expect(await foundIn(configJson(auths, { credHelpers: { 'h.corp': 'desktop' } }))).toEqual(
      docker('fails', 'u:p', 'fails'),
    );
    expect(await foundIn(configJson(auths, { credHelpers: { 'x.corp': 'desktop' } }))).toEqual(
      all('u:p'),
    );
  });
});

describe('a file', () => {
  const good = under('h.corp');

  it.each<[string, string, Shown]>([
    ['with a byte order mark', `\ufeff${good}`, { ...all('fails'), buildkit: '- warned' }],
    ['with text after its object', `${good} x`, docker('h.corp:p', 'fails', 'fails')],
    ['like .dockercfg', JSON.stringify({ 'h.corp': login('u:p') }), all('-')],
    ['that is empty', '', docker('-', '-', 'fails')],
    ['without auths', '{}', all('-')],
    ['with AUTHS', good.replace('auths', 'AUTHS'), all('h.corp:p')],
    [
      'with a key twice',
      `{"auths":{"h.corp":{"auth":"${base64('a:p')}"},"h.corp":{"auth":"${base64('b:p')}"}}}`,
      all('b:p'),
    ],
  ])('%s', async (_name, config, expected) => {
    expect(await foundIn(config)).toEqual(expected);
  });
});

describe('DOCKER_AUTH_CONFIG', () => {
  const file = configJson({ 'h.corp': login('file:p') });

  it.each([
    ['wins over the file', configJson({ 'h.corp': login('env:p') }), 'env:p'],
    ['leaves other hosts to the file', configJson({ 'x.corp': login('env:p') }), 'file:p'],
    ['needs the exact key', configJson({ 'https://h.corp/v2/': login('env:p') }), 'file:p'],
    [
      'is left aside with a field that it does not know',
      configJson({ 'h.corp': { ...login('env:p'), username: 'env' } }),
      'file:p',
    ],
    [
      'is left aside with helpers',
      configJson({ 'h.corp': login('env:p') }, { credHelpers: {} }),
      'file:p',
    ],
  ])('%s, for docker alone', async (_name, variable, found) => {
    expect(await foundIn(file, IMAGE, variable)).toEqual(docker(found, 'file:p', 'file:p'));
  });
});

describe('a host without dot and port', () => {
  it('is one to BuildKit, and part of a name on Docker Hub to kaniko and Podman', async () => {
    const { buildkit, kaniko, podman } = await foundIn(
      configJson({ harbor: login('u:p'), 'https://index.docker.io/v1/': login('hub:p') }),
      { host: 'harbor', repository: 'x/y' },
    );
    expect({ buildkit, kaniko, podman }).toEqual({
      buildkit: 'u:p',
      kaniko: 'hub:p',
      podman: 'hub:p',
    });
  });
});

describe('containerd', () => {
  it('sends the login of the origin to every mirror that asks for one', async () => {
    const origin = { user: 'origin', password: 'p' };
    expect(await readers().containerd({ ...origin, mirrors: 2 })).toEqual([
      [origin],
      [origin],
      [origin],
    ]);
  });
});
