// How much the exporters can make us keep. Caps on single tables are not enough: anyone can send a datagram under any address, and
// tables multiply (exporters by observation domains by interfaces). So what is kept is paid for, by the exporter and by all together.
//
// When nothing is left, the largest holder gives way, not the newcomer. Half of the memory is for exporters that are known (see
// exporter.ts), half for the others: either side uses what the other leaves free and gives it back when the other wants its half. So
// nobody who holds at most an equal part of its half ever loses anything to others, and no number of new senders can push out the known.
import type { Cap, CapReport } from './caps.ts';
import { LargestFirst } from './largest-first.ts';

/** Bytes that the state of all exporters of a lane may take, and of them that of one exporter at least. */
export const TOTAL_STATE_BYTES = 256 * 1024 * 1024;
export const EXPORTER_STATE_BYTES = 16 * 1024 * 1024;

/** What the heap spends, in bytes: measured by filling it with each, and rounded up. */
export const STATE_COST = {
  /** An observation domain: its tables and its sequence. */
  domain: 1280,
  /** An engine of NetFlow v5, a sub-agent of sFlow. */
  engine: 320,
  subAgent: 640,
  /** A template that has had data, without its fields. */
  template: 1408,
  /** A field of a template: itself, its slot and its step. */
  field: 256,
  /** A sampling rate. */
  rate: 48,
  /** An interface without its texts. */
  interface: 128,
  /** A character of a text. */
  character: 2,
  /** The name of another exporter. */
  name: 160,
} as const;

/** How many holders may be asked to give way for one thing to be kept. */
const MAX_TRIES = 8;

/** Something that is kept of an exporter and can be made smaller. */
export interface StateHolder {
  /**
   * Gives back at least so many bytes where it has them, the least worth keeping first. `inUse`: a message of this exporter is being
   * read, so what it uses stays.
   */
  giveWay(bytes: number, inUse: boolean): void;
  /** The exporter is forgotten: its account is closed already. */
  close?(): void;
}

/** What one exporter holds. */
export class StateAccount {
  held = 0;
  place = -1;
  /** The exporter's address, for who is told to be responsible. */
  readonly words: Uint32Array;
  readonly #memory: StateMemory;
  readonly #holders = new Set<StateHolder>();
  #known = false;
  #closed = false;

  constructor(memory: StateMemory, words: Uint32Array) {
    this.#memory = memory;
    this.words = words;
  }

  get known(): boolean {
    return this.#known;
  }

  /** The exporter is known from now on. */
  becomeKnown(): void {
    if (this.#known || this.#closed) return;
    this.#memory.settle(this, () => {
      this.#known = true;
    });
    this.changed();
  }

  add(holder: StateHolder): void {
    this.#holders.add(holder);
  }

  remove(holder: StateHolder): void {
    this.#holders.delete(holder);
  }

  /**
   * Takes so many bytes, or none and answers false where they are not to be had. `evict`: others of this exporter's own things may go
   * for it.
   */
  take(bytes: number, evict = false): boolean {
    return !this.#closed && this.#memory.take(this, bytes, evict);
  }

  give(bytes: number): void {
    if (!this.#closed) this.#memory.change(this, -bytes);
  }

  /** What is kept has changed, and would be worth saving. */
  changed(): void {
    this.#memory.version++;
  }

  giveWay(bytes: number, inUse: boolean): void {
    const until = this.held - bytes;
    for (const holder of this.#holders) {
      if (this.held <= until) return;
      holder.giveWay(this.held - until, inUse);
    }
  }

  /** Gives all back. Nothing can be taken from a closed account. */
  close(): void {
    this.give(this.held);
    this.#closed = true;
    for (const holder of this.#holders) holder.close?.();
    this.#holders.clear();
  }
}

/** What all exporters of a decoder hold. */
export class StateMemory {
  readonly bytes: number;
  readonly exporterBytes: number;
  /** Rises whenever something that is worth saving is learnt or forgotten. */
  version = 0;
  readonly #caps: CapReport | undefined;
  readonly #newcomers = new LargestFirst<StateAccount>();
  readonly #known = new LargestFirst<StateAccount>();

  constructor(bytes = TOTAL_STATE_BYTES, caps?: CapReport) {
    this.bytes = bytes;
    this.exporterBytes = Math.max(EXPORTER_STATE_BYTES, Math.floor(bytes / 16));
    this.#caps = caps;
  }

  get held(): number {
    return this.#newcomers.total + this.#known.total;
  }

  account(words: Uint32Array): StateAccount {
    return new StateAccount(this, words);
  }

  take(account: StateAccount, bytes: number, evict: boolean): boolean {
    if (account.held + bytes > this.exporterBytes) {
      this.#note('exporter_state', account);
      if (!evict) return false;
      this.#shrink(account, account, account.held + bytes - this.exporterBytes);
      if (account.held + bytes > this.exporterBytes) return false;
    }
    for (let tries = 0; this.held + bytes > this.bytes; tries++) {
      const from = this.#largest(account, bytes);
      this.#note('state_memory', from);
      const missing = this.held + bytes - this.bytes;
      if (tries === MAX_TRIES || (from === account && !evict) || !this.#shrink(from, account, missing)) return false;
    }
    this.change(account, bytes);
    return true;
  }

  /** Books bytes on an account and its side, without asking whether they are there. */
  change(account: StateAccount, bytes: number): void {
    const side = this.#side(account);
    if (account.place >= 0) side.change(account, bytes);
    else {
      account.held += bytes;
      if (account.held !== 0) side.add(account);
      return;
    }
    if (account.held === 0) side.remove(account);
  }

  /** Moves an account from one side to the other. */
  settle(account: StateAccount, move: () => void): void {
    const isIn = account.place >= 0;
    if (isIn) this.#side(account).remove(account);
    move();
    if (isIn) this.#side(account).add(account);
  }

  #side(account: StateAccount): LargestFirst<StateAccount> {
    return account.known ? this.#known : this.#newcomers;
  }

  /**
   * Who gives way for an account that wants bytes: the largest of the other side where its own side is within its half, else the largest
   * of its own, which may be itself.
   */
  #largest(account: StateAccount, bytes: number): StateAccount {
    const own = this.#side(account);
    if (own.total + bytes <= this.bytes / 2) {
      const other = own === this.#known ? this.#newcomers : this.#known;
      return other.largest ?? account;
    }
    const { largest } = own;
    return largest !== undefined && largest.held > account.held + bytes ? largest : account;
  }

  /** Makes an account smaller by an eighth, or by as many bytes as are missing. Answers whether it did. */
  #shrink(account: StateAccount, wants: StateAccount, missing: number): boolean {
    const before = account.held;
    account.giveWay(Math.max(missing, before >> 3), account === wants);
    return account.held < before;
  }

  #note(cap: Cap, { words }: StateAccount): void {
    this.#caps?.note(cap, words);
  }
}

/** Room for what a description lists: one is made every few seconds and crosses threads, so it is bounded as well. */
export interface DescribeRoom {
  left: number;
}

/** The items that there is room for, each by its weight. */
export function* within<T>(items: Iterable<T>, room: DescribeRoom, weigh: (item: T) => number): Generator<T> {
  for (const item of items) {
    const weight = weigh(item);
    if (weight > room.left) return;
    room.left -= weight;
    yield item;
  }
}
