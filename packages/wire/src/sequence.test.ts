import { ACCOUNT, newCounters } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceTracker } from './sequence.ts';

/** Takes messages as `[number, units]`; answers what was counted. */
function take(messages: readonly (readonly [number, number])[]): { lost: number; resets: number } {
  const counters = newCounters();
  const tracker = new SequenceTracker(counters, 'sequence_lost_flows');
  for (const [sequence, units] of messages) tracker.advance(sequence >>> 0, units);
  return { lost: counters[ACCOUNT.sequence_lost_flows], resets: counters[ACCOUNT.sequence_resets] };
}

/** Messages of ten units, by their place in the stream. */
const tens = (...places: number[]): [number, number][] => places.map((place) => [place * 10, 10]);

describe('a sequence', () => {
  it('that starts again at 0 while it was low is a restart, and what was lost before stays lost', () => {
    expect(take([...tens(0, 1, 2, 5, 6, 7), ...tens(0, 1, 2)])).toEqual({ lost: 20, resets: 1 });
  });

  it('after a restart counts what is missing in the new numbering', () => {
    expect(take([...tens(0, 1, 2, 30), ...tens(0, 1, 3)])).toEqual({ lost: 270 + 10, resets: 1 });
    // A gap of the old numbering is none of the new: its numbers do not fill it.
    expect(take([...tens(0, 3, 4, 5), ...tens(0, 1, 2, 3), ...tens(1)])).toEqual({ lost: 20, resets: 1 });
  });

  it('is restarted by a step back that is too long for reordering', () => {
    expect(
      take([
        [100_000, 10],
        [0, 10],
        [10, 10],
      ]),
    ).toEqual({ lost: 0, resets: 1 });
  });

  it('counts a late message as missing until it comes, and one that never comes for good', () => {
    expect(take(tens(0, 1, 3, 2, 4))).toEqual({ lost: 0, resets: 0 });
    expect(take(tens(0, 1, 3, 6, 2, 7))).toEqual({ lost: 20, resets: 0 });
  });

  it('takes late messages of a gap in any order', () => {
    expect(take(tens(0, 8, 4, 7, 1, 5, 2, 9))).toEqual({ lost: 20, resets: 0 });
    expect(take(tens(0, 8, 4, 7, 1, 5, 2, 9, 3, 6))).toEqual({ lost: 0, resets: 0 });
  });

  it('gives nothing back for a message that comes twice, and takes it for no restart', () => {
    expect(take(tens(0, 1, 4, 5, 5, 6, 4, 7))).toEqual({ lost: 20, resets: 0 });
    expect(take(tens(0, 0, 1, 1, 2, 2, 3, 3))).toEqual({ lost: 0, resets: 0 });
    // The late one twice: it was missing once.
    expect(take(tens(0, 1, 4, 2, 2, 5))).toEqual({ lost: 10, resets: 0 });
  });

  it('is not restarted by messages without units, which have the number of the next one', () => {
    expect(
      take([
        [0, 10],
        [10, 10],
        [10, 0],
        [10, 0],
        [20, 10],
      ]),
    ).toEqual({ lost: 0, resets: 0 });
  });

  it('goes on across the wrap of its 32 bits', () => {
    const start = 0xffff_fff0;
    expect(
      take([
        [start, 8],
        [start + 16, 8],
        [start + 8, 8],
        [start + 24, 8],
      ]),
    ).toEqual({ lost: 0, resets: 0 });
  });

  it('misses nothing of what arrives in another order, and exactly what does not arrive', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 4, maxLength: 60 });
    fc.assert(
      fc.property(lengths, fc.nat(0xffffffff), fc.infiniteStream(fc.nat(7)), (units, start, random) => {
        let at = start;
        const messages = units.map((length, index): { message: [number, number]; at: number; gone: boolean } => {
          at += length;
          // The first begins the stream and the last ends it; the others are up to three places late, or lost.
          const inside = index > 0 && index < units.length - 1;
          const late = inside ? random.next().value / 2 : 0;
          return { message: [at - length, length], at: index + late, gone: inside && random.next().value === 0 };
        });
        const last = messages[messages.length - 1];
        last.at = units.length + 4;
        const lost = messages.reduce((sum, { message, gone }) => sum + (gone ? message[1] : 0), 0);
        const arrived = messages.filter(({ gone }) => !gone).sort((a, b) => a.at - b.at);
        expect(take(arrived.map(({ message }) => message))).toEqual({ lost, resets: 0 });
      }),
    );
  });
});
