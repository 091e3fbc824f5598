import { describe, expect, it } from 'vitest';
import { CA_ONE } from '../support/certificates.ts';
import { useReaders } from '../support/readers.ts';
import type { Contact, HostsAnswer } from '../support/readers.ts';

/** Whom BuildKit contacts by a buildkitd.toml that people write; `mirrorauth explain` says so. */

const readers = useReaders();

const ORIGIN: Contact = {
  host: 'o.corp',
  scheme: 'https',
  path: '/v2',
  pull: true,
  resolve: true,
  push: true,
  insecureSkipVerify: false,
  fallsBackToHTTP: false,
  trusts: [],
};
const MIRROR: Contact = { ...ORIGIN, host: 'm.corp', push: false };

async function contactsBy(
  toml: string,
  files: Readonly<Record<string, string>> = {},
  origin = 'o.corp',
): Promise<HostsAnswer[number] | undefined> {
  const [contacts] = await readers().hosts({ toml, mountPath: '/c', files, origins: [origin] });
  return contacts;
}

const mirrored = (by: string): string => `[registry."o.corp"]\nmirrors = ["${by}"]\n`;
const fine = (...hosts: readonly Contact[]): HostsAnswer[number] => ({
  failed: false,
  hosts: [...hosts],
});

describe('a mirror written as', () => {
  it.each<[string, Partial<Contact>]>([
    ['m.corp', {}],
    ['m.corp:5000/a/b', { host: 'm.corp:5000', path: '/v2/a/b' }],
    ['m.corp/a/', { path: '/v2/a' }],
    ['http://m.corp/a', { path: '/v2/a' }],
    ['https://user:password@m.corp/a?b#c', { path: '/v2/a' }],
    ['m.corp/v2/a', { path: '/v2/v2/a' }],
    ['M.corp', { host: 'M.corp' }],
    ['', { host: '' }],
    ['localhost:5000', { host: 'localhost:5000', scheme: 'http' }],
    ['127.0.0.1:5000', { host: '127.0.0.1:5000', scheme: 'http' }],
  ])('%s is contacted so', async (mirror, contact) => {
    expect(await contactsBy(mirrored(mirror))).toEqual(fine({ ...MIRROR, ...contact }, ORIGIN));
  });
});

describe('the table of', () => {
  it.each<[string, string, Partial<Contact>, Partial<Contact>]>([
    [
      'the mirror says how it is contacted',
      '[registry."m.corp"]\nhttp = true',
      { scheme: 'http' },
      {},
    ],
    [
      'the mirror may leave its certificate unverified',
      '[registry."m.corp"]\ninsecure = true',
      { insecureSkipVerify: true },
      {},
    ],
    [
      'a mirror that says both falls back to plain HTTP',
      '[registry."m.corp"]\nhttp = true\ninsecure = true',
      { insecureSkipVerify: true, fallsBackToHTTP: true },
      {},
    ],
    ['the origin says nothing of its mirrors', 'http = true', {}, { scheme: 'http' }],
    ['a path is read by nobody', '[registry."m.corp/a"]\nhttp = true', {}, {}],
    ['a wildcard is read by nobody', '[registry."*.corp"]\nhttp = true', {}, {}],
    [
      'the mirror may name a CA',
      '[registry."m.corp"]\nca = ["/c/ca.crt"]',
      { trusts: ['ca.crt'] },
      {},
    ],
    [
      'a CA that is no certificate is trusted by nobody',
      '[registry."m.corp"]\nca = ["/c/not.crt"]',
      {},
      {},
    ],
    [
      'the mirror may name a folder that is not there',
      '[registry."m.corp"]\ntlsconfigdir = ["/c/none"]',
      {},
      {},
    ],
  ])('%s', async (_name, more, mirror, origin) => {
    const files = { 'ca.crt': CA_ONE, 'not.crt': 'not a certificate' };
    expect(await contactsBy(`${mirrored('m.corp')}${more}\n`, files)).toEqual(
      fine({ ...MIRROR, ...mirror }, { ...ORIGIN, ...origin }),
    );
  });

  it.each([
    ['a CA', 'ca = ["/c/none.crt"]'],
    ['a client certificate', 'keypair = [{ key = "/c/none.key", cert = "/c/none.crt" }]'],
  ])(
    'a mirror that names %s that is not there breaks every pull of its origins',
    async (_name, line) => {
      expect(await contactsBy(`${mirrored('m.corp')}[registry."m.corp"]\n${line}\n`)).toEqual({
        failed: true,
        hosts: [],
      });
    },
  );

  it('a loopback host keeps HTTPS only where it says so', async () => {
    const toml = `${mirrored('localhost:5000')}[registry."localhost:5000"]\n`;
    const loopback = { ...MIRROR, host: 'localhost:5000' };
    expect(await contactsBy(`${toml}http = false\n`)).toEqual(fine(loopback, ORIGIN));
    expect(await contactsBy(`${toml}insecure = true\n`)).toEqual(
      fine({ ...loopback, insecureSkipVerify: true, fallsBackToHTTP: true }, ORIGIN),
    );
  });

  it('Docker Hub is docker.io, and is contacted as registry-1.docker.io', async () => {
    const hub = { ...ORIGIN, host: 'registry-1.docker.io' };
    const toml = (name: string): string => `[registry."${name}"]\nmirrors = ["m.corp"]\n`;
    expect(await contactsBy(toml('docker.io'), {}, 'docker.io')).toEqual(fine(MIRROR, hub));
    for (const alias of ['index.docker.io', 'registry-1.docker.io']) {
      expect(await contactsBy(toml(alias), {}, 'docker.io')).toEqual(fine(hub));
    }
  });

  it('a key that BuildKit does not know is left aside without a word', async () => {
    expect(await contactsBy('[registry."o.corp"]\nmirror = ["m.corp"]\n')).toEqual(fine(ORIGIN));
  });
});

describe('the reader of BuildKit 0.12', () => {
  it('takes escapes in a header as they stand, and no quote in a key', async () => {
    const escaped = await readers().toml('["a\\u0062"]\n');
    expect([escaped.v1.table, escaped.v2.table]).toEqual([{ 'a\\u0062': {} }, { ab: {} }]);
    const quoted = await readers().toml('"a\\"b" = 1\n');
    expect([quoted.v1.loads, quoted.v2.loads]).toEqual([false, true]);
  });

  it('refuses a host in brackets', async () => {
    const { loads, v1 } = await readers().toml('[registry."[::1]:5000"]\nhttp = true\n');
    expect({ loads, old: v1.loads }).toEqual({ loads: true, old: false });
  });
});
