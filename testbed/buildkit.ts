import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureBinaries } from './binaries.ts';
import { launchBuildkitd } from './buildkitd-process.ts';
import type { RunningProcess } from './process.ts';
import { run } from './run.ts';

/** A build with one Dockerfile of FROM and COPY lines; RUN would need a real runc. */
export interface BuildOptions {
  readonly dockerfile: string;
  /** The context's files: path to text. */
  readonly files?: Readonly<Record<string, string>>;
  /** `DOCKER_CONFIG` of buildctl; absent: an empty folder, so no credentials. */
  readonly dockerConfigDir?: string;
  /** Added to buildctl's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** buildctl's `--output`; absent: the files of the image, into `rootfs`. */
  readonly output?: string;
}

export interface BuildResult {
  readonly code: number;
  /** What buildctl shows with `--progress plain`. */
  readonly progress: string;
  /** What buildkitd logged meanwhile. */
  readonly daemonLog: string;
  /** The folder of the image's files, unless another output was asked for. */
  readonly rootfs: string;
}

/**
 * Starts buildkitd with the native snapshotter and waits until its worker is there. `dir` holds all
 * it has; `configPath` is its buildkitd.toml, which it reads once.
 * Errors: without root where user namespaces are not allowed, a UserError; it ends before it is
 * ready, with the end of its log.
 */
export async function startBuildkitd(options: {
  readonly dir: string;
  readonly configPath: string;
}): Promise<Buildkitd> {
  const { buildkitd, buildctl } = await ensureBinaries(['buildkitd', 'buildctl']);
  const address = `unix://${join(options.dir, 'buildkitd.sock')}`;
  const child = await launchBuildkitd({ ...options, command: buildkitd, address });
  const daemon = new Buildkitd(child, { buildctl, address, dir: options.dir });
  await child.whenReady(() => daemon.buildctl(['debug', 'workers']));
  return daemon;
}

interface BuildkitdParts {
  readonly buildctl: string;
  readonly address: string;
  readonly dir: string;
}

/** A running buildkitd, and buildctl against it. */
export class Buildkitd {
  /** `unix:///…`, for `buildctl --addr`. */
  readonly address: string;
  /** Aborted when it ends unasked. */
  readonly died: AbortSignal;
  readonly pid: number;
  readonly #child: RunningProcess;
  readonly #buildctl: string;
  readonly #dir: string;

  constructor(child: RunningProcess, { buildctl, address, dir }: BuildkitdParts) {
    this.address = address;
    this.died = child.died;
    this.pid = child.pid;
    this.#child = child;
    this.#buildctl = buildctl;
    this.#dir = dir;
  }

  /** Everything that it logged since its start, debug lines among it. */
  log(): string {
    return this.#child.log();
  }

  /** Builds with `dockerfile.v0`; a build that fails is a result and no error. */
  async build(options: BuildOptions): Promise<BuildResult> {
    const folder = await mkdtemp(join(this.#dir, 'build-'));
    const context = join(folder, 'context');
    const rootfs = join(folder, 'rootfs');
    const dockerConfigDir = options.dockerConfigDir ?? join(folder, 'no-docker-config');
    await writeFiles(context, { Dockerfile: options.dockerfile, ...options.files });
    const logged = this.log().length;
    const { code, stderr } = await run(
      this.#buildctl,
      [
        `--addr=${this.address}`,
        'build',
        '--progress=plain',
        '--frontend=dockerfile.v0',
        `--local=context=${context}`,
        `--local=dockerfile=${context}`,
        `--output=${options.output ?? `type=local,dest=${rootfs}`}`,
      ],
      {
        env: {
          ...process.env,
          // A proxy for the internet and the person's own credentials have no place here.
          NO_PROXY: '*',
          no_proxy: '*',
          DOCKER_AUTH_CONFIG: undefined,
          DOCKER_CONFIG: dockerConfigDir,
          ...options.env,
        },
      },
    );
    return { code, progress: stderr, daemonLog: this.log().slice(logged), rootfs };
  }

  /**
   * Forgets everything pulled and built, so that the next build asks the registries again.
   * Manifests of what this buildkitd itself has pushed stay: see `seedImages`.
   */
  async prune(): Promise<void> {
    await this.buildctl(['prune', '--all']);
  }

  /** Runs a buildctl command and gives its stdout. Errors: it fails. */
  async buildctl(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(this.#buildctl, ['--addr', this.address, ...args]);
    if (code !== 0) throw new Error(`buildctl ${args.join(' ')} failed: ${stderr.trim()}`);
    return stdout;
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

async function writeFiles(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
}
