import { Buffer } from 'node:buffer';
import type { BuilderFiles } from '../../src/core/explain/explanation.ts';
import { Redacted } from '../../src/core/redacted.ts';

/** What a builder has, in texts. */
export interface Texts {
  readonly config?: string;
  readonly toml?: string;
  readonly variable?: string;
  /** Of entries that mirrorauth wrote. */
  readonly origins?: ReadonlyMap<string, string>;
}

export const builderFiles = ({
  config,
  toml,
  variable,
  origins = new Map(),
}: Texts): BuilderFiles => ({
  config:
    config === undefined
      ? undefined
      : { name: 'config.json', bytes: new Redacted(Buffer.from(config)), origins },
  dockerAuthConfig: variable === undefined ? undefined : new Redacted(variable),
  buildkitdToml: toml === undefined ? undefined : { name: 'buildkitd.toml', text: toml },
});
