import { DOCKER_HUB, hostOfEndpoint } from '../../../api/registry-host.ts';
import { hostOfConfigKey } from '../../docker/credential-key.ts';
import type { RegistryTable } from '../buildkitd-toml-reader.ts';
import { isLoopbackHost } from '../go-url.ts';
import type { Finder, Finding, Scene } from './finder.ts';
import { isOddlyWritten, plainHost } from './keys.ts';
import { mended, readMirrorText, startsWithV2 } from './mirror-text.ts';
import type { MirrorText } from './mirror-text.ts';
import { oddImage } from './odd-hosts.ts';
import { isOfSpec, mirrorsLines, originTable, tablePlace } from './places.ts';
import { code, linesFor, listed, quoted, shown, tableHeader } from './shown.ts';

/** Classic mistakes in how buildkitd is told of mirrors (moby/buildkit v0.34.2 util/resolver). */

export const schemeInMirror: Finder = (scene) => {
  const cure = mirrorsCure(scene);
  return mirrorFindings(scene, ({ scheme, hasMore, host }) => {
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
      : `${reasons.join('; ')}. Write${cure}${code(...ownTable)}`;
  });
};

export const spaceInMirror: Finder = (scene) => {
  const cure = mirrorsCure(scene);
  return mirrorFindings(scene, (_mirror, text) =>
    /\s/.test(text)
      ? `the space becomes part of the host, which nobody has. Take it out:${cure}`
      : undefined,
  );
};

export const v2InMirror: Finder = (scene) => {
  const cure = mirrorsCure(scene);
  return mirrorFindings(scene, (mirror) =>
    startsWithV2(mirror)
      ? `BuildKit puts /v2 before the path by itself, and so asks for /v2/v2. Write${cure}`
      : undefined,
  );
};

export const upperCaseInMirror: Finder = (scene) => {
  const cure = mirrorsCure(scene);
  return mirrorFindings(scene, ({ host, path }) =>
    /[A-Z]/.test(host + path)
      ? 'BuildKit compares hosts byte for byte, with the keys of config.json and with its own ' +
        `tables. Write it in lower case, there too:${cure}`
      : undefined,
  );
};

export const mirrorIsOrigin: Finder = (scene) => {
  const others = mirrorsOf(scene).filter((one) => !isOrigin(scene, readMirrorText(one)));
  const cure = code(...mirrorsLines(scene, others));
  return mirrorFindings(scene, (mirror) =>
    isOrigin(scene, mirror)
      ? `that is the registry itself, which is asked last in any case. Write${cure}`
      : undefined,
  );
};

/** Of one's own file: spec's warnings tell it of a MirrorAuth. */
export const tokenScopeReuse: Finder = (scene) => {
  const { image } = scene;
  const paths = Map.groupBy(
    new Set(mirrorsOf(scene).map((one) => mended(readMirrorText(one)))),
    hostOfEndpoint,
  );
  const shared = [...paths].filter(([, mirrors]) => mirrors.length > 1);
  const cure = code(
    ...mirrorsLines(
      scene,
      [...paths.values()].flatMap(([first]) => first ?? []),
    ),
  );
  return isOfSpec(scene, image.domain)
    ? []
    : shared.map(([host, mirrors]) => ({
        where: tablePlace(scene, image.domain, `mirrors, ${listed(mirrors)}`),
        message:
          `BuildKit keeps one token for ${shown(host)}, and that for the first path does not open the ` +
          `next where logins are by token. Write one of them, or a host name for each:${cure}`,
      }));
};

function isOrigin({ image }: Scene, { host, path }: MirrorText): boolean {
  return path === '' && hostOfConfigKey(host) === hostOfConfigKey(image.domain);
}

export const loopbackIsHttp: Finder = (scene) =>
  mirrorFindings(scene, ({ host }) =>
    isLoopbackHost(host) && scene.tables.get(host)?.http === undefined
      ? 'a mirror on the builder itself is asked in plain HTTP unless it is told otherwise. Write ' +
        `which one it is, true or false:${code(tableHeader(host), '  http = true')}`
      : undefined,
  );

export const httpUnderOrigin: Finder = (scene) => {
  const table = originTable(scene);
  const setting = (['http', 'insecure'] as const).find((name) => table[name] === true);
  const unsaid = mirrorHosts(table).filter((host) => {
    const own = scene.tables.get(host);
    return own?.http === undefined && own?.insecure === undefined;
  });
  return setting === undefined
    ? []
    : underOrigin(scene, unsaid, {
        setting,
        line: `${setting} = true`,
        otherwise: 'false where it is not meant',
      });
};

export const caUnderOrigin: Finder = (scene) => {
  const table = originTable(scene);
  const setting = (['ca', 'keypair', 'tlsconfigdir'] as const).find(
    (name) => table[name].length > 0,
  );
  const unsaid = mirrorHosts(table).filter((host) => !scene.tables.has(host));
  return setting === undefined
    ? []
    : underOrigin(scene, unsaid, {
        setting,
        line: settingLine(table, setting),
        otherwise: 'one without any where it is not meant',
      });
};

