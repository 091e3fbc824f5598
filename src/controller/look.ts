import type { Memory } from './memory.ts';
import type { View } from './view.ts';

/** One MirrorAuth at one moment: what the stores show of it, and what its last look left behind. */
export interface Look {
  readonly key: string;
  readonly view: View;
  readonly memory: Memory;
}
