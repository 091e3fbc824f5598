import type { Problem } from '../../api/conditions.ts';
import type { MirrorAuthSpec, Registry } from '../../api/mirrorauth.ts';
import type { Source } from './observed.ts';
import { provenanceOf } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import { duplicable, sourceReader } from '../docker/source-credential.ts';
import type { SourceCredential, SourceReader, SourceSecret } from '../docker/source-credential.ts';

/** What the sources say about the entry of one registry's host. */
export interface Resolution {
  readonly provenance: Provenance;
  readonly outcome: Outcome;
}

export type Outcome =
  | ({ readonly kind: 'Resolved' } & SourceCredential)
  /** The source was seen a moment ago: keep quiet and wait. */
  | { readonly kind: 'JustLost'; readonly problem: Problem }
  | { readonly kind: 'Unresolved'; readonly problem: Problem };

export type Secrets = ReadonlyMap<string, Source<SourceSecret>>;

/** Names of the Secrets that the wanted entries come from, each once. */
export function sourceSecretNames(spec: MirrorAuthSpec): readonly string[] {
  return [...new Set(wantedEntries(spec).map(({ secretName }) => secretName))];
}

/** One resolution for each entry that spec wants in the pull Secret. */
export function resolveCredentials(spec: MirrorAuthSpec, secrets: Secrets): readonly Resolution[] {
  const readers = new Map<SourceSecret, SourceReader>();
  const readerOf: ReaderOf = (secret) => {
    const reader = readers.get(secret) ?? sourceReader(secret);
    readers.set(secret, reader);
    return reader;
  };
  return wantedEntries(spec).map((provenance) => ({
    provenance,
    outcome: resolve(provenance, secrets, readerOf),
  }));
}

/** Several hosts take their credentials from one Secret. */
type ReaderOf = (secret: SourceSecret) => SourceReader;

function wantedEntries(spec: MirrorAuthSpec): readonly Provenance[] {
  return spec.pullSecret === undefined
    ? []
    : (spec.registries ?? []).flatMap((registry) =>
        registry.pullSecretEntry === 'Omit' ? [] : (provenanceOf(spec, registry) ?? []),
      );
}

function resolve(provenance: Provenance, secrets: Secrets, readerOf: ReaderOf): Outcome {
  const source = secrets.get(provenance.secretName) ?? { kind: 'NotFound', justLost: false };
  if (source.kind === 'NotFound') {
    return {
      kind: source.justLost ? 'JustLost' : 'Unresolved',
      problem: {
        reason: 'SecretNotFound',
        message: `Secret ${provenance.secretName} does not exist: create it, or correct secretRef.name`,
      },
    };
  }
  if (source.kind === 'AccessDenied') {
    return {
      kind: 'Unresolved',
      problem: {
        reason: 'AccessDenied',
        message: `Secret ${provenance.secretName} cannot be read: grant the operator get on it`,
      },
    };
  }
  return readCredential(provenance, source.object, readerOf);
}

function readCredential(provenance: Provenance, secret: SourceSecret, readerOf: ReaderOf): Outcome {
  const read = readerOf(secret)({
    host: provenance.duplicateOf ?? provenance.host,
    ...(provenance.key !== undefined && { key: provenance.key }),
    ...(provenance.entry !== undefined && { entry: provenance.entry }),
  });
  const result =
    read.ok && provenance.type === 'DuplicateOf' ? duplicable(read.value, secret.name) : read;
  return result.ok
    ? { kind: 'Resolved', ...result.value }
    : { kind: 'Unresolved', problem: result.problem };
}

/** Reasons that say: there is a credential, and it is not one to write. */
const REFUSING: ReadonlySet<string> = new Set([
  'AmbiguousCredential',
  'UnsupportedCredential',
  'SourceIsOutput',
]);

/** Whether a credential is there and must not be used, rather than missing. */
export function isRefused(problem: Problem): boolean {
  return REFUSING.has(problem.reason);
}

/** What a registry without an entry of its own shows in status. */
export function stateWithoutEntry(registry: Registry): 'Anonymous' | 'Omitted' {
  return registry.pullSecretEntry === 'Omit' ? 'Omitted' : 'Anonymous';
}
