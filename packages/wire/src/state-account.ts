// What one exporter makes us keep, in bytes. The parts of its state take from this account, and it makes them give way.
import type { Holder } from './largest-first.ts';
import type { StateMemory } from './state-memory.ts';

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
export class StateAccount implements Holder {
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
