import { DOCKER_HUB, hostOfEndpoint } from '../../../api/registry-host.ts';
import { hostOfConfigKey } from '../../docker/credential-key.ts';
import type { RegistryTable } from '../buildkitd-toml-reader.ts';
import { isLoopbackHost } from '../go-url.ts';
import type { Finder, Finding, RegistryTables, Scene } from './finder.ts';
import { mended, readMirrorText, startsWithV2 } from './mirror-text.ts';
import type { MirrorText } from './mirror-text.ts';
import { code, quoted, shown, tableHeader } from './shown.ts';

/** Classic mistakes in how buildkitd is told of mirrors (moby/buildkit v0.34.2 util/resolver). */

export const schemeInMirror: Finder = (scene) =>
  mirrorFindings(scene, ({ mirror, table }) => {
    const { scheme, hasMore, host } = mirror;
    const reasons = [
      ...(scheme === undefined
        ? []
        : [
            'the scheme of a mirror is dropped, and HTTPS spoken unless its own table has http = true',
          ]),
      ...(hasMore ? ['user, query and fragment are dropped; a login stands in config.json'] : []),
    ];
    const ownTable = scheme === 'http' ? [tableHeader(host.toLowerCase()), '  http = true'] : [];
    return reasons.length === 0
      ? undefined
      : `${reasons.join('; ')}. Write${code(...mirrorsLines(scene, table.mirrors), ...ownTable)}`;
  });

export const v2InMirror: Finder = (scene) =>
  mirrorFindings(scene, ({ mirror, table }) =>
    startsWithV2(mirror)
      ? 'BuildKit puts /v2 before the path by itself, and so asks for /v2/v2. ' +
        `Write${code(...mirrorsLines(scene, table.mirrors))}`
      : undefined,
  );

export const upperCaseInMirror: Finder = (scene) =>
  mirrorFindings(scene, ({ mirror: { host, path }, table }) =>
    /[A-Z]/.test(host + path)
      ? 'BuildKit compares hosts byte for byte, with the keys of config.json and with its own ' +
        `tables. Write it in lower case, there too:${code(...mirrorsLines(scene, table.mirrors))}`
      : undefined,
  );

export const mirrorIsOrigin: Finder = (scene) =>
  mirrorFindings(scene, ({ mirror, table }) => {
    const others = table.mirrors.filter((one) => !isOrigin(scene, readMirrorText(one)));
    return isOrigin(scene, mirror)
      ? 'that is the registry itself, which is asked last in any case. ' +
          `Write${code(...mirrorsLines(scene, others))}`
      : undefined;
  });

function isOrigin({ image }: Scene, { host, path }: MirrorText): boolean {
  return path === '' && hostOfConfigKey(host) === hostOfConfigKey(image.domain);
}

export const loopbackIsHttp: Finder = (scene) =>
  mirrorFindings(scene, ({ mirror: { host } }) =>
    isLoopbackHost(host) && scene.tables.get(host)?.http === undefined
      ? 'a mirror on the builder itself is asked in plain HTTP unless it is told otherwise. Write ' +
        `which one it is, true or false:${code(tableHeader(host), '  http = true')}`
      : undefined,
  );

export const httpUnderOrigin: Finder = (scene) => {
  const domain = scene.image.domain;
  const table = scene.tables.get(domain);
  const setting = (['http', 'insecure'] as const).find((name) => table?.[name] === true);
  const unsaid = mirrorHosts(table).filter((host) => {
    const own = scene.tables.get(host);
    return own?.http === undefined && own?.insecure === undefined;
  });
  return setting === undefined || unsaid.length === 0
    ? []
    : tableFinding(
        scene,
        `${tableHeader(domain)} ${setting}`,
        `this speaks of ${shown(domain)} itself and not of its mirrors. For a mirror it stands in a ` +
          'table of its own (false where it is not meant), and is taken out here unless it is meant ' +
          `here too:${code(...unsaid.flatMap((host) => [tableHeader(host), `  ${setting} = true`]))}`,
      );
};

/** Docker Hub's certificate is a public one, so that the CA is hardly meant for it. */
export const caUnderOrigin: Finder = (scene) => {
  const table = scene.tables.get(DOCKER_HUB);
  const setting = (['ca', 'keypair', 'tlsconfigdir'] as const).find(
    (name) => (table?.[name] ?? []).length > 0,
  );
  const unsaid = mirrorHosts(table).filter((host) => !scene.tables.has(host));
  return setting === undefined || unsaid.length === 0 || scene.image.domain !== DOCKER_HUB
    ? []
    : tableFinding(
        scene,
        `${tableHeader(DOCKER_HUB)} ${setting}`,
        `this is for ${DOCKER_HUB} itself and not for its mirrors. For a mirror it stands in a table ` +
          `of its own:${code(
            ...unsaid.flatMap((host) => [tableHeader(host), `  ${setting} = ${EXAMPLES[setting]}`]),
          )}`,
      );
};

