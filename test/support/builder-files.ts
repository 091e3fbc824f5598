import { Buffer } from 'node:buffer';
import type { BuilderFiles, MadeOf } from '../../src/core/explain/explanation.ts';
import { Redacted } from '../../src/core/redacted.ts';

/** What a builder has, in texts. */
export interface Texts {
  readonly config?: string;
  readonly toml?: string;
  readonly variable?: string;
  /** Of entries that mirrorauth wrote. */
  readonly origins?: ReadonlyMap<string, string>;
  /** What mirrorauth made them of; absent: they are somebody's own. */
  readonly made?: Partial<MadeOf>;
}

export const builderFiles = ({
  config,
  toml,
  variable,
  origins = new Map(),
  made,
}: Texts): BuilderFiles => ({
  config:
    config === undefined
      ? undefined
      : { name: 'config.json', bytes: new Redacted(Buffer.from(config)), origins },
  dockerAuthConfig: variable === undefined ? undefined : new Redacted(variable),
  buildkitdToml: toml === undefined ? undefined : { name: 'buildkitd.toml', text: toml },
  ...(made !== undefined && {
    made: {
      mirrorAuth: 'MirrorAuth builds/ci',
      notMade: {},
      unresolved: new Map(),
      base: undefined,
      ...made,
    },
  }),
});
