// Marks what the demo's exporters send, so that it can be told apart and removed.
import { type FlowBatch, inNetwork, parseNetwork, QUALITY } from '@weir/record';

/** The loopback addresses that the demo's exporters send from. */
export const DEMO_EXPORTERS = parseNetwork('127.0.10.0/24');

export class DemoMark {
  /** Sets the demo bit of the rows from `from` on when their peer (four words at `at`) is one of the demo's exporters. */
  mark(batch: FlowBatch, from: number, peers: Uint32Array, at: number): void {
    if (!inNetwork(DEMO_EXPORTERS, peers, at)) return;
    const quality = batch.core.quality;
    for (let row = from; row < batch.length; row++) quality[row] |= QUALITY.demo;
  }

  /** Whether an exporter's address (four words) is the demo's. */
  isDemo(words: Uint32Array): boolean {
    return inNetwork(DEMO_EXPORTERS, words);
  }
}
