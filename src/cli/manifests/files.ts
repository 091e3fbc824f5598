import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { count } from '../../core/plan/duty.ts';
import { UsageError } from '../options.ts';
import type { Notice } from '../problem.ts';
import type { ManifestFile } from './documents.ts';

/** Files as `kubectl apply -f` takes them: by name, all of a folder, or standard input. */

export const STANDARD_INPUT = '-';

/** The values of --filename. */
export function parseFileNames(names: readonly string[]): readonly string[] {
  if (names.filter((name) => name === STANDARD_INPUT).length > 1) {
    throw new UsageError('--filename=- is given twice: standard input can be read once');
  }
  return names;
}

/** What kubectl takes of a folder. */
const EXTENSION = /\.(?:ya?ml|json)$/;

export interface LoadOptions {
  /** Folders within folders too. */
  readonly recursive: boolean;
  readonly readStdin: () => Promise<Uint8Array>;
}

export interface LoadedFiles {
  readonly files: readonly ManifestFile[];
  readonly problems: readonly Notice[];
  /** Folders within folders that were passed over: what is missed may be there. */
  readonly hints: readonly Notice[];
}

/** In the order of `names`, each file once, those of a folder by name; what cannot be read is a problem. */
export async function loadFiles(
  names: readonly string[],
  options: LoadOptions,
): Promise<LoadedFiles> {
  const loaded: LoadedFiles[] = [];
  for (const name of names) {
    loaded.push(await load(name, options));
  }
  return together(loaded);
}

async function load(file: string, options: LoadOptions): Promise<LoadedFiles> {
  if (file === STANDARD_INPUT) {
    return { ...NOTHING, files: [{ file, bytes: await options.readStdin() }] };
  }
  try {
    return (await stat(file)).isDirectory()
      ? await loadFolder(file, options)
      : { ...NOTHING, files: [{ file, bytes: await readFile(file) }] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const message = `cannot be read (${code}): correct its name, or grant the right to read it`;
    return { ...NOTHING, problems: [{ file, message }] };
  }
}

async function loadFolder(folder: string, options: LoadOptions): Promise<LoadedFiles> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => (entry.isDirectory() ? options.recursive : EXTENSION.test(entry.name)))
    .map(({ name }) => join(folder, name))
    .toSorted();
  const found = await loadFiles(names, options);
  const isEmpty = found.files.length === 0 && found.problems.length === 0;
  if (isEmpty && !options.recursive) {
    return { ...NOTHING, problems: [{ file: folder, message: NO_MANIFESTS }] };
  }
  const unread = options.recursive ? [] : entries.filter((entry) => entry.isDirectory());
  const hint = `${count(unread.length, 'folder in it was', 'folders in it were')} not read: add --recursive if they hold what is missing`;
  return { ...found, hints: unread.length === 0 ? [] : [{ file: folder, message: hint }] };
}

const NO_MANIFESTS =
  'holds no .yaml, .yml or .json file: name another folder, or add --recursive for those below it';

const NOTHING: LoadedFiles = { files: [], problems: [], hints: [] };

/** `-f . -f a.yaml` names one file twice. */
function together(loaded: readonly LoadedFiles[]): LoadedFiles {
  const byPath = new Map<string, ManifestFile>();
  for (const one of loaded.flatMap(({ files }) => files)) {
    const path = one.file === STANDARD_INPUT ? STANDARD_INPUT : resolve(one.file);
    byPath.set(path, byPath.get(path) ?? one);
  }
  return {
    files: [...byPath.values()],
    problems: loaded.flatMap(({ problems }) => problems),
    hints: loaded.flatMap(({ hints }) => hints),
  };
}
