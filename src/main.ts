import { buffer } from 'node:stream/consumers';
import type { Command } from './cli/command.ts';
import { UsageError, wrap } from './cli/options.ts';
import { errorFields } from './kube/errors.ts';
import manifest from '../package.json' with { type: 'json' };

/** Composition root: arguments, signals, exit code. Everything else gets what it needs as arguments. */

/** Loaded when they are called: what one needs, the others need not wait for. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  controller: async () => (await import('./cli/controller.ts')).controllerCommand,
  render: async () => (await import('./cli/render.ts')).renderCommand,
  explain: async () => (await import('./cli/explain.ts')).explainCommand,
};

const HELP_FLAGS: ReadonlySet<string> = new Set(['--help', '-h']);

async function main(args: readonly string[]): Promise<number> {
  const wantsHelp = args[0] === 'help' || args.some((word) => HELP_FLAGS.has(word));
  const words = args[0] === 'help' ? args.slice(1) : args;
  const [name, ...rest] = words.filter((word) => !HELP_FLAGS.has(word));
  if (name === '--version') {
    process.stdout.write(`mirrorauth ${manifest.version}\n`);
    return 0;
  }
  if (name === undefined) {
    process.stdout.write(await overview());
    return wantsHelp ? 0 : 2;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    throw new UsageError(
      `there is no command ${name}: write one of ${Object.keys(COMMANDS).join(', ')}`,
    );
  }
  const command = await load();
  if (wantsHelp) {
    process.stdout.write(pageOf(command));
    return 0;
  }
  return command.run(rest, {
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    readStdin: () => buffer(process.stdin),
    stopSignal,
    fault,
  });
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return `mirrorauth gives BuildKit the credentials and mirror configuration it needs.

usage: mirrorauth <command> [options]
       mirrorauth --version

${commands.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join('\n')}

${commands.map(pageOf).join('\n')}`;
}

function pageOf({ usage, help }: Command): string {
  return `usage: mirrorauth ${usage}\n\n${help}\n`;
}

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once, as by default. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}

/** Node reports rejections that nobody handles here too. Without this it would print their texts. */
function fault(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  process.on('uncaughtException', reject);
  // A command may be done with it, or not look at it at all.
  promise.catch(() => (process.exitCode = 1));
  return promise;
}

// A reader that has seen enough, such as head, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const { error: name, at = '' } = errorFields(error);
  process.stderr.write(
    isUsage
      ? `${wrap(`mirrorauth: ${error.message}`, 78).join('\n  ')}\n`
      : `mirrorauth: unexpected ${name}\n${at}\n`,
  );
  process.exitCode = isUsage ? 2 : 1;
}
if (process.exitCode !== 0) {
  // After a failure nobody waits for what may still be open.
  process.exit();
}
