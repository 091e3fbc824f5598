import type { Warning } from '../../api/warnings.ts';
import type { ObjectName } from './output.ts';

/** Where the cause of what people are told stands: they may have it in files. */

/** Keys and indexes from a MirrorAuth down to a field of it. */
export type FieldPath = readonly (string | number)[];

/** A Secret or ConfigMap that spec names, and the key of it that is read. */
export interface SourceKey extends ObjectName {
  /** Absent where it is none in particular. */
  readonly key?: string;
}

export interface Placed {
  /** Of the MirrorAuth: what is wrong itself, or what names the source of it. */
  readonly path: FieldPath;
  /** What was, or would have been, read. Absent: the MirrorAuth alone is concerned. */
  readonly source?: SourceKey;
}

export interface PlacedWarning extends Placed {
  readonly warning: Warning;
}
