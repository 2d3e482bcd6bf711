// The columns of a batch that conditions read. One that the batch does not have is zero in every row.
import { type Column, FIELD, type Field, type FlowBatch, isFieldName, ListColumn } from '@weir/record';
import type { Comparison } from '../language/ast.ts';

/** Field of the column that a comparison reads. */
export function fieldOf(node: Comparison): Field {
  const { column } = node.field;
  if (!isFieldName(column)) throw new TypeError(`${column} is no column of a batch`);
  return FIELD[column];
}

type ScalarColumn = Exclude<Column, ListColumn>;

/** A column of numbers or keys; undefined where the batch has none. */
export function scalarColumn(batch: FlowBatch, field: Field): ScalarColumn | undefined {
  if (!batch.has(field)) return undefined;
  const column: Column = batch.use(field);
  return column instanceof ListColumn ? undefined : column;
}

/** The same for columns of 32-bit words: addresses, and numbers and keys of 64 bits. */
export function wordColumn(batch: FlowBatch, field: Field): Uint32Array | undefined {
  const column = scalarColumn(batch, field);
  return column instanceof Uint32Array ? column : undefined;
}

/** A column of lists, whose `get` is valid for every row. */
export function listColumn(batch: FlowBatch, field: Field): ListColumn | undefined {
  if (!batch.has(field)) return undefined;
  const column: Column = batch.use(field);
  if (!(column instanceof ListColumn)) return undefined;
  column.seal(batch.length);
  return column;
}
