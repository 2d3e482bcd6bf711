// The one error type of this package.

export type RecordErrorCode = 'bad_address' | 'bad_network' | 'unknown_field';

export class RecordError extends Error {
  override readonly name = 'RecordError';
  readonly code: RecordErrorCode;

  constructor(code: RecordErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
