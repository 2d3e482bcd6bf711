// Decoding, each protocol alone: datagrams in memory to columns, emptying the batch included.
import { FlowBatch } from '@weir/record';
import { Decoder } from '@weir/wire';
import { BYTES, fill, prepare, RECORDS, stamp } from '../load/netflow5.ts';
import { Random } from '../load/random.ts';
import { sflowMessages } from '../load/sflow.ts';
import { IPFIX_FIELDS, IPFIX_VARIABLE_FIELDS, type Messages, templateMessages, V9_FIELDS } from '../load/templates.ts';
import type { Stage } from './measure.ts';

/** A lane empties its batch when it has this many rows; so do these stages, so that caches serve them as they do a lane. */
const FLUSH_ROWS = 8192;
/** Room beyond that for the decoder's rule of a row a byte. */
const ROWS = FLUSH_ROWS + 65_536;
const V5_DATAGRAMS = 3_600;
const TEMPLATE_DATAGRAMS = 4_800;
const SFLOW_DATAGRAMS = 8_000;
const PEER = Uint32Array.of(0, 0, 0xffff0000, 0x0200007f);

/** A round of NetFlow v5: 108,000 records in 5 MB, drawn anew by `refill`. */
export class Netflow5Round {
  readonly data = new Uint8Array(V5_DATAGRAMS * BYTES);
  readonly records = V5_DATAGRAMS * RECORDS;
  readonly #view = new DataView(this.data.buffer);
  readonly #random = new Random(5);
  #sequence = 0;

  refill(): void {
    for (let at = 0; at < this.data.length; at += BYTES) {
      prepare(this.#view, at, 0);
      fill(this.#view, at, this.#random, 3_600_000);
      stamp(this.#view, at, Date.now(), 3_600_000, this.#sequence);
      this.#sequence = (this.#sequence + RECORDS) >>> 0;
    }
  }

  /** `flushed` is called before the batch would hold more than a lane lets it. */
  decode(decoder: Decoder, batch: FlowBatch, now: number, flushed: () => void): void {
    for (let at = 0; at < this.data.length; at += BYTES) {
      decoder.decode(this.data, at, at + BYTES, PEER, 0, now, batch);
      if (batch.length >= FLUSH_ROWS) flushed();
    }
  }
}

function netflow5(): Stage {
  const round = new Netflow5Round();
  const decoder = new Decoder();
  const batch = new FlowBatch(ROWS);
  return {
    name: 'decode NetFlow v5',
    prepare: () => round.refill(),
    work: () => {
      const emptied = new Emptied(batch);
      round.decode(decoder, batch, Date.now(), () => emptied.empty());
      return emptied.finish(round.records);
    },
  };
}

/** Empties a batch as it fills, and counts what was in it. */
class Emptied {
  readonly #batch: FlowBatch;
  #rows = 0;

  constructor(batch: FlowBatch) {
    this.#batch = batch;
  }

  empty(): void {
    this.#rows += this.#batch.length;
    this.#batch.clear();
  }

  finish(expected: number): number {
    this.empty();
    if (this.#rows !== expected) throw new Error(`decoded ${this.#rows} of ${expected} records`);
    return expected;
  }
}

function messages(name: string, target: number, make: () => Messages, unit?: string): Stage {
  const decoder = new Decoder();
  const batch = new FlowBatch(ROWS);
  let round = make();
  decoder.decode(round.template, 0, round.template.length, PEER, 0, Date.now(), batch);
  return {
    name,
    ...(unit === undefined ? {} : { unit }),
    options: { target },
    prepare: () => {
      round = make();
    },
    work: () => {
      const now = Date.now();
      const { data, starts, ends } = round;
      const emptied = new Emptied(batch);
      for (let i = 0; i < starts.length; i++) {
        decoder.decode(data, starts[i], ends[i], PEER, 0, now, batch);
        if (batch.length >= FLUSH_ROWS) emptied.empty();
      }
      return emptied.finish(round.records);
    },
  };
}

export function decodeStages(): Stage[] {
  const random = new Random(9);
  const sequence = () => ({ next: 0 });
  const [v9, ipfix, variable, sflow] = [sequence(), sequence(), sequence(), sequence()];
  return [
    netflow5(),
    messages('decode NetFlow v9, 22 fields', 15e6, () =>
      templateMessages(9, V9_FIELDS, TEMPLATE_DATAGRAMS, random, v9),
    ),
    messages('decode IPFIX, 22 fields', 15e6, () =>
      templateMessages(10, IPFIX_FIELDS, TEMPLATE_DATAGRAMS, random, ipfix),
    ),
    messages('decode IPFIX, 22 fields and 2 texts', 2e6, () =>
      templateMessages(10, IPFIX_VARIABLE_FIELDS, TEMPLATE_DATAGRAMS, random, variable),
    ),
    messages('decode sFlow, 7 samples', 1.5e6, () => sflowMessages(SFLOW_DATAGRAMS, random, sflow), 'samples/s a core'),
  ];
}
