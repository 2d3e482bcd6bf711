import { keyText } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { FlowCounts } from './counts.ts';
import { A, B, batchFrom, TIME } from './testing/flows.ts';

describe('counting the flows of a file', () => {
  it('keeps rows by exporter and the time they span', () => {
    const counts = new FlowCounts();
    counts.add(batchFrom([A, A, B, A]));
    const others = new FlowCounts();
    others.add(batchFrom([B, B], TIME - 1000));
    counts.merge(others);
    expect(counts.rows).toBe(6);
    expect(counts.exporters()).toEqual([
      [keyText(A), 3],
      [keyText(B), 3],
    ]);
    expect(counts.spans()).toEqual([
      [TIME - 1000, TIME - 999],
      [TIME, TIME + 3],
    ]);
  });

  it('tells the hours apart between which a clock jumped, with nothing between them', () => {
    const counts = new FlowCounts();
    const DAY = 86_400_000;
    for (const jump of [0, 3 * 3_600_000, -DAY, 400 * DAY, 0]) counts.add(batchFrom([A, A], TIME + jump));
    expect(counts.spans()).toEqual([-DAY, 0, 3 * 3_600_000, 400 * DAY].map((jump) => [TIME + jump, TIME + jump + 1]));
    expect(counts.hours).toBe(4);
  });
});
