import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import type { MirrorAuthStatus } from '../../api/status.ts';
import type { LiveObject, ObjectName, Owner } from './output.ts';
import type { SourceSecret } from '../docker/source-credential.ts';

/** The snapshot that `plan` decides from. Absence is data, not an exception. */

/** What became of an object that spec names. */
export type Source<T> =
  | { readonly kind: 'Found'; readonly object: T }
  /**
   * There is none. `justLost`: this process saw one a moment ago; rotators delete and create, so it
   * is not reported yet.
   */
  | { readonly kind: 'NotFound'; readonly justLost: boolean }
  | { readonly kind: 'AccessDenied' };

/** A ConfigMap that spec names; `binaryData` is no text and counts as absent. */
export interface SourceConfigMap {
  readonly name: string;
  readonly data: ReadonlyMap<string, string>;
  /** Whether a MirrorAuth controls it. */
  readonly isOutput: boolean;
}

/** The object under the name of an output. */
export type Live =
  | { readonly kind: 'Absent' }
  | { readonly kind: 'AccessDenied' }
  | { readonly kind: 'Live'; readonly object: LiveObject };

/** Another MirrorAuth of the namespace. */
export interface Rival {
  readonly name: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  /** The outputs that its spec asks for; none while it is being deleted. */
  readonly wants: readonly ObjectName[];
}

/** The MirrorAuth itself. */
export interface Subject {
  readonly owner: Owner;
  readonly namespace: string;
  readonly generation: number;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  /** Issues instead of a spec: the stored one breaks a rule of this version. */
  readonly spec: { readonly valid: MirrorAuthSpec } | { readonly issues: readonly string[] };
  readonly status: MirrorAuthStatus;
  /** Value of the annotation mirrorauth.dev/reconcile-requested-at. */
  readonly reconcileRequest?: string;
}

export interface Observed {
  readonly subject: Subject;
  readonly secrets: ReadonlyMap<string, Source<SourceSecret>>;
  readonly configMaps: ReadonlyMap<string, Source<SourceConfigMap>>;
  readonly pullSecret: Live;
  readonly buildkitConfig: Live;
  readonly rivals: readonly Rival[];
  /** Objects whose controller is the subject and that spec does not ask for. */
  readonly orphans: readonly LiveObject[];
  /** Outputs that somebody else kept rewriting. */
  readonly contended: readonly ObjectName[];
}
