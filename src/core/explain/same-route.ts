import { routeOf } from './buildkitd-toml-reader.ts';
import { parseImageReference } from './image-reference.ts';
import type { ImageReference, StepCredential } from './explanation.ts';
import type { Reading } from './reading.ts';

/** The mirrors of buildkitd.toml, as if they stood in the configuration of another program. */

export interface RouteName {
  /** host[:port] of the URL. */
  readonly host: string;
  /** The image's name there; undefined: none that programs of containers take. */
  readonly name: Pick<ImageReference, 'domain' | 'path'> | undefined;
}

/** The origin alone where buildkitd.toml cannot be read. */
export function sameRoute(image: ImageReference, { tables }: Reading): readonly RouteName[] {
  return routeOf(image.domain, tables ?? new Map()).map(({ role, host, mirrorPath }) => ({
    host,
    name: role === 'origin' ? image : nameAt(host, `${mirrorPath}/${image.path}`.slice(1)),
  }));
}

function nameAt(host: string, path: string): RouteName['name'] {
  const parsed = parseImageReference(`${host}/${path}`);
  return parsed.ok && parsed.image.domain === host && parsed.image.path === path
    ? parsed.image
    : undefined;
}

export const NO_SUCH_NAME: StepCredential = {
  kind: 'Anonymous',
  why: 'it takes no such name of an image, and asks nobody',
};
