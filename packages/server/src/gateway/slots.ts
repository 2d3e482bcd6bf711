// How many requests may hold more than their connection at once: a request of the storing process, or a file being read. The others wait
// for a turn, fairly between addresses and for a short time, then they are refused.
//
// Waiting costs next to nothing, refusing costs an answer and most callers ask again at once: without the wait a crowd of them would keep
// the thread busy with refusals, and probes would wait behind those.

export interface SlotLimits {
  readonly slots: number;
  readonly slotsPerAddress: number;
  /** Longest wait for a turn, in milliseconds. */
  readonly waitMs: number;
}

/** Those that waited too long are refused this many at a time, so that what else there is to do comes in between: a few milliseconds. */
const SLICE = 64;
/** How often they are looked for, in milliseconds. */
const LOOK_MS = 50;

interface Waiting {
  readonly address: Address;
  readonly since: number;
  /** It has its turn; what it is given is to be called once when it is over. */
  enter(giveBack: () => void): void;
  refuse(): void;
}

interface Address {
  readonly from: string;
  taken: number;
  readonly waiting: Set<Waiting>;
}

export class Slots {
  readonly #limits: SlotLimits;
  readonly #now: () => number;
  /** Those with slots or waiting requests; whoever was served last is last. */
  readonly #addresses = new Map<string, Address>();
  /** In order of arrival. */
  readonly #waiting = new Set<Waiting>();
  #taken = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param now monotonic milliseconds */
  constructor(limits: SlotLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Asks for a slot for a caller at `from`: `enter` is called at once or later, or `refuse` when the wait gets too long. Returns what
   * gives up waiting; undefined when there is no need to wait.
   */
  ask(from: string, enter: Waiting['enter'], refuse: Waiting['refuse']): (() => void) | undefined {
    const address = this.#addresses.get(from) ?? { from, taken: 0, waiting: new Set() };
    this.#addresses.set(from, address);
    const waiting: Waiting = { address, since: this.#now(), enter, refuse };
    if (this.#taken < this.#limits.slots && address.taken < this.#limits.slotsPerAddress) {
      this.#enter(waiting);
      return undefined;
    }
    this.#waiting.add(waiting);
    address.waiting.add(waiting);
    this.#timer ??= setTimeout(() => this.#refuseLate(), LOOK_MS);
    return () => this.#leave(waiting);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #enter(waiting: Waiting): void {
    const { address } = waiting;
    this.#taken++;
    address.taken++;
    waiting.enter(() => {
      this.#taken--;
      address.taken--;
      this.#forget(address);
      this.#next();
    });
  }

  #leave(waiting: Waiting): void {
    const { address } = waiting;
    this.#waiting.delete(waiting);
    address.waiting.delete(waiting);
    this.#forget(address);
  }

  #forget(address: Address): void {
    if (address.taken === 0 && address.waiting.size === 0) this.#addresses.delete(address.from);
  }

  /** A slot is free: the first of the address that has been served longest ago. */
  #next(): void {
    if (this.#waiting.size === 0 || this.#taken >= this.#limits.slots) return;
    for (const address of this.#addresses.values()) {
      const [first] = address.waiting;
      if (first === undefined || address.taken >= this.#limits.slotsPerAddress) continue;
      this.#leave(first);
      this.#addresses.delete(address.from);
      this.#addresses.set(address.from, address);
      this.#enter(first);
      return;
    }
  }

  #refuseLate(): void {
    this.#timer = undefined;
    let refused = 0;
    for (const waiting of this.#waiting) {
      if (refused === SLICE || this.#now() - waiting.since < this.#limits.waitMs) break;
      refused++;
      this.#leave(waiting);
      waiting.refuse();
    }
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#refuseLate(), refused === SLICE ? 1 : LOOK_MS);
  }
}
