// Flows that went out, by exporter.

import { keyText } from '@weir/record';
import { type ExporterRows, SpoolError } from '@weir/spool';

export class SentCounts {
  readonly #counts = new Map<string, number>();
  #lo = 0;
  #hi = 0;
  #run = 0;

  /** Counts a flow. Rows of a datagram follow each other: the table is looked at once per run of one exporter. */
  add(lo: number, hi: number): void {
    if (lo !== this.#lo || hi !== this.#hi) {
      this.#end();
      this.#lo = lo;
      this.#hi = hi;
    }
    this.#run++;
  }

  /**
   * Splits the flows of a file into those counted here and the others, by exporter. Throws SpoolError `damaged` where more were counted
   * than the file has.
   */
  split(exporters: ExporterRows): { readonly sent: ExporterRows; readonly others: ExporterRows } {
    this.#end();
    const sent: (readonly [string, number])[] = [];
    const others: (readonly [string, number])[] = [];
    for (const [key, rows] of exporters) {
      const out = this.#counts.get(key) ?? 0;
      this.#counts.delete(key);
      if (out > rows)
        throw new SpoolError('damaged', `flows of exporter ${key}: ${out}, where the manifest says ${rows}`);
      if (out > 0) sent.push([key, out]);
      if (out < rows) others.push([key, rows - out]);
    }
    const [unknown] = this.#counts.keys();
    if (unknown !== undefined)
      throw new SpoolError('damaged', `flows of exporter ${unknown}, which the manifest does not name`);
    return { sent, others };
  }

  #end(): void {
    if (this.#run === 0) return;
    const key = keyText({ lo: this.#lo, hi: this.#hi });
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + this.#run);
    this.#run = 0;
  }
}
