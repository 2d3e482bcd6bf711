// A decoder with what a lane puts around it: a buffer that datagrams arrive in, a batch, and what must hold after each of them.
import { ACCOUNT, ACCOUNT_NAMES, BALANCES, FlowBatch } from '@weir/record';
import { Decoder, type DecoderOptions } from '@weir/wire';
import { type Datagram, MAX_DATAGRAM_BYTES, PEERS } from './session.ts';

/** Bytes before and behind a datagram: no length of 16 bits leads out of them. */
const MARGIN = 1 << 16;

/** Caps that a few datagrams reach. */
export const TIGHT = {
  exporterCap: 4,
  stringCap: 16,
  stateBytes: 100_000,
  limits: { templates: 4, domains: 2, options: 4, fields: 12, recordBytes: 400 },
} as const satisfies DecoderOptions;
const WIDE: DecoderOptions = { exporterCap: 64 };

export interface ReaderOptions {
  readonly tight: boolean;
  /** What lies around each datagram. */
  readonly poison: number;
  /** The batch to append to; without one, each datagram gets its own. */
  readonly batch?: FlowBatch;
}

export class Reader {
  readonly decoder: Decoder;
  /** Of the last datagram: its first row, and the batch that has it. */
  from = 0;
  batch: FlowBatch;
  /** Sums of all exporters after the last datagram, by account. */
  readonly totals = new Float64Array(ACCOUNT_NAMES.length);
  #rows = 0;
  readonly #buffer: Uint8Array;
  readonly #poison: number;
  readonly #reused: boolean;

  constructor(options: ReaderOptions) {
    this.decoder = new Decoder(options.tight ? TIGHT : WIDE);
    this.#poison = options.poison;
    this.#reused = options.batch !== undefined;
    this.batch = options.batch ?? new FlowBatch(0);
    this.batch.clear();
    this.#buffer = bufferOf(options.poison);
  }

  /** Reads a datagram; answers what is wrong with how that went. Throws what the decoder throws. */
  read({ peer, data }: Datagram, time: number): string | undefined {
    if (!this.#reused) this.batch = new FlowBatch(data.length);
    // As a lane does: what is there is written out before there is too little room.
    else if (this.batch.room < data.length) this.batch.clear();
    this.from = this.batch.length;
    this.#buffer.set(data, MARGIN);
    try {
      this.decoder.decode(this.#buffer, MARGIN, MARGIN + data.length, PEERS[peer], 0, time, this.batch);
    } finally {
      this.#buffer.fill(this.#poison, MARGIN, MARGIN + data.length);
    }
    const rows = this.batch.length - this.from;
    this.#rows += rows;
    if (rows < 0 || rows > data.length) return `${rows} rows of a datagram of ${data.length} bytes`;
    return this.#ledgerProblem();
  }

  /** Rows of the last datagram. */
  get rows(): number {
    return this.batch.length - this.from;
  }

  #ledgerProblem(): string | undefined {
    const { totals } = this;
    const { exporters } = this.decoder;
    totals.set(exporters.unattributed.counters);
    for (const { counters } of exporters.all()) {
      for (let account = 0; account < totals.length; account++) totals[account] += counters[account];
    }
    for (const [account, count] of totals.entries()) {
      if (!Number.isSafeInteger(count) || count < 0) return `${ACCOUNT_NAMES[account]} is ${count}`;
    }
    const [{ total, parts }] = BALANCES;
    const sum = parts.reduce((all, part) => all + totals[ACCOUNT[part]], 0);
    if (totals[ACCOUNT[total]] !== sum) return `${total} is ${totals[ACCOUNT[total]]}, the sum of its parts ${sum}`;
    const flows = totals[ACCOUNT.flows_received];
    return flows === this.#rows ? undefined : `flows_received is ${flows}, there are ${this.#rows} rows`;
  }
}

const buffers = new Map<number, Uint8Array>();

/** Buffers are kept: they are full of poison again after each datagram. */
function bufferOf(poison: number): Uint8Array {
  let buffer = buffers.get(poison);
  if (buffer === undefined) {
    buffer = new Uint8Array(MARGIN + MAX_DATAGRAM_BYTES + MARGIN * 2).fill(poison);
    buffers.set(poison, buffer);
  }
  return buffer;
}
