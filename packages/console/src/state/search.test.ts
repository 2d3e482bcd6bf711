import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULTS,
  METRICS,
  parseSearchText,
  readSearch,
  searchText,
  TALKERS,
  type ViewState,
  writeSearch,
} from './search.ts';

describe('the URL', () => {
  it('is empty for the defaults', () => {
    expect(searchText(writeSearch(DEFAULTS))).toBe('');
  });

  it('can be read by a person', () => {
    const state: ViewState = {
      ...DEFAULTS,
      from: 'now-6h',
      filter: 'src_namespace = "shop" and dst_port in (80, 443)',
      by: ['src_namespace', 'dst_namespace'],
      columns: ['time_received', 'src_addr'],
      live: true,
    };
    expect(searchText(writeSearch(state))).toBe(
      '?from=now-6h&filter=src_namespace+=+%22shop%22+and+dst_port+in+(80,+443)&by=src_namespace,dst_namespace&columns=time_received,src_addr&live=on',
    );
  });

  it('holds any state and gives it back', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);
    const names = fc.uniqueArray(name, { maxLength: 5 });
    const states: fc.Arbitrary<ViewState> = fc.record({
      from: fc.constantFrom('now-1h', 'now-15m', '2026-11-20T10:00:00Z'),
      to: fc.constantFrom('now', '2026-11-20T11:00:00.250Z'),
      refresh: fc.constantFrom('off', '5s', '30s', '1m'),
      filter: fc.string({ unit: 'grapheme' }).filter((text) => !/[\ud800-\udfff]/.test(text) || text.isWellFormed()),
      utc: fc.boolean(),
      by: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      metric: fc.constantFrom(...METRICS),
      talkers: fc.constantFrom(...TALKERS),
      share: fc.constantFrom('port', 'service', 'flow_type', 'dscp'),
      tables: names,
      columns: names,
      row: fc.constantFrom('', '184467440737.1763681519000'),
      live: fc.boolean(),
      order: fc.constantFrom('time', 'bytes', 'packets'),
      sort: fc.constantFrom('-flows', 'exporter', '-lost'),
    });
    fc.assert(
      fc.property(states, (state) => {
        expect(readSearch(parseSearchText(searchText(writeSearch(state))))).toEqual(state);
      }),
    );
  });

  it('takes the default for what cannot be', () => {
    const state = readSearch({
      from: 'yesterday',
      metric: 'furlongs',
      by: '"; drop',
      refresh: 7,
      sort: '--',
      nonsense: 'x',
    });
    expect(state).toEqual(DEFAULTS);
  });
});
