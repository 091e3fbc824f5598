import type { DestinationStream } from 'pino';

/** What a subcommand is given of the world. */
export interface World {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Result of the command: text for people, or what they asked for with an option. */
  readonly stdout: DestinationStream;
  /** Log lines and complaints. */
  readonly stderr: DestinationStream;
  /** Aborts when somebody asks the process to end. */
  readonly stopSignal: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly help: string;
  /**
   * @returns the exit code: 0 fine, 1 a finding or a refused input
   * @throws UsageError for exit code 2
   */
  readonly run: (args: readonly string[], world: World) => Promise<number>;
}
