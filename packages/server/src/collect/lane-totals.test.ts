import { ACCOUNT, newCounters } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { LaneTotals } from './lane-totals.ts';
import type { LaneReport } from './messages.ts';

function flows(count: number): Float64Array {
  const counters = newCounters();
  counters[ACCOUNT.flows_received] = count;
  return counters;
}

function report(lane: number, counts: Record<string, number>, retired: readonly string[] = []): LaneReport {
  return {
    type: 'report',
    lane,
    backend: 'dgram',
    sockets: [],
    warnings: [],
    busy: 0,
    exporters: Object.entries(counts).map(([key, count]) => ({
      key,
      address: `192.0.2.${key}`,
      firstSeen: 1,
      lastSeen: 2,
      demo: false,
      counters: flows(count),
      protocols: [],
    })),
    unattributed: newCounters(),
    retired,
    strings: [],
    entities: [],
    spoolProblem: '',
  };
}

const received = (totals: LaneTotals) =>
  Object.fromEntries(
    Array.from(totals.counters(), ([key, counters]) => [key, counters[ACCOUNT.flows_received]] as const).sort(),
  );

describe('the lanes put together', () => {
  it('sums an exporter over lanes', () => {
    const totals = new LaneTotals(() => '');
    totals.take(report(0, { 1: 10, 2: 5 }));
    totals.take(report(1, { 1: 3 }));
    expect(received(totals)).toEqual({ 0: 0, 1: 13, 2: 5 });
  });

  it('tells what forgotten exporters counted under nobody, so that no sum shrinks', () => {
    const totals = new LaneTotals(() => '');
    totals.take(report(1, { 1: 3 }));
    const last = report(0, { 1: 10, 2: 5 }, ['1', '2']);
    totals.take(last);
    expect(totals.forget(last)).toEqual(
      new Map([
        ['1', flows(10)],
        ['2', flows(5)],
      ]),
    );
    expect(received(totals)).toEqual({ 0: 15, 1: 3 });
    expect(totals.lanes().map((lane) => lane.flows)).toEqual([3, 15]);
    totals.take(report(0, { 2: 1 }));
    expect(received(totals)).toEqual({ 0: 15, 1: 3, 2: 1 });
    expect(totals.exporters().map(({ key }) => key)).toEqual(['1', '2']);
  });

  it('tells flows that the cap dropped with their exporter while there is one', () => {
    const totals = new LaneTotals(() => '');
    totals.take(report(0, { 1: 10, 2: 5 }));
    totals.drop([
      ['1', 4],
      ['9', 2],
    ]);
    const dropped = () =>
      Array.from(totals.counters(), ([key, counters]) => [key, counters[ACCOUNT.flows_spool_cap]] as const).sort();
    expect(dropped()).toEqual([
      ['0', 2],
      ['1', 4],
      ['2', 0],
    ]);
    expect(totals.exporters()[0].counters).toEqual({ flows_received: 10, flows_spool_cap: 4 });
    const last = report(0, { 1: 10, 2: 5 }, ['1']);
    totals.take(last);
    totals.forget(last);
    expect(dropped()).toEqual([
      ['0', 6],
      ['2', 0],
    ]);
  });
});
