import type { Warning } from '../../api/warnings.ts';
import { dataSize, OUTPUT_WARN_BYTES } from '../size.ts';
import type { Data, ObjectName } from './output.ts';
import { nameOf } from './ownership.ts';

/** Warns of an output that will soon be too large to be written. */
export function sizeWarnings(target: ObjectName, data: Data): readonly Warning[] {
  return dataSize(data) <= OUTPUT_WARN_BYTES
    ? []
    : [
        {
          reason: 'NearlyTooLarge',
          message: `${nameOf(target)} has more than 80 % of the 1 MiB that one object may hold: write fewer registries, or smaller credentials, CAs or base`,
        },
      ];
}
