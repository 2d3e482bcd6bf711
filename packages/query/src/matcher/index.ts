// @weir/query/matcher: filters evaluated in process, over the rows of a FlowBatch. They mean what their SQL means.
export { compileMatcher } from './matcher.ts';
export type { NamedRow, NameFinder, Names } from './names.ts';
export type { Condition, RowTest } from './row-test.ts';
