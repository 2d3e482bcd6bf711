import { afterEach, describe, expect, it } from 'vitest';
import { Slots } from './slots.ts';

let clock = 0;
let slots: Slots;
const make = (total: number, perAddress: number) => {
  clock = 0;
  slots = new Slots({ slots: total, slotsPerAddress: perAddress, waitMs: 1000 }, () => clock);
};
afterEach(() => slots.close());

/** What became of requests, by name: entered in this order, or refused. */
const entered: string[] = [];
const refused: string[] = [];
const ends = new Map<string, () => void>();
afterEach(() => {
  for (const list of [entered, refused]) list.length = 0;
});

const ask = (name: string, from: string) =>
  slots.ask(
    from,
    (giveBack) => {
      entered.push(name);
      ends.set(name, giveBack);
    },
    () => refused.push(name),
  );
const end = (name: string) => ends.get(name)?.();

describe('slots', () => {
  it('let in as many as there are, and the next when one ends, in order', () => {
    make(2, 2);
    for (const name of ['a', 'b', 'c', 'd']) ask(name, '10.0.0.1');
    expect([entered, slots.taken, slots.waiting]).toEqual([['a', 'b'], 2, 2]);
    end('b');
    expect(entered).toEqual(['a', 'b', 'c']);
    end('a');
    end('c');
    end('d');
    expect([entered, slots.taken, slots.waiting]).toEqual([['a', 'b', 'c', 'd'], 0, 0]);
  });

  it('are shared between addresses: many requests of one do not keep others out, waiting ones take turns', () => {
    make(3, 2);
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) ask(name, '10.0.0.1');
    ask('b1', '10.0.0.2');
    expect(entered).toEqual(['a1', 'a2', 'b1']);
    for (const name of ['c1', 'c2', 'c3']) ask(name, '10.0.0.3');
    end('a1');
    end('a2');
    end('b1');
    end('c1');
    expect(entered.slice(3)).toEqual(['a3', 'c1', 'a4', 'c2']);
  });

  it('are not waited for longer than they may be, and not by those who gave up', async () => {
    make(1, 1);
    ask('a', '10.0.0.1');
    const gaveUp = ask('b', '10.0.0.1');
    ask('c', '10.0.0.1');
    gaveUp?.();
    gaveUp?.();
    expect(slots.waiting).toBe(1);
    clock = 999;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(refused).toEqual([]);
    clock = 1000;
    await expect.poll(() => refused).toEqual(['c']);
    end('a');
    expect([entered, slots.taken, slots.waiting]).toEqual([['a'], 0, 0]);
  });

  it('refuse thousands that waited too long a few at a time', async () => {
    make(1, 1);
    for (let index = 0; index <= 1000; index++) ask(String(index), '10.0.0.1');
    clock = 1000;
    let most = 0;
    let before = 0;
    while (refused.length < 1000) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, refused.length - before);
      before = refused.length;
    }
    expect(most).toBeLessThanOrEqual(64);
  });
});
