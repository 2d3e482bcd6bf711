// Tells the ledger what the lanes' counters grew by since it was told last.
import { ACCOUNT_NAMES, steadyNow } from '@weir/record';
import { type LedgerRow, type NameSource, writeLedger } from '@weir/spool';
import type { CounterMemory, SlotView } from './counter-memory.ts';
import { slotKey } from './recover.ts';

export interface TellerOptions {
  /** The spool directory. */
  readonly dir: string;
  readonly collector: string;
  readonly names: NameSource;
  /** Where a link to the newest file of rows stays, for whoever accounts for this process when it is killed. */
  readonly lastLedger: string;
}

export class Teller {
  readonly #options: TellerOptions;
  readonly #lanes = new Map<number, CounterMemory>();

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Counters of a lane are told of from now on. */
  add(lane: number, memory: CounterMemory): void {
    this.#lanes.set(lane, memory);
  }

  /**
   * Writes rows for all that grew (or, where a late message showed that nothing was missing, shrank). Slots of evicted exporters are free
   * afterwards, and `onFree` is told of each. Throws SpoolError; nothing was told then.
   */
  tell(onFree: (view: SlotView) => void = () => {}): void {
    const { dir, collector, names, lastLedger } = this.#options;
    const time = steadyNow();
    const rows: LedgerRow[] = [];
    const news: { readonly view: SlotView; readonly account: number; readonly total: number }[] = [];
    const released: { readonly memory: CounterMemory; readonly view: SlotView }[] = [];
    for (const [lane, memory] of this.#lanes) {
      for (const view of memory.views()) {
        if (view.released) released.push({ memory, view });
        let exporter = '';
        for (const [index, account] of ACCOUNT_NAMES.entries()) {
          const total = view.counters[index];
          const count = total - view.told[index];
          if (count === 0) continue;
          exporter ||= slotKey(view);
          const counter = { lane, slot: view.slot, use: view.use, total };
          rows.push({ time, collector, exporter, account, count, counter });
          news.push({ view, account: index, total });
        }
      }
    }
    writeLedger(dir, names(), rows, lastLedger);
    for (const { view, account, total } of news) view.told[account] = total;
    for (const { memory, view } of released) {
      onFree(view);
      memory.freeSlot(view);
    }
  }
}
