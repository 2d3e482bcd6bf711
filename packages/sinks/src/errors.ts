// The one error type of sinks: why a destination does not take flows, as a code that a program can count and a person can act on.
import { errno } from '@weir/spool';

export type SinkErrorCode =
  /** ENOSPC, EDQUOT or EFBIG. */
  | 'disk_full'
  /** EACCES, EPERM or EROFS. */
  | 'not_writable'
  /** A file or folder was removed or replaced while it was written. */
  | 'removed'
  /** Another process writes there under the same name. */
  | 'in_use'
  /** The destination has not answered for long. */
  | 'no_answer'
  /** Any other failure of the file system. */
  | 'io'
  /** The sink was stopped in the middle. */
  | 'stopped';

const CODES: Readonly<Record<string, SinkErrorCode>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EFBIG: 'disk_full',
  EACCES: 'not_writable',
  EPERM: 'not_writable',
  EROFS: 'not_writable',
  ENOENT: 'removed',
  ENOTDIR: 'removed',
  ESTALE: 'removed',
};

const REMEDIES: Readonly<Partial<Record<SinkErrorCode, string>>> = {
  disk_full: 'make room, or keep less',
  not_writable: 'make it writable for Weir',
};

export class SinkError extends Error {
  override readonly name = 'SinkError';
  readonly code: SinkErrorCode;

  constructor(code: SinkErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** A failure of the destination's file system as a SinkError. `doing` says at what: "write /srv/flows/x". */
export function asSinkError(error: unknown, doing: string): SinkError {
  if (error instanceof SinkError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = CODES[errno(error) ?? ''] ?? 'io';
  const remedy = REMEDIES[code];
  return new SinkError(code, `cannot ${doing}: ${reason}${remedy === undefined ? '' : `; ${remedy}`}`, error);
}
