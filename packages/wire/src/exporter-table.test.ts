import { ACCOUNT, parseAddress } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { CapReport } from './caps.ts';
import { type Exporter, KNOWN_MINUTES } from './exporter.ts';
import { ExporterTable, type ExporterTableOptions } from './exporter-table.ts';
import { StateClock } from './state-clock.ts';
import { StateMemory } from './state-memory.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

/** A table and the clock that its time comes from. */
class Table {
  readonly clock = new StateClock();
  readonly caps = new CapReport(this.clock);
  readonly table: ExporterTable;

  constructor(options: ExporterTableOptions, stateBytes?: number) {
    this.clock.advance(0);
    this.table = new ExporterTable(this.clock, this.caps, new StateMemory(stateBytes, this.caps), options);
  }

  at(address: string): Exporter {
    const exporter = this.table.at(parseAddress(address), 0);
    if (exporter === undefined) throw new Error(`no room for exporter ${address}`);
    return exporter;
  }

  /** Exporters of the addresses 10.0.0.0 and following. */
  fill(count: number): Exporter[] {
    return Array.from({ length: count }, (_, index) => this.at(`10.0.${index >> 8}.${index & 255}`));
  }

  /** Makes something readable come of exporters in so many minutes, the last of them being now. */
  hear(exporters: readonly Exporter[], minutes = 1): void {
    for (let minute = 0; minute < minutes; minute++) {
      if (minute > 0) this.clock.advance(this.clock.now + MINUTE);
      for (const exporter of exporters) exporter.note(this.clock.now, this.clock, true);
    }
  }
}

describe('a table of exporters', () => {
  it('evicts nobody while a tenth of it is free', () => {
    const { table, fill, clock } = bound(new Table({ cap: 100 }));
    fill(89);
    clock.advance(HOUR);
    expect(table.retire(0)).toEqual([]);
    expect(table.all()).toHaveLength(89);
  });

  it('evicts those of which nothing could be read, then the longest silent, and finds all others', () => {
    const { table, fill, hear, clock } = bound(new Table({ cap: 100 }));
    const all = fill(100);
    for (const exporter of all.slice(0, 95).reverse()) {
      hear([exporter]);
      clock.advance(clock.now + SECOND);
    }
    const evicted = table.retire(10 * SECOND);
    // Five senders of nothing readable, then the first to fall silent; 25 of them make a quarter of the table free.
    expect(evicted).toEqual([...all.slice(95), ...all.slice(75, 95).reverse()]);
    expect(table.all()).toEqual(all.slice(0, 75));
    for (const exporter of all.slice(0, 75)) expect(table.at(exporter.words, 0)).toBe(exporter);
    const back = table.at(all[99].words, 0);
    expect(back).not.toBe(all[99]);
    expect(back?.counters[ACCOUNT.datagrams_decoded]).toBe(0);
  });

  it('evicts senders of nothing readable, however lately seen, before an exporter that is silent for long', () => {
    const { table, fill, hear, clock } = bound(new Table({ cap: 100 }));
    const all = fill(100);
    hear(all.slice(0, 50));
    clock.advance(MINUTE);
    for (const exporter of all.slice(50)) exporter.note(0, clock, false);
    expect(table.retire(10 * SECOND)).toEqual(all.slice(50, 75));
  });

  it('keeps newcomers that were seen of late, even when it is full', () => {
    const table = bound(new Table({ cap: 100 }));
    const all = table.fill(100);
    table.hear(all);
    table.clock.advance(10 * SECOND);
    table.hear(all.slice(3));
    expect(table.table.retire(10 * SECOND)).toEqual(all.slice(0, 3));
    table.hear(table.fill(100));
    expect(table.table.at(parseAddress('192.0.2.1'), 0)).toBeUndefined();
    expect(table.caps.reached()).toMatchObject([{ cap: 'exporters', times: 1, heaviest: [{ address: '192.0.2.1' }] }]);
  });

  it('keeps who is known and silent for minutes while others flood, and evicts it after an hour', () => {
    const { table, fill, at, hear, clock } = bound(new Table({ cap: 100 }));
    const [known, almost] = fill(2);
    hear([almost], KNOWN_MINUTES - 1);
    hear([known], KNOWN_MINUTES);
    let made = 0;
    // Ten minutes of a flood of made-up senders of readable datagrams, each heard once.
    for (let second = 0; second < 600; second++) {
      clock.advance(clock.now + SECOND);
      for (let i = 0; i < 20; i++, made++) {
        const exporter = table.at(parseAddress(`172.16.${(made >> 8) & 255}.${made & 255}`), 0);
        if (exporter !== undefined) hear([exporter]);
      }
      table.retire(10 * SECOND);
    }
    expect(table.find(known.words, 0)).toBe(known);
    expect(table.find(almost.words, 0)).toBeUndefined();

    clock.advance(known.seen + HOUR);
    hear(table.all().filter((exporter) => exporter !== known));
    for (let i = 0; table.all().length < 100; i++) hear([at(`10.8.0.${i}`)]);
    expect(table.retire(10 * SECOND)).toEqual([known]);
  });

  it('leaves a quarter to newcomers, even where made-up senders have become known', () => {
    const { table, fill, hear, clock } = bound(new Table({ cap: 100 }));
    const [old, ...others] = fill(100);
    hear([old], 3);
    hear([old, ...others], KNOWN_MINUTES);
    clock.advance(clock.now + MINUTE);
    const evicted = table.retire(10 * SECOND);
    expect(evicted).toEqual(others.slice(74));
    expect(table.find(old.words, 0)).toBe(old);
    hear(Array.from({ length: 25 }, (_, index) => table.at(parseAddress(`172.16.0.${index}`), 0)!));
    expect(table.retire(10 * SECOND)).toEqual([]);
  });

  it('gets back what the evicted took of the memory for state', () => {
    const { table, fill, clock } = bound(new Table({ cap: 10 }, 1000));
    const [first, second] = fill(10);
    expect([first.memory.take(900), table.memory.held]).toEqual([true, 900]);
    clock.advance(MINUTE);
    second.note(0, clock, true);
    table.retire(SECOND);
    expect([table.memory.held, second.memory.take(1000), first.memory.take(1)]).toEqual([0, true, false]);
  });
});

