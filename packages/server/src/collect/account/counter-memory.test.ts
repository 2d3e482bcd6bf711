import { ACCOUNT, ACCOUNT_NAMES, parseAddress } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adopt, CounterMemory, counterBytes } from './counter-memory.ts';

const ADDRESS = parseAddress('192.0.2.1');
const OTHER = parseAddress('2001:db8::1');

const addresses = (memory: CounterMemory) => [...memory.views()].map(({ words }) => [...words]);

describe('the counters of a lane', () => {
  it('are seen by the main thread as the lane writes them', () => {
    const buffer = new SharedArrayBuffer(counterBytes(4));
    const lane = CounterMemory.prepare(buffer);
    const main = new CounterMemory(buffer);
    const counters = lane.take(ADDRESS)!;
    counters[ACCOUNT.flows_received] += 30;
    expect(addresses(main)).toEqual([[...ADDRESS]]);
    const [view] = main.views();
    expect(view.counters[ACCOUNT.flows_received]).toBe(30);
    expect(view.told[ACCOUNT.flows_received]).toBe(0);
    expect(main.view(lane.slotOf(counters)).counters[ACCOUNT.flows_received]).toBe(30);
  });

  it('have room for as many exporters as were asked for, and for what belongs to none', () => {
    const memory = CounterMemory.prepare(new ArrayBuffer(counterBytes(4)));
    const taken = Array.from({ length: 6 }, () => memory.take(ADDRESS));
    expect(taken.map((counters) => counters !== undefined)).toEqual([true, true, true, true, true, false]);
  });

  it('of an evicted exporter stay until the ledger was told of them; the next one begins at zero', () => {
    const memory = CounterMemory.prepare(new ArrayBuffer(counterBytes(0)));
    const counters = memory.take(ADDRESS)!;
    counters[ACCOUNT.flows_received] = 7;
    memory.release(counters);
    expect(memory.take(OTHER)).toBeUndefined();
    const [view] = memory.views();
    expect([view.released, view.counters[ACCOUNT.flows_received]]).toEqual([true, 7]);
    memory.freeSlot(view);
    expect([...memory.views()]).toEqual([]);
    const next = memory.take(OTHER)!;
    expect([...next]).toEqual(ACCOUNT_NAMES.map(() => 0));
    expect(addresses(memory)).toEqual([[...OTHER]]);
  });

  it('tell a datagram that an exporter counted just before the lane was killed', () => {
    const memory = CounterMemory.prepare(new ArrayBuffer(counterBytes(3)));
    const one = memory.take(ADDRESS)!;
    const other = memory.take(OTHER)!;
    for (let datagram = 0; datagram < 5; datagram++) {
      (datagram % 2 === 0 ? one : other)[ACCOUNT.datagrams_received]++;
      memory.countReceived();
    }
    memory.release(one);
    memory.freeSlot(memory.view(memory.slotOf(one)));
    expect(memory.uncounted()).toBe(0);
    other[ACCOUNT.datagrams_received]++;
    expect([memory.received, memory.uncounted()]).toEqual([5, 1]);
  });
});

describe('the batch at hand', () => {
  it('tells how many of its datagrams were counted when the lane was killed', () => {
    const memory = CounterMemory.prepare(new ArrayBuffer(counterBytes(3)));
    const one = memory.take(ADDRESS)!;
    const receive = () => {
      one[ACCOUNT.datagrams_received]++;
      memory.countReceived();
    };
    receive();
    memory.beginBatch(8);
    receive();
    receive();
    // Taken from the kernel, and killed before the batch was begun.
    expect(memory.doneOf(9)).toBe(0);
    expect(memory.doneOf(8)).toBe(2);
    one[ACCOUNT.datagrams_received]++;
    expect(memory.doneOf(8)).toBe(3);
  });
});

describe('a replay', () => {
  it('tells how much of it was done when the lane was killed, and that the batch before it is done', () => {
    const memory = CounterMemory.prepare(new ArrayBuffer(counterBytes(3)));
    const one = memory.take(ADDRESS)!;
    const receive = (count: number) => {
      one[ACCOUNT.datagrams_received] += count;
      for (let i = 0; i < count; i++) memory.countReceived();
    };
    expect(memory.doneOfReplay(0)).toBe(0);
    memory.beginReplay(0);
    receive(2);
    one[ACCOUNT.datagrams_received]++;
    expect(memory.doneOfReplay(0)).toBe(3);
    expect(memory.doneOfReplay(1)).toBe(0);
    memory.countReceived();
    memory.endReplay();
    expect(memory.doneOfReplay(0)).toBe(Number.POSITIVE_INFINITY);
    expect(memory.doneOfReplay(1)).toBe(0);
    memory.beginBatch(0);
    receive(2);
    expect(memory.doneOf(0)).toBe(2);
    // Numbers are given to all lanes together, so a lane may not see each.
    memory.beginReplay(4);
    receive(1);
    expect(memory.doneOf(0)).toBe(Number.POSITIVE_INFINITY);
    expect(memory.doneOfReplay(2)).toBe(Number.POSITIVE_INFINITY);
    expect(memory.doneOfReplay(4)).toBe(1);
    memory.endReplay();
    memory.beginBatch(2);
    receive(1);
    expect(memory.doneOf(2)).toBe(1);
    expect(memory.doneOfReplay(4)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('counters that another process left', () => {
  it('are taken over by the names of their accounts, in whatever order a version had them', () => {
    const bytes = new ArrayBuffer(counterBytes(2));
    const memory = CounterMemory.prepare(bytes);
    const counters = memory.take(ADDRESS)!;
    counters[ACCOUNT.flows_received] = 30;
    memory.view(memory.slotOf(counters)).told[ACCOUNT.flows_received] = 20;
    // Swap two names in the header, as if they had been listed the other way round.
    const text = Buffer.from(bytes).toString('latin1');
    const swapped = text
      .replace('flows_received', '#')
      .replace('flows_spooled', 'flows_received')
      .replace('#', 'flows_spooled');
    const other = new Uint8Array(bytes.byteLength);
    other.set(Buffer.from(swapped, 'latin1').subarray(0, bytes.byteLength));
    const [view] = adopt(other.buffer)!.views();
    expect(view.counters[ACCOUNT.flows_spooled]).toBe(30);
    expect(view.told[ACCOUNT.flows_spooled]).toBe(20);
    expect(view.counters[ACCOUNT.flows_received]).toBe(0);
  });

  it('of any other bytes are refused or read as counts', () => {
    const bytes = new ArrayBuffer(counterBytes(1));
    CounterMemory.prepare(bytes).take(ADDRESS);
    fc.assert(
      fc.property(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
        const damaged = cut ? bytes.slice(0, at) : bytes.slice(0);
        if (!cut) new Uint8Array(damaged)[at] ^= flip;
        for (const { counters, told } of adopt(damaged)?.views() ?? []) {
          for (const value of [...counters, ...told]) expect(Number.isSafeInteger(value)).toBe(true);
        }
      }),
    );
    expect(adopt(new ArrayBuffer(0))).toBeUndefined();
    expect(adopt(new ArrayBuffer(8192))).toBeUndefined();
  });
});
