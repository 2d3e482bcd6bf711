// What a command is, and what it gets to know of the world: tests run commands in this process with a world of their own.
import type { Command } from 'commander';

export interface Context {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal;
}

/** One file in commands/ exports this: adds arguments, options, help and the action to the command that bears its name. */
export interface CommandModule {
  define(command: Command, context: Context): void;
}

/** How the program ends. Documented in `weir --help`. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partly: 3 } as const;

export type CliErrorCode =
  /** The command line or a file it names is wrong: exit 2. */
  | 'usage'
  /** It was right and could not be done: exit 1. */
  | 'failed'
  /** It was done, but part of the input could not be read: exit 3. */
  | 'partly';

/** The one error type of this package. The message is for the user; no stack is shown. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
