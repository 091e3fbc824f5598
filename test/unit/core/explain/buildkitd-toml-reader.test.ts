import { describe, expect, it } from 'vitest';
import { readRegistryTables, routeOf } from '../../../../src/core/explain/buildkitd-toml-reader.ts';
import type { RouteHost } from '../../../../src/core/explain/buildkitd-toml-reader.ts';

const tablesOf = (text: string): ReturnType<typeof readRegistryTables> =>
  readRegistryTables({ name: 'buildkitd.toml', text });

describe('the tables of buildkitd.toml', () => {
  it('are those below registry, in any case', () => {
    const tables = tablesOf(
      '[worker.oci]\nenabled = true\n[Registry."m.corp"]\nHTTP = true\n[registry."n.corp"]\n',
    );
    expect([...(tables ?? [])].map(([host, { http }]) => [host, http])).toEqual([
      ['m.corp', true],
      ['n.corp', undefined],
    ]);
  });

  it('of one host in two spellings of registry are one, of which the later says more', () => {
    const tables = tablesOf(
      '[registry."m.corp"]\nca = ["/a"]\nhttp = true\ninsecure = true\nmirrors = ["a"]\n' +
        'tlsconfigdir = ["/t"]\nkeypair = [{key = "/k", cert = "/c"}]\n' +
        '[Registry."m.corp"]\nca = ["/b"]\n',
    );
    expect(tables?.get('m.corp')).toEqual({
      mirrors: ['a'],
      http: true,
      insecure: true,
      ca: ['/b'],
      keypair: [{ key: '/k', cert: '/c' }],
      tlsconfigdir: ['/t'],
    });
  });

  it('have one pair of files where that is no list', () => {
    const tables = tablesOf('[registry."m.corp".keypair]\nkey = "/k"\ncert = "/c"\n');
    expect(tables?.get('m.corp')?.keypair).toEqual([{ key: '/k', cert: '/c' }]);
  });

  it.each([
    ['no TOML', '[registry'],
    ['mirrors that are no list', '[registry."docker.io"]\nmirrors = "m.corp"'],
    ['a table that is none', '[registry]\n"docker.io" = 5'],
  ])('are not known of %s: buildkitd does not start', (_, text) => {
    expect(tablesOf(text)).toBeUndefined();
  });

  it('are none without a file, and none of what nobody reads', () => {
    expect(readRegistryTables(undefined)).toEqual(new Map());
    expect(tablesOf('[something."m.corp"]\nhttp = true\n')).toEqual(new Map());
  });
});

describe('the route of an image', () => {
  const toHub = (...mirrors: readonly string[]): readonly RouteHost[] =>
    routeOf(
      'docker.io',
      tablesOf(`[registry."docker.io"]\nmirrors = ${JSON.stringify(mirrors)}\n`) ?? new Map(),
    );

  it.each([
    ['m.corp', 'm.corp', ''],
    ['m.corp/hub', 'm.corp', '/hub'],
    ['m.corp/hub/', 'm.corp', '/hub'],
    ['m.corp/hub//', 'm.corp', '/hub'],
    ['m.corp/', 'm.corp', ''],
    ['m.corp:5000/hub', 'm.corp:5000', '/hub'],
    ['https://m.corp:5000/hub?q#f', 'm.corp:5000', '/hub'],
    ['https:///hub', 'https:', '///hub'],
    ['/hub', '/hub', ''],
    ['m corp/hub', 'm corp/hub', ''],
    ['%zz', '%zz', ''],
  ])('asks for the mirror %s at %s below %s', (mirror, host, mirrorPath) => {
    expect(toHub(mirror)[0]).toMatchObject({ role: 'mirror', host, mirrorPath });
  });

  it('is that of the registry alone where it has no table', () => {
    expect(routeOf('m.corp', new Map())).toMatchObject([
      { role: 'origin', host: 'm.corp', mirrorPath: '', tableName: 'm.corp', scheme: 'https' },
    ]);
  });

  it('takes the table of each host by its own name', () => {
    const tables = tablesOf(
      '[registry."docker.io"]\nmirrors = ["m.corp:5000/hub"]\ninsecure = true\n' +
        '[registry."m.corp:5000"]\nhttp = true\n',
    );
    expect(
      routeOf('docker.io', tables ?? new Map()).map(({ host, tableName, scheme, table }) => [
        host,
        tableName,
        scheme,
        table.insecure,
      ]),
    ).toEqual([
      ['m.corp:5000', 'm.corp:5000', 'http', undefined],
      ['registry-1.docker.io', 'docker.io', 'https', true],
    ]);
  });
});
