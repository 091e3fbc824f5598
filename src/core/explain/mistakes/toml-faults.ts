import { configFaults } from '../../buildkit/config-faults.ts';
import type { UnknownKey } from '../../buildkit/config-faults.ts';
import { isListShape } from '../../buildkit/config-keys.ts';
import type { Scalar, Shape } from '../../buildkit/config-keys.ts';
import { parseToml, plainKey } from '../../buildkit/toml.ts';
import type { TomlFault } from '../../buildkit/toml.ts';
import type { Finder } from './finder.ts';
import { code, quoted, shown, tableHeader } from './shown.ts';

/** What buildkitd refuses to start with, and what it does not read. */

export const tomlInvalid: Finder = ({ files: { buildkitdToml: file } }) => {
  if (file === undefined) {
    return [];
  }
  const parsed = parseToml(file.text);
  if (!parsed.ok) {
    return [{ where: `${file.name}${placeInText(parsed.fault)}`, message: NO_TOML }];
  }
  return configFaults(parsed.table).flatMap((fault) =>
    fault.kind === 'WrongType'
      ? [
          {
            where: `${file.name}, ${placeOf(fault.path)}`,
            message: `buildkitd does not start with this value. Write${code(...exampleOf(fault.path, fault.wanted))}`,
          },
        ]
      : [],
  );
};

const NO_TOML =
  'this is no TOML, and buildkitd does not start. Correct it there; a host stands in quotes, and so ' +
  `does every text:${code('[registry."docker.io"]', '  mirrors = ["m.corp:5000"]')}`;

function placeInText(fault: TomlFault | undefined): string {
  return fault === undefined ? '' : `, line ${String(fault.line)}, column ${String(fault.column)}`;
}

/** What mirrorauth writes by itself is known, so that others came with the base. */
export const unknownKey: Finder = ({ files: { buildkitdToml, made } }) => {
  const file = made?.base ?? buildkitdToml;
  if (file === undefined) {
    return [];
  }
  const parsed = parseToml(file.text);
  return (parsed.ok ? configFaults(parsed.table) : []).flatMap((fault) =>
    fault.kind === 'UnknownKey'
      ? [{ where: `${file.name}, ${placeOf(fault.path)}`, message: adviceFor(fault) }]
      : [],
  );
};

function adviceFor({ path, nearest: near, known, splitHost }: UnknownKey): string {
  const nearest = isEndpoint(path) ? 'mirrors' : near;
  if (splitHost !== undefined) {
    return `a dot outside quotes begins a table of its own. Write${code(tableHeader(splitHost))}`;
  }
  const unread = 'buildkitd reads no such key, and does not say so. ';
  if (nearest !== undefined) {
    const meant = [...path.slice(0, -1), nearest];
    return `${unread}Write${code(...exampleOf(meant, known[nearest] ?? 'any'))}`;
  }
  return `${unread}Take it out; it knows ${Object.keys(known).join(', ')} here.`;
}

/** What containerd and k3s call the mirrors of a registry. */
function isEndpoint(path: readonly string[]): boolean {
  return plainKey(path[0] ?? '') === 'registry' && /^endpoints?$/.test(plainKey(path[2] ?? ''));
}

/** `[registry."docker.io"] mirrors`; a key of the root alone. */
function placeOf(path: readonly string[]): string {
  const key = keyText(path.at(-1) ?? '');
  const header = headerOf(path.slice(0, -1));
  return header === '' ? key : `${header} ${key}`;
}

function headerOf(path: readonly string[]): string {
  return path.length === 0 ? '' : `[${path.map(keyText).join('.')}]`;
}

/** Hosts are quoted always, as they mostly must be. */
function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? shown(key) : quoted(key);
}

function exampleOf(path: readonly string[], wanted: Shape): readonly string[] {
  const header = headerOf(path.slice(0, -1));
  const key = keyText(path.at(-1) ?? '');
  if (typeof wanted === 'string' || isListShape(wanted)) {
    const line = `${key} = ${valueText(wanted)}`;
    return header === '' ? [line] : [header, `  ${line}`];
  }
  return path.length === 2 && plainKey(path[0] ?? '') === 'registry'
    ? ['[registry."<host>"]', `  ${key} = …`]
    : [headerOf('*' in wanted ? [...path, '<name>'] : path)];
}

function valueText(shape: Scalar | readonly [Shape]): string {
  if (typeof shape === 'string') {
    return VALUE_TEXTS[shape];
  }
  const [item] = shape;
  return typeof item === 'string'
    ? '["…"]'
    : `[{${Object.keys(item)
        .map((key) => `${key} = …`)
        .join(', ')}}]`;
}

const VALUE_TEXTS: Readonly<Record<Scalar, string>> = {
  boolean: 'true  # or false',
  integer: '1  # a whole number',
  natural: '1  # a whole number, not below 0',
  string: '"…"',
  duration: '"48h"  # or a number of seconds',
  size: '"10GB"  # or "5%"',
  any: '"…"',
};
