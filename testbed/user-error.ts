/**
 * An error for the person at the keyboard: its message says in full what is wrong and what to do.
 * It carries no stack, so that whoever prints it (node, vitest, make) shows that message and no more.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.stack = message;
  }
}

/** Runs a script's main function; a {@link UserError} is printed to stderr and sets exit code 1. */
export async function runScript(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
