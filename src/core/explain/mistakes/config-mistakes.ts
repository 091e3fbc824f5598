import { DOCKER_HUB, hostOfEndpoint } from '../../../api/registry-host.ts';
import { hostOfConfigKey } from '../../docker/credential-key.ts';
import { ENTRY_EXAMPLE, EXAMPLES } from '../../docker/docker-config.ts';
import { textOfBytes } from '../docker-config-reader.ts';
import type { ReadEntry } from '../docker-config-reader.ts';
import { HUB_KEY } from '../docker-lookup.ts';
import type { DockerConfigFile, Step, StepCredential } from '../explanation.ts';
import { NO_PARTS } from '../found-credential.ts';
import type { FoundCredential } from '../found-credential.ts';
import { membersOf, NULL, parseFirst, stringField } from '../go-json.ts';
import type { Finder, Finding, Scene } from './finder.ts';
import { lookupKey, plainHost, plainKey } from './keys.ts';
import { isUnmet, stepMeantBy } from './meant-keys.ts';
import { oddHosts } from './odd-hosts.ts';
import { code, linesFor, listed, quoted, shown } from './shown.ts';

/** Classic mistakes in the config.json of the client (docker/cli v29.9.0 cli/config). */

export const configUnreadable: Finder = (scene) =>
  fileFindings(scene, () =>
    scene.client.config.fault === 'NotJson'
      ? 'this is no JSON object for docker, so that it holds no login at all. Write one object, and ' +
        `nothing before it:${code(EXAMPLES['config.json'])}`
      : undefined,
  );

export const entriesOutsideAuths: Finder = (scene) =>
  fileFindings(scene, (file) => {
    const stray = membersOf(parseFirst(textOfBytes(file.bytes))?.value ?? NULL)
      .filter(({ value }) => stringField(value, 'auth') !== '')
      .map(({ name }) => name);
    const lines = linesFor(stray, (name) => [`  ${quoted(name)}: {…}`]);
    return stray.length === 0
      ? undefined
      : `at the top docker reads no entry: ${listed(stray)}. Write all of them below ` +
          `auths:${code('{"auths": {', lines.join(',\n  '), '}}')}`;
  });

/** A value of the wrong type costs every `auth`; what cannot be decoded, some of them. */
export const entryUnreadable: Finder = (scene) => [
  ...(scene.client.config.fault === 'WrongType' ? wrongTypes(scene) : []),
  ...entryFindings(scene, ({ key, decoded }) =>
    decoded === undefined
      ? 'auth is not the base64 of user:password as docker reads it (padded, of the standard ' +
        'alphabet, with a user), for which it reads only some of the other entries, others in each ' +
        `run. Write${code(`${quoted(key)}: ${ENTRY_EXAMPLE}`)}`
      : undefined,
  ),
];

/** In an entry, or else somewhere in what the file says beside them. */
function wrongTypes(scene: Scene): readonly Finding[] {
  const cost = 'has the wrong type, for which docker reads no auth of the whole file. Write';
  const inEntries = entryFindings(scene, ({ key, hasWrongType }) =>
    hasWrongType ? `a value here ${cost}${code(`${quoted(key)}: ${ENTRY_EXAMPLE}`)}` : undefined,
  );
  return inEntries.length > 0
    ? inEntries
    : fileFindings(
        scene,
        () =>
          `a value ${cost} objects and texts where docker does:` + code(EXAMPLES['config.json']),
      );
}

export const hubKeyNotLookedUp: Finder = (scene) => {
  const isMissed = scene.steps.some((step) => lookupKey(step) === HUB_KEY && isUnmet(step));
  return entryFindings(scene, ({ key, decoded }) =>
    isMissed && decoded?.isEmpty === false && hostOfConfigKey(key) === DOCKER_HUB
      ? 'Docker Hub is looked up under one key alone, the slash at its end included. ' +
        `Write${code(`${quoted(HUB_KEY)}: {…}`)}`
      : undefined,
  );
};

