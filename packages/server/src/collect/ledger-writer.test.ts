import { ACCOUNT, newCounters } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { LedgerWriter } from './ledger-writer.ts';

describe('LedgerWriter', () => {
  const totals = (flows: number) => {
    const counters = newCounters();
    counters[ACCOUNT.flows_received] = flows;
    return new Map([['7', counters]]);
  };

  it('gives what grew since the last time', () => {
    const ledger = new LedgerWriter('c');
    expect(ledger.take(1, totals(10)).map((row) => row.count)).toEqual([10]);
    expect(ledger.take(2, totals(15))).toEqual([
      { time: 2, collector: 'c', exporter: '7', account: 'flows_received', count: 5 },
    ]);
    expect(ledger.take(3, totals(15))).toEqual([]);
  });

  it('gives again what was put back because it could not be written', () => {
    const ledger = new LedgerWriter('c');
    ledger.putBack(ledger.take(1, totals(10)));
    expect(ledger.take(2, totals(15)).map((row) => row.count)).toEqual([15]);
  });
});
