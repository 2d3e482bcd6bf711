import { FIELD, FlowBatch } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { differingField, filledField } from './compare-rows.ts';

/** Rows whose source ports are given. */
function batchOf(...ports: number[]): FlowBatch {
  const batch = new FlowBatch(8);
  batch.core.src_port.set(ports);
  batch.length = ports.length;
  return batch;
}

describe('rows of two batches', () => {
  it('are the same wherever they stand', () => {
    expect(differingField(batchOf(1, 2, 3), 1, batchOf(2, 3), 2)).toBeUndefined();
  });

  it('differ by the name of a field', () => {
    expect(differingField(batchOf(1, 2, 3), 1, batchOf(2, 4), 2)).toBe('src_port');
  });

  it('may lack a field that is zero in the other', () => {
    const one = batchOf(2, 3);
    one.use(FIELD.ecn);
    expect(differingField(one, 0, batchOf(2, 3), 2)).toBeUndefined();
    one.use(FIELD.ecn)[1] = 1;
    expect(differingField(one, 0, batchOf(2, 3), 2)).toBe('ecn');
    expect(differingField(batchOf(2, 3), 0, one, 2)).toBe('ecn');
  });

  it('differ by the items of a list', () => {
    const [one, other] = [batchOf(1), batchOf(1)];
    one.use(FIELD.mpls_labels).push(0, 16);
    other.use(FIELD.mpls_labels).push(0, 17);
    expect(differingField(one, 0, other, 1)).toBe('mpls_labels');
  });
});

describe('what stands behind the last row', () => {
  it('is told by the name of its field', () => {
    const batch = batchOf(1, 2);
    expect(filledField(batch, 2, 6)).toBeUndefined();
    batch.core.dst_addr[4 * 3] = 1;
    expect(filledField(batch, 2, 6)).toBe('dst_addr');
  });
});
