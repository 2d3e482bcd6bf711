// Errors as RFC 9457 problem details. Every error of the API leaves through here, so that callers always get the same shape.
import { type Problem, QueryError, type QueryErrorCode, type QueryMistake } from '@weir/query';
import { StoreError, type StoreErrorCode } from '@weir/store';
import type { Refusal } from './security.ts';

/** An error of the API itself. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly limit: string | undefined;
  /** Methods that would have been answered, as the Allow header has them. */
  readonly allow: string | undefined;

  constructor(code: ApiErrorCode, message: string, more: { readonly limit?: string; readonly allow?: string } = {}) {
    super(message);
    this.code = code;
    this.limit = more.limit;
    this.allow = more.allow;
  }
}

const API_PROBLEMS = {
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  store_not_ready: { status: 503, title: 'The store is not ready' },
  too_busy: { status: 503, title: 'Too many queries' },
  too_many_tails: { status: 503, title: 'Too many live tails' },
} as const;
export type ApiErrorCode = keyof typeof API_PROBLEMS;

/** A request that is not answered for what its head says. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

const QUERY_TITLES: Readonly<Record<QueryErrorCode, string>> = {
  bad_parameter: 'A parameter is wrong',
  bad_filter: 'The filter is wrong',
  bad_cursor: 'The cursor is wrong',
  bad_resolution: 'This resolution cannot answer',
};

/** Limits of a query that callers can keep by asking for less. */
const LIMITS: Partial<Record<StoreErrorCode, readonly [limit: string, advice: string]>> = {
  query_memory: [
    'memory',
    'The query needs more memory than one query may take: ask for a shorter range, fewer fields to group by, or a filter.',
  ],
  query_time: ['time', 'The query took longer than it may: ask for a shorter range, or a filter.'],
  query_rows: ['rows', 'The query would read more rows than it may: ask for a shorter range.'],
  query_result: ['result', 'The answer is larger than it may be: ask for a lower limit.'],
};

const LATER: Partial<Record<StoreErrorCode, string>> = {
  store_memory: 'The store is at its memory limit: try again shortly.',
  overloaded: 'The store is busy: try again shortly.',
  unreachable: 'The store does not answer.',
  closed: 'The store is closing.',
  locked: 'The store is in use by another process.',
  disk_full: 'The disk of the store is full.',
  not_writable: 'The disk of the store cannot be written.',
  cancelled: 'The query was cancelled.',
};

/** ClickHouse's number for a pattern that RE2 refuses although JavaScript's check let it pass. */
const CANNOT_COMPILE_REGEXP = 427;

const problem = (
  kind: string,
  title: string,
  status: number,
  detail: string,
  more: Partial<Problem> = {},
): Problem => ({
  type: `urn:weir:problem:${kind}`,
  title,
  status,
  detail,
  ...more,
});

/** Mistakes without the position of what has none, as problem details carry them. */
const errorsOf = (mistakes: readonly QueryMistake[]): NonNullable<Problem['errors']> =>
  mistakes.map((mistake) => ({ ...mistake }));

/** The problem that an error is. What is no mistake of the caller says nothing of the inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof QueryError) {
    return problem(error.code, QUERY_TITLES[error.code], 400, error.message, { errors: errorsOf(error.mistakes) });
  }
  if (error instanceof ApiError) {
    const { status, title } = API_PROBLEMS[error.code];
    return problem(error.code, title, status, error.message, error.limit === undefined ? {} : { limit: error.limit });
  }
  if (error instanceof RefusedError) {
    const { kind, title, status, detail } = error.refusal;
    return problem(kind, title, status, detail);
  }
  if (error instanceof StoreError) {
    if (error.engineCode === CANNOT_COMPILE_REGEXP) {
      return problem(
        'bad_filter',
        QUERY_TITLES.bad_filter,
        400,
        'A regular expression in the filter is not one that RE2 takes.',
      );
    }
    const limit = LIMITS[error.code];
    if (limit !== undefined)
      return problem('query_limit', 'The query goes beyond a limit', 422, limit[1], { limit: limit[0] });
    const later = LATER[error.code];
    if (later !== undefined) return problem('store_not_ready', 'The store is not ready', 503, later);
  }
  const status = statusOf(error);
  if (status >= 400 && status < 500) return problem('bad_request', 'Bad request', status, (error as Error).message);
  return problem('internal', 'Something went wrong here', 500, 'The request could not be answered; the log says why.');
}

/** Status that the HTTP layer gives its own errors (a broken URL, headers too large). */
function statusOf(error: unknown): number {
  const status = (error as { readonly statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}
