// The one error type of the store, with a code for what a caller can do about it, and how the engine's errors map to it.
import { DAMAGE_ADVICE, type DamagedPart, damagedPart, damageText, meansDamage } from './integrity/damage.ts';

export type StoreErrorCode =
  /** The query needed more memory than one query may take. */
  | 'query_memory'
  /** All queries and merges together are at the store's memory limit. */
  | 'store_memory'
  /** The query ran longer than it may. */
  | 'query_time'
  /** The query would read more rows or bytes than it may. */
  | 'query_rows'
  /** The answer is larger than it may be. */
  | 'query_result'
  | 'cancelled'
  /** SQL that the engine refuses: a mistake of ours. */
  | 'bad_query'
  /** Bytes to insert that the engine cannot read. */
  | 'bad_data'
  /** A part of the store cannot be read: its bytes are not what was written. */
  | 'damaged'
  /** Too many parts or queries: try again later. */
  | 'overloaded'
  | 'disk_full'
  | 'not_writable'
  /** Another process has the data directory. */
  | 'locked'
  /** The server does not answer. */
  | 'unreachable'
  /** User or password refused. */
  | 'not_allowed'
  | 'closed'
  /** Anything else the engine says. */
  | 'engine';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  /** ClickHouse's number of the error, where there is one. */
  readonly engineCode: number | undefined;
  /** With `damaged`: what is, where the engine names it. */
  readonly part: DamagedPart | undefined;

  constructor(code: StoreErrorCode, message: string, engineCode?: number, cause?: unknown, part?: DamagedPart) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.engineCode = engineCode;
    this.part = part;
  }

  /** Whether the same call may succeed later without a change. */
  get transient(): boolean {
    return !['bad_query', 'bad_data', 'query_rows', 'query_result', 'cancelled', 'closed', 'damaged'].includes(
      this.code,
    );
  }
}

/** ClickHouse's error numbers (src/Common/ErrorCodes.cpp) that mean something to callers. */
const ENGINE_CODES: Readonly<Record<number, StoreErrorCode>> = {
  158: 'query_rows', // TOO_MANY_ROWS
  159: 'query_time', // TIMEOUT_EXCEEDED
  160: 'query_time', // TOO_SLOW
  164: 'not_writable', // READONLY
  192: 'not_allowed', // UNKNOWN_USER
  193: 'not_allowed', // WRONG_PASSWORD
  194: 'not_allowed', // REQUIRED_PASSWORD
  202: 'overloaded', // TOO_MANY_SIMULTANEOUS_QUERIES
  241: 'query_memory', // MEMORY_LIMIT_EXCEEDED
  243: 'disk_full', // NOT_ENOUGH_SPACE
  252: 'overloaded', // TOO_MANY_PARTS
  307: 'query_rows', // TOO_MANY_BYTES
  394: 'cancelled', // QUERY_WAS_CANCELLED
  396: 'query_result', // TOO_MANY_ROWS_OR_BYTES
  497: 'not_allowed', // ACCESS_DENIED
  516: 'not_allowed', // AUTHENTICATION_FAILED
  // What reading a broken Native or JSON file says.
  6: 'bad_data', // CANNOT_PARSE_TEXT
  25: 'bad_data', // CANNOT_PARSE_ESCAPE_SEQUENCE
  26: 'bad_data', // CANNOT_PARSE_QUOTED_STRING
  27: 'bad_data', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  32: 'bad_data', // ATTEMPT_TO_READ_AFTER_EOF
  33: 'bad_data', // CANNOT_READ_ALL_DATA
  38: 'bad_data', // CANNOT_PARSE_DATE
  41: 'bad_data', // CANNOT_PARSE_DATETIME
  50: 'bad_data', // UNKNOWN_TYPE
  53: 'bad_data', // TYPE_MISMATCH
  70: 'bad_data', // CANNOT_CONVERT_TYPE
  72: 'bad_data', // CANNOT_PARSE_NUMBER
  117: 'bad_data', // INCORRECT_DATA
  128: 'bad_data', // TOO_LARGE_ARRAY_SIZE
  130: 'bad_data', // CANNOT_READ_ARRAY_FROM_TEXT
  131: 'bad_data', // TOO_LARGE_STRING_SIZE
  261: 'bad_data', // UNKNOWN_BLOCK_INFO_FIELD
  563: 'bad_data', // CANNOT_READ_MAP_FROM_TEXT
  47: 'bad_query', // UNKNOWN_IDENTIFIER
  60: 'bad_query', // UNKNOWN_TABLE
  62: 'bad_query', // SYNTAX_ERROR
  81: 'bad_query', // UNKNOWN_DATABASE
  456: 'bad_query', // UNKNOWN_QUERY_PARAMETER
};

const NODE_CODES: Readonly<Record<string, StoreErrorCode>> = {
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ETIMEDOUT: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  EPIPE: 'unreachable',
  ENOSPC: 'disk_full',
  EACCES: 'not_writable',
  EROFS: 'not_writable',
};

function textCode(message: string): StoreErrorCode | undefined {
  if (/No space left on device|errno: 28/.test(message)) return 'disk_full';
  if (/Permission denied|Read-only file system|errno: (13|30)\b/.test(message)) return 'not_writable';
  if (/Cannot lock file|already (bound|in use)|another (server|instance)/i.test(message)) return 'locked';
  if (/Timeout error|socket hang up/.test(message)) return 'unreachable';
  return undefined;
}

/** What the engine or the client threw, as a StoreError. `doing` says at what, `tables` the names of tables by their UUID. */
export function asStoreError(error: unknown, doing: string, tables?: ReadonlyMap<string, string>): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const raw = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const number = /^\d+$/.test(raw) ? Number(raw) : Number(/^Code: (\d+)/.exec(message)?.[1] ?? Number.NaN);
  const known = Number.isNaN(number) ? undefined : number;
  const part = damagedPart(message, known);
  if (part !== undefined || meansDamage(known)) return damaged(part, tables, doing, known, error);
  let code = textCode(message) ?? (known === undefined ? NODE_CODES[raw] : ENGINE_CODES[known]) ?? 'engine';
  // Which of the two limits was hit only the text says: "(total)" is that of the whole store.
  if (code === 'query_memory' && /\(total\)|^Total memory|[^a-z]total memory/i.test(message)) code = 'store_memory';
  return new StoreError(code, `cannot ${doing}: ${message}`, known, error);
}

function damaged(
  found: DamagedPart | undefined,
  tables: ReadonlyMap<string, string> | undefined,
  doing: string,
  engineCode: number | undefined,
  cause: unknown,
): StoreError {
  const table = found === undefined ? undefined : (found.table ?? tables?.get(found.uuid));
  const part = found === undefined || table === undefined ? found : { ...found, table };
  // The engine's own words are a page on what may be wrong with the hardware: they are in the cause.
  const message = `cannot ${doing}: ${damageText(part)} (code ${engineCode}): ${DAMAGE_ADVICE}`;
  return new StoreError('damaged', message, engineCode, cause, part);
}
