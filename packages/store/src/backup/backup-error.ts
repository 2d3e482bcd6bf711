// Why a backup could not be made or used, for the person who asked for it.

export type BackupErrorCode =
  /** There is something already where it would go. */
  | 'in_the_way'
  /** What is there is not a backup, or not a complete one. */
  | 'not_a_backup'
  /** What was read back is not what was written. */
  | 'damaged'
  /** The file system refused. */
  | 'io';

export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
