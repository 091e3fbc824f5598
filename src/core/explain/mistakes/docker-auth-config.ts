import type { Finder } from './finder.ts';
import { lookupKey } from './keys.ts';
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
            'docker takes nothing but auths in it, with nothing but auth in each entry, and leaves ' +
            `it aside otherwise. Write${code('{"auths": {"<host>": {"auth": "<base64 of user:password>"}}}')}`,
        },
      ];

export const dockerAuthConfigShadows: Finder = ({ files, client, steps }) =>
  [...new Set(steps.map(lookupKey))]
    .filter((key) => {
      const entry = client.config.entries.get(key);
      return client.variable?.has(key) === true && entry?.decoded?.isEmpty === false;
    })
    .map((key) => ({
      where: `${NAME}, auths, ${quoted(key)}`,
      message:
        `it stands before ${files.config?.name ?? 'config.json'}, whose entry ${shown(key)} is not ` +
        `read. Take it out of one of them, or write${code(`unset ${NAME}`)}`,
    }));
