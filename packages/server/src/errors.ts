// The one error type of this package. Messages say what was wrong, where, and what to do.

export type ServerErrorCode =
  /** A mistake in the configuration: exit 2. */
  | 'config_invalid'
  /** A file that the configuration names cannot be read: exit 2. */
  | 'file_unreadable'
  /** Another process has the port: exit 2. */
  | 'port_taken'
  /** The data directory cannot be written: exit 2 at start. */
  | 'data_unwritable'
  /** Another Weir has the data directory: exit 2. */
  | 'data_in_use'
  /** No Weir runs with the data directory, or none that can be reached from here: exit 1. */
  | 'not_running'
  /** A part of the program could not start. */
  | 'start_failed';

export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: ServerErrorCode;
  /** Where there are several mistakes: one message each. */
  readonly mistakes: readonly string[];

  constructor(code: ServerErrorCode, message: string, mistakes: readonly string[] = [message]) {
    super(message);
    this.code = code;
    this.mistakes = mistakes;
  }
}
