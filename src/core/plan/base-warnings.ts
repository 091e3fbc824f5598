import type { Warning } from '../../api/warnings.ts';
import { isPrintable } from '../buildkit/base-config.ts';
import type { BaseConfig } from '../buildkit/base-config.ts';
import type { UnknownKey } from '../buildkit/config-faults.ts';
import type { CaSource } from '../ca-bundle.ts';
import { enumerate } from './duty.ts';

/** Warns of what a base sets and nobody reads; it is carried over all the same. */
export function baseWarnings(
  { unread }: BaseConfig,
  { configMap, key }: CaSource,
): readonly Warning[] {
  return unread.length === 0
    ? []
    : [
        {
          reason: 'BaseKeyIgnored',
          message: `ConfigMap ${configMap}, key ${key}: buildkitd does not read ${enumerate(unread.map(textOf))}; correct it, or take it out`,
        },
      ];
}

/** `worker.oci.gckeepstorag (for gckeepstorage)` */
function textOf({ path, nearest }: UnknownKey): string {
  const place = path.join('.');
  const name = isPrintable(place) ? place : 'a key';
  return nearest === undefined ? name : `${name} (for ${nearest})`;
}
