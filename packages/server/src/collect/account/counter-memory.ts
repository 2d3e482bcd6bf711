// Where the ledger's counters of one lane lie: a table of slots, one per exporter, in memory that the lane writes, the main thread reads, and
// that is still there when both are killed. Each slot has the counters and, beside each, what the ledger has been told of it.
//
// Written by the lane: slots are taken and released, counters rise. Written by the main thread: what was told, and released slots are
// freed. No number is written by both.
import { ACCOUNT, ACCOUNT_NAMES } from '@weir/record';

const ACCOUNTS = ACCOUNT_NAMES.length;
/** "WEIR" and the layout's version. */
const MAGIC = 0x52494557;
const VERSION = 1;

/** Magic, version, accounts, slots; at 64 numbers of the whole lane (TOTAL); at 128 the length and the names of the accounts. */
const HEADER_BYTES = 4096;
const TOTALS_AT = 64;
const NAMES_AT = 128;
/**
 * Datagrams received; those of slots that were freed; those received before the batch at hand; the number of the batch's first datagram;
 * flows decoded; one more than the number of the batch at hand where a replay came after it; the replay at hand, see `beginReplay`;
 * datagrams received before it.
 */
const TOTAL = {
  received: 0,
  freed: 1,
  beforeBatch: 2,
  batch: 3,
  flows: 4,
  batchDone: 5,
  replay: 6,
  beforeReplay: 7,
} as const;
const TOTALS = 8;

/** State, four words of the address, how often it was taken; then counters, then what was told. */
const SLOT_HEADER_BYTES = 32;
const slotBytes = (accounts: number): number => Math.ceil((SLOT_HEADER_BYTES + 16 * accounts) / 64) * 64;

const STATE = { free: 0, used: 1, released: 2 } as const;

export type CounterBuffer = ArrayBuffer | SharedArrayBuffer;

/** How many slots there are for each exporter that may be known: those of evicted ones wait until the ledger was told of them. */
export const ROOM = 1.25;

/** Bytes for so many exporters. */
export function counterBytes(exporters: number): number {
  // One more for what belongs to no exporter.
  return HEADER_BYTES + (Math.ceil(exporters) + 1) * slotBytes(ACCOUNTS);
}

/** Counters of one exporter, as the main thread or a successor sees them. */
export interface SlotView {
  readonly slot: number;
  /** How often the slot was taken: tells an exporter from the one before it. */
  readonly use: number;
  /** Four words; all zero for what belongs to no exporter. */
  readonly words: Uint32Array<CounterBuffer>;
  readonly counters: Float64Array<CounterBuffer>;
  readonly told: Float64Array<CounterBuffer>;
  /** Its exporter was evicted: the counters do not change any more. */
  readonly released: boolean;
}

export class CounterMemory {
  readonly #buffer: CounterBuffer;
  readonly #words: Uint32Array<CounterBuffer>;
  readonly #slots: number;
  /** Numbers of the whole lane, by TOTAL. */
  readonly #totals: Float64Array<CounterBuffer>;
  /** Slots that are free, the next one last. */
  #free: number[] = [];

  /** Views of memory that `prepare` has made ready, here or in another thread. */
  constructor(buffer: CounterBuffer) {
    this.#buffer = buffer;
    this.#words = new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.#totals = new Float64Array(buffer, TOTALS_AT, TOTALS);
    this.#slots = Math.floor((buffer.byteLength - HEADER_BYTES) / slotBytes(ACCOUNTS));
  }

  /** Makes new memory ready: all slots free. */
  static prepare(buffer: CounterBuffer): CounterMemory {
    const memory = new CounterMemory(buffer);
    const names = new TextEncoder().encode(ACCOUNT_NAMES.join(','));
    memory.#words.set([MAGIC, VERSION, ACCOUNTS, memory.#slots]);
    memory.#words[NAMES_AT / 4] = names.length;
    new Uint8Array(buffer, NAMES_AT + 4, names.length).set(names);
    return memory;
  }

  /** Datagrams that the lane has received, whatever became of their exporters. */
  get received(): number {
    return this.#totals[TOTAL.received];
  }

  /** Flows that the lane has decoded. */
  get flows(): number {
    return this.#totals[TOTAL.flows];
  }

  countFlows(count: number): void {
    this.#totals[TOTAL.flows] += count;
  }

  /** One more datagram. To be called after the exporter's own counter has risen: see `uncounted`. */
  countReceived(): void {
    this.#totals[TOTAL.received]++;
  }

  // The lane's side.

  /** The datagrams that the lane has taken from the kernel with this number are at hand now. */
  beginBatch(number: number): void {
    this.#totals[TOTAL.batchDone] = 0;
    this.#totals[TOTAL.beforeBatch] = this.#totals[TOTAL.received];
    this.#totals[TOTAL.batch] = number;
  }

  /**
   * The datagrams of a replay come next. Replays of a lane have rising numbers, from 0 on, and come between batches: the last of those is
   * done.
   */
  beginReplay(number: number): void {
    this.#totals[TOTAL.batchDone] = this.#totals[TOTAL.batch] + 1;
    this.#totals[TOTAL.beforeReplay] = this.#totals[TOTAL.received];
    this.#totals[TOTAL.replay] = number + 1;
  }

  /** The replay at hand is done. */
  endReplay(): void {
    this.#totals[TOTAL.replay] = -this.#totals[TOTAL.replay];
  }

  /** Counters for an exporter, all zero; undefined when all slots are taken. */
  take(words: Uint32Array): Float64Array<CounterBuffer> | undefined {
    const slot = this.#free.pop() ?? this.#findFree();
    if (slot === undefined) return undefined;
    const { words: address, counters, told } = this.#view(slot);
    counters.fill(0);
    told.fill(0);
    address.set(words.subarray(0, 4));
    this.#words[this.#at(slot) / 4 + 5]++;
    this.#words[this.#at(slot) / 4] = STATE.used;
    return counters;
  }

