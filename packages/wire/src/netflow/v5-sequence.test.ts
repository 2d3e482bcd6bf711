import { ACCOUNT, newCounters } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceTracker } from '../sequence.ts';
import { Netflow5Sequence } from './v5-sequence.ts';

/** Takes messages as `[flows, header's number]`; answers the gaps found and what was counted as lost. */
function take(messages: readonly (readonly [number, number])[]): { gaps: number[]; lost: number } {
  const counters = newCounters();
  const sequence = new Netflow5Sequence(new SequenceTracker(counters, 'sequence_lost_flows'));
  const gaps = messages.map(([count, number]) => sequence.advance(number >>> 0, count));
  return { gaps, lost: counters[ACCOUNT.sequence_lost_flows] };
}

/** Messages of so many flows each, numbered by their first or their last flow from `start` on. */
function numbered(counts: readonly number[], by: 'first' | 'last', start = 0): [number, number][] {
  let next = start;
  return counts.map((count) => {
    const first = next;
    next += count;
    return [count, by === 'first' ? first : first + count - 1];
  });
}

const counts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 60 });

describe('the sequence of NetFlow v5', () => {
  it('misses nothing of what Open vSwitch sends, which numbers messages by their last flow', () => {
    // As seen on the wire.
    expect(
      take([
        [1, 0],
        [3, 3],
        [3, 6],
        [2, 8],
      ]),
    ).toEqual({ gaps: [0, 0, 0, 0], lost: 0 });
  });

  it('misses nothing while all arrives, whichever flow the number is of', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom('first', 'last'), fc.constantFrom(0, 0xffffff00), (all, by, start) => {
        expect(take(numbered(all, by, start)).lost).toBe(0);
      }),
    );
  });

  it('tells exactly what is missing once it knows which number it is', () => {
    const lead = [3, 5, 2, 7, 4];
    const tail = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 3, maxLength: 30 });
    fc.assert(
      fc.property(tail, fc.constantFrom('first', 'last'), fc.nat(), (rest, by, at) => {
        const all = numbered([...lead, ...rest], by);
        const gone = lead.length + (at % (rest.length - 1));
        const { lost } = take(all.filter((_, index) => index !== gone));
        expect(lost).toBe(all[gone][0]);
      }),
    );
  });

  it('is not led astray by one loss that looks like the other numbering', () => {
    const all = numbered([30, 12, 30, 9, 30, 18, 12, 30, 30, 7], 'first');
    // Between 12 and 30 flows 18 are missing: as if the message of 30 were numbered by its last flow.
    const { gaps, lost } = take(all.filter((_, index) => index !== 5));
    expect([gaps.reduce((sum, gap) => sum + gap, 0), lost]).toEqual([18, 18]);
  });

  it('tells a loss between messages of the same length, before it knows which number it is', () => {
    const all = numbered([30, 30, 30, 30], 'last');
    expect(take(all.filter((_, index) => index !== 2)).lost).toBe(30);
  });
});
