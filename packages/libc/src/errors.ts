// The one error type of this package.

export type LibcErrorCode =
  /** The C library cannot be called here: another system, an unknown processor. */
  | 'unavailable'
  /** A file cannot be opened, grown or mapped. */
  | 'file'
  /** Any other call that failed. */
  | 'call';

export class LibcError extends Error {
  override readonly name = 'LibcError';
  readonly code: LibcErrorCode;
  /** The system's name of the error, such as ENOSPC; empty where there is none. */
  readonly errno: string;

  constructor(code: LibcErrorCode, message: string, errno = '', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.errno = errno;
  }
}
