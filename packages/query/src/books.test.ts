import { describe, expect, it } from 'vitest';
import { booksOf, type Counted } from './books.ts';

function rows(exporter: string, consumer: string, counts: Readonly<Record<string, number>>): Counted[] {
  return Object.entries(counts).map(([account, count]) => ({ exporter, consumer, account, count }));
}

const LEDGER = [
  ...rows('1', '', { datagrams_received: 10, datagrams_decoded: 9, datagrams_lost_with_process: 1 }),
  ...rows('1', '', { flows_received: 100, flows_spooled: 90, flows_lost_with_process: 10 }),
  ...rows('1', 'store', { flows_stored: 60, flows_spool_cap: 20 }),
  ...rows('1', 'archive', { flows_offered: 90, flows_sent: 50, flows_filtered: 40 }),
  ...rows('2', '', { datagrams_received: 5, datagrams_decoded: 5, flows_received: 50, flows_spooled: 50 }),
  ...rows('2', 'store', { flows_stored: 50 }),
  ...rows('2', 'archive', { flows_offered: 50, flows_spool_failed: 20, flows_refused: 25 }),
];

describe('the books', () => {
  const books = booksOf(LEDGER, new Map([['1', '192.0.2.1']]));

  it('strike each balance for each exporter, those of sinks one by one', () => {
    expect(books.balances.map(({ total, consumer }) => [total, consumer])).toEqual([
      ['datagrams_received', ''],
      ['flows_received', ''],
      ['flows_spooled', 'store'],
      ['flows_offered', 'archive'],
    ]);
    expect(books.exporters.map(({ key, address, differences }) => [key, address, differences])).toEqual([
      ['1', '192.0.2.1', [0, 0, 10, 0]],
      ['2', '', [0, 0, 0, 5]],
    ]);
  });

  it('are in all what they are for the exporters together', () => {
    for (const [index, { difference }] of books.balances.entries()) {
      expect(books.exporters.reduce((sum, { differences }) => sum + differences[index], 0)).toBe(difference);
    }
    const names = new Set(books.exporters.flatMap(({ counts }) => Object.keys(counts)));
    for (const name of names) {
      expect(books.exporters.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0)).toBe(books.total[name]);
    }
    expect(books.exporters.map((exporter) => exporter.in_flight)).toEqual([10, 0]);
    expect(books.in_flight).toBe(10);
  });

  it('keep what a sink lost apart from what the spool did not take', () => {
    expect(books.total.flows_spool_failed).toBeUndefined();
    expect(books.sinks).toEqual({
      archive: { flows_offered: 140, flows_sent: 50, flows_filtered: 40, flows_spool_failed: 20, flows_refused: 25 },
    });
  });
});
