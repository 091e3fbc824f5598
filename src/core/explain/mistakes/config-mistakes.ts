import { DOCKER_HUB, hostOfEndpoint } from '../../../api/registry-host.ts';
import { hostOfConfigKey } from '../../docker/credential-key.ts';
import { ENTRY_SHAPE, textOfBytes } from '../docker-config-reader.ts';
import type { ReadEntry } from '../docker-config-reader.ts';
import { HUB_KEY } from '../docker-lookup.ts';
import type { DockerConfigFile, Step } from '../explanation.ts';
import type { FoundCredential } from '../found-credential.ts';
import { fits, mapField, membersOf, parseFirst, stringField } from '../go-json.ts';
import type { Finder, Finding, Scene } from './finder.ts';
import { lookupKey } from './keys.ts';
import { code, quoted, shown } from './shown.ts';

/** Classic mistakes in the config.json of the client (docker/cli v29.9.0 cli/config). */

const EXAMPLE = '{"auth": "<base64 of user:password>"}';

export const configUnreadable: Finder = (scene) =>
  fileFindings(scene, () =>
    scene.client.config.fault === 'NotJson'
      ? 'this is no JSON for docker, so that there is no login at all. Write one object, and ' +
        `nothing before it:${code(`{"auths": {"<host>": ${EXAMPLE}}}`)}`
      : undefined,
  );

export const entriesOutsideAuths: Finder = (scene) =>
  fileFindings(scene, (file) => {
    const stray = membersOf(parseFirst(textOfBytes(file.bytes))?.value ?? { kind: 'Null' })
      .filter(({ value }) => stringField(value, 'auth') !== '')
      .map(({ name }) => quoted(name));
    return stray.length === 0
      ? undefined
      : `${stray.join(', ')} stands at the top, where docker reads no entry. Write all of them ` +
          `below auths:${code('{"auths": {', `  ${stray[0] ?? ''}: {…}`, '}}')}`;
  });

/** A value of the wrong type costs every `auth`; what cannot be decoded, some of them. */
export const entryUnreadable: Finder = (scene) => [
  ...(scene.client.config.fault === 'WrongType' ? wrongTypes(scene) : []),
  ...entryFindings(scene, ({ key, decoded }) =>
    decoded === undefined
      ? 'auth is not the base64 of user:password as docker reads it (padded, of the standard ' +
        'alphabet, with a user), for which it reads only some of the other entries, others in each ' +
        `run. Write${code(`${quoted(key)}: ${EXAMPLE}`)}`
      : undefined,
  ),
];

function wrongTypes({ files: { config } }: Scene): readonly Finding[] {
  if (config === undefined) {
    return [];
  }
  const root = parseFirst(textOfBytes(config.bytes))?.value ?? { kind: 'Null' };
  const wrong = [...mapField(root, 'auths')]
    .filter(([, value]) => !fits(value, ENTRY_SHAPE))
    .map(([key]) => key);
  const cost = 'has the wrong type, for which docker reads no auth of the whole file. Write';
  return wrong.length === 0
    ? [
        {
          where: config.name,
          message: `a value ${cost} objects and texts where docker does:${code(`{"auths": {"<host>": ${EXAMPLE}}}`)}`,
        },
      ]
    : wrong.map((key) => ({
        where: `${config.name}, auths, ${quoted(key)}`,
        message: `a value here ${cost}${code(`${quoted(key)}: ${EXAMPLE}`)}`,
      }));
}

export const hubKeyNotLookedUp: Finder = (scene) => {
  const isMissed = scene.steps.some(
    (step) =>
      lookupKey(step) === HUB_KEY &&
      step.credential.kind === 'Anonymous' &&
      step.credential.key === undefined,
  );
  return entryFindings(scene, ({ key, decoded }) =>
    isMissed && decoded?.isEmpty === false && hostOfConfigKey(key) === DOCKER_HUB
      ? 'Docker Hub is looked up under one key alone, the slash at its end included. ' +
        `Write${code(`${quoted(HUB_KEY)}: {…}`)}`
      : undefined,
  );
};

export const keyNotTheHost: Finder = (scene) => {
  const unmet = scene.steps.filter(
    (step) =>
      step.credential.kind === 'Anonymous' &&
      step.credential.key === undefined &&
      lookupKey(step) !== HUB_KEY,
  );
  return entryFindings(scene, ({ key, decoded }) => {
    const step = unmet.find((one) => isMeantFor(key, one));
    return step !== undefined && decoded?.isEmpty === false
      ? `this key is not ${shown(step.host)} byte for byte, and there are no wildcards: it is not ` +
          `found. Write${code(`${quoted(lookupKey(step))}: {…}`)}`
      : undefined;
  });
};

function isMeantFor(key: string, { host }: Step): boolean {
  return hostOfConfigKey(key.trim()) === hostOfConfigKey(host) || globMatches(key, host);
}

/** `*.corp`, which kubelet takes for harbor.corp: label by label. */
function globMatches(key: string, host: string): boolean {
  const labels = hostOfEndpoint(key).split('.');
  const own = host.split('.');
  return (
    key.includes('*') &&
    labels.length === own.length &&
    labels.every((label, index) => label === own[index] || label === '*')
  );
}

