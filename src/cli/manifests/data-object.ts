import { Buffer } from 'node:buffer';
import type { OutputKind } from '../../core/plan/output.ts';
import { isObject } from '../../kube/object.ts';
import type { JsonObject } from '../../kube/object.ts';
import type { Fault } from './located.ts';

/**
 * Secrets and ConfigMaps: what the API server's strict decoding refuses in them, and what it would
 * store. The values are decoded where the controller's are (controller/kinds.ts).
 */
export interface DataObject {
  /** The object as it would be stored; to be used only if there are no faults. */
  readonly stored: JsonObject;
  readonly faults: readonly Fault[];
}

export function readDataObject(kind: OutputKind, value: JsonObject): DataObject {
  const maps = MAPS[kind].map((map) => readMap(value, map));
  return {
    stored: {
      // The last of two equal keys counts: stringData wins over data.
      data: Object.fromEntries(maps.flatMap(({ entries }) => entries)),
      type: value['type'] === '' ? undefined : value['type'],
      immutable: value['immutable'],
    },
    faults: [
      ...unknownFields(kind, value),
      ...FIELD_RULES.flatMap(({ field, type, message }) =>
        [type, 'undefined'].includes(typeof (value[field] ?? undefined))
          ? []
          : [{ path: [field], message }],
      ),
      ...maps.flatMap(({ faults }) => faults),
    ],
  };
}

interface DataMap {
  readonly field: string;
  /** Undefined for a text that it cannot hold. */
  readonly toStored: (text: string) => string | undefined;
  readonly message: string;
}

/** Go's decoder skips line ends and nothing else (encoding/base64, go1.26). */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const MAPS: Readonly<Record<OutputKind, readonly DataMap[]>> = {
  Secret: [
    {
      field: 'data',
      toStored: (text) => {
        const digits = text.replaceAll(/[\r\n]/g, '');
        return BASE64.test(digits) ? digits : undefined;
      },
      message: 'is not base64: write the base64 of the value, or the value itself under stringData',
    },
    {
      field: 'stringData',
      toStored: (text) => Buffer.from(text).toString('base64'),
      message: 'is no text',
    },
  ],
  ConfigMap: [{ field: 'data', toStored: (text) => text, message: 'is no text' }],
};

const FIELD_RULES = [
  { field: 'type', type: 'string', message: 'is no text: write it in quotes' },
  { field: 'immutable', type: 'boolean', message: 'is neither true nor false: write one of them' },
];

interface ReadMap {
  readonly entries: readonly (readonly [key: string, stored: string])[];
  readonly faults: readonly Fault[];
}

function readMap(object: JsonObject, map: DataMap): ReadMap {
  const value = object[map.field] ?? {};
  if (!isObject(value)) {
    const message = 'is no map from keys to values: write key: value below it';
    return { entries: [], faults: [{ path: [map.field], message }] };
  }
  const read = Object.entries(value).map(([key, text]) => readEntry(map, key, text));
  return {
    entries: read.flatMap((one) => ('message' in one ? [] : [one])),
    faults: read.flatMap((one) => ('message' in one ? [one] : [])),
  };
}

/** k8s.io/apimachinery v0.37 IsConfigMapKey. */
const KEY = /^(?!\.\.?$|\.\.)[-._a-zA-Z0-9]{1,253}$/;

function readEntry(
  { field, toStored, message }: DataMap,
  key: string,
  text: unknown,
): readonly [string, string] | Fault {
  const path = [field, key];
  if (!KEY.test(key)) {
    return { path, message: 'is no legal key: write letters, digits, "-", "_" and "."' };
  }
  // `password:` without a value; kubectl refuses it.
  if (text === null) {
    return { path, message: 'has no value: write one, or "" for an empty one' };
  }
  if (typeof text !== 'string') {
    return { path, message: 'is no text: put numbers, true and yes in quotes' };
  }
  const stored = toStored(text);
  return stored === undefined ? { path, message } : [key, stored];
}

const FIELDS: Readonly<Record<OutputKind, readonly string[]>> = {
  Secret: ['apiVersion', 'kind', 'metadata', 'data', 'stringData', 'type', 'immutable'],
  ConfigMap: ['apiVersion', 'kind', 'metadata', 'data', 'binaryData', 'immutable'],
};

/** A field that slipped out of stringData may be a secret itself, so its name is not shown. */
function unknownFields(kind: OutputKind, value: JsonObject): readonly Fault[] {
  return Object.keys(value)
    .filter((field) => !FIELDS[kind].includes(field))
    .map((field) => ({
      path: [field],
      isFieldSecret: true as const,
      message: `a field here is none of a ${kind}'s: write one of ${FIELDS[kind].slice(3).join(', ')}, in this very spelling`,
    }));
}
