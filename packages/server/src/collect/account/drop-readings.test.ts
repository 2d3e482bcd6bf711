import { describe, expect, it } from 'vitest';
import { DROP_READINGS_BYTES, DropReadings } from './drop-readings.ts';

describe('readings of drop counters', () => {
  it('are kept by socket, for whoever maps the same memory', () => {
    const memory = new ArrayBuffer(DROP_READINGS_BYTES);
    const one = new DropReadings(memory);
    one.note(77, 5);
    one.note(2 ** 40 + 77, 4294967295);
    one.note(77, 6);
    const other = new DropReadings(memory);
    expect([other.of(77), other.of(2 ** 40 + 77), other.of(78)]).toEqual([6, 4294967295, 0]);
  });

  it('are forgotten with the sockets, whose inodes are used again', () => {
    const readings = new DropReadings(new ArrayBuffer(DROP_READINGS_BYTES));
    readings.note(1, 10);
    readings.note(2, 20);
    readings.keep(new Set([2]));
    expect([readings.of(1), readings.of(2)]).toEqual([0, 20]);
  });

  it('have an end: more sockets than there is room for change nothing of the others', () => {
    const readings = new DropReadings(new ArrayBuffer(DROP_READINGS_BYTES));
    for (let inode = 1; inode <= 300; inode++) readings.note(inode, inode);
    expect([readings.of(1), readings.of(255), readings.of(256)]).toEqual([1, 255, 0]);
  });
});
