import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DUTY_TYPES, stallsAtOnce } from '../../../../src/api/conditions.ts';
import type { BadReason, DutyType } from '../../../../src/api/conditions.ts';
import { WARNING_MAX_LENGTH, WARNINGS_MAX } from '../../../../src/api/status.ts';
import type { Condition, MirrorAuthStatus } from '../../../../src/api/status.ts';
import type { Warning } from '../../../../src/api/warnings.ts';
import { good } from '../../../../src/core/plan/duty.ts';
import type { Duty } from '../../../../src/core/plan/duty.ts';
import type { Findings } from '../../../../src/core/plan/plan.ts';
import { statusOf } from '../../../../src/core/plan/status.ts';
import { brokenClaims } from '../../../support/condition-checks.ts';
import { aMirrorAuth } from '../../../support/gen.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-06-01T12:00:00.789Z');

const fine = good('Synced', 'as it should be');
const bad = (reason: BadReason, message = `it is ${reason}`): Duty => ({
  kind: 'Bad',
  problem: { reason, message },
});
const pending: Duty = { kind: 'Pending', message: 'not yet' };

const finding = (
  duties: Partial<Record<DutyType, Duty>> = {},
  more: Partial<Findings> = {},
): Findings => ({
  duties: {
    CredentialsResolved: fine,
    MirrorsTrusted: fine,
    PullSecretSynced: fine,
    BuildkitConfigSynced: fine,
    ...duties,
  },
  warnings: [],
  specIssues: [],
  isQuiet: false,
  ...more,
});

const missing = finding({ CredentialsResolved: bad('SecretNotFound') });
const quota = finding({ PullSecretSynced: bad('QuotaExceeded') });
const notOwned = finding({ PullSecretSynced: bad('TargetNotOwned') });

/** One MirrorAuth over time: each status is computed from the one before. */
class Story {
  status: MirrorAuthStatus = { observedGeneration: -1 };
  stallsInMs: number | undefined;
  generation = 1;
  #now = START;

