import type { Finding, Scene } from './finder.ts';
import { isOddlyWritten, plainHost } from './keys.ts';
import { stepMeantBy } from './meant-keys.ts';
import { mirrorsLines, originTable, tablePlace } from './places.ts';
import { code, shown } from './shown.ts';

/**
 * Hosts that are written with upper case or the default port where a login has them without: one
 * cure, at the name of the image or at the mirror. Upper case and spaces in a mirror have checks of
 * their own.
 *
 * @param keys of logins
 */
export function oddHosts(scene: Scene, keys: readonly string[]): readonly Finding[] {
  const steps = [...new Set(keys.map(stepMeantBy(scene)))].filter((step) => step !== undefined);
  return steps.filter(isOddlyWritten).flatMap(({ role, host }) => {
    if (role === 'origin') {
      return [oddImage(scene)];
    }
    return /[A-Z\s]/.test(host)
      ? []
      : [
          {
            where: tablePlace(scene, scene.image.domain, 'mirrors'),
            message: whatIsOdd(host) + code(...mirrorsLines(scene, originTable(scene).mirrors)),
          },
        ];
  });
}

/** Where nothing but the name of the image is to be written otherwise. */
export function oddImage({ image: { domain, path } }: Scene): Finding {
  return {
    where: 'the name of the image',
    message: whatIsOdd(domain) + code(`${shown(plainHost(domain))}/${path}`),
  };
}

function whatIsOdd(host: string): string {
  return (
    `${shown(host)} is compared byte for byte, and is not ${shown(plainHost(host))}. Write it in ` +
    'lower case and without the default port, in all places:'
  );
}
