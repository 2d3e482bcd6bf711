// What is known of each exporter: its key, its counters in the ledger, and what its protocols keep between messages.
import { ACCOUNT, type AccountName, exporterKey, formatAddress, type Key, newCounters } from '@weir/record';
import { hashAddress } from './address-hash.ts';
import { type DescribeRoom, EXPORTER_STATE_BYTES, StateMemory, TOTAL_STATE_BYTES } from './state-memory.ts';
import type { UnstoredElement } from './template/unstored.ts';

/** What a protocol keeps of one exporter between messages (templates, sampling rates, sequences); each defines its own. */
export interface ProtocolState {
  /** Numbers for the exporters page; called every few seconds, so it may allocate. What `room` has no place for is left out. */
  describe(room?: DescribeRoom): ProtocolSummary;
}

export interface ProtocolSummary {
  readonly protocol: string;
  readonly domains: readonly DomainSummary[];
  /** Elements that came without having a column, and in how many records; absent where the protocol has no elements. */
  readonly unstored?: readonly UnstoredElement[];
}

export interface DomainSummary {
  readonly domain: number;
  /**
   * Template id, its fields (as element ids or `PEN/id`), whether it is an options template, bytes a record (0: variable), and the names of
   * the fields that have no column.
   */
  readonly templates: readonly {
    readonly id: number;
    readonly fields: readonly string[];
    readonly options: boolean;
    readonly length: number;
    readonly updated: number;
    readonly unstored: readonly string[];
  }[];
  /** Sampling rates known, each with the selector, sampler or interface it is for ('' is all). */
  readonly sampling: readonly { readonly selector: string; readonly rate: number }[];
  /** Interfaces that options data or counter samples named. */
  readonly interfaces: readonly {
    readonly ifIndex: number;
    readonly name: string;
    readonly alias: string;
    readonly speed: number;
  }[];
}

export class Exporter {
  readonly key: Key;
  readonly address: string;
  /** Four words, for comparing. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** Indexed by ACCOUNT. */
  readonly counters = newCounters();
  firstSeen = 0;
  lastSeen = 0;
  /** Protocol state by `SOURCE` code. */
  readonly protocols = new Map<number, ProtocolState>();
  /** Pays for that state. */
  readonly memory: StateMemory;

  constructor(words: Uint32Array<ArrayBuffer>, memory: StateMemory) {
    this.memory = memory;
    this.words = words;
    this.address = formatAddress(words) || '::';
    this.key = exporterKey(this.address);
  }

  count(account: AccountName, by = 1): void {
    this.counters[ACCOUNT[account]] += by;
  }
}

/** Exporters by address. Bounded: past the cap an unknown address gets no exporter and the caller counts it. */
export class ExporterTable {
  readonly #cap: number;
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  /** Slots of an open-addressed table, by a hash of the words; a power of two at least twice the cap. */
  readonly #slots: (Exporter | undefined)[];
  #list: Exporter[] = [];
  #last: Exporter | undefined;
  /** What all exporters together may make us keep. */
  readonly memory: StateMemory;
  /** Takes what cannot be given to one exporter: kernel drops, datagrams over the cap. Its address is `::`. */
  readonly unattributed = new Exporter(new Uint32Array(4), new StateMemory(0));

  /** `cap`: exporters kept; `stateBytes`: see StateMemory. */
  constructor(cap = 16_384, stateBytes = TOTAL_STATE_BYTES) {
    this.#cap = cap;
    this.memory = new StateMemory(stateBytes);
    this.#slots = new Array(2 ** Math.ceil(Math.log2(cap * 2))).fill(undefined);
  }

  /** The exporter whose address is the four words at `at`, made when new; undefined when the table is full. */
  at(words: Uint32Array, at: number): Exporter | undefined {
    const w0 = words[at];
    const w1 = words[at + 1];
    const w2 = words[at + 2];
    const w3 = words[at + 3];
    const last = this.#last;
    if (
      last !== undefined &&
      last.words[3] === w3 &&
      last.words[2] === w2 &&
      last.words[1] === w1 &&
      last.words[0] === w0
    ) {
      return last;
    }
    const slot = this.#slotOf(w0, w1, w2, w3);
    const found = this.#slots[slot];
    if (found !== undefined) {
      this.#last = found;
      return found;
    }
    if (this.#list.length >= this.#cap) return undefined;
    const made = new Exporter(Uint32Array.of(w0, w1, w2, w3), new StateMemory(EXPORTER_STATE_BYTES, this.memory));
    this.#slots[slot] = made;
    this.#list.push(made);
    this.#last = made;
    return made;
  }

  /** Where the exporter of an address is, or belongs. */
  #slotOf(w0: number, w1: number, w2: number, w3: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashAddress(this.#seed, w0, w1, w2, w3) & mask;
    for (;;) {
      const found = this.#slots[slot];
      if (found === undefined) return slot;
      const { words } = found;
      if (words[3] === w3 && words[2] === w2 && words[1] === w1 && words[0] === w0) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /**
   * Makes room once nine tenths of the table are taken, so that senders of made-up addresses cannot keep real exporters out: forgets
   * exporters until a quarter is free, first those of which nothing could be read, then others not seen since `before` (ms since 1970),
   * the longest silent first. What was known of them is gone: one that comes back is new and its counters begin at zero. Answers the
   * forgotten.
   */
  retire(before: number): readonly Exporter[] {
    if (this.#list.length < this.#cap * 0.9) return [];
    const silent = this.#list.filter((exporter) => !wasRead(exporter) || exporter.lastSeen < before);
    silent.sort((a, b) => Number(wasRead(a)) - Number(wasRead(b)) || a.lastSeen - b.lastSeen);
    const retired = silent.slice(0, this.#list.length - Math.floor(this.#cap * 0.75));
    const gone = new Set(retired);
    this.#list = this.#list.filter((exporter) => !gone.has(exporter));
    this.#slots.fill(undefined);
    for (const exporter of this.#list) {
      const [w0, w1, w2, w3] = exporter.words;
      this.#slots[this.#slotOf(w0, w1, w2, w3)] = exporter;
    }
    this.#last = undefined;
    for (const exporter of retired) exporter.memory.close();
    return retired;
  }

  /** All exporters, in order of first sight. `unattributed` is not among them. */
  all(): readonly Exporter[] {
    return this.#list;
  }
}

/** Whether anything that came from an exporter, or in its name, could be read. */
function wasRead({ counters }: Exporter): boolean {
  return counters[ACCOUNT.datagrams_decoded] + counters[ACCOUNT.flows_received] > 0;
}