  tell(findings: Findings): this {
    const { status, stallsInMs } = statusOf(
      aMirrorAuth(
        { valid: { pullSecret: { name: 'ci-pull' } } },
        { generation: this.generation, status: this.status },
      ),
      findings,
      new Date(this.#now),
    );
    this.status = status;
    this.stallsInMs = stallsInMs;
    return this;
  }

  after(ms: number): this {
    this.#now += ms;
    return this;
  }

  edited(): this {
    this.generation += 1;
    return this;
  }

  get(type: Condition['type']): Condition | undefined {
    return this.status.conditions?.find((condition) => condition.type === type);
  }

  /** `Reconciling: SecretNotFound`, or `Ready`. */
  get state(): string {
    const abnormal = this.get('Reconciling') ?? this.get('Stalled');
    return abnormal === undefined ? 'Ready' : `${abnormal.type}: ${abnormal.reason}`;
  }
}

const told = (findings: Findings): Story => new Story().tell(findings);

describe('the summary', () => {
  it('is Ready when every duty is done', () => {
    const story = told(finding());
    expect(story.get('Ready')).toMatchObject({ status: 'True', reason: 'Synced' });
    expect(story.state).toBe('Ready');
    expect(story.stallsInMs).toBeUndefined();
  });

  it('is Reconciling while something may still come by itself', () => {
    const story = told(missing);
    expect(story.get('Ready')).toMatchObject({ status: 'False', reason: 'SecretNotFound' });
    expect(story.state).toBe('Reconciling: SecretNotFound');
    expect(story.stallsInMs).toBe(5 * MINUTE);
  });

  it('is Stalled at once when a person must mend it', () => {
    const story = told(notOwned);
    expect(story.get('Ready')).toMatchObject({ status: 'False', reason: 'TargetNotOwned' });
    expect(story.state).toBe('Stalled: TargetNotOwned');
    expect(story.stallsInMs).toBeUndefined();
  });

  it('speaks for the first failing duty, and stalls for the first that stalls', () => {
    const story = told(
      finding({
        CredentialsResolved: bad('SecretNotFound'),
        PullSecretSynced: bad('CaNotFound'),
        BuildkitConfigSynced: bad('BaseConfigInvalid'),
      }),
    );
    expect(story.get('Ready')?.reason).toBe('SecretNotFound');
    expect(story.state).toBe('Stalled: BaseConfigInvalid');
  });

  it('speaks of what fails before it speaks of what is not computed yet', () => {
    const story = told(
      finding({ CredentialsResolved: pending, BuildkitConfigSynced: bad('CaNotFound') }),
    );
    expect(story.get('Ready')?.reason).toBe('CaNotFound');
  });

  it('is Reconciling while a duty is pending, which may still be done', () => {
    expect(told(finding({ PullSecretSynced: pending })).state).toBe('Reconciling: Pending');
  });

  it('stalls on an invalid spec, whose issues it names', () => {
    const story = told(finding({}, { specIssues: ['spec.pullSecret.name: Invalid string'] }));
    expect(story.get('Ready')).toMatchObject({ status: 'False', reason: 'SpecInvalid' });
    expect(story.get('Ready')?.message).toContain('spec.pullSecret.name: Invalid string');
    expect(story.state).toBe('Stalled: SpecInvalid');
  });
});

describe('the message of Ready', () => {
  const warning: Warning = { reason: 'PodLocalHost', message: 'localhost: means the pod' };
  const rows: Readonly<Record<string, readonly [Findings, string]>> = {
    'says that all is well': [finding(), 'every output is as spec and sources say'],
    'points to a warning': [
      finding({}, { warnings: [warning] }),
      'every output is as spec and sources say; 1 warning: see status.warnings',
    ],
    'points to warnings': [
      finding({}, { warnings: [warning, warning] }),
      'every output is as spec and sources say; 2 warnings: see status.warnings',
    ],
    'tells every issue of the spec': [
      finding({}, { specIssues: ['spec.a: Invalid', 'spec.b: Invalid'] }),
      'spec breaks a rule of this version of mirrorauth: spec.a: Invalid; spec.b: Invalid',
    ],
    'tells what the first failing duty tells': [
      finding({ PullSecretSynced: bad('TooLarge', 'it is too large') }),
      'it is too large',
    ],
    'tells what is waited for': [finding({ PullSecretSynced: pending }), 'not yet'],
  };
  it.each(Object.entries(rows))('%s', (_, [findings, message]) => {
    expect(told(findings).get('Ready')?.message).toBe(message);
  });
});

describe('the condition of a duty', () => {
  const rows: Readonly<Record<string, readonly [Duty, Condition['status'], string]>> = {
    'is True when it is done': [fine, 'True', 'Synced'],
    'is False when it is not': [bad('TooLarge'), 'False', 'TooLarge'],
    'is Unknown when it was not computed': [pending, 'Unknown', 'Pending'],
  };
  it.each(Object.entries(rows))('%s', (_, [duty, status, reason]) => {
    const condition = told(finding({ PullSecretSynced: duty })).get('PullSecretSynced');
    expect(condition).toMatchObject({ status, reason });
  });

  it('is there for each duty', () => {
    expect(told(finding()).status.conditions?.map(({ type }) => type)).toEqual([
      ...DUTY_TYPES,
      'Ready',
    ]);
  });

  it('holds printable ASCII, whatever the message says, and not too much of it', () => {
    const message = `caf\u00e9\n\u{1f433}${'x'.repeat(5_000)}`;
    const condition = told(finding({ PullSecretSynced: bad('TooLarge', message) })).get('Ready');
    expect(condition?.message).toMatch(/^caf\?\?\?\??x{2000,2045}$/);
  });
});

describe('lastTransitionTime', () => {
  it('is of the second in which the status first was so', () => {
    expect(told(finding()).get('Ready')?.lastTransitionTime).toBe('2026-06-01T12:00:00Z');
  });

  it('stays while the status stays, although reason, message and generation change', () => {
    const story = told(missing).after(MINUTE).edited().tell(quota);
    expect(story.get('Ready')?.lastTransitionTime).toBe('2026-06-01T12:00:00Z');
    expect(story.get('Reconciling')?.lastTransitionTime).toBe('2026-06-01T12:00:00Z');
  });

  it('moves with the status', () => {
    const story = told(missing).after(MINUTE).tell(finding());
    expect(story.get('Ready')?.lastTransitionTime).toBe('2026-06-01T12:01:00Z');
    expect(story.get('CredentialsResolved')?.lastTransitionTime).toBe('2026-06-01T12:01:00Z');
    expect(story.get('PullSecretSynced')?.lastTransitionTime).toBe('2026-06-01T12:00:00Z');
  });

  it('of a condition that was away is new', () => {
    const story = told(missing).after(MINUTE).tell(finding()).after(MINUTE).tell(missing);
    expect(story.get('Reconciling')?.lastTransitionTime).toBe('2026-06-01T12:02:00Z');
  });
});

describe('a wait', () => {
  it('becomes a stall after five minutes', () => {
    const story = told(missing)
      .after(4 * MINUTE)
      .tell(missing);
    expect(story.state).toBe('Reconciling: SecretNotFound');
    expect(story.after(story.stallsInMs ?? 0).tell(missing).state).toBe('Stalled: SecretNotFound');
  });

  it('counts on while its reason or the generation changes', () => {
    const story = told(missing)
      .after(3 * MINUTE)
      .tell(quota)
      .after(MINUTE)
      .edited()
      .tell(missing);
    expect(story.state).toBe('Reconciling: SecretNotFound');
    expect(story.after(MINUTE).tell(missing).state).toBe('Stalled: SecretNotFound');
  });

  it('stays a stall while reason and generation stay', () => {
    const story = told(missing)
      .after(5 * MINUTE)
      .tell(missing)
      .after(60 * MINUTE)
      .tell(missing);
    expect(story.state).toBe('Stalled: SecretNotFound');
    expect(story.get('Stalled')?.lastTransitionTime).toBe('2026-06-01T12:05:00Z');
    expect(story.stallsInMs).toBeUndefined();
  });

  const restarts: Readonly<Record<string, readonly [(story: Story) => Story, Findings, string]>> = {
    'another reason': [(story) => story, quota, 'Reconciling: QuotaExceeded'],
    'another generation': [(story) => story.edited(), missing, 'Reconciling: SecretNotFound'],
  };
  it.each(Object.entries(restarts))('starts anew after a stall with %s', (_, row) => {
    const [change, findings, state] = row;
    const stalled = told(missing)
      .after(5 * MINUTE)
      .tell(missing)
      .after(MINUTE);
    const story = change(stalled).tell(findings);
    expect(story.state).toBe(state);
    expect(story.get('Reconciling')?.lastTransitionTime).toBe('2026-06-01T12:06:00Z');
    expect(story.after(4 * MINUTE).tell(findings).state).toBe(state);
    expect(story.after(MINUTE).tell(findings).state).toContain('Stalled');
  });

  it('starts anew when what stalled at once was mended and something else is missing', () => {
    const story = told(notOwned)
      .after(10 * MINUTE)
      .tell(missing);
    expect(story.state).toBe('Reconciling: SecretNotFound');
    expect(story.stallsInMs).toBe(5 * MINUTE);
  });

  it('starts anew when everything was fine between', () => {
    const story = told(missing)
      .after(4 * MINUTE)
      .tell(finding())
      .tell(missing);
    expect(story.after(4 * MINUTE).tell(missing).state).toBe('Reconciling: SecretNotFound');
  });

  it('never lasts longer than five minutes from now, whatever the clock of the last writer said', () => {
    const story = told(missing)
      .after(-60 * MINUTE)
      .tell(missing);
    expect(story.stallsInMs).toBe(5 * MINUTE);
  });
});

describe('what else status holds', () => {
  const statusFor = (reconcileRequest?: string, more: Partial<Findings> = {}): MirrorAuthStatus =>
    statusOf(
      aMirrorAuth(
        { valid: { pullSecret: { name: 'ci-pull' } } },
        reconcileRequest === undefined ? {} : { reconcileRequest },
      ),
      finding({}, more),
      new Date(START),
    ).status;

  it('echoes the reconcile request, as far as status can hold it', () => {
    expect(statusFor('2026-06-01T12:00:00Z').lastHandledReconcileAt).toBe('2026-06-01T12:00:00Z');
    expect(statusFor(`\u00e9${'x'.repeat(100)}`).lastHandledReconcileAt).toBe(`?${'x'.repeat(63)}`);
    expect(statusFor()).not.toHaveProperty('lastHandledReconcileAt');
  });

  it('tells warnings in printable ASCII, as many and as much of each as it can hold', () => {
    const message = `caf\u00e9: ${'x'.repeat(5_000)}`;
    const all = Array.from({ length: 100 }, (): Warning => ({ reason: 'DuplicateKey', message }));
    const { warnings = [] } = statusFor(undefined, { warnings: all });
    expect(warnings).toHaveLength(WARNINGS_MAX);
    expect(warnings[0]).toEqual({
      reason: 'DuplicateKey',
      message: `caf?: ${'x'.repeat(WARNING_MAX_LENGTH - 'caf?: '.length)}`,
    });
  });

  it('has no list of warnings when there are none', () => {
    expect(statusFor()).not.toHaveProperty('warnings');
  });

  it('names the outputs that are wanted, and no others', () => {
    const pullSecret = {
      name: 'ci-pull',
      entries: [{ host: 'a.io', type: 'Anonymous', state: 'Anonymous' }],
    } as const;
    expect(statusFor(undefined, { pullSecret })).toMatchObject({ pullSecret });
    expect(statusFor(undefined, { pullSecret })).not.toHaveProperty('buildkitConfig');
    const buildkitConfig = { name: 'ci-buildkitd', revision: '3f6c01d2' };
    expect(statusFor(undefined, { buildkitConfig })).toMatchObject({ buildkitConfig });
  });
});

describe('any status that follows upon any other', () => {
  const WAITING: readonly BadReason[] = ['SecretNotFound', 'QuotaExceeded', 'CaNotFound'];
  const STALLING: readonly BadReason[] = ['SecretInvalid', 'TooLarge', 'TargetNotOwned'];
  const duty = fc.oneof(
    { weight: 3, arbitrary: fc.constant(fine) },
    { weight: 1, arbitrary: fc.constant(pending) },
    fc.constantFrom(...WAITING, ...STALLING).map((reason) => bad(reason)),
  );
  const findings = fc.oneof(
    { weight: 8, arbitrary: fc.record(Object.fromEntries(DUTY_TYPES.map((type) => [type, duty]))) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
  const step = fc.record({
    findings: findings.map((duties) =>
      duties === undefined ? finding({}, { specIssues: ['spec: broken'] }) : finding(duties),
    ),
    afterMs: fc.constantFrom(0, 1_000, MINUTE, 4 * MINUTE, 5 * MINUTE, 10 * MINUTE, -MINUTE),
    isEdited: fc.boolean(),
  });
  const steps = fc.array(step, { minLength: 1, maxLength: 8 });

  const property = (claim: (before: Story, after: Story, findings: Findings) => void): void => {
    fc.assert(
      fc.property(steps, (all) => {
        const story = new Story();
        for (const { findings, afterMs, isEdited } of all) {
          const before = new Story();
          Object.assign(before, { status: story.status, generation: story.generation });
          if (isEdited) {
            story.edited();
          }
          claim(before, story.after(afterMs).tell(findings), findings);
        }
      }),
    );
  };

  it('is one that tools which read kstatus understand', () => {
    property((_, { status, generation }) => {
      expect(brokenClaims(status, generation)).toEqual([]);
    });
  });

  it('is Ready exactly when every duty is done', () => {
    property((_, { state }, { duties, specIssues }) => {
      const isDone = Object.values(duties).every(({ kind }) => kind === 'Good');
      expect(state === 'Ready').toBe(isDone && specIssues.length === 0);
    });
  });

  it('is Stalled whenever something stalls at once', () => {
    property((_, { state }, { duties }) => {
      const stalls = Object.values(duties).some(
        (one) => one.kind === 'Bad' && stallsAtOnce(one.problem.reason),
      );
      expect(!stalls || state.startsWith('Stalled')).toBe(true);
    });
  });

  it('never moves lastTransitionTime of a condition whose status stays', () => {
    property((before, { status }) => {
      const stayed = (status.conditions ?? []).filter(
        (condition) => before.get(condition.type)?.status === condition.status,
      );
      for (const { type, lastTransitionTime } of stayed) {
        expect(lastTransitionTime).toBe(before.get(type)?.lastTransitionTime);
      }
    });
  });

  it('says when the wait ends exactly while it waits', () => {
    property((_, { state, stallsInMs }) => {
      expect(stallsInMs !== undefined).toBe(state.startsWith('Reconciling'));
      expect(stallsInMs ?? 1).toBeGreaterThan(0);
      expect(stallsInMs ?? 1).toBeLessThanOrEqual(5 * MINUTE);
    });
  });

  it('is itself when nothing changes and no time passes', () => {
    property((_, story, findings) => {
      const { status } = story;
      expect(story.tell(findings).status).toEqual(status);
    });
  });
});
