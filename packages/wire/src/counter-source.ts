// Where an exporter's counters live. Ordinary memory dies with the process; a source that maps a file keeps what was counted of a process
// that was killed.
import { newCounters } from '@weir/record';

export interface CounterSource {
  /**
   * Counters for the exporter whose address is these four words (all zero: for what belongs to none), by ACCOUNT. They need not be zero:
   * a source may go on with what was counted before. Undefined: there is no room, and the exporter is counted as over the cap.
   */
  take(words: Uint32Array): Float64Array<ArrayBufferLike> | undefined;
  /** The exporter was evicted: nothing is counted on these any more. */
  release(counters: Float64Array<ArrayBufferLike>): void;
}

export const ORDINARY_MEMORY: CounterSource = {
  take: () => newCounters(),
  release: () => {},
};
