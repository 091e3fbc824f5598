/** Changes for which no test can fail, or none is worth its lines. */
export interface Explained {
  readonly why: string;
  /** As test/mutation/survivors.ts writes them. */
  readonly changes: readonly string[];
}

/** By file below src/core. */
export const EXPLAINED: Readonly<Record<string, readonly Explained[]>> = {};
