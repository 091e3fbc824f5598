import { mirrorAuthSchema } from '../../api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import type { SchemaNode } from '../../api/crd.ts';
import { isObject } from '../../kube/object.ts';
import type { JsonObject } from '../../kube/object.ts';
import type { Fault, Path } from './located.ts';

/** MirrorAuths: every rule of the API that one breaks, with the field that breaks it. */

export interface ReadSpec {
  /** Undefined where a rule is broken. */
  readonly spec: MirrorAuthSpec | undefined;
  readonly faults: readonly Fault[];
}

/** @param schema of the whole object, as in the CRD: it knows which fields there are */
export function readSpec(value: JsonObject, schema: SchemaNode): ReadSpec {
  const { metadata, spec } = value;
  const name = isObject(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const parsed = mirrorAuthSchema.safeParse({ metadata: { name }, spec });
  const unknown = unknownFields(value, schema, []);
  if (parsed.success) {
    return { spec: parsed.data.spec, faults: unknown };
  }
  const broken = parsed.error.issues.map((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    return { path, reason: 'SpecInvalid', message: messageOf(issue, partAt(value, path)) };
  });
  return { spec: undefined, faults: [...unknown, ...broken] };
}

/** Fields that the schema does not have; the API server refuses them, or drops them when told to. */
function unknownFields(value: unknown, schema: SchemaNode, path: Path): readonly Fault[] {
  if (Array.isArray(value)) {
    const items = schema['items'];
    return isObject(items)
      ? value.flatMap((item, index) => unknownFields(item, items, [...path, index]))
      : [];
  }
  const known = schema['properties'];
  return isObject(value) && isObject(known)
    ? Object.entries(value).flatMap(([key, part]) => {
        const node = Object.hasOwn(known, key) ? known[key] : undefined;
        return isObject(node)
          ? unknownFields(part, node, [...path, key])
          : [{ path: [...path, key], message: unknownField(Object.keys(known)) }];
      })
    : [];
}

function unknownField(known: readonly string[]): string {
  return `is no field here, for which the API server refuses the object: write one of ${known.join(', ')}`;
}

type Issue = NonNullable<ReturnType<typeof mirrorAuthSchema.safeParse>['error']>['issues'][number];

/** zod's own texts say less than can be said; those of the rules say all. */
function messageOf(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_type') {
    const what = TYPES[issue.expected] ?? issue.expected;
    return value === undefined
      ? `is missing: write ${what}`
      : `is of the wrong type: write ${what}`;
  }
  if (issue.code === 'invalid_value') {
    return `is unknown: write one of ${issue.values.join(', ')}`;
  }
  return issue.code === 'invalid_format' && issue.message.startsWith('Invalid string')
    ? `does not match ${String(issue.pattern)}: write a text that does`
    : issue.message;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text, in quotes where it looks like a number or like yes',
  boolean: 'true or false',
  object: 'an object',
  record: 'a map of texts',
  array: 'a list',
};

function partAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((part, key) => {
    if (Array.isArray(part)) {
      return typeof key === 'number' ? part[key] : undefined;
    }
    return isObject(part) ? part[key] : undefined;
  }, value);
}
