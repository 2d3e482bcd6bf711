import { FIELD, FlowBatch } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { nativeBlock } from './write.ts';

function bytesOf(batch: FlowBatch): Buffer {
  return Buffer.concat(nativeBlock(batch).map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
}

/** The bytes of a column: what follows its name and type. */
function columnBytes(block: Buffer, name: string, type: string, length: number): Buffer {
  const header = Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([type.length]),
    Buffer.from(type),
  ]);
  const at = block.indexOf(header);
  expect(at).toBeGreaterThan(0);
  return block.subarray(at + header.length, at + header.length + length);
}

describe('nativeBlock', () => {
  it('begins with the numbers of columns and rows', () => {
    const batch = new FlowBatch(300);
    batch.length = 300;
    const block = bytesOf(batch);
    // All columns but the exporter's are zero and left out.
    expect([block[0], block[1], block[2]]).toEqual([1, 0xac, 0x02]);
    batch.use(FIELD.proto)[299] = 6;
    expect(bytesOf(batch)[0]).toBe(2);
  });

  it('writes the values of a scalar column as they lie in memory', () => {
    const batch = new FlowBatch(8);
    batch.use(FIELD.src_port).set([443, 80]);
    batch.length = 2;
    expect([...columnBytes(bytesOf(batch), 'src_port', 'UInt16', 4)]).toEqual([0xbb, 0x01, 80, 0]);
  });

  it('writes lists as the end of each row, then the items', () => {
    const batch = new FlowBatch(8);
    const labels = batch.use(FIELD.mpls_labels);
    labels.push(1, 7);
    labels.push(1, 8);
    batch.length = 3;
    const column = columnBytes(bytesOf(batch), 'mpls_labels', 'Array(UInt32)', 3 * 8 + 2 * 4);
    expect([0, 1, 2].map((row) => column.readBigUInt64LE(row * 8))).toEqual([0n, 2n, 2n]);
    expect([column.readUInt32LE(24), column.readUInt32LE(28)]).toEqual([7, 8]);
  });
});
