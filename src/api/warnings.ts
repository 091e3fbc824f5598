/**
 * Warnings: what is done all the same, although it may not be what was meant. A closed vocabulary,
 * part of the API: a warning stands in status, its name is the reason of an event, and docs/reasons
 * has a page of that name.
 */

/** In the order of the documentation. None of them keeps anything from being written. */
export const WARNING_REASONS = [
  /** Source: other keys give the same host another login; builders use the exact key's. */
  'OtherEntryIgnored',
  /** Source: a credential helper is named for hosts that nobody asked for; it is not written. */
  'HelperIgnored',
  /** Source: an entry that nobody asked for is broken, for which docker drops others at random. */
  'OtherEntryInvalid',
  /** Source: `auth` is base64 that docker does not read; it is written as docker reads it. */
  'AuthNormalised',
  /** Source: the password ends in a newline, which is sent. */
  'PasswordEndsInNewline',
  /** Source: the password ends in NUL, or begins with it, which docker and its kin cut off. */
  'PasswordEndsInNul',
  /** Source: `auth` says another login than `username` and `password`; `auth` is used. */
  'LoginsDiffer',
  /** Source: a JSON object has a key twice; the last one counts. */
  'DuplicateKey',
  /** Source: a key has a wildcard, which kubelet alone understands; it matches no host here. */
  'WildcardKeyIgnored',
  /** Spec: the host is the builder's own pod. */
  'PodLocalHost',
  /** Spec: the credential is sent over plain HTTP, or over TLS that is not verified. */
  'UnprotectedCredential',
  /** Spec: two endpoints of one origin share a host, where BuildKit reuses the first one's token. */
  'TokenScopeReuse',
  /** Spec: buildx, and it alone, gives this host Docker Hub's credential when it has none. */
  'ImplicitHubCredential',
  /** Base: it has keys that buildkitd does not read; they are carried over. */
  'BaseKeyIgnored',
  /** Output: it has more than four fifths of what one object may hold. */
  'NearlyTooLarge',
] as const;

export type WarningReason = (typeof WARNING_REASONS)[number];

/** Something that a person should look at, in one word and in a sentence. */
export interface Warning {
  readonly reason: WarningReason;
  /** What is so, and what to write instead; names of objects and hosts, never a value. */
  readonly message: string;
}