/** Of a host that is written oddly itself, the cure is there. */
export const keyNotTheHost: Finder = (scene) => {
  const stepFor = stepMeantBy(scene);
  const meant = [...scene.client.config.entries.values()].flatMap(({ key, decoded }) => {
    const step = decoded?.isEmpty === false ? stepFor(key) : undefined;
    return step === undefined ? [] : [{ key, step }];
  });
  return [
    ...meant.flatMap(({ key, step }) =>
      key === plainKey(step)
        ? []
        : entryFinding(
            scene,
            key,
            `this key is not ${shown(plainHost(step.host))} byte for byte, and there are no ` +
              `wildcards: it is not found. Write${code(`${quoted(plainKey(step))}: {…}`)}`,
          ),
    ),
    ...oddHosts(scene, [...meant.map(({ key }) => key), ...(scene.client.variable?.keys() ?? [])]),
  ];
};

export const pathKeysCollide: Finder = (scene) =>
  scene.steps
    .filter(({ credential }) => credential.kind === 'Random')
    .flatMap((step) => {
      const entries = scene.client.config.byHostname.get(lookupKey(step)) ?? [];
      return fileFindings(
        scene,
        () =>
          'paths are dropped and there is no key of the host alone, so that each run takes one of ' +
          'these at random. Write one login that may read all of ' +
          `them:${code(`${quoted(plainKey(step))}: ${ENTRY_EXAMPLE}`)}`,
        `auths, ${listed(entries.map(({ key }) => key))}`,
      );
    });

export const pathKeyIsHostWide: Finder = (scene) => {
  const stepOf = stepsByKey(scene);
  return entryFindings(scene, ({ key }) => {
    const step = hasOwnPath(key) ? stepOf.get(shown(key)) : undefined;
    return step !== undefined && step.credential.kind !== 'Random'
      ? `the path is dropped: this login is sent to all of ${shown(step.host)}. Write what it ` +
          `is:${code(`${quoted(plainKey(step))}: {…}`)}`
      : undefined;
  });
};

