import { controllerCommand } from './cli/controller.ts';
import type { Command } from './cli/command.ts';
import { UsageError } from './cli/options.ts';
import { errorFields } from './kube/errors.ts';

/** Composition root: arguments, signals, exit code. Everything else gets what it needs as arguments. */

const COMMANDS: readonly Command[] = [controllerCommand];

const HELP = `mirrorauth gives BuildKit the credentials and the mirror configuration that it needs.

usage: mirrorauth <command> [options]

${COMMANDS.map(({ name, summary, help }) => `${name}: ${summary}\n${help}`).join('\n\n')}
`;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || args.includes('--help')) {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    throw new UsageError(
      `there is no command ${name}: write ${COMMANDS.map((one) => one.name).join(' or ')}`,
    );
  }
  return command.run(rest, {
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    stopSignal: stopSignal(),
    fault: fault(),
  });
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

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const { error: name, at = '' } = errorFields(error);
  process.stderr.write(`mirrorauth: ${isUsage ? error.message : `unexpected ${name}\n${at}`}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
if (process.exitCode !== 0) {
  // After a failure nobody waits for what may still be open.
  process.exit();
}
