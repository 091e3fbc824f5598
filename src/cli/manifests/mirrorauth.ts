import { faultsOf } from '../../api/fault.ts';
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
  const parsed = mirrorAuthSchema.safeParse({ metadata: { name }, spec }, { reportInput: true });
  const unknown = unknownFields(value, schema, []);
  if (parsed.success) {
    return { spec: parsed.data.spec, faults: unknown };
  }
  const broken = faultsOf(parsed.error).map((fault) => ({ ...fault, reason: 'SpecInvalid' }));
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
