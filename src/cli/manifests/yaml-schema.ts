import type { CreateNodeOptions, DocumentOptions, ParseOptions, SchemaOptions, Tags } from 'yaml';

/**
 * YAML as kubectl reads it (sigs.k8s.io/yaml v1.6.0 over go.yaml.in/yaml/v2 v2.4.4 resolve.go): 1.1
 * with its `on`, `yes` and `y`, octal 010 and merge keys, but without sexagesimal numbers, dates,
 * sets and ordered maps; and with 1.2's octal 0o10. A test puts a table of scalars to both.
 */
export const KUBECTL_YAML = {
  schema: 'yaml-1.1',
  customTags: kubectlTags,
  // Its warnings are printed and quote keys.
  logLevel: 'error',
} as const satisfies ParseOptions & DocumentOptions & SchemaOptions & CreateNodeOptions;

/** Tags by the end of their URI; kubectl takes such values for plain strings, lists and maps. */
const UNKNOWN_TO_KUBECTL: ReadonlySet<string> = new Set(['timestamp', 'omap', 'pairs', 'set']);

function kubectlTags(tags: Tags): Tags {
  const known = tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (tag.format !== 'TIME' && !UNKNOWN_TO_KUBECTL.has(tag.tag.replace(/^.*:/, ''))),
  );
  return [...known, OCTAL_WITH_O];
}

const OCTAL_WITH_O = {
  identify: () => false,
  default: true,
  tag: 'tag:yaml.org,2002:int',
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text: string): number => Number(text.replaceAll('_', '').replace(/^[-+]/, '')),
} as const;
