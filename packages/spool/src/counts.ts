// Flows by exporter and the times they span, counted for each spool file so that whatever becomes of the file can be told of each exporter.
import { type FlowBatch, keyText } from '@weir/record';
import type { ExporterRows } from './errors.ts';

interface Count {
  readonly lo: number;
  readonly hi: number;
  rows: number;
}

/** Earliest and latest time_received of some rows, milliseconds since 1970. */
export type Span = readonly [first: number, last: number];

const HOUR_MS = 3_600_000;

export class FlowCounts {
  /** By the low word of the key; keys that share it (rare) follow each other. */
  readonly #counts = new Map<number, Count[]>();
  /** By hour: a clock that jumps leaves gaps, which one span from first to last would not show. */
  readonly #spans = new Map<number, [first: number, last: number]>();
  /** The span of the last time counted, and its hour's beginning. */
  #span: [first: number, last: number] = [0, 0];
  #hourFrom = Number.POSITIVE_INFINITY;
  rows = 0;

  /** Hours in which rows were received. */
  get hours(): number {
    return this.#spans.size;
  }

  /** Counts the rows of a batch. Rows of a datagram follow each other: the tables are looked at once per run of equal values. */
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
  merge(other: FlowCounts): void {
    for (const counts of other.#counts.values()) for (const { lo, hi, rows } of counts) this.#count(lo, hi, rows);
    for (const [first, last] of other.#spans.values()) {
      this.#widen(first);
      this.#widen(last);
    }
    this.rows += other.rows;
  }

  exporters(): ExporterRows {
    const out: (readonly [string, number])[] = [];
    for (const counts of this.#counts.values()) for (const count of counts) out.push([keyText(count), count.rows]);
    return out;
  }

  /** One span for each hour, in order. */
  spans(): Span[] {
    return [...this.#spans.values()].map(([first, last]) => [first, last] as const).sort((a, b) => a[0] - b[0]);
  }

  #time(lo: number, hi: number): void {
    this.#widen(hi * 4294967296 + lo);
  }

  #widen(time: number): void {
    if (time < this.#hourFrom || time >= this.#hourFrom + HOUR_MS) {
      const hour = Math.floor(time / HOUR_MS);
      this.#hourFrom = hour * HOUR_MS;
      const known = this.#spans.get(hour);
      this.#span = known ?? [time, time];
      if (known === undefined) this.#spans.set(hour, this.#span);
    }
    if (time < this.#span[0]) this.#span[0] = time;
    if (time > this.#span[1]) this.#span[1] = time;
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
