/**
 * Condition types and reasons: a closed vocabulary, part of the API. Where a reason is declared
 * decides how it is handled: one that waits may still come right by itself (kstatus Reconciling,
 * and Stalled after five minutes), one that stalls needs a person (Stalled at once).
 */

/** The duties that Ready sums up, in the order in which the first failing one speaks for it. */
export const DUTY_TYPES = [
  'CredentialsResolved',
  'MirrorsTrusted',
  'PullSecretSynced',
  'BuildkitConfigSynced',
] as const;
export type DutyType = (typeof DUTY_TYPES)[number];

/** Ready, and kstatus' abnormal-true pair, which are present only while they are True. */
export const SUMMARY_TYPES = ['Ready', 'Reconciling', 'Stalled'] as const;

export const CONDITION_TYPES = [...DUTY_TYPES, ...SUMMARY_TYPES] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** Reasons of conditions that are True. */
export type GoodReason =
  /** CredentialsResolved: every credential that spec asks for was found in its source. */
  | 'Resolved'
  /** CredentialsResolved, PullSecretSynced, BuildkitConfigSynced: spec does not ask for it. */
  | 'NotRequested'
  /** MirrorsTrusted: the operator runs with --trust=open, which trusts whoever may write a MirrorAuth. */
  | 'TrustNotRequired'
  /** PullSecretSynced, BuildkitConfigSynced, Ready: the output is what spec and sources say. */
  | 'Synced';

/** Reasons that may go away without anybody editing what they name. */
export type WaitingReason =
  /** CredentialsResolved: a Secret that spec names does not exist. */
  | 'SecretNotFound'
  /** CredentialsResolved: the Secret exists and has no entry for the registry's host. */
  | 'CredentialNotFound'
  /** Any: the operator may not read or write an object that spec names. */
  | 'AccessDenied'
  /** …Synced: an output of the same name is going away (deleted, or no longer wanted by its MirrorAuth). */
  | 'TargetReplacing'
  /** …Synced: the namespace is being deleted and takes no new objects. */
  | 'NamespaceTerminating'
  /** …Synced: a ResourceQuota refuses the output. */
  | 'QuotaExceeded'
  /** …Synced: the API server refused or did not answer the write; it is tried again. */
  | 'WriteFailed'
  /** …Synced: a ConfigMap or key that tls.caRef names does not exist. */
  | 'CaNotFound'
  /** BuildkitConfigSynced: the ConfigMap or key that baseRef names does not exist. */
  | 'BaseConfigNotFound';

/** Reasons that stay until a person mends what they name. */
export type StallingReason =
  /** CredentialsResolved: the Secret is not the Docker config or basic-auth pair that its type promises. */
  | 'SecretInvalid'
  /** CredentialsResolved: several entries of one Docker config speak of the host. */
  | 'AmbiguousCredential'
  /** CredentialsResolved: the credential cannot be used so (type of the Secret, token that is bound to its origin, helper). */
  | 'UnsupportedCredential'
  /** CredentialsResolved, …Synced: the source is itself an output of a MirrorAuth. */
  | 'SourceIsOutput'
  /** …Synced: an object of that name exists that mirrorauth did not make. */
  | 'TargetNotOwned'
  /** …Synced: another MirrorAuth wants the same output and keeps it. */
  | 'TargetConflict'
  /** …Synced: the output would exceed the 1 MiB that Kubernetes stores in one object. */
  | 'TooLarge'
  /** …Synced: somebody else keeps rewriting the output. */
  | 'Contended'
  /** …Synced: tls.caRef names something that is not PEM certificates. */
  | 'CaInvalid'
  /** BuildkitConfigSynced: the base is not TOML that buildkitd reads. */
  | 'BaseConfigInvalid'
  /** BuildkitConfigSynced: the base already sets what the MirrorAuth sets. */
  | 'BaseConfigConflict'
  /** Ready: the stored spec breaks a rule of this version. */
  | 'SpecInvalid';

/** Reason of a condition that could not be computed yet (status Unknown). */
export type UnknownReason = 'Pending';

export type BadReason = WaitingReason | StallingReason;
export type Reason = GoodReason | BadReason | UnknownReason;

const STALLS: Readonly<Record<BadReason, boolean>> = {
  SecretNotFound: false,
  CredentialNotFound: false,
  AccessDenied: false,
  TargetReplacing: false,
  NamespaceTerminating: false,
  QuotaExceeded: false,
  WriteFailed: false,
  CaNotFound: false,
  BaseConfigNotFound: false,
  SecretInvalid: true,
  AmbiguousCredential: true,
  UnsupportedCredential: true,
  SourceIsOutput: true,
  TargetNotOwned: true,
  TargetConflict: true,
  TooLarge: true,
  Contended: true,
  CaInvalid: true,
  BaseConfigInvalid: true,
  BaseConfigConflict: true,
  SpecInvalid: true,
};

/** Whether a person must mend it (Stalled at once), or it may still come by itself. */
export function stallsAtOnce(reason: BadReason): boolean {
  return STALLS[reason];
}

/** Every reason that Ready may have: for whoever counts by it. */
export const READY_REASONS: readonly string[] = ['Synced', 'Pending', ...Object.keys(STALLS)];

/** A failure that a person is told: why in one word, and what to do in a sentence. */
export interface Problem {
  readonly reason: BadReason;
  readonly message: string;
}
