import { describe, expect, it } from 'vitest';
import { collectorDied, collectorListens, NO_OUTAGES, outageWarnings } from './outages.ts';

describe('outages of collecting', () => {
  it('last from the death of the process until one listens, however many die before that', () => {
    const died = collectorDied(collectorDied(collectorListens(NO_OUTAGES, 500), 1000), 1400);
    expect(died).toEqual({ restarts: 2, downMs: 0, since: 1000, ended: 0, held: false });
    const back = collectorListens(died, 2500);
    expect(back).toEqual({ restarts: 2, downMs: 1500, since: 0, ended: 2500, held: false });
    expect(collectorListens(collectorDied(back, 4000), 4250)).toEqual({
      restarts: 3,
      downMs: 1750,
      since: 0,
      ended: 4250,
      held: false,
    });
  });

  it('never count backwards with the clock', () => {
    expect(collectorListens(collectorDied(NO_OUTAGES, 1000), 400).downMs).toBe(0);
  });

  it('are told to people for a day', () => {
    const ended = Date.UTC(2026, 0, 2, 3, 4, 5);
    const outages = { restarts: 1, downMs: 1234, since: 0, ended, held: false };
    expect(outageWarnings(NO_OUTAGES, ended)).toEqual([]);
    expect(outageWarnings(outages, ended)).toEqual([
      'the collecting process died and was started again once, last at 2026-01-02T03:04:05.000Z: for 1.2 s in all nobody read; what exporters sent meanwhile is in no account of the ledger',
    ]);
    expect(outageWarnings({ ...outages, held: true }, ended)[0]).toContain(
      'waited in the sockets; what did not fit is counted as kernel_dropped',
    );
    expect(outageWarnings({ ...outages, restarts: 2 }, ended)[0]).toContain('started again 2 times');
    expect(outageWarnings(outages, ended + 86_400_001)).toEqual([]);
  });
});
