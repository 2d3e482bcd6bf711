// @weir/record: what a flow is. Everything else imports from here; this imports nothing.

export * from './address.ts';
export * from './codes.ts';
export * from './dimensions.ts';
export { RecordError, type RecordErrorCode } from './errors.ts';
// The catalogue.
export * from './fields.ts';

// Columns and their values.
export { type Column, FlowBatch } from './flow-batch.ts';
export * from './key.ts';
export * from './kinds.ts';
export * from './ledger.ts';
export { ListColumn } from './list-column.ts';
export { type RowOptions, type RowValue, rowToObject } from './row.ts';
export { steadyNow } from './steady-clock.ts';
export { distance, nearest } from './suggest.ts';
export * from './words.ts';
