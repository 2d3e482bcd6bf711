// Steps for mediators, which send the records of other exporters and name them in each.
import type { ElementKey } from '../ipfix/registry.ts';
import { writeFirst } from './address-steps.ts';
import type { Slot } from './layout.ts';
import type { Step } from './run.ts';

/**
 * A mediator says for whom it speaks: 403 and 404 originalExporter, 130 and 131 exporter (RFC 6235, RFC 7012). The row becomes that
 * exporter's, and with it the count of flows received, as far as the sender may name others.
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
      const { exporter: sender, exporters, named } = run.context;
      for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
        words.fill(0);
        if (!writeFirst(words, 0, run.view, record, found)) continue;
        const exporter = exporters.named(words, 0, sender);
        if (exporter === undefined) named.refused++;
        if (exporter === undefined || exporter === sender) continue;
        column[row * 2] = exporter.key.lo;
        column[row * 2 + 1] = exporter.key.hi;
        named.add(exporter);
      }
    },
  ];
}