export const pathKeysCollide: Finder = (scene) =>
  scene.steps
    .filter(({ credential }) => credential.kind === 'Random')
    .flatMap((step) => {
      const keys = (scene.client.config.byHostname.get(lookupKey(step)) ?? []).map(({ key }) =>
        quoted(key),
      );
      return keys.length < 2
        ? []
        : fileFindings(
            scene,
            () =>
              'paths are dropped and there is no key of the host alone, so that each run takes ' +
              `one of these at random. Write one login that may read all of them:${code(
                `${quoted(lookupKey(step))}: ${EXAMPLE}`,
              )}`,
            `auths, ${keys.join(', ')}`,
          );
    });

export const pathKeyIsHostWide: Finder = (scene) =>
  entryFindings(scene, ({ key }) => {
    const step = scene.steps.find((one) => uses(one, key) && one.credential.kind !== 'Random');
    return step !== undefined && hasOwnPath(key) && key !== HUB_KEY
      ? `the path is dropped: this login is sent to all of ${shown(step.host)}. Write what it ` +
          `is:${code(`${quoted(lookupKey(step))}: {…}`)}`
      : undefined;
  });

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
  const isMade = (files.config?.origins.size ?? 0) > 0;
  if (isMade || !['Login', 'Token', 'Helper'].includes(origin?.credential.kind ?? '')) {
    return [];
  }
  return steps
    .filter(
      (step) =>
        step.role === 'mirror' &&
        step.credential.kind === 'Anonymous' &&
        step.credential.key === undefined &&
        ![...client.config.entries.keys()].some((key) => isMeantFor(key, step)),
    )
    .flatMap((step) =>
      fileFindings(
        scene,
        () =>
          `${shown(step.host)} is asked without a login: BuildKit sends a registry's login to no ` +
          `mirror. Write its own, or {} if it wants none:${code(
            `${quoted(lookupKey(step))}: ${EXAMPLE}`,
          )}`,
        'auths',
      ),
    );
};

export const helperForHost: Finder = (scene) =>
  entryFindings(scene, ({ key, decoded }) => {
    const step = scene.steps.find(
      (one) => one.credential.kind === 'Helper' && lookupKey(one) === key,
    );
    return step !== undefined && decoded?.isEmpty === false
      ? `a credential helper is asked for ${shown(step.host)}, and this entry is not read. Take ` +
          'credsStore out, and this key from credHelpers; or tell the helper with docker login'
      : undefined;
  });

export const passwordEmpty: Finder = (scene) =>
  askedEntryFindings(scene, ({ kind, isEmpty }) =>
    kind === 'Anonymous' && !isEmpty
      ? `the password is empty, which is no login for BuildKit. Write${code(EXAMPLE)}`
      : undefined,
  );

export const passwordEndsInNewline: Finder = (scene) =>
  askedEntryFindings(scene, ({ kind, parts }) =>
    kind === 'Login' && /[\r\n]$/.test(parts.reveal().password)
      ? 'the password ends in a newline, which is sent with it. Write what this prints:' +
        code("printf '%s' 'user:password' | base64 -w0")
      : undefined,
  );

export const tokenForMirror: Finder = (scene) => {
  const { steps, client } = scene;
  const origin = steps.find(({ role }) => role === 'origin');
  const issued = client.config.entries.get(origin?.credential.key ?? '')?.decoded;
  return steps
    .filter(({ role, credential }) => role === 'mirror' && credential.kind === 'Token')
    .flatMap(({ host, credential: { key = '' } }) =>
      isSameToken(client.config.entries.get(key)?.decoded, issued)
        ? fileFindings(
            scene,
            () =>
              `this is the token of ${shown(origin?.host ?? '')}, which no other host takes. ` +
              `Write the login of ${shown(host)}:${code(`${quoted(key)}: ${EXAMPLE}`)}`,
            `auths, ${quoted(key)}`,
          )
        : [],
    );
};

function isSameToken(
  one: FoundCredential | undefined,
  other: FoundCredential | undefined,
): boolean {
  const [token, otherToken] = [one, other].map((found) => {
    const { identityToken = '', registryToken = '' } = found?.parts.reveal() ?? {};
    return identityToken === '' ? registryToken : identityToken;
  });
  return token !== '' && token === otherToken;
}

/** What is told of the file, or of a place in it. */
function fileFindings(
  { files: { config } }: Scene,
  messageOf: (file: DockerConfigFile) => string | undefined,
  place?: string,
): readonly Finding[] {
  const message = config && messageOf(config);
  return config === undefined || message === undefined
    ? []
    : [{ where: place === undefined ? config.name : `${config.name}, ${place}`, message }];
}

function entryFindings(
  scene: Scene,
  messageOf: (entry: ReadEntry) => string | undefined,
): readonly Finding[] {
  return [...scene.client.config.entries.values()].flatMap((entry) =>
    fileFindings(scene, () => messageOf(entry), `auths, ${quoted(entry.key)}`),
  );
}

/** Whether the entry of this key is what is found for the step. */
function uses({ credential }: Step, key: string): boolean {
  return credential.key === shown(key);
}

/** Of entries that are found for some step. */
function askedEntryFindings(
  scene: Scene,
  messageOf: (credential: FoundCredential) => string | undefined,
): readonly Finding[] {
  return entryFindings(scene, ({ key, decoded }) =>
    decoded !== undefined && scene.steps.some((step) => uses(step, key))
      ? messageOf(decoded)
      : undefined,
  );
}
