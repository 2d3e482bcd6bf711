import { ACCOUNT, exporterKey, keyText, parseAddress } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { CounterMemory, counterBytes } from './account/counter-memory.ts';
import { ExporterBook, TOLD_EXPORTERS } from './exporter-book.ts';
import type { LaneExporter } from './messages.ts';

function laneOf(addresses: readonly string[], flows: (index: number) => number) {
  const memory = CounterMemory.prepare(new ArrayBuffer(counterBytes(addresses.length + 1)));
  memory.take(new Uint32Array(4))![ACCOUNT.kernel_dropped] = 3;
  const exporters = addresses.map((address, index): LaneExporter => {
    const counters = memory.take(parseAddress(address))!;
    counters[ACCOUNT.flows_received] = flows(index);
    const slot = memory.slotOf(counters);
    const key = keyText(exporterKey(address));
    const { use } = memory.view(slot);
    return { slot, use, key, address, firstSeen: 5 - index, lastSeen: index, demo: false, protocols: [] };
  });
  return { memory, exporters };
}

describe('what is known of exporters', () => {
  it('is summed over the lanes that one sends to', () => {
    const book = new ExporterBook((address) => `node of ${address}`);
    for (const [lane, flows] of [10, 3].entries()) {
      const { memory, exporters } = laneOf(['192.0.2.1', '192.0.2.2'].slice(0, 2 - lane), () => flows);
      book.addLane(lane, memory);
      book.take({ lane, exporters, evicted: [] });
    }
    const { exporters, unattributed, others } = book.page();
    expect(exporters.map(({ address, node, counters }) => [address, node, counters])).toEqual([
      ['192.0.2.2', 'node of 192.0.2.2', { flows_received: 10 }],
      ['192.0.2.1', 'node of 192.0.2.1', { flows_received: 13 }],
    ]);
    expect(unattributed).toEqual({ kernel_dropped: 6 });
    expect(others).toEqual({ exporters: 0, counters: {} });
  });

  it('is told of the most recently seen, and of the others in one', () => {
    const addresses = Array.from({ length: TOLD_EXPORTERS + 20 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const { memory, exporters } = laneOf(addresses, () => 2);
    const book = new ExporterBook(() => '');
    book.addLane(0, memory);
    book.take({ lane: 0, exporters, evicted: [] });
    const page = book.page();
    expect(page.exporters).toHaveLength(TOLD_EXPORTERS);
    expect(page.exporters[0].address).toBe(addresses.at(-1));
    expect(page.others).toEqual({ exporters: 20, counters: { flows_received: 40 } });
  });

  it('of an evicted exporter goes on as nobody’s, so that no sum shrinks, and its place is not mistaken for its', () => {
    const { memory, exporters } = laneOf(['192.0.2.1'], () => 7);
    const book = new ExporterBook(() => '');
    book.addLane(0, memory);
    book.take({ lane: 0, exporters, evicted: [] });
    const view = memory.view(exporters[0].slot);
    memory.release(view.counters);
    book.forget(memory.view(exporters[0].slot));
    memory.freeSlot(memory.view(exporters[0].slot));
    // Another takes the place before the lane's report of the eviction has come.
    memory.take(parseAddress('192.0.2.9'))![ACCOUNT.flows_received] = 1;
    expect(book.page()).toMatchObject({
      exporters: [{ address: '192.0.2.1', counters: {} }],
      unattributed: { kernel_dropped: 3, flows_received: 7 },
    });
    book.take({ lane: 0, exporters: [], evicted: [exporters[0].slot] });
    expect(book.page().exporters).toEqual([]);
  });
});
