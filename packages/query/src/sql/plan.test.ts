import { describe, expect, it } from 'vitest';
import { type PlanRequest, plan } from './plan.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 2, 1, 12);
const CONTEXT = {
  columnsPresent: new Set(['src_entity', 'src_addr', 'client_side']),
  rolledUpUntil: { '1m': T0 - 60_000, '5m': T0 - 300_000, '1h': T0 - HOUR },
  now: T0,
};

/** The segments as `source from-to` in seconds before T0. */
function planned(request: Partial<PlanRequest> & { from: number; to: number }): string[] {
  const { segments } = plan({ needs: [], resolution: 'auto', ...request }, CONTEXT);
  return segments.map(({ source, from, to }) => `${source.resolution} ${(T0 - from) / 1000}-${(T0 - to) / 1000}`);
}

describe('the plan of a query', () => {
  it('takes the coarsest roll-up for whole steps and finer ones for the edges', () => {
    expect(planned({ from: T0 - 6 * HOUR - 90_000, to: T0 - 10_000 })).toEqual([
      'flows 21690-21660',
      '1m 21660-21600',
      '1h 21600-3600',
      '5m 3600-300',
      '1m 300-60',
      'flows 60-10',
    ]);
  });

  it('covers the range without gaps or overlaps, whatever the range', () => {
    for (let seed = 1; seed < 200; seed++) {
      const from = T0 - ((seed * 7_919_993) % (30 * HOUR)) - 1;
      const to = Math.min(T0, from + ((seed * 104_729_001) % (20 * HOUR)) + 1);
      const { segments } = plan({ from, to, needs: [], resolution: 'auto' }, CONTEXT);
      let at = from;
      for (const segment of segments) {
        expect(segment.from).toBe(at);
        at = segment.to;
      }
      expect(at).toBe(to);
    }
  });

  it('takes only roll-ups that divide the interval', () => {
    const range = { from: T0 - 12 * HOUR, to: T0 - 2 * HOUR };
    expect(planned({ ...range, stepMs: 60_000 })).toEqual(['1m 43200-7200']);
    expect(planned({ ...range, stepMs: 600_000 })).toEqual(['5m 43200-7200']);
    expect(planned({ ...range, stepMs: 90_000 })).toEqual(['flows 43200-7200']);
    expect(planned({ ...range, stepMs: 24 * HOUR })).toEqual(['1h 43200-7200']);
  });

  it('reads the flows for columns that roll-ups do not keep, but not for columns that nobody filled', () => {
    const range = { from: T0 - 6 * HOUR, to: T0 - 2 * HOUR };
    expect(planned({ ...range, needs: [{ column: 'src_addr' }] })).toEqual(['flows 21600-7200']);
    expect(planned({ ...range, needs: [{ column: 'src_vlan' }] })).toEqual(['1h 21600-7200']);
    expect(planned({ ...range, needs: [{ column: 'server_port', everyPort: true }] })).toEqual(['flows 21600-7200']);
  });

  it('keeps to the resolution that was asked for, and says why it cannot', () => {
    const range = { from: T0 - 6 * HOUR, to: T0 - 2 * HOUR };
    expect(planned({ ...range, resolution: 'flows' })).toEqual(['flows 21600-7200']);
    expect(planned({ ...range, resolution: '5m' })).toEqual(['5m 21600-7200']);
    expect(() => planned({ ...range, resolution: '1h', needs: [{ column: 'src_addr' }] })).toThrow(
      'The roll-up 1h does not keep src_addr',
    );
    expect(() => planned({ ...range, resolution: '5m', stepMs: 60_000 })).toThrow('has no points every 60 s');
  });

  it('reads short ranges from the flows or the minutes', () => {
    expect(planned({ from: T0 - HOUR, to: T0 - HOUR + 120_000 })).toEqual(['flows 3600-3480']);
    expect(planned({ from: T0 - HOUR, to: T0 - HOUR + 600_000 })).toEqual(['1m 3600-3000']);
  });
});
