import { isObject } from '../../kube/object.ts';
import { partOf } from './located.ts';
import type { Located } from './located.ts';

/**
 * The objects of a document: itself, or the items of a List. What a typed list (SecretList) holds
 * need not say its kind, as in answers of the API server.
 */
export function objectsOf(document: Located): readonly Located[] {
  const { value } = document;
  if (!isObject(value) || !isList(value['kind']) || !Array.isArray(value['items'] ?? [])) {
    return [document];
  }
  const { apiVersion, kind } = value;
  const itemKind = kind.slice(0, -LIST.length);
  const implied = itemKind === '' ? {} : { apiVersion, kind: itemKind };
  const items: readonly unknown[] = Array.isArray(value['items']) ? value['items'] : [];
  return items.flatMap((item, index) => {
    const whole: unknown = isObject(item) ? { ...implied, ...item } : item;
    return objectsOf(partOf(document, whole, ['items', index]));
  });
}

const LIST = 'List';

function isList(kind: unknown): kind is string {
  return typeof kind === 'string' && kind.endsWith(LIST);
}
