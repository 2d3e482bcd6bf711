// What a matcher has to know of names: which row of a dimension a key on a flow names.
import type { Field, FlowBatch } from '@weir/record';

/** A row of a dimension. */
export interface NamedRow {
  /** Texts by attribute; what is not there is empty. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
  /** Of an entity; undefined for what has none. */
  readonly labels?: ReadonlyMap<string, string>;
}

/** The row that the key at a row of a batch names; undefined for key 0 and for keys that no row is known of. */
export type NameFinder = (row: number) => NamedRow | undefined;

export interface Names {
  /** For a column of keys (or of texts that exporters send) that the batch has. Valid until the batch changes. */
  over(batch: FlowBatch, column: Field): NameFinder;
}
