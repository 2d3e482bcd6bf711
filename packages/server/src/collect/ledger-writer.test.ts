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

  it('begins at zero for an exporter that was forgotten and came back', () => {
    const ledger = new LedgerWriter('c');
    ledger.take(1, totals(10));
    ledger.forget(totals(10));
    expect(ledger.take(2, new Map([['0', newCounters()]]))).toEqual([]);
    expect(ledger.take(3, totals(4)).map((row) => row.count)).toEqual([4]);
  });

  it('gives as nobody’s what could not be written of an exporter that was forgotten', () => {
    const ledger = new LedgerWriter('c');
    ledger.take(1, totals(10));
    ledger.putBack(ledger.take(2, totals(17)));
    ledger.forget(totals(17));
    expect(ledger.take(3, new Map([['0', newCounters()]]))).toEqual([
      { time: 3, collector: 'c', exporter: '0', account: 'flows_received', count: 7 },
    ]);
  });

  it('gives again what was put back because it could not be written', () => {
    const ledger = new LedgerWriter('c');
    ledger.putBack(ledger.take(1, totals(10)));
    expect(ledger.take(2, totals(15)).map((row) => row.count)).toEqual([15]);
  });
});