interface OriginSetting {
  readonly setting: string;
  /** As it stands in a table. */
  readonly line: string;
  readonly otherwise: string;
}

/** In a spec each registry speaks for itself, and nobody could mean its mirror. */
function underOrigin(
  scene: Scene,
  unsaid: readonly string[],
  { setting, line, otherwise }: OriginSetting,
): readonly Finding[] {
  const { domain } = scene.image;
  return unsaid.length === 0 || isOfSpec(scene, domain)
    ? []
    : tableFinding(
        scene,
        domain,
        setting,
        `this speaks of ${shown(domain)} itself and not of its mirrors. For a mirror it stands in a ` +
          `table of its own (${otherwise}), and is taken out here unless it is meant here ` +
          `too:${code(...linesFor(unsaid, (host) => [tableHeader(host), `  ${line}`]))}`,
      );
}

/** The user's own paths: which files there are, nobody else knows. */
function settingLine(table: RegistryTable, setting: 'ca' | 'keypair' | 'tlsconfigdir'): string {
  const values =
    setting === 'keypair'
      ? table.keypair.map(({ key, cert }) => `{key = ${quoted(key)}, cert = ${quoted(cert)}}`)
      : table[setting].map(quoted);
  return `${setting} = [${values.slice(0, MAX_PATHS).join(', ')}]`;
}

const MAX_PATHS = 5;

export const httpAndInsecure: Finder = (scene) =>
  [...new Set([...mirrorHosts(originTable(scene)), scene.image.domain])].flatMap((host) => {
    const table = scene.tables.get(host);
    const ca =
      table === undefined || table.ca.length === 0 ? 'ca = ["…"]' : settingLine(table, 'ca');
    return table?.http === true && table.insecure === true
      ? tableFinding(
          scene,
          host,
          '',
          'with http and insecure BuildKit tries HTTPS and falls back to plain HTTP, over which ' +
            'the login goes in the clear. Write one of them, or better the file of its CA:' +
            code(tableHeader(host), `  ${ca}`),
        )
      : [];
  });

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
  const hosts = [image.domain, ...steps.map(({ host }) => host)].map(plainHost);
  const names = new Map(hosts.map((host) => [host, host]));
  names.set(DOCKER_HUB, DOCKER_HUB);
  const asked = new Set([...tables.values()].flatMap(mirrorHosts));
  const isOdd = isOddlyWritten({ host: image.domain }) && tables.has(plainHost(image.domain));
  const findings = tableFindings(scene, (name) => {
    if (hasPath(name) || asked.has(name)) {
      return undefined;
    }
    if (isWildcard(name)) {
      return (
        'tables are looked up by one host[:port] each, and there are no wildcards. Write one for ' +
        `each host:${code(tableHeader(image.domain))}`
      );
    }
    const meant = names.get(plainHost(name)) ?? hostOfUrl(name);
    return meant === undefined || meant === name || name === image.domain
      ? undefined
      : 'tables are looked up by host[:port], byte for byte' +
          (meant === DOCKER_HUB ? `, and Docker Hub's is ${DOCKER_HUB}` : '') +
          `. Write${code(tableHeader(meant))}`;
  });
  return isOdd ? [...findings, oddImage(scene)] : findings;
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

function tableFindings(
  scene: Scene,
  messageOf: (name: string) => string | undefined,
): readonly Finding[] {
  return [...scene.tables.keys()].flatMap((name) => {
    const message = messageOf(name);
    return message === undefined ? [] : tableFinding(scene, name, '', message);
  });
}

/** What is told of the mirrors of the image's registry: once for all that have the same cure. */
function mirrorFindings(
  scene: Scene,
  messageOf: (mirror: MirrorText, text: string) => string | undefined,
): readonly Finding[] {
  const { domain } = scene.image;
  const byMessage = Map.groupBy(mirrorsOf(scene), (text) => messageOf(readMirrorText(text), text));
  return [...byMessage].flatMap(([message, texts]) =>
    message === undefined ? [] : tableFinding(scene, domain, `mirrors, ${listed(texts)}`, message),
  );
}

function tableFinding(
  scene: Scene,
  table: string,
  place: string,
  message: string,
): readonly Finding[] {
  return [{ where: tablePlace(scene, table, place), message }];
}

function mirrorsOf(scene: Scene): readonly string[] {
  return originTable(scene).mirrors;
}

/** The table with all its mirrors mended. */
function mirrorsCure(scene: Scene): string {
  return code(...mirrorsLines(scene, mirrorsOf(scene)));
}

/** As the mirrors have them. */
function mirrorHosts({ mirrors }: RegistryTable): readonly string[] {
  return [...new Set(mirrors.map((one) => readMirrorText(one).host))];
}
