import { afterEach, describe, expect, it, vi } from 'vitest';
import { steadyNow } from './steady-clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the steady clock', () => {
  it('goes on as before when the system clock is set', () => {
    const before = steadyNow();
    expect(Math.abs(before - Date.now())).toBeLessThan(1000);
    vi.useFakeTimers({ toFake: ['Date'] });
    for (const jump of [3 * 3_600_000, -86_400_000, 400 * 86_400_000]) {
      vi.setSystemTime(before + jump);
      const after = steadyNow();
      expect(after).toBeGreaterThanOrEqual(before);
      expect(after - before).toBeLessThan(60_000);
    }
  });
});
