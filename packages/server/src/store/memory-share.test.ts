import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { memoryWarning, storeMemory } from './memory-share.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const config = (flags: Record<string, string> = {}) => loadConfig({ env: {}, flags }).store;
const group = (bytes: number) => ({ bytes, limited: true });
const machine = (bytes: number) => ({ bytes, limited: false });
const share = (limit: { bytes: number; limited: boolean }, flags = {}) => {
  const { store, query } = storeMemory(config(flags), limit);
  return [Math.round(store / MIB), Math.round(query / MIB)];
};

describe("the store's memory", () => {
  it('is 700 MiB on a machine of 24 GiB that nothing bounds, 512 MiB of it for one query', () => {
    expect(share(machine(24 * GIB))).toEqual([700, 512]);
  });

  it.each([
    [1 * GIB, [524, 383]],
    [1.25 * GIB, [700, 512]],
    [2 * GIB, [929, 679]],
    [8 * GIB, [4615, 3376]],
  ])('is what a control group of %d bytes leaves it', (bytes, expected) => {
    expect(share(group(bytes))).toEqual(expected);
  });

  it.each([
    [1.25 * GIB, [460, 336]],
    [2 * GIB, [700, 512]],
    [64 * GIB, [1638, 1198]],
  ])('is a small part of a machine of %d bytes', (bytes, expected) => {
    expect(share(machine(bytes))).toEqual(expected);
  });

  it('is refused where it cannot store, with what it has and needs', () => {
    expect(() => share(group(512 * MIB))).toThrow(
      'store.memory: the control group of this process allows 512 MiB, of which 12 MiB would be left for the store: it needs ' +
        '400 MiB, Weir in all 900 MiB. Give it more, or lower spool.max_rows and set store.memory yourself',
    );
    expect(() => share(machine(1 * GIB))).toThrow(/^store\.memory: this machine has 1024 MiB, of which 268 MiB/);
  });

  it('is what it was set to, also where that is little, and a query then takes its share of it', () => {
    expect(share(group(512 * MIB), { 'store.memory': '200MiB' })).toEqual([200, 146]);
    expect(share(group(2 * GIB), { 'store.memory': '1GiB', 'store.query.max_memory': '100MiB' })).toEqual([1024, 100]);
    expect(share(group(2 * GIB), { 'store.query.max_memory': '100MiB' })).toEqual([929, 100]);
  });

  it('is warned about where more was set than there is', () => {
    expect(memoryWarning(config({ 'store.memory': '1GiB' }), group(GIB))).toMatch(
      /^store\.memory is 1024 MiB and Weir takes about 500 MiB besides, but the control group allows only 1024 MiB/,
    );
    expect(memoryWarning(config({ 'store.memory': '1GiB' }), group(2 * GIB))).toBeUndefined();
    expect(memoryWarning(config(), group(GIB))).toBeUndefined();
  });
});
