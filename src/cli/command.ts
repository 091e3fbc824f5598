import type { DestinationStream } from 'pino';

/** What a subcommand is given of the world. */
export interface World {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Result of the command: text for people, or what they asked for with an option. */
  readonly stdout: DestinationStream & { readonly isTTY?: boolean };
  /** Log lines and complaints. */
  readonly stderr: DestinationStream & { readonly isTTY?: boolean };
  /** All of standard input. */
  readonly readStdin: () => Promise<Uint8Array>;
  /** Aborts when somebody asks the process to end. Until the first call that ends it, as by default. */
  readonly stopSignal: () => AbortSignal;
  /** Rejects with the first error from then on that nobody caught, wherever in the process it came up. */
  readonly fault: () => Promise<never>;
}

export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** How it is called, behind the program's name: `render -f FILE... [options]`. */
  readonly usage: string;
  /** Everything that one needs to know, in lines of at most 80 characters. */
  readonly help: string;
  /**
   * @returns the exit code: 0 fine, 1 a finding, a refused input or an end by force. At any but 0 the
   *   process ends at once, whatever is still open.
   * @throws UsageError for exit code 2
   */
  readonly run: (args: readonly string[], world: World) => Promise<number>;
}
