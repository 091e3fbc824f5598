import type { MirrorAuthSpec, Registry, SecretRef } from '../../api/mirrorauth.ts';
import { isRecord } from '../docker/docker-config.ts';

/**
 * Where an entry of the pull Secret came from: names only. Recorded on the Secret, so that an entry
 * is kept in hard times only while spec still wants that very credential there.
 */
export interface Provenance {
  readonly host: string;
  readonly type: 'SecretRef' | 'DuplicateOf';
  readonly duplicateOf?: string;
  readonly secretName: string;
  readonly key?: string;
  readonly entry?: string;
}

/** What spec wants for one registry's host, or undefined where no credential is wanted. */
export function provenanceOf(spec: MirrorAuthSpec, registry: Registry): Provenance | undefined {
  const { host, credentials } = registry;
  if (credentials?.duplicateOf !== undefined) {
    return duplicate(spec, host, credentials.duplicateOf);
  }
  return credentials?.secretRef && { host, type: 'SecretRef', ...sourceOf(credentials.secretRef) };
}

function duplicate(
  spec: MirrorAuthSpec,
  host: string,
  duplicateOf: string,
): Provenance | undefined {
  const origin = spec.registries?.find((registry) => registry.host === duplicateOf);
  const secretRef = origin?.credentials?.secretRef;
  return secretRef && { host, type: 'DuplicateOf', duplicateOf, ...sourceOf(secretRef) };
}

function sourceOf({
  name,
  key,
  entry,
}: SecretRef): Pick<Provenance, 'secretName' | 'key' | 'entry'> {
  return {
    secretName: name,
    ...(key !== undefined && { key }),
    ...(entry !== undefined && { entry }),
  };
}

const FIELDS = ['host', 'type', 'duplicateOf', 'secretName', 'key', 'entry'] as const;

/** One line of text for one provenance; equal provenances give equal lines. */
export function provenanceLine(provenance: Provenance): string {
  return JSON.stringify(Object.fromEntries(FIELDS.map((field) => [field, provenance[field]])));
}

/** The annotation's value: a JSON array, sorted by host. */
export function provenanceAnnotation(provenances: readonly Provenance[]): string {
  const sorted = provenances.toSorted((a, b) => (a.host < b.host ? -1 : 1));
  return `[${sorted.map(provenanceLine).join(',')}]`;
}

/** Lines of the provenances that a live annotation holds; none when it is not one of ours. */
export function recordedProvenances(annotation: string | undefined): ReadonlySet<string> {
  const value = parseJson(annotation ?? '[]');
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return new Set(items.filter(isFlat).map((item) => JSON.stringify(item)));
}

/** Anybody may have written the annotation, and deep values overflow the stack of JSON.stringify. */
function isFlat(item: unknown): boolean {
  return isRecord(item) && Object.values(item).every((field) => typeof field === 'string');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
