// Turns a lane's running counters into ledger rows: what each account of each exporter grew by since the last time.
import { ACCOUNT, ACCOUNT_NAMES } from '@weir/record';
import type { LedgerRow } from '@weir/spool';
import { UNATTRIBUTED } from './lane-totals.ts';

export class LedgerWriter {
  readonly #collector: string;
  /** What the rows so far say, by exporter. */
  readonly #written = new Map<string, Float64Array>();

  constructor(collector: string) {
    this.#collector = collector;
  }

  /**
   * Rows for what grew (or, where a late message showed that nothing was missing, shrank). `counters` are totals since the
   * process started.
   */
  take(time: number, counters: ReadonlyMap<string, Float64Array>): LedgerRow[] {
    const rows: LedgerRow[] = [];
    for (const [exporter, totals] of counters) {
      const before = this.#before(exporter);
      for (let account = 0; account < ACCOUNT_NAMES.length; account++) {
        const count = totals[account] - before[account];
        if (count === 0) continue;
        rows.push({ time, collector: this.#collector, exporter, account: ACCOUNT_NAMES[account], count });
        before[account] = totals[account];
      }
    }
    return rows;
  }

  /** Takes back rows that could not be written: they come again with the next ones. */
  putBack(rows: readonly LedgerRow[]): void {
    for (const { exporter, account, count } of rows) {
      const before = this.#written.get(exporter);
      if (before !== undefined) before[ACCOUNT[account]] -= count;
    }
  }

  /**
   * Ends the accounts of exporters that the lane has forgotten, whose last counters these are: one that comes back begins at zero.
   * What could not be written of them goes on as nobody's, so that no count is lost and nothing is kept for each of them.
   */
  forget(last: ReadonlyMap<string, Float64Array>): void {
    const heir = this.#before(UNATTRIBUTED);
    for (const [exporter, totals] of last) {
      const before = this.#before(exporter);
      for (let account = 0; account < totals.length; account++) heir[account] -= totals[account] - before[account];
      this.#written.delete(exporter);
    }
  }

  #before(exporter: string): Float64Array {
    let before = this.#written.get(exporter);
    if (before === undefined) {
      before = new Float64Array(ACCOUNT_NAMES.length);
      this.#written.set(exporter, before);
    }
    return before;
  }
}
