// What the main thread knows of exporters: who they are from the lanes' reports, what was counted of them from the lanes' memory. One exporter
// may send to several lanes, and the page wants its sums.
import { ACCOUNT_NAMES, newCounters } from '@weir/record';
import type { Counts, ExporterStatus } from '../status.ts';
import type { CounterMemory, SlotView } from './account/counter-memory.ts';
import type { LaneExporter, LaneReport } from './messages.ts';

/** Exporters told one by one; of more the status file, which is written every second, would be megabytes. */
export const TOLD_EXPORTERS = 1000;

interface Lane {
  readonly memory: CounterMemory;
  /** By slot. */
  readonly exporters: Map<number, LaneExporter>;
}

export interface BookPage {
  /** The most recently seen, at most TOLD_EXPORTERS. */
  readonly exporters: readonly ExporterStatus[];
  /** How many more there are, and their counters. */
  readonly others: { readonly exporters: number; readonly counters: Counts };
  /** What belongs to no exporter, or to one that was evicted. */
  readonly unattributed: Counts;
}

export class ExporterBook {
  readonly #lanes = new Map<number, Lane>();
  readonly #nodeOf: (address: string) => string;
  /** Counters of exporters that were evicted: told under no exporter, so that sums never shrink. */
  readonly #evicted = newCounters();

  constructor(nodeOf: (address: string) => string) {
    this.#nodeOf = nodeOf;
  }

  addLane(lane: number, memory: CounterMemory): void {
    this.#lanes.set(lane, { memory, exporters: new Map() });
  }

  take({ lane, exporters, evicted }: Pick<LaneReport, 'lane' | 'exporters' | 'evicted'>): void {
    const known = this.#lanes.get(lane)?.exporters;
    for (const exporter of exporters) known?.set(exporter.slot, exporter);
    for (const slot of evicted) known?.delete(slot);
  }

  /** To be called with the last of an evicted exporter's counters. */
  forget({ counters }: SlotView): void {
    addTo(this.#evicted, counters);
  }

  /** All exporters, those that several lanes know once, without counters. */
  all(): IterableIterator<ExporterStatus> {
    return this.#merged().values();
  }

  /** For the status. */
  page(): BookPage {
    const exporters = [...this.#merged().values()].sort((a, b) => b.lastSeen - a.lastSeen);
    const told = exporters.slice(0, TOLD_EXPORTERS);
    const counters = new Map(told.map(({ key }) => [key, newCounters()]));
    const others = newCounters();
    const unattributed = this.#evicted.slice();
    for (const { memory, exporters: known } of this.#lanes.values()) {
      for (const view of memory.views()) {
        const exporter = known.get(view.slot);
        if (view.words.every((word) => word === 0)) addTo(unattributed, view.counters);
        else if (exporter?.use === view.use) addTo(counters.get(exporter.key) ?? others, view.counters);
      }
    }
    return {
      exporters: told.map((exporter) => ({
        ...exporter,
        counters: namedCounts(counters.get(exporter.key) ?? newCounters()),
      })),
      others: { exporters: exporters.length - told.length, counters: namedCounts(others) },
      unattributed: namedCounts(unattributed),
    };
  }

  #merged(): Map<string, ExporterStatus> {
    const merged = new Map<string, ExporterStatus>();
    for (const { exporters } of this.#lanes.values()) {
      for (const { key, address, firstSeen, lastSeen, demo, protocols } of exporters.values()) {
        const before = merged.get(key);
        merged.set(key, {
          key,
          address,
          node: before?.node ?? this.#nodeOf(address),
          firstSeen: Math.min(before?.firstSeen ?? firstSeen, firstSeen),
          lastSeen: Math.max(before?.lastSeen ?? 0, lastSeen),
          demo,
          protocols: [...(before?.protocols ?? []), ...protocols],
          counters: {},
        });
      }
    }
    return merged;
  }
}

function addTo(total: Float64Array, counters: Float64Array): void {
  for (let account = 0; account < counters.length; account++) total[account] += counters[account];
}

/** Counters by account name, zeros left out. */
export function namedCounts(counters: Float64Array): Counts {
  const counts: Counts = {};
  for (const [index, name] of ACCOUNT_NAMES.entries()) if (counters[index] !== 0) counts[name] = counters[index];
  return counts;
}
