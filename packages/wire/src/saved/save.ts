// The state of exporters as bytes, so that the next process reads data sets from its first datagram on and need not wait until the
// exporters send their templates again:
//
//   "WEIR", format (u32), time and monotonic time of saving (f64 ms each), checksum over all but itself (two u32), u32 exporters
//   an exporter: address (four u32), first and last seen (f64, ms since 1970), idle (f64 ms), minutes (u32), u32 sections
//   a section: SOURCE code of its protocol (u8), length (u32), what the protocol wrote
//
// When something was last used is stored as the time that has passed since, so that clocks need not agree.
import { hashBytes } from '@weir/record';
import type { Exporter } from '../exporter.ts';
import type { ExporterTable } from '../exporter-table.ts';
import type { StateClock } from '../state-clock.ts';
import { StateWriter } from './bytes.ts';

export const MAGIC = 0x57454952;
export const FORMAT = 1;
/** Bytes before the first exporter: magic, format, two times; the checksum stands behind them. */
export const CHECKED_FROM = 24;

/** What a saved state may take; what does not fit is left out, the longest known exporters last. */
const MAX_BYTES = 16 * 1024 * 1024;

export interface SaveOptions {
  /** Now, in milliseconds since 1970; see `restore`. */
  readonly time?: number;
  /**
   * Saves where the sequences stand too: for a hand-over in which nothing is lost. After a crash the datagrams that nobody received would
   * count as lost on the way.
   */
  readonly sequences?: boolean;
  /** Most bytes that the answer may have. */
  readonly maxBytes?: number;
}

export function saveState(exporters: ExporterTable, clock: StateClock, options: SaveOptions): Uint8Array<ArrayBuffer> {
  const { time = 0, sequences = false, maxBytes = MAX_BYTES } = options;
  const writer = new StateWriter();
  writer.u32(MAGIC);
  writer.u32(FORMAT);
  writer.f64(time);
  writer.f64(clock.monotonic);
  const checksumAt = writer.length;
  writer.u32(0);
  writer.u32(0);
  // The longest known first: they are the last to be left out.
  const worth = exporters.all().filter(({ readable }) => readable);
  worth.sort((a, b) => b.minutes - a.minutes || b.seen - a.seen);
  writer.list(worth, (exporter) => {
    writeExporter(exporter, writer, clock, sequences);
    return writer.length <= maxBytes;
  });
  const bytes = writer.done().slice();
  const view = new DataView(bytes.buffer);
  const { lo, hi } = checksum(bytes);
  view.setUint32(checksumAt, lo);
  view.setUint32(checksumAt + 4, hi);
  return bytes;
}

/** Hash of all but the checksum. */
export function checksum(bytes: Uint8Array): { readonly lo: number; readonly hi: number } {
  const head = hashBytes(bytes.subarray(0, CHECKED_FROM));
  const body = hashBytes(bytes.subarray(CHECKED_FROM + 8));
  return { lo: head.lo ^ body.lo, hi: head.hi ^ body.hi };
}

function writeExporter(exporter: Exporter, writer: StateWriter, clock: StateClock, sequences: boolean): void {
  writer.words(exporter.words);
  writer.f64(exporter.firstSeen);
  writer.f64(exporter.lastSeen);
  writer.f64(clock.now - exporter.seen);
  writer.u32(exporter.minutes);
  writer.list(exporter.protocols, ([source, state]) => {
    writer.u8(source);
    writer.sized(() => state.save(writer, sequences));
  });
}
