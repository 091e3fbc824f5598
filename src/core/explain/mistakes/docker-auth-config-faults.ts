import type { Redacted } from '../../redacted.ts';
import { decodeAuth } from '../docker-config-reader.ts';
import { isField, jsonFaultAt, membersOf, parseFirst, stringField } from '../go-json.ts';
import type { GoJson, Member } from '../go-json.ts';
import { quoted } from './shown.ts';

/**
 * Why docker leaves the variable aside (docker/cli v29.9.0 cli/config/configfile/file.go
 * parseEnvConfig): names and places, never a value.
 */
export function dockerAuthConfigFaults(text: Redacted<string>): readonly string[] {
  const root = parseFirst(text.reveal());
  if (root === undefined) {
    const at = jsonFaultAt(text.reveal());
    const place = at && ` at line ${String(at.line)}, column ${String(at.column)}`;
    return [`it is no JSON${place ?? ''}`];
  }
  if (root.value.kind !== 'Object') {
    return ['it is no object, or more than one'];
  }
  const faults = root.value.members.flatMap((member) =>
    isField(member, 'auths') ? faultsOfAuths(member.value) : [`it takes no ${quoted(member.name)}`],
  );
  const [first = 'something stands behind its object', ...others] = faults.slice(0, MAX_FAULTS);
  return [first, ...others];
}

const MAX_FAULTS = 5;

function faultsOfAuths(value: GoJson): readonly string[] {
  return value.kind === 'Object' || value.kind === 'Null'
    ? membersOf(value).flatMap(faultsOfEntry)
    : ['auths is no object'];
}

function faultsOfEntry({ name, value }: Member): readonly string[] {
  const fields = membersOf(value);
  const strange = fields.filter((field) => !isField(field, 'auth'));
  if (strange.length > 0) {
    return strange.map((field) => `${quoted(name)} takes no ${quoted(field.name)}`);
  }
  if (fields.some((field) => field.value.kind !== 'String' && field.value.kind !== 'Null')) {
    return [`auth of ${quoted(name)} is no text`];
  }
  if (stringField(value, 'auth') === '') {
    return [`${quoted(name)} has no auth`];
  }
  return decodeAuth(stringField(value, 'auth')) === undefined
    ? [`auth of ${quoted(name)} is not the padded base64 of user:password`]
    : [];
}
