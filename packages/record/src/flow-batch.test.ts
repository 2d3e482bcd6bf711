import { describe, expect, it } from 'vitest';
import { FIELD, FIELDS, type FieldName } from './fields.ts';
import { FlowBatch } from './flow-batch.ts';
import { getBigInt, getNumber, setNumber } from './words.ts';

describe('a batch of flows', () => {
  it('has all core columns and no other until one is used', () => {
    const batch = new FlowBatch(4);
    expect(batch.fields()).toEqual(FIELDS.filter((field) => field.core));
    batch.use(FIELD.src_vlan);
    expect(batch.has(FIELD.src_vlan)).toBe(true);
    expect(batch.has(FIELD.dst_vlan)).toBe(false);
  });

  it('names its core columns as the catalogue does, also as 64-bit numbers', () => {
    const batch = new FlowBatch(4);
    const core = FIELDS.filter((field) => field.core);
    expect(Object.keys(batch.core)).toEqual(core.map((field) => field.name));
    for (const [name, column] of Object.entries(batch.core)) expect(column).toBe(batch.use(FIELD[name as FieldName]));
    const wide = core.filter(({ kind }) => kind === 'u64' || kind === 'time' || kind === 'key');
    expect(Object.keys(batch.wide)).toEqual(wide.map((field) => field.name));
    batch.wide.bytes[2] = 0x0000_0001_0000_0002n;
    expect([...batch.core.bytes.subarray(4, 6)]).toEqual([2, 1]);
    batch.useWide(FIELD.time_exported)[3] = 5n;
    expect(batch.has(FIELD.time_exported)).toBe(true);
    expect(batch.use(FIELD.time_exported)[6]).toBe(5);
  });

  it('gives new rows as zeros, after a clear too', () => {
    const batch = new FlowBatch(4);
    batch.use(FIELD.proto)[0] = 6;
    batch.use(FIELD.src_addr).set([1, 2, 3, 4], 4);
    batch.use(FIELD.mpls_labels).push(1, 16);
    batch.length = 2;
    batch.clear();
    expect(batch.has(FIELD.mpls_labels)).toBe(false);
    batch.length = 2;
    expect([...batch.use(FIELD.proto)]).toEqual([0, 0, 0, 0]);
    expect([...batch.use(FIELD.src_addr)].every((word) => word === 0)).toBe(true);
    const labels = batch.use(FIELD.mpls_labels);
    labels.seal(2);
    expect([...labels.ends.subarray(0, 2)]).toEqual([0, 0]);
  });

  it('forgets rows from a point on', () => {
    const batch = new FlowBatch(4);
    const proto = batch.use(FIELD.proto);
    const labels = batch.use(FIELD.mpls_labels);
    for (let row = 0; row < 3; row++) {
      proto[row] = row + 1;
      labels.push(row, 100 + row);
    }
    batch.length = 3;
    batch.truncate(1);
    expect([...proto]).toEqual([1, 0, 0, 0]);
    labels.push(2, 7);
    expect([...labels.get(0)]).toEqual([100]);
    expect([...labels.get(2)]).toEqual([7]);
  });

  it('scrubs what a decoder wrote past the end and gave up', () => {
    const batch = new FlowBatch(8);
    const ports = batch.use(FIELD.src_port);
    ports[0] = 1;
    batch.length = 1;
    ports[1] = 2;
    ports[2] = 3;
    batch.scrub(3);
    expect([...ports]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('lists', () => {
  it('keep rows apart, rows between being empty, and grow', () => {
    const batch = new FlowBatch(3000);
    const list = batch.use(FIELD.as_path);
    for (let item = 0; item < 2000; item++) list.push(1, item);
    list.push(4, 9);
    list.seal(6);
    expect(list.get(0)).toHaveLength(0);
    expect([...list.get(1).subarray(1998)]).toEqual([1998, 1999]);
    expect([...list.ends.subarray(0, 6)]).toEqual([0, 2000, 2000, 2000, 2001, 2001]);
  });

  it('hold addresses of four words', () => {
    const list = new FlowBatch(2).use(FIELD.seen_by);
    list.pushAddress(0, 1, 2, 3, 4);
    list.pushAddress(0, 5, 6, 7, 8);
    list.seal(2);
    expect([...list.get(0)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(list.get(1)).toHaveLength(0);
  });
});

describe('64-bit values', () => {
  it.each([0, 1, 4294967295, 4294967296, 1_763_680_000_123, Number.MAX_SAFE_INTEGER])('keep %d exactly', (value) => {
    const column = new Uint32Array(4);
    setNumber(column, 1, value);
    expect(getNumber(column, 1)).toBe(value);
    expect(getBigInt(column, 1)).toBe(BigInt(value));
  });
});
