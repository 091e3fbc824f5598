import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import { run } from './run.ts';
import { UserError } from './user-error.ts';

export interface BuildkitdLaunch {
  readonly command: string;
  readonly dir: string;
  readonly configPath: string;
  /** `unix://` and a path of at most 107 bytes. */
  readonly address: string;
}

/** Starts buildkitd: as root as it is, or else in a user namespace with one user, without rootlesskit. */
export async function launchBuildkitd(launch: BuildkitdLaunch): Promise<RunningProcess> {
  const { dir, command } = launch;
  const bin = join(dir, 'bin');
  await writeRuncStub(bin);
  const rootless = process.getuid?.() !== 0;
  if (rootless) await requireUserNamespaces();
  const args = argumentsFor(launch);
  return startProcess({
    name: 'buildkitd',
    command: rootless ? 'unshare' : command,
    args: rootless ? [...UNSHARE, command, ...ROOTLESS, ...args] : args,
    logDir: dir,
    env: {
      NO_PROXY: '*',
      no_proxy: '*',
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      ...(rootless ? { USER: 'build', HOME: dir, XDG_RUNTIME_DIR: dir } : {}),
    },
  });
}

const UNSHARE = ['--user', '--map-root-user', '--mount'];
const ROOTLESS = ['--rootless', '--oci-worker-no-process-sandbox'];

function argumentsFor({ dir, configPath, address }: BuildkitdLaunch): string[] {
  return [
    '--debug',
    `--root=${join(dir, 'root')}`,
    `--addr=${address}`,
    `--config=${configPath}`,
    '--oci-worker-snapshotter=native',
    '--containerd-worker=false',
    `--otel-socket-path=${join(dir, 'otel.sock')}`,
  ];
}

/** buildkitd does not start without a `runc` on PATH, and does not run it for FROM and COPY. */
async function writeRuncStub(bin: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  const path = join(bin, 'runc');
  await writeFile(
    path,
    '#!/bin/sh\necho "the testbed has no runc: builds can only FROM and COPY" >&2\nexit 1\n',
  );
  await chmod(path, 0o755);
}

async function requireUserNamespaces(): Promise<void> {
  const tried = await run('unshare', [...UNSHARE, 'true']).catch((error: unknown) => ({
    code: 1,
    stderr: String(error),
  }));
  if (tried.code === 0) return;
  throw new UserError(
    `buildkitd needs root or user namespaces, and \`unshare ${UNSHARE.join(' ')} true\` fails here ` +
      `(${tried.stderr.trim()}): run this as root, or allow user namespaces ` +
      '(sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns).',
  );
}
