import { DOCKER_HUB } from '../../../api/registry-host.ts';
import { hostOfConfigKey } from '../../docker/credential-key.ts';
import { EXAMPLES } from '../../docker/docker-config.ts';
import { HUB_KEY } from '../docker-lookup.ts';
import type { FoundCredential } from '../found-credential.ts';
import { EMPTY_PASSWORD, endsInNewline, newlineMessage } from './config-mistakes.ts';
import { dockerAuthConfigFaults } from './docker-auth-config-faults.ts';
import type { Finder, Finding, Scene } from './finder.ts';
import { lookupKey, plainHost, plainKey } from './keys.ts';
import { isUnmet, stepMeantBy } from './meant-keys.ts';
import { code, quoted, shown } from './shown.ts';

/** Classic mistakes with the variable that stands before config.json. */

const NAME = 'DOCKER_AUTH_CONFIG';

export const dockerAuthConfigUnreadable: Finder = ({ files, client }) =>
  files.dockerAuthConfig === undefined || client.variable !== undefined
    ? []
    : [
        {
          where: NAME,
          message:
            `docker leaves it aside: ${dockerAuthConfigFaults(files.dockerAuthConfig).join('; ')}. It ` +
            'takes nothing but auths, with nothing but auth in each entry. ' +
            `Write${code(EXAMPLES['config.json'])}`,
        },
      ];

export const dockerAuthConfigShadows: Finder = ({ files, client, steps }) =>
  [...new Set(steps.map(lookupKey))]
    .filter((key) => {
      const entry = client.config.entries.get(key);
      return client.variable?.has(key) === true && entry?.decoded?.isEmpty === false;
    })
    .map((key) => ({
      where: placeOf(key),
      message:
        `it stands before ${files.config?.name ?? 'config.json'}, whose entry ${shown(key)} is not ` +
        `read. Take it out of one of them, or write${code(`unset ${NAME}`)}`,
    }));

export const hubKeyNotLookedUp: Finder = (scene) => {
  const isMissed = scene.steps.some((step) => lookupKey(step) === HUB_KEY && isUnmet(step));
  return keyFindings(scene, (key) =>
    isMissed && hostOfConfigKey(key) === DOCKER_HUB
      ? 'Docker Hub is looked up under one key alone, the slash at its end included. ' +
        `Write${code(`${quoted(HUB_KEY)}: {…}`)}`
      : undefined,
  );
};

/** Exact keys alone count in it: unlike in the file, schemes and paths are not dropped. */
export const keyNotTheHost: Finder = (scene) => {
  const stepFor = stepMeantBy(scene);
  return keyFindings(scene, (key) => {
    const step = stepFor(key);
    return step !== undefined && key !== plainKey(step)
      ? `this key is not ${shown(plainHost(step.host))} byte for byte, and in this variable no ` +
          `other is found. Write${code(`${quoted(plainKey(step))}: {…}`)}`
      : undefined;
  });
};

export const passwordEmpty: Finder = (scene) =>
  askedFindings(scene, ({ kind }) => (kind === 'Anonymous' ? EMPTY_PASSWORD : undefined));

export const passwordEndsInNewline: Finder = (scene) =>
  askedFindings(scene, (found) => (endsInNewline(found) ? newlineMessage(scene) : undefined));

function askedFindings(
  scene: Scene,
  messageOf: (found: FoundCredential) => string | undefined,
): readonly Finding[] {
  const asked = new Set(scene.steps.map(lookupKey));
  return keyFindings(scene, (key, found) => (asked.has(key) ? messageOf(found) : undefined));
}

function keyFindings(
  { client: { variable } }: Scene,
  messageOf: (key: string, found: FoundCredential) => string | undefined,
): readonly Finding[] {
  return [...(variable ?? [])].flatMap(([key, found]) => {
    const message = messageOf(key, found);
    return message === undefined ? [] : [{ where: placeOf(key), message }];
  });
}

function placeOf(key: string): string {
  return `${NAME}, auths, ${quoted(key)}`;
}
