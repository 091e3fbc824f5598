import { mirrorAuthStatus } from '../../src/api/status.ts';
import type { Condition, MirrorAuthStatus } from '../../src/api/status.ts';

interface Check {
  readonly claim: string;
  readonly holds: (status: MirrorAuthStatus, generation: number) => boolean;
}

const find = ({ conditions }: MirrorAuthStatus, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);

const isReady = (status: MirrorAuthStatus): boolean => find(status, 'Ready')?.status === 'True';

const generations = ({ conditions }: MirrorAuthStatus): readonly (number | undefined)[] =>
  (conditions ?? []).map(({ observedGeneration }) => observedGeneration);

/**
 * What tools that read kstatus rely on: fluxcd/pkg runtime/conditions/check, FAIL0001 to FAIL0009 and
 * the warnings that are not about custom conditions. FAIL0010 is left out: Flux moves
 * observedGeneration only on success, mirrorauth at every look.
 */
const CHECKS: readonly Check[] = [
  {
    claim: 'neither Reconciling nor Stalled beside Ready=True',
    holds: (status) =>
      !isReady(status) || !(find(status, 'Reconciling') ?? find(status, 'Stalled')),
  },
  { claim: 'Ready is always present', holds: (status) => find(status, 'Ready') !== undefined },
  {
    claim: 'Ready is False beside Reconciling or Stalled',
    holds: (status) =>
      find(status, 'Ready')?.status === 'False' ||
      !(find(status, 'Reconciling') ?? find(status, 'Stalled')),
  },
  {
    claim: 'never both Reconciling and Stalled',
    holds: (status) => !(find(status, 'Reconciling') && find(status, 'Stalled')),
  },
  {
    claim: 'Reconciling and Stalled are removed, not False',
    holds: (status) =>
      [find(status, 'Reconciling'), find(status, 'Stalled')].every(
        (condition) => condition === undefined || condition.status === 'True',
      ),
  },
  {
    claim: 'observedGeneration is the generation, in each condition too',
    holds: (status, generation) =>
      [status.observedGeneration, ...generations(status)].every((one) => one === generation),
  },
  {
    claim: 'whoever is not ready either waits or is stalled',
    holds: (status) =>
      isReady(status) || (find(status, 'Reconciling') ?? find(status, 'Stalled')) !== undefined,
  },
  {
    claim: 'the schema of status takes it',
    holds: (status) => mirrorAuthStatus.safeParse(status).success,
  },
  {
    claim: 'each type stands once',
    holds: ({ conditions = [] }) =>
      new Set(conditions.map(({ type }) => type)).size === conditions.length,
  },
];

/** The claims that a status breaks that was just computed for an object of this generation. */
export function brokenClaims(status: MirrorAuthStatus, generation: number): readonly string[] {
  return CHECKS.filter(({ holds }) => !holds(status, generation)).map(({ claim }) => claim);
}
