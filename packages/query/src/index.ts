// @weir/query: the query object, its compilation to SQL, and the shapes of answers.

export * from './answers.ts';
export { booksOf, type Counted } from './books.ts';
export type { CompileContext, Compiled, Result, ResultRow, Statement } from './compile.ts';
export { FlowsPager } from './compile-flows.ts';
export { compileGraph } from './compile-graph.ts';
export { compileSeries } from './compile-series.ts';
export { compileNewest, compileTail } from './compile-tail.ts';
export { compileTop } from './compile-top.ts';
export { compileValues } from './compile-values.ts';
export { QueryError, type QueryErrorCode, type QueryMistake } from './errors.ts';
export { GROUP_NAMES } from './group-names.ts';
export { METRICS, type Metric, metricValue } from './metrics.ts';
export { parseQuery } from './parse-query.ts';
export * from './query-schema.ts';
export { niceStep, readDuration, resolveTime } from './time.ts';
