// Exporters by address. Anyone can send under any address, so the table is bounded, and what a datagram of a new address costs does not
// grow with it. Whoever is known (see Exporter.known) never makes room for a newcomer before an hour of silence; but made-up senders may
// become known too, by patience, so a part of the table is nobody's for longer.

import { hashAddress } from './address-hash.ts';
import type { CapReport } from './caps.ts';
import { type CounterSource, ORDINARY_MEMORY } from './counter-source.ts';
import { Exporter } from './exporter.ts';
import { NamedExporters } from './named-exporters.ts';
import type { StateClock } from './state-clock.ts';
import { StateMemory } from './state-memory.ts';

export const MAX_EXPORTERS = 16_384;
/** Parts of the table: it makes room when so much is taken, until so much is. */
const NEARLY_FULL = 0.9;
const ROOMY = 0.75;
/** So much is for known exporters: of more, those that were heard in the fewest minutes make room like newcomers. */
const KNOWN_PART = 0.75;
/** Part of the table that senders of nothing readable may take before their addresses are no longer kept. */
const UNREADABLE_PART = 16;
const MIN_UNREADABLE = 64;
/** Known exporters stay for at least so long after their last datagram, in milliseconds. */
const KNOWN_SILENT_MS = 3_600_000;
/** How long it takes until everything that expires has been looked at, in milliseconds. */
const EXPIRY_ROUND_MS = 60_000;

export interface ExporterTableOptions {
  /** Exporters kept. */
  readonly cap?: number | undefined;
  readonly counters?: CounterSource | undefined;
  /** Whether a sender may name any number of other exporters. */
  readonly isMediator?: (words: Uint32Array) => boolean;
}

export class ExporterTable {
  readonly cap: number;
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  /** Slots of an open-addressed table, by a hash of the words; a power of two at least twice the cap. */
  readonly #slots: (Exporter | undefined)[];
  readonly #counters: CounterSource;
  readonly #isMediator: (words: Uint32Array) => boolean;
  readonly #clock: StateClock;
  readonly #caps: CapReport;
  #list: Exporter[] = [];
  #last: Exporter | undefined;
  /** Exporters of which nothing was readable, as counted at the last `expire`, and all made since. */
  #unreadable = 0;
  #expiring = 0;
  #expiredAt = 0;
  /** What all exporters together may make us keep. */
  readonly memory: StateMemory;
  /** Takes what cannot be given to one exporter: kernel drops, datagrams over the cap. Its address is `::`. */
  readonly unattributed: Exporter;

  constructor(clock: StateClock, caps: CapReport, memory: StateMemory, options: ExporterTableOptions = {}) {
    this.cap = options.cap ?? MAX_EXPORTERS;
    this.#counters = options.counters ?? ORDINARY_MEMORY;
    this.#isMediator = options.isMediator ?? (() => false);
    this.#clock = clock;
    this.#caps = caps;
    this.memory = memory;
    this.#slots = new Array(2 ** Math.ceil(Math.log2(this.cap * 2))).fill(undefined);
    const nobody = new Uint32Array(4);
    const counters = this.#counters.take(nobody) ?? ORDINARY_MEMORY.take(nobody)!;
    this.unattributed = new Exporter(nobody, new StateMemory(0).account(nobody), counters);
  }

  /** The exporter whose address is the four words at `at`; undefined when it is not known. */
  find(words: Uint32Array, at: number): Exporter | undefined {
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
    const found = this.#slots[this.#slotOf(w0, w1, w2, w3)];
    if (found !== undefined) this.#last = found;
    return found;
  }

  /** The same, made when new; undefined when the table is full. */
  at(words: Uint32Array, at: number): Exporter | undefined {
    return this.find(words, at) ?? this.#make(words, at);
  }

