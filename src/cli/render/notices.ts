import type { Problem } from '../../api/conditions.ts';
import type { Warning } from '../../api/warnings.ts';
import type { Placed, SourceKey } from '../../core/plan/place.ts';
import { called } from '../manifests/header.ts';
import type { Identity } from '../manifests/header.ts';
import type { DataManifest, Manifests, MirrorAuthManifest } from '../manifests/manifests.ts';
import type { Notice } from '../problem.ts';

/** Where to tell people of a problem or warning: at the field, or in the source that it names. */

/** Finds sources by what spec calls them. */
export interface Sources {
  readonly find: (namespace: string, source: SourceKey) => DataManifest | undefined;
  /** Why one that is wanted may not have been found. */
  readonly absence: (namespace: string, source: SourceKey) => readonly string[];
}

export function sourcesOf({ secrets, configMaps, refused, hasNameless }: Manifests): Sources {
  const all = [...secrets, ...configMaps];
  const found = new Map(all.map((manifest) => [called(manifest.identity), manifest]));
  const known = [...all.map(({ identity }) => identity), ...refused];
  return {
    find: (namespace, source) => found.get(called({ ...source, namespace })),
    absence: (namespace, source) => [
      `looked for in namespace ${namespace}`,
      ...elsewhere(known, source),
      ...(hasNameless ? ['it may be among what could not be read, see above'] : []),
    ],
  };
}

function elsewhere(known: readonly Identity[], { kind, name }: SourceKey): readonly string[] {
  const namespaces = known.flatMap((one) =>
    one.kind === kind && one.name === name ? [one.namespace] : [],
  );
  return namespaces.length === 0
    ? []
    : [`one of that name is in namespace ${[...new Set(namespaces)].join(', ')}`];
}

/** What is said of a source that is there stands in that source, and names the field that wants it. */
export function noticeAt(
  { identity, placeOf }: MirrorAuthManifest,
  { path, source }: Placed,
  {
    about: { reason, message },
    sources,
  }: { readonly about: Problem | Warning; readonly sources: Sources },
): Notice {
  const field = placeOf(path);
  if (source === undefined) {
    return { ...field, reason, message };
  }
  const { namespace } = identity;
  const manifest = sources.find(namespace, source);
  return manifest === undefined
    ? { ...field, reason, message: [message, ...sources.absence(namespace, source)].join('; ') }
    : {
        ...manifest.placeOfKey(source.key),
        reason,
        message: withoutSubject(message, source),
        wantedBy: field,
      };
}

/** The place says already which object it is, and which key. */
function withoutSubject(message: string, { kind, name, key = '' }: SourceKey): string {
  const subject = `${kind} ${name}`;
  const spellings = [
    `${subject}, key ${key}: `,
    `${subject}: key ${key}: `,
    `${subject}: `,
    `${subject} `,
  ];
  const told = spellings.find((spelling) => message.includes(spelling)) ?? '';
  return message.replace(told, '');
}
