// The exporters that one sender's messages name: elements 130, 131, 403 and 404 of a mediator, the agents of relayed sFlow. Whoever can
// send can name any address, so a sender has only a few such names, unless the configuration trusts it as a mediator.
import type { Exporter } from './exporter.ts';
import { STATE_COST, type StateAccount, type StateHolder } from './state-memory.ts';

/** Names of a sender that is not trusted: enough for a switch with an agent in each part, or a host that relays a few. */
export const NAMES = 16;

/** A name that was not used for so long, in milliseconds, leaves its place to another. */
const SILENT_MS = 3_600_000;
/** How often those are looked for, in milliseconds. */
const SWEEP_MS = 60_000;

interface Name {
  readonly exporter: Exporter;
  /** When it was last used, by the StateClock. */
  used: number;
}

export class NamedExporters implements StateHolder {
  readonly #names = new Map<Exporter, Name>();
  readonly #most: number;
  readonly #memory: StateAccount;
  #last: Name | undefined;
  #sweptAt = Number.NEGATIVE_INFINITY;

  /** `trusted`: as many names as there are exporters. `memory`: the sender's. */
  constructor(trusted: boolean, memory: StateAccount) {
    this.#most = trusted ? Number.POSITIVE_INFINITY : NAMES;
    this.#memory = memory;
    memory.add(this);
  }

  get size(): number {
    return this.#names.size;
  }

  /** The exporter that was named last, if its address is these words: records of one exporter come one after the other. */
  again(words: Uint32Array, at: number, now: number): Exporter | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const { words: known } = last.exporter;
    if (known[3] !== words[at + 3] || known[2] !== words[at + 2]) return undefined;
    if (known[1] !== words[at + 1] || known[0] !== words[at]) return undefined;
    last.used = now;
    return last.exporter;
  }

  /** Whether the sender names this exporter already. */
  uses(exporter: Exporter, now: number): boolean {
    const name = this.#names.get(exporter);
    if (name === undefined) return false;
    name.used = now;
    this.#last = name;
    return true;
  }

  /** Whether there is a place for one more name. */
  hasRoom(now: number): boolean {
    if (this.#names.size < this.#most) return true;
    if (now - this.#sweptAt < SWEEP_MS) return false;
    this.#sweptAt = now;
    for (const { exporter, used } of this.#names.values()) if (now - used > SILENT_MS) this.#forget(exporter);
    return this.#names.size < this.#most;
  }

  /** Adds a name, where there is memory for it. */
  add(exporter: Exporter, now: number): boolean {
    if (!this.#memory.take(STATE_COST.name)) return false;
    this.#last = { exporter, used: now };
    this.#names.set(exporter, this.#last);
    return true;
  }

  /** Lets go of those that were evicted. */
  forget(evicted: ReadonlySet<Exporter>): void {
    for (const exporter of this.#names.keys()) if (evicted.has(exporter)) this.#forget(exporter);
  }

  giveWay(bytes: number): void {
    let left = Math.ceil(bytes / STATE_COST.name);
    for (const exporter of this.#names.keys()) {
      if (left-- <= 0) return;
      this.#forget(exporter);
    }
  }

  #forget(exporter: Exporter): void {
    this.#names.delete(exporter);
    this.#memory.give(STATE_COST.name);
    if (this.#last?.exporter === exporter) this.#last = undefined;
  }
}
