import { ACCOUNT, parseAddress } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { type Exporter, ExporterTable } from './exporter.ts';

const SECOND = 1000;

function fill(table: ExporterTable, count: number, seen: (index: number) => number): Exporter[] {
  return Array.from({ length: count }, (_, index) => {
    const exporter = table.at(parseAddress(`10.0.${index >> 8}.${index & 255}`), 0);
    if (exporter === undefined) throw new Error(`no room for exporter ${index}`);
    exporter.lastSeen = seen(index);
    return exporter;
  });
}

describe('a table of exporters', () => {
  it('forgets nobody while a tenth of it is free', () => {
    const table = new ExporterTable(100);
    fill(table, 89, () => 0);
    expect(table.retire(60 * SECOND)).toEqual([]);
    expect(table.all()).toHaveLength(89);
  });

  it('forgets those of which nothing could be read, then the longest silent, and finds all others', () => {
    const table = new ExporterTable(100);
    const all = fill(table, 100, (index) => (100 - index) * SECOND);
    // The first fifty sent something: of them the higher numbers have been silent for longer.
    for (const exporter of all.slice(0, 50)) exporter.count('datagrams_decoded');
    const retired = table.retire(90 * SECOND);
    // Made-up senders 50 to 99, the longest silent first; 25 of them make a quarter of the table free.
    expect(retired).toEqual(all.slice(75).reverse());
    expect(table.all()).toEqual(all.slice(0, 75));
    for (const exporter of all.slice(0, 75)) expect(table.at(exporter.words, 0)).toBe(exporter);
    const back = table.at(all[99].words, 0);
    expect(back).not.toBe(all[99]);
    expect(back?.counters[ACCOUNT.datagrams_decoded]).toBe(0);
  });

  it('forgets senders of nothing readable, however lately seen, before an exporter that is silent for long', () => {
    const table = new ExporterTable(100);
    const all = fill(table, 100, (index) => (index < 50 ? 0 : 60 * SECOND));
    for (const exporter of all.slice(0, 50)) exporter.count('datagrams_decoded');
    expect(table.retire(50 * SECOND)).toEqual(all.slice(50, 75));
  });

  it('keeps who was seen of late, even when it is full', () => {
    const table = new ExporterTable(100);
    const all = fill(table, 100, (index) => (index < 3 ? 0 : 50 * SECOND));
    for (const exporter of all) exporter.count('datagrams_decoded');
    expect(table.retire(50 * SECOND)).toEqual(all.slice(0, 3));
    expect(fill(table, 100, () => 50 * SECOND)).toHaveLength(100);
    expect(table.at(parseAddress('192.0.2.1'), 0)).toBeUndefined();
  });

  it('gets back what the forgotten took of the memory for state', () => {
    const table = new ExporterTable(10, 1000);
    const [first] = fill(table, 10, () => 0);
    expect([first.memory.take(900), first.memory.take(-100), table.memory.take(201), table.memory.take(200)]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    table.retire(SECOND);
    expect([table.memory.take(801), table.memory.take(800), first.memory.take(1)]).toEqual([false, true, false]);
  });
});
