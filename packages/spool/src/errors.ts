// The one error type of the spool: why it could not be written or read, as a code that a program can count and a person can act on.

export type SpoolErrorCode =
  /** ENOSPC or EDQUOT. */
  | 'disk_full'
  /** EACCES, EPERM or EROFS. */
  | 'not_writable'
  /** A file or its directory is gone. */
  | 'missing'
  /** EMFILE or ENFILE. */
  | 'too_many_files'
  /** Any other failure of the file system. */
  | 'io'
  /** A manifest that cannot be read. */
  | 'bad_manifest'
  /** A file is not what its manifest promises: cut, zeroed, changed. */
  | 'damaged'
  /** A file has columns that this version does not know, or of other types. */
  | 'other_schema';

const CODES: Readonly<Record<string, SpoolErrorCode>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EACCES: 'not_writable',
  EPERM: 'not_writable',
  EROFS: 'not_writable',
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EMFILE: 'too_many_files',
  ENFILE: 'too_many_files',
};

/** What trying again does not change: the file itself is at fault. */
const PERMANENT: ReadonlySet<SpoolErrorCode> = new Set(['bad_manifest', 'damaged', 'other_schema', 'missing']);

/** Rows by exporter: the key as decimal text, and how many. */
export type ExporterRows = readonly (readonly [key: string, rows: number])[];

export class SpoolError extends Error {
  override readonly name = 'SpoolError';
  readonly code: SpoolErrorCode;
  /** Flows that are lost with this failure, by exporter. */
  readonly lost: ExporterRows;

  constructor(code: SpoolErrorCode, message: string, lost: ExporterRows = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.lost = lost;
  }

  /** Whether the file itself is at fault, so that trying again is no use. */
  get permanent(): boolean {
    return PERMANENT.has(this.code);
  }
}

/** The code of a Node error, such as ENOSPC; undefined for others. */
export function errno(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A failure of the file system as a SpoolError. `doing` says at what: "write /var/spool/x". */
export function asSpoolError(error: unknown, doing: string, lost: ExporterRows = []): SpoolError {
  if (error instanceof SpoolError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new SpoolError(CODES[errno(error) ?? ''] ?? 'io', `cannot ${doing}: ${reason}`, lost, error);
}
