import { Buffer } from 'node:buffer';
import type { Command } from '../../src/cli/command.ts';

/** What a command that ran in this process left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly stdin?: string;
  /** Of standard output and standard error. */
  readonly isTTY?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a command as the program does, with nothing of this machine's around it. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  { stdin = '', isTTY = false, environment = {} }: Surroundings = {},
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await command.run(args, {
    environment,
    stdout: { write: (chunk) => (stdout += chunk), isTTY },
    stderr: { write: (chunk) => (stderr += chunk), isTTY },
    readStdin: () => Promise.resolve(Buffer.from(stdin)),
    stopSignal: () => new AbortController().signal,
    fault: () => new Promise<never>(() => undefined),
  });
  return { code, stdout, stderr };
}
