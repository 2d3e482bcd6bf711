import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Holder, LargestFirst } from './largest-first.ts';

describe('holders', () => {
  it('have the largest first and add up, however they change', () => {
    const change = fc.tuple(fc.constantFrom('add', 'change', 'remove'), fc.nat(15), fc.nat(1000));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
        const all: Holder[] = Array.from({ length: 16 }, () => ({ held: 0, place: -1 }));
        const heap = new LargestFirst<Holder>();
        for (const [what, index, bytes] of changes) {
          const holder = all[index];
          if (what === 'add' && holder.place < 0) {
            holder.held = bytes;
            heap.add(holder);
          } else if (what === 'change' && holder.place >= 0) heap.change(holder, bytes - holder.held);
          else if (what === 'remove' && holder.place >= 0) heap.remove(holder);
          const held = all.filter(({ place }) => place >= 0).map((some) => some.held);
          expect(heap.size).toBe(held.length);
          expect(heap.total).toBe(held.reduce((sum, some) => sum + some, 0));
          expect(heap.largest?.held ?? 0).toBe(Math.max(0, ...held));
        }
      }),
    );
  });
});
