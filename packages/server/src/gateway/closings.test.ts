import { describe, expect, it } from 'vitest';
import { Closings } from './closings.ts';

const MINUTE = 60_000;

describe('connections that Weir closed', () => {
  it('are counted by reason, and told of by address for ten minutes after the last', () => {
    const closings = new Closings();
    const first = closings.over('limit_per_address', () => '10.0.0.1', false, 0);
    expect(first).toBe(
      '10.0.0.1 has more than http.max_connections_per_address allows: 1 closed, the longest idle first',
    );
    expect(closings.over('limit_per_address', () => '10.0.0.1', true, MINUTE)).toBeUndefined();
    closings.count('idle_timeout');
    expect(closings.counts).toMatchObject({ limit: 0, limit_per_address: 2, idle_timeout: 1 });
    expect(closings.warnings(11 * MINUTE)).toEqual([
      '10.0.0.1 has more than http.max_connections_per_address allows: 2 closed, 1 of them at once, as all others waited for answers',
    ]);
    expect(closings.warnings(11 * MINUTE + 1)).toEqual([]);
    expect(closings.over('limit_per_address', () => '10.0.0.1', false, 12 * MINUTE)).toContain('1 closed');
  });

  it('name sixteen addresses at most, those of the latest', () => {
    const closings = new Closings();
    for (let host = 1; host <= 100; host++) closings.over('limit_per_address', () => `10.0.0.${host}`, false, host);
    const warnings = closings.warnings(100);
    expect(warnings).toHaveLength(16);
    expect(warnings.some((warning) => warning.startsWith('10.0.0.100 '))).toBe(true);
    expect(warnings.some((warning) => warning.startsWith('10.0.0.84 '))).toBe(false);
  });

  it('look for who has most of them once a second, however many are closed', () => {
    const closings = new Closings();
    let looks = 0;
    const largest = () => {
      looks++;
      return '10.0.0.1';
    };
    for (let ms = 0; ms < 2000; ms++) closings.over('limit', largest, false, ms);
    expect(looks).toBe(2);
    expect(closings.warnings(2000)).toEqual([
      '10.0.0.1 has most of the connections to the page and the API, of which there are more than http.max_connections allows: 2000 closed, the longest idle first',
    ]);
  });
});