describe('the counters of exporters', () => {
  it('come from a source and go back to it when their exporter is evicted', () => {
    const taken: string[] = [];
    const released: Float64Array<ArrayBufferLike>[] = [];
    const memory = new SharedArrayBuffer(1 << 16);
    const { table, fill } = bound(
      new Table({
        cap: 10,
        counters: {
          take: (words) => {
            taken.push([...words].map((word) => word.toString(16)).join(' '));
            return new Float64Array(memory, (taken.length - 1) * 512, 64);
          },
          release: (counters) => released.push(counters),
        },
      }),
    );
    const all = fill(10);
    all[3].count('flows_received', 5);
    expect(taken[0]).toBe('0 0 0 0');
    expect(taken[4]).toBe('0 0 ffff0000 300000a');
    expect(all[3].counters.buffer).toBe(memory);
    const evicted = table.retire(0);
    expect(released).toEqual(evicted.map(({ counters }) => counters));
  });

  it('that there is no room for count like one exporter too many', () => {
    let left = 3;
    const { table, fill, caps } = bound(
      new Table({ counters: { take: () => (left-- > 0 ? new Float64Array(64) : undefined), release: () => {} } }),
    );
    fill(2);
    expect(table.at(parseAddress('192.0.2.1'), 0)).toBeUndefined();
    expect(caps.reached()).toMatchObject([{ cap: 'exporters', times: 1 }]);
    expect(table.all()).toHaveLength(2);
  });
});

/** Its methods, to be called alone. */
function bound(table: Table) {
  return {
    table: table.table,
    clock: table.clock,
    caps: table.caps,
    at: table.at.bind(table),
    fill: table.fill.bind(table),
    hear: table.hear.bind(table),
  };
}
