// What the readers of the decoder scenario hold against it, tried on decoders that are wrong on purpose.
import { ACCOUNT, type FlowBatch } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { generateSession, START } from './generate.ts';
import { Reader } from './reader.ts';

const [datagram] = generateSession(new Random(1)).datagrams;
const { data } = datagram;

/** A reader whose decoder does `wrong` after each datagram. */
function readerThat(
  wrong: (batch: FlowBatch, counters: Float64Array, buffer: Uint8Array, end: number) => void,
): Reader {
  const reader = new Reader({ tight: false, poison: 0xff });
  const { decoder } = reader;
  const decode = decoder.decode.bind(decoder);
  decoder.decode = (bytes, start, end, ...rest) => {
    decode(bytes, start, end, ...rest);
    wrong(rest[3], decoder.exporters.all()[0].counters, bytes, end);
  };
  return reader;
}

describe('a reader', () => {
  it('says nothing of a decoder that does right', () => {
    expect(readerThat(() => {}).read(datagram, START)).toBeUndefined();
  });

  it('holds rows against the bytes that they came from', () => {
    const reader = readerThat((batch) => {
      batch.length = data.length + 1;
    });
    expect(reader.read(datagram, START)).toBe(`${data.length + 1} rows of a datagram of ${data.length} bytes`);
  });

  it('holds the accounts against each other', () => {
    const uncounted = readerThat((_, counters) => counters[ACCOUNT.datagrams_received]++);
    expect(uncounted.read(datagram, START)).toBe('datagrams_received is 2, the sum of its parts 1');
    const extra = readerThat((_, counters) => {
      counters[ACCOUNT.flows_received] += 5;
    });
    expect(extra.read(datagram, START)).toMatch(/^flows_received is \d+, there are \d+ rows$/);
    const negative = readerThat((_, counters) => {
      counters[ACCOUNT.sequence_lost_flows] = -1;
    });
    expect(negative.read(datagram, START)).toBe('sequence_lost_flows is -1');
  });

  it('has nothing but poison around a datagram, and takes the datagram away again', () => {
    let around: number[] = [];
    let buffer: Uint8Array = new Uint8Array(0);
    const reader = readerThat((_batch, _counters, bytes, end) => {
      around = [bytes[end - data.length - 1], bytes[end], bytes[end + 65_535]];
      buffer = bytes;
    });
    reader.read(datagram, START);
    expect(around).toEqual([0xff, 0xff, 0xff]);
    expect(buffer.every((byte) => byte === 0xff)).toBe(true);
  });
});
