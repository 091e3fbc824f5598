import { spawn } from 'node:child_process';

/** What a command that ran to its end left behind. */
export interface Finished {
  /** The exit code; a command ended by a signal has 128. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Written to the command's stdin, which is closed otherwise. */
  readonly input?: string;
  /** The whole environment; absent: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with each piece of stderr as it comes. */
  readonly onStderr?: (text: string) => void;
  /** Milliseconds after which the command is killed; absent: no limit. */
  readonly timeoutMs?: number;
}

/**
 * Runs a command to its end. A failing command is a result and no error.
 * Errors: the command cannot be started (`code` is `ENOENT` when there is none of that name).
 */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onStderr?.(text);
    });
    // A command may end without reading its input: its exit code tells more than EPIPE does.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
  });
}