  /** The exporter was evicted: once the ledger was told the last of it, its slot is free again. */
  release(counters: Float64Array<ArrayBufferLike>): void {
    const slot = this.slotOf(counters);
    this.#words[this.#at(slot) / 4] = STATE.released;
  }

  /** Number of the slot that these counters are of. */
  slotOf(counters: Float64Array<ArrayBufferLike>): number {
    return Math.floor((counters.byteOffset - HEADER_BYTES) / slotBytes(ACCOUNTS));
  }

  /** Looks for all free slots at once, so that a full table is not looked through for each. */
  #findFree(): number | undefined {
    for (let slot = this.#slots - 1; slot >= 0; slot--) {
      if (this.#words[this.#at(slot) / 4] === STATE.free) this.#free.push(slot);
    }
    return this.#free.pop();
  }

  // The main thread's side, and a successor's.

  /** The slots that are in use or were released. */
  *views(): Generator<SlotView> {
    for (let slot = 0; slot < this.#slots; slot++) {
      const state = this.#words[this.#at(slot) / 4];
      if (state === STATE.used || state === STATE.released) yield this.#view(slot);
    }
  }

  /** One slot. */
  view(slot: number): SlotView {
    return this.#view(slot);
  }

  /** Frees a released slot of which everything was told. */
  freeSlot({ slot, counters }: SlotView): void {
    this.#totals[TOTAL.freed] += counters[ACCOUNT.datagrams_received];
    this.#words[this.#at(slot) / 4] = STATE.free;
  }

  /**
   * How many datagrams exporters have counted that `received` does not have: 1 where the lane was killed between the two, else 0.
   */
  uncounted(): number {
    let counted = this.#totals[TOTAL.freed];
    for (const { counters } of this.views()) counted += counters[ACCOUNT.datagrams_received];
    return Math.max(0, counted - this.received);
  }

  /** How many datagrams of the batch with this number were counted, the one at hand among them where it was. */
  doneOf(number: number): number {
    if (this.#totals[TOTAL.batch] !== number) return 0;
    if (this.#totals[TOTAL.batchDone] === number + 1) return Number.POSITIVE_INFINITY;
    return this.received + this.uncounted() - this.#totals[TOTAL.beforeBatch];
  }

  /** The same of a replay. */
  doneOfReplay(number: number): number {
    const at = this.#totals[TOTAL.replay];
    if (Math.abs(at) > number + 1 || at === -(number + 1)) return Number.POSITIVE_INFINITY;
    return at === number + 1 ? this.received + this.uncounted() - this.#totals[TOTAL.beforeReplay] : 0;
  }

  #at(slot: number): number {
    return HEADER_BYTES + slot * slotBytes(ACCOUNTS);
  }

  #view(slot: number): SlotView {
    const at = this.#at(slot);
    return {
      slot,
      use: this.#words[at / 4 + 5],
      words: this.#words.subarray(at / 4 + 1, at / 4 + 5),
      counters: new Float64Array(this.#buffer, at + SLOT_HEADER_BYTES, ACCOUNTS),
      told: new Float64Array(this.#buffer, at + SLOT_HEADER_BYTES + ACCOUNTS * 8, ACCOUNTS),
      released: this.#words[at / 4] === STATE.released,
    };
  }
}

/**
 * The memory that another process left, with its accounts where this version has them: it may have been of another version. Undefined
 * where it is no such memory. Numbers that cannot be counts are zero.
 */
export function adopt(bytes: ArrayBuffer): CounterMemory | undefined {
  if (bytes.byteLength < HEADER_BYTES) return undefined;
  const header = new Uint32Array(bytes, 0, HEADER_BYTES / 4);
  const [magic, version, accounts, slots] = header;
  if (magic !== MAGIC || version !== VERSION || accounts === 0 || accounts > 1024) return undefined;
  const length = header[NAMES_AT / 4];
  if (length > HEADER_BYTES - NAMES_AT - 4) return undefined;
  const names = new TextDecoder().decode(new Uint8Array(bytes, NAMES_AT + 4, length)).split(',');
  const size = slotBytes(accounts);
  if (names.length !== accounts || HEADER_BYTES + slots * size > bytes.byteLength) return undefined;
  const adopted = new ArrayBuffer(HEADER_BYTES + slots * slotBytes(ACCOUNTS));
  CounterMemory.prepare(adopted);
  new Float64Array(adopted, TOTALS_AT, TOTALS).set(new Float64Array(bytes, TOTALS_AT, TOTALS).map(count));
  const index = names.map((name) => ACCOUNT_NAMES.indexOf(name as (typeof ACCOUNT_NAMES)[number]));
  for (let slot = 0; slot < slots; slot++) {
    const from = HEADER_BYTES + slot * size;
    const to = HEADER_BYTES + slot * slotBytes(ACCOUNTS);
    new Uint32Array(adopted, to, 6).set(new Uint32Array(bytes, from, 6));
    for (const [part, offset] of [0, accounts].entries()) {
      const before = new Float64Array(bytes, from + SLOT_HEADER_BYTES + offset * 8, accounts);
      const now = new Float64Array(adopted, to + SLOT_HEADER_BYTES + part * ACCOUNTS * 8, ACCOUNTS);
      for (const [at, account] of index.entries()) if (account >= 0) now[account] = count(before[at]);
    }
  }
  return new CounterMemory(adopted);
}

/** Signed: what was missing by sequence numbers may turn out not to be. */
const count = (value: number): number => (Number.isSafeInteger(value) ? value : 0);
