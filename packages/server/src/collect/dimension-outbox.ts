// Rows of dimensions on their way to the spool. Lanes announce a text or an address once: when the spool cannot be written just then,
// the rows wait here, or the flows that name them would stay without a name.
import type { DimensionName, DimensionRow } from '@weir/record';
import { type NameSource, writeDimension } from '@weir/spool';

/** Rows of one dimension kept while the spool cannot be written; a row takes up to about 1 kB. What comes on top is dropped. */
const KEPT_ROWS = 50_000;

export class DimensionOutbox {
  readonly #dir: string;
  readonly #consumers: readonly string[];
  readonly #names: NameSource;
  readonly #waiting: { [D in DimensionName]?: DimensionRow<D>[] } = {};

  /** `consumers`: who takes the rows. */
  constructor(dir: string, consumers: readonly string[], names: NameSource) {
    this.#dir = dir;
    this.#consumers = consumers;
    this.#names = names;
  }

  /** Writes the rows and those that wait before them. Throws SpoolError; then all of them wait. */
  write<D extends DimensionName>(dimension: D, rows: readonly DimensionRow<D>[]): void {
    const waiting: readonly DimensionRow<D>[] = this.#waiting[dimension] ?? [];
    const all = waiting.length === 0 ? rows : [...waiting, ...rows];
    if (all.length === 0) return;
    try {
      writeDimension(this.#dir, this.#consumers, this.#names(), dimension, all);
      delete this.#waiting[dimension];
    } catch (error) {
      const kept: { [N in DimensionName]?: readonly DimensionRow<N>[] } = this.#waiting;
      kept[dimension] = all.slice(0, KEPT_ROWS) as never;
      throw error;
    }
  }
}
