// Steps for mediators, which send the records of other exporters and name them in each.
import { ACCOUNT } from '@weir/record';
import type { ElementKey } from '../ipfix/registry.ts';
import { writeFirst } from './address-steps.ts';
import type { Slot } from './layout.ts';
import type { Step } from './run.ts';

/**
 * A mediator says for whom it speaks: 403 and 404 originalExporter, 130 and 131 exporter (RFC 6235, RFC 7012). The row becomes that
 * exporter's, and with it the count of flows received.
 */
export function exporterSteps(slots: ReadonlyMap<ElementKey, readonly Slot[]>): Step[] {
  const found = [403, 404, 130, 131]
    .flatMap((key) => slots.get(key) ?? [])
    .filter((slot) => !slot.variable && (slot.length === 4 || slot.length === 16));
  if (found.length === 0) return [];
  const words = new Uint32Array(4);
  return [
    (run) => {
      const column = run.batch.core.exporter;
      const { exporter: peer, exporters, timeReceived } = run.context;
      for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
        words.fill(0);
        if (!writeFirst(words, 0, run.view, record, found)) continue;
        const named = exporters.at(words, 0);
        if (named === undefined || named === peer) continue;
        column[row * 2] = named.key.lo;
        column[row * 2 + 1] = named.key.hi;
        named.counters[ACCOUNT.flows_received]++;
        peer.counters[ACCOUNT.flows_received]--;
        if (named.firstSeen === 0) named.firstSeen = timeReceived;
        named.lastSeen = timeReceived;
      }
    },
  ];
}
