import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/**
 * Runs "$@" and ends it when stdin closes, which the kernel does for us however this process ends,
 * SIGKILL included. The program keeps the shell's process id. A line on stdin says that the program
 * has ended by itself; without it a later end of file could hit a process that got the same id.
 * POSIX sh: an asynchronous list reads /dev/null unless it is given another descriptor, hence 3.
 */
const END_WITH_PARENT = `
exec 3<&0 </dev/null
(
  read -r _ <&3 && exit
  kill -TERM $$
  for _ in 1 2 3 4 5; do sleep 1; kill -0 $$ || exit; done
  kill -KILL $$
) 2>/dev/null &
exec "$@" 3<&-
`;

const STOP_GRACE_MS = 5000;
const QUOTED_LINES = 15;

export interface ProcessOptions {
  /** What errors call it; also the name of its log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The folder of the log file, `<name>.log`; a second run appends to it. */
  readonly logDir: string;
  /** Added to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A long-running child that does not outlive this process. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** What it wrote to stdout and stderr since it was started. */
  log(): string;
  /** Aborted when it ends unasked; the reason is an error that quotes the end of its log. */
  readonly died: AbortSignal;
  /**
   * Waits until `probe` does not throw, at most `deadlineMs` (absent: 30 s).
   * Errors: the process ended, or the deadline passed and it was stopped; both quote the end of
   * its log.
   */
  whenReady<T>(probe: () => T | Promise<T>, deadlineMs?: number): Promise<T>;
  /** Ends it with SIGTERM, and with SIGKILL after 5 s. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a program. It is running when this returns, which says nothing of being ready. */
export function startProcess(options: ProcessOptions): RunningProcess {
  mkdirSync(options.logDir, { recursive: true });
  const logPath = join(options.logDir, `${options.name}.log`);
  const log = openSync(logPath, 'a');
  const logged = fstatSync(log).size;
  // A session of its own: Ctrl-C in a terminal reaches this process alone, which then stops its
  // children in the order it wants.
  const child = spawn('/bin/sh', ['-c', END_WITH_PARENT, 'sh', options.command, ...options.args], {
    stdio: ['pipe', log, log],
    env: { ...process.env, ...options.env },
    detached: true,
  });
  closeSync(log);
  // A script that is through ends, and its children with it.
  child.unref();
  return new SupervisedProcess(child, { name: options.name, path: logPath, from: logged });
}

interface LogFile {
  readonly name: string;
  readonly path: string;
  /** Bytes of earlier runs. */
  readonly from: number;
}

class SupervisedProcess implements RunningProcess {
  readonly name: string;
  readonly logPath: string;
  readonly #logFrom: number;
  readonly #child: ChildProcess;
  readonly #death = new AbortController();
  #stopping = false;

  constructor(child: ChildProcess, { name, path, from }: LogFile) {
    this.name = name;
    this.logPath = path;
    this.#logFrom = from;
    this.#child = child;
    child.stdin?.on('error', () => undefined);
    child.on('error', (error) => this.#death.abort(error));
    child.on('exit', (code, signal) => {
      child.stdin?.end('ended\n');
      if (!this.#stopping) this.#death.abort(this.#error(`ended with ${signal ?? `code ${code}`}`));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get died(): AbortSignal {
    return this.#death.signal;
  }

  log(): string {
    return readFileSync(this.logPath).toString('utf8', this.#logFrom);
  }

  async whenReady<T>(probe: () => T | Promise<T>, deadlineMs = 30_000): Promise<T> {
    const signal = this.died;
    try {
      return await eventually(probe, { describe: this.name, deadlineMs, signal });
    } catch (error) {
      signal.throwIfAborted();
      const late = this.#error(`was not ready within ${deadlineMs / 1000} s`, { cause: error });
      await this.stop();
      throw late;
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await gone;
    clearTimeout(impatience);
  }

  #error(what: string, options?: ErrorOptions): Error {
    const end = this.log().trimEnd().split('\n').slice(-QUOTED_LINES).join('\n');
    return new Error(`${this.name} ${what}. The end of ${this.logPath}:\n${end}`, options);
  }
}
