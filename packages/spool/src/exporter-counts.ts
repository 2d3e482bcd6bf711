// Flows by exporter, counted for each spool file so that whatever becomes of the file can be told of each exporter.
import { type FlowBatch, keyText } from '@weir/record';
import type { ExporterRows } from './spool-error.ts';

interface Count {
  readonly lo: number;
  readonly hi: number;
  rows: number;
}

export class ExporterCounts {
  /** By the low word of the key; keys that share it (rare) follow each other. */
  readonly #counts = new Map<number, Count[]>();
  rows = 0;
  /** Earliest and latest time_received in milliseconds since 1970; 0 and 0 when there are no rows. */
  firstReceived = 0;
  lastReceived = 0;

  /** Counts the rows of a batch. Rows of a datagram follow each other: the table is looked at once a run of equal keys. */
  add(batch: FlowBatch): void {
    const rows = batch.length;
    if (rows === 0) return;
    const exporters = batch.core.exporter;
    const times = batch.core.time_received;
    let runStart = 0;
    let lo = exporters[0];
    let hi = exporters[1];
    let timeLo = times[0];
    let timeHi = times[1];
    this.#time(timeLo, timeHi);
    for (let row = 1; row < rows; row++) {
      const at = row * 2;
      if (times[at] !== timeLo || times[at + 1] !== timeHi) {
        timeLo = times[at];
        timeHi = times[at + 1];
        this.#time(timeLo, timeHi);
      }
      if (exporters[at] === lo && exporters[at + 1] === hi) continue;
      this.#count(lo, hi, row - runStart);
      runStart = row;
      lo = exporters[at];
      hi = exporters[at + 1];
    }
    this.#count(lo, hi, rows - runStart);
    this.rows += rows;
  }

  /** Takes in what another has counted. */
  merge(other: ExporterCounts): void {
    if (other.rows === 0) return;
    for (const counts of other.#counts.values()) for (const { lo, hi, rows } of counts) this.#count(lo, hi, rows);
    this.firstReceived = this.rows === 0 ? other.firstReceived : Math.min(this.firstReceived, other.firstReceived);
    this.lastReceived = Math.max(this.lastReceived, other.lastReceived);
    this.rows += other.rows;
  }

  list(): ExporterRows {
    const out: (readonly [string, number])[] = [];
    for (const counts of this.#counts.values()) for (const count of counts) out.push([keyText(count), count.rows]);
    return out;
  }

  #time(lo: number, hi: number): void {
    const time = hi * 4294967296 + lo;
    if (this.firstReceived === 0 || time < this.firstReceived) this.firstReceived = time;
    if (time > this.lastReceived) this.lastReceived = time;
  }

  #count(lo: number, hi: number, rows: number): void {
    let counts = this.#counts.get(lo);
    if (counts === undefined) {
      counts = [];
      this.#counts.set(lo, counts);
    }
    const known = counts.find((count) => count.hi === hi);
    if (known === undefined) counts.push({ lo, hi, rows });
    else known.rows += rows;
  }
}
