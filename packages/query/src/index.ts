// @weir/query: the query object, its compilation to SQL, and the shapes of answers.

export * from './answers.ts';
export { QueryError, type QueryErrorCode, type QueryMistake } from './errors.ts';
export { GROUP_NAMES } from './group-names.ts';
export { METRICS, type Metric, metricValue } from './metrics.ts';
export * from './query-schema.ts';
export { niceStep, readDuration, resolveTime } from './time.ts';
