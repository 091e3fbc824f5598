import type { Log } from '../kube/log.ts';
import type { Memory } from './memory.ts';
import type { View } from './view.ts';

/** One MirrorAuth at one moment: what the stores show of it, and what its last look left behind. */
export interface Look {
  readonly key: string;
  readonly view: View;
  readonly memory: Memory;
  /** Names this look and its MirrorAuth in each line. */
  readonly log: Log;
}