const EXAMPLES = {
  ca: '["/etc/buildkit/certs/ca.crt"]',
  keypair: '[{key = "/etc/buildkit/certs/client.key", cert = "/etc/buildkit/certs/client.crt"}]',
  tlsconfigdir: '["/etc/buildkit/certs"]',
};

export const httpAndInsecure: Finder = (scene) =>
  [...new Set([...mirrorHosts(scene.tables.get(scene.image.domain)), scene.image.domain])].flatMap(
    (host) => {
      const { http, insecure } = scene.tables.get(host) ?? {};
      return http === true && insecure === true
        ? tableFinding(
            scene,
            tableHeader(host),
            'with http and insecure BuildKit tries HTTPS and falls back to plain HTTP, over which ' +
              'the login goes in the clear. Write one of them, or better the CA:' +
              code(tableHeader(host), `  ca = ${EXAMPLES.ca}`),
          )
        : [];
    },
  );

export const pathInTableName: Finder = (scene) =>
  tableFindings(scene, (name) =>
    hasPath(name)
      ? 'tables are looked up by host[:port] alone, so that nobody reads this one. ' +
        `Write${code(tableHeader(hostOfEndpoint(name)))}`
      : undefined,
  );

/** By what a table is looked up: the registry of an image, or the host of a mirror. */
export const tableNotLookedUp: Finder = (scene) => {
  const { image, steps, tables } = scene;
  const hosts = [image.domain, ...steps.map(({ host }) => host)];
  const names = new Map(hosts.map((host) => [hostOfConfigKey(host) ?? host, host]));
  names.set(DOCKER_HUB, DOCKER_HUB);
  return tableFindings(scene, (name) => {
    if (hasPath(name) || isAskedMirror(tables, name)) {
      return undefined;
    }
    if (isWildcard(name)) {
      return (
        'tables are looked up by one host[:port] each, and there are no wildcards. Write one for ' +
        `each host:${code(tableHeader(image.domain))}`
      );
    }
    const meant = names.get(hostOfConfigKey(name.trim()) ?? '') ?? hostOfUrl(name);
    return meant === undefined || meant === name
      ? undefined
      : `tables are looked up by host[:port], byte for byte, and Docker Hub's is ${DOCKER_HUB}. ` +
          `Write${code(tableHeader(meant))}`;
  });
};

function hasPath(name: string): boolean {
  return name.includes('/') && !name.includes('://');
}

/** `_default` is containerd's. */
function isWildcard(name: string): boolean {
  return name.includes('*') || name === '_default';
}

function hostOfUrl(name: string): string | undefined {
  return name.includes('://') ? mended({ ...readMirrorText(name), path: '' }) : undefined;
}

/** Then the table is looked up for it, whatever else the name may mean. */
function isAskedMirror(tables: RegistryTables, name: string): boolean {
  return [...tables.values()].some((table) => mirrorHosts(table).includes(name));
}

function tableFindings(
  scene: Scene,
  messageOf: (name: string) => string | undefined,
): readonly Finding[] {
  return [...scene.tables.keys()].flatMap((name) => {
    const message = messageOf(name);
    return message === undefined ? [] : tableFinding(scene, tableHeader(name), message);
  });
}

interface OneMirror {
  readonly table: RegistryTable;
  readonly mirror: MirrorText;
}

/** What is told of each mirror of the image's registry. */
function mirrorFindings(
  scene: Scene,
  messageOf: (one: OneMirror) => string | undefined,
): readonly Finding[] {
  const domain = scene.image.domain;
  const table = scene.tables.get(domain);
  return (table?.mirrors ?? []).flatMap((text) => {
    const message = table && messageOf({ table, mirror: readMirrorText(text) });
    const place = `${tableHeader(domain)} mirrors, ${quoted(text)}`;
    return message === undefined ? [] : tableFinding(scene, place, message);
  });
}

function tableFinding(
  { files: { buildkitdToml } }: Scene,
  place: string,
  message: string,
): readonly Finding[] {
  return [{ where: `${buildkitdToml?.name ?? ''}, ${place}`, message }];
}

/** As the mirrors have them. */
function mirrorHosts(table: RegistryTable | undefined): readonly string[] {
  return [...new Set((table?.mirrors ?? []).map((one) => readMirrorText(one).host))];
}

/** The origin's table with mirrors as BuildKit takes them, ready to be pasted. */
function mirrorsLines({ image }: Scene, mirrors: readonly string[]): readonly string[] {
  const texts = [...new Set(mirrors.map((one) => quoted(mended(readMirrorText(one)))))];
  const line = `  mirrors = [${texts.join(', ')}]`;
  return [
    tableHeader(image.domain),
    ...(line.length <= MAX_LINE
      ? [line]
      : ['  mirrors = [', ...texts.map((text) => `    ${text},`), '  ]']),
  ];
}

/** A terminal has 80 columns, and what is to be pasted stands behind an indent. */
const MAX_LINE = 70;