/** Other than those of the registry protocol itself, with which logins are written down. */
function hasOwnPath(key: string): boolean {
  const rest = key.replace(/^[a-z]+:\/\//i, '');
  const path = rest.slice(hostOfEndpoint(rest).length).replace(/\/+$/, '');
  return path !== '' && path !== '/v1' && path !== '/v2';
}

/** Not of a file that mirrorauth makes: there spec says of each mirror whether it has a login. */
export const mirrorEntryMissing: Finder = (scene) => {
  const { client, steps, files } = scene;
  const origin = steps.find(({ role }) => role === 'origin');
  if (files.made !== undefined || !WITH_LOGIN.has(origin?.credential.kind)) {
    return [];
  }
  const stepFor = stepMeantBy(scene);
  const meantSteps = [...client.config.entries.keys()].flatMap((key) => stepFor(key) ?? []);
  const meant = new Set(meantSteps.map(({ host }) => plainHost(host)));
  // The origin is none of them: it has a login.
  const missing = new Map(
    steps
      .filter((step) => isUnmet(step) && !meant.has(plainHost(step.host)))
      .map((step) => [plainHost(step.host), step]),
  );
  return [...missing.values()].flatMap((step) =>
    fileFindings(
      scene,
      () =>
        `${shown(plainHost(step.host))} is asked without a login: BuildKit sends a registry's ` +
        `login to no mirror. Write its own, or {} if it wants none:${code(
          `${quoted(plainKey(step))}: ${ENTRY_EXAMPLE}`,
        )}`,
      'auths',
    ),
  );
};

const WITH_LOGIN: ReadonlySet<StepCredential['kind'] | undefined> = new Set([
  'Login' as const,
  'Token' as const,
  'Helper' as const,
]);

export const helperForHost: Finder = (scene) => {
  const helped = new Map(
    scene.steps
      .filter(({ credential }) => credential.kind === 'Helper')
      .map((step) => [lookupKey(step), step]),
  );
  return entryFindings(scene, ({ key, decoded }) => {
    const step = helped.get(key);
    return step !== undefined && decoded?.isEmpty === false
      ? `a credential helper is asked for ${shown(step.host)}, and this entry is not read. Take ` +
          'credsStore out, and this key from credHelpers; or tell the helper with docker login'
      : undefined;
  });
};

export const passwordEmpty: Finder = (scene) =>
  askedEntryFindings(scene, ({ kind, isEmpty }) =>
    kind === 'Anonymous' && !isEmpty ? EMPTY_PASSWORD : undefined,
  );

/** What to write instead, wherever it stands. */
export const EMPTY_PASSWORD = `the password is empty, which is no login for BuildKit. Write${code(ENTRY_EXAMPLE)}`;

export const passwordEndsInNewline: Finder = (scene) =>
  askedEntryFindings(scene, (found) => (endsInNewline(found) ? newlineMessage(scene) : undefined));

export function endsInNewline({ kind, parts }: FoundCredential): boolean {
  return kind === 'Login' && /[\r\n]$/.test(parts.reveal().password);
}

/** A Secret of mirrorauth's own is never edited: what it was copied from is. */
export function newlineMessage({ files }: Scene): string {
  const what = 'the password ends in a newline, which is sent with it. Write';
  return files.made === undefined
    ? `${what} what this prints:${code("printf '%s' 'user:password' | base64 -w0")}`
    : `${what} it without one: in data it is what this prints:${code("printf '%s' 'password' | base64 -w0")}`;
}

export const tokenForMirror: Finder = (scene) => {
  const { steps, files } = scene;
  const entryOf = entriesByShownKey(scene);
  const origin = steps.find(({ role }) => role === 'origin');
  if (origin === undefined) {
    return [];
  }
  const issued = tokenOf(entryOf(origin));
  const what = `this is the token of ${shown(origin.host)}, which no other host takes.`;
  const mirrors = steps.filter(
    ({ role, credential }) => role === 'mirror' && credential.kind === 'Token',
  );
  return mirrors.flatMap((step) => {
    const entry = entryOf(step);
    if (entry === undefined || tokenOf(entry) !== issued) {
      return [];
    }
    const { key } = entry;
    return files.made === undefined
      ? entryFinding(
          scene,
          key,
          `${what} Write the login of ${shown(step.host)}:${code(`${quoted(key)}: ${ENTRY_EXAMPLE}`)}`,
        )
      : [
          {
            where: `${files.made.mirrorAuth}, registry ${quoted(key)}`,
            message: `${what} Write a Secret with the login of ${shown(step.host)} into its credentials`,
          },
        ];
  });
};

function entriesByShownKey({ client }: Scene): (step: Step) => ReadEntry | undefined {
  const entries = new Map(
    [...client.config.entries.values()].map((entry) => [shown(entry.key), entry]),
  );
  return ({ credential: { key } }) => (key === undefined ? undefined : entries.get(key));
}

/** Whatever is wrong with the `auth` beside it. */
function tokenOf(entry: ReadEntry | undefined): string {
  const { identityToken, registryToken } = entry?.literal.parts.reveal() ?? NO_PARTS;
  return identityToken === '' ? registryToken : identityToken;
}

/** What is told of the file, or of a place in it. */
function fileFindings(
  { files: { config } }: Scene,
  messageOf: (file: DockerConfigFile) => string | undefined,
  place?: string,
): readonly Finding[] {
  if (config === undefined) {
    return [];
  }
  const message = messageOf(config);
  return message === undefined
    ? []
    : [{ where: place === undefined ? config.name : `${config.name}, ${place}`, message }];
}

function entryFindings(
  scene: Scene,
  messageOf: (entry: ReadEntry) => string | undefined,
): readonly Finding[] {
  return [...scene.client.config.entries.values()].flatMap((entry) => {
    const message = messageOf(entry);
    return message === undefined ? [] : entryFinding(scene, entry.key, message);
  });
}

/** An entry that was copied out of a Secret is mended there. */
function entryFinding(scene: Scene, key: string, message: string): readonly Finding[] {
  const source = scene.files.config?.origins.get(key);
  return source === undefined
    ? fileFindings(scene, () => message, `auths, ${quoted(key)}`)
    : [{ where: source, message }];
}

/** Hosts by what is found for them in config.json. */
function stepsByKey({ steps, files: { config } }: Scene): ReadonlyMap<string, Step> {
  const sources = new Set([config?.name, ...(config?.origins.values() ?? [])]);
  return new Map(
    steps.flatMap((step) => {
      const { key, from } = step.credential;
      return key !== undefined && sources.has(from) ? [[key, step]] : [];
    }),
  );
}

/** Of entries that are found for some step. */
function askedEntryFindings(
  scene: Scene,
  messageOf: (credential: FoundCredential) => string | undefined,
): readonly Finding[] {
  const asked = stepsByKey(scene);
  return entryFindings(scene, ({ key, decoded }) =>
    decoded !== undefined && asked.has(shown(key)) ? messageOf(decoded) : undefined,
  );
}
