// What can be wrong with how the siege was called.

export type SiegeErrorCode = 'bad_option' | 'bad_finding' | 'cannot_run';

export class SiegeError extends Error {
  override readonly name = 'SiegeError';
  readonly code: SiegeErrorCode;

  constructor(code: SiegeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
