// The one error type of this package: a query that cannot be answered because of how it was asked.

export type QueryErrorCode = 'bad_parameter' | 'bad_filter' | 'bad_cursor' | 'bad_resolution';

/** One mistake. Filter mistakes have positions, parameter mistakes the name of the parameter. */
export interface QueryMistake {
  readonly message: string;
  readonly parameter?: string;
  readonly from?: number;
  readonly to?: number;
  readonly suggestion?: string;
}

export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code: QueryErrorCode;
  readonly mistakes: readonly QueryMistake[];

  constructor(code: QueryErrorCode, mistakes: readonly QueryMistake[]) {
    super(mistakes.map((mistake) => mistake.message).join('\n'));
    this.code = code;
    this.mistakes = mistakes;
  }
}