  /** The exporter that a message of `sender` names; undefined when the sender may name no more, or the table is full. */
  named(words: Uint32Array, at: number, sender: Exporter): Exporter | undefined {
    const { now } = this.#clock;
    const again = sender.names?.again(words, at, now);
    if (again !== undefined) return again;
    let found = this.find(words, at);
    if (found === sender) return found;
    sender.names ??= new NamedExporters(this.#isMediator(sender.words), sender.memory);
    if (found !== undefined && sender.names.uses(found, now)) return found;
    if (!sender.names.hasRoom(now)) return undefined;
    found ??= this.#make(words, at);
    return found !== undefined && sender.names.add(found, now) ? found : undefined;
  }

  #make(words: Uint32Array, at: number): Exporter | undefined {
    if (this.#list.length >= this.cap) return this.#refuse(words, at);
    const own = words.slice(at, at + 4);
    const counters = this.#counters.take(own);
    if (counters === undefined) return this.#refuse(words, at);
    const made = new Exporter(own, this.memory.account(own), counters);
    this.#slots[this.#slotOf(own[0], own[1], own[2], own[3])] = made;
    this.#list.push(made);
    this.#last = made;
    this.#unreadable++;
    return made;
  }

  #refuse(words: Uint32Array, at: number): undefined {
    this.#caps.note('exporters', words, at);
  }

  /** Whether so many senders of nothing readable are kept that further ones get no place for what cannot be read either. */
  get hasUnreadableEnough(): boolean {
    return this.#unreadable >= Math.max(MIN_UNREADABLE, this.cap / UNREADABLE_PART);
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
   * Makes room once nine tenths of the table are taken, until a quarter is free: evicts exporters of which nothing could be read, then
   * newcomers that have been silent for `silentMs`, then known ones that have been silent for an hour, each the longest silent first. What
   * was known of them is gone: one that comes back is new and its counters begin at zero. Answers the evicted; their counters are released.
   * To be called about once a second: it looks at every exporter when the table is nearly full.
   */
  retire(silentMs: number): readonly Exporter[] {
    if (this.#list.length < this.cap * NEARLY_FULL) return [];
    const { now } = this.#clock;
    const surplus = this.#knownBeyondTheirPart();
    const rank = (exporter: Exporter) => {
      if (!exporter.readable) return 0;
      return exporter.known && !surplus.has(exporter) ? 2 : 1;
    };
    const silences = [0, silentMs, Math.max(silentMs, KNOWN_SILENT_MS)];
    const candidates = this.#list.filter((exporter) => now - exporter.seen >= silences[rank(exporter)]);
    candidates.sort((a, b) => rank(a) - rank(b) || a.seen - b.seen);
    const evicted = candidates.slice(0, this.#list.length - Math.floor(this.cap * ROOMY));
    if (evicted.length > 0) this.#evict(new Set(evicted));
    return evicted;
  }

  #knownBeyondTheirPart(): ReadonlySet<Exporter> {
    const most = Math.floor(this.cap * KNOWN_PART);
    const known = this.#list.filter((exporter) => exporter.known);
    return new Set(known.length > most ? known.sort((a, b) => b.minutes - a.minutes).slice(most) : []);
  }

  #evict(gone: ReadonlySet<Exporter>): void {
    this.#list = this.#list.filter((exporter) => !gone.has(exporter));
    this.#slots.fill(undefined);
    for (const exporter of this.#list) {
      const [w0, w1, w2, w3] = exporter.words;
      this.#slots[this.#slotOf(w0, w1, w2, w3)] = exporter;
      exporter.names?.forget(gone);
    }
    this.#last = undefined;
    for (const exporter of gone) {
      for (const state of exporter.protocols.values()) state.close?.();
      exporter.memory.close();
      exporter.memory.changed();
      this.#counters.release(exporter.counters);
    }
  }

  /** Forgets idle state of some exporters: called about once a second, it comes to each about once a minute. */
  expire(): void {
    const { now } = this.#clock;
    const share = Math.min(1, (now - this.#expiredAt) / EXPIRY_ROUND_MS);
    this.#expiredAt = now;
    this.#unreadable = 0;
    for (const exporter of this.#list) if (!exporter.readable) this.#unreadable++;
    for (let left = Math.ceil(this.#list.length * share); left > 0; left--) {
      if (this.#expiring >= this.#list.length) this.#expiring = 0;
      for (const state of this.#list[this.#expiring++].protocols.values()) state.expire();
    }
  }

  /** All exporters, in order of first sight. `unattributed` is not among them. */
  all(): readonly Exporter[] {
    return this.#list;
  }
}
