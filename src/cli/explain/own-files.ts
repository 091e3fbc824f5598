import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Buffer } from 'node:buffer';
import type { BuilderFiles } from '../../core/explain/explanation.ts';
import { Redacted } from '../../core/redacted.ts';
import type { World } from '../command.ts';
import type { Notice } from '../problem.ts';

/** The files of whoever sits at this machine: those that docker, buildctl and buildkitd read. */

export const BUILDKITD_TOML_PATH = '/etc/buildkit/buildkitd.toml';

export interface OwnFileNames {
  /** Undefined: where docker looks. */
  readonly config: string | undefined;
  /** Undefined: where buildkitd looks. */
  readonly buildkitdConfig: string | undefined;
}

export interface ReadFiles {
  readonly files: BuilderFiles;
  readonly problems: readonly Notice[];
}

export async function readOwnFiles(
  names: OwnFileNames,
  environment: World['environment'],
): Promise<ReadFiles> {
  const config = await read(names.config, dockerConfigPath(environment));
  const toml = await read(names.buildkitdConfig, BUILDKITD_TOML_PATH);
  const variable = environment['DOCKER_AUTH_CONFIG'] ?? '';
  return {
    files: {
      config: config.bytes && {
        name: config.name,
        bytes: new Redacted(config.bytes),
        origins: new Map(),
      },
      dockerAuthConfig: variable === '' ? undefined : new Redacted(variable),
      buildkitdToml: toml.bytes && { name: toml.name, text: Buffer.from(toml.bytes).toString() },
    },
    problems: [...config.problems, ...toml.problems],
  };
}

/** docker/cli v29.9.0 cli/config/config.go Dir */
function dockerConfigPath(environment: World['environment']): string {
  const folder = environment['DOCKER_CONFIG'] ?? '';
  const home = environment['HOME'] ?? '';
  return join(
    folder === '' ? join(home === '' ? homedir() : home, '.docker') : folder,
    'config.json',
  );
}

interface ReadFile {
  readonly name: string;
  /** Undefined: there is none, or it cannot be read. */
  readonly bytes: Uint8Array | undefined;
  readonly problems: readonly Notice[];
}

/** A file that nobody named need not be there. */
async function read(named: string | undefined, otherwise: string): Promise<ReadFile> {
  const name = named ?? otherwise;
  try {
    return { name, bytes: await readFile(name), problems: [] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const message = `cannot be read (${code}): correct its name, or grant the right to read it`;
    const isFine = named === undefined && (code === 'ENOENT' || code === 'ENOTDIR');
    return { name, bytes: undefined, problems: isFine ? [] : [{ file: name, message }] };
  }
}
