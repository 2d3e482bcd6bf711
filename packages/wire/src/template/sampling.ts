// Sampling rates that options data gave, kept per observation domain, by what they are for.
import { STATE_COST, type StateMemory } from '../state-memory.ts';

/**
 * How long what an options template said stands against another one, in milliseconds. Exporters send options data again every few minutes;
 * a template that was not heard for longer is of a configuration that is gone.
 */
const STANDS_MS = 30 * 60_000;

/** A rate, and who gave it. */
const RATE_COST = STATE_COST.rate * 2;

/** Who gave a rate, and when last. */
interface Giver {
  template: number;
  time: number;
  /** When another template said another rate, ms since 1970; 0 never. */
  opposed: number;
  contradicted: boolean;
}

/** Rates by what they are for: the id of a sampler, selector or interface. Capped; past it new entries are not taken. */
export class RateTable extends Map<number, number> {
  readonly #givers = new Map<number, Giver>();
  readonly #cap: number;
  readonly #memory: StateMemory | undefined;

  /** Without memory nothing is paid: for what is part of its domain. */
  constructor(cap: number, memory: StateMemory | undefined) {
    super();
    this.#cap = cap;
    this.#memory = memory;
  }

  /** Whether the exporter gave two different rates for this id. */
  contradicted(id: number): boolean {
    return this.#givers.get(id)?.contradicted === true;
  }

  /**
   * Takes a rate that options data of this template gave at `time` (ms since 1970). The last word counts, but a 1 does not hide another
   * template's rate: options data come again and again, and the two would take turns.
   */
  give(id: number, rate: number, contradicted: boolean, template: number, time: number): void {
    const known = this.get(id);
    const giver = this.#givers.get(id);
    if (known === undefined || giver === undefined) {
      if (this.size >= this.#cap || this.#memory?.take(RATE_COST) === false) return;
      this.set(id, rate);
      this.#givers.set(id, { template, time, opposed: 0, contradicted });
      return;
    }
    if (template !== giver.template && rate !== known && Math.abs(time - giver.time) < STANDS_MS) {
      giver.opposed = time;
      giver.contradicted = true;
      if (rate === 1) return;
    } else giver.contradicted = contradicted || Math.abs(time - giver.opposed) < STANDS_MS;
    giver.template = template;
    giver.time = time;
    this.set(id, rate);
  }
}

/** The rates of one observation domain. */
export class SamplingRates {
  readonly samplers: RateTable;
  readonly selectors: RateTable;
  readonly interfaces: RateTable;
  /** For records whatever their sampler, selector or interface: one entry, under 0. */
  readonly everything: RateTable;
  /**
   * The rate for records that name no sampler: the one for everything, or the only one there is. A 1 for everything does not hide that one.
   */
  general = 0;
  /** Whether the exporter gave two different rates for those records. */
  generalContradicted = false;

  constructor(cap: number, memory: StateMemory) {
    this.samplers = new RateTable(cap, memory);
    this.selectors = new RateTable(cap, memory);
    this.interfaces = new RateTable(cap, memory);
    this.everything = new RateTable(1, undefined);
  }

  get all(): number {
    return this.everything.get(0) ?? 0;
  }

  set all(rate: number) {
    this.set(this.everything, 0, rate);
  }

  /** Takes a rate; see RateTable. Without template and time any other takes its place. */
  set(table: RateTable, id: number, rate: number, contradicted = false, template = 0, time = 0): void {
    table.give(id, rate, contradicted, template, time);
    if (table === this.interfaces) return;
    this.general = this.all;
    this.generalContradicted = this.everything.contradicted(0);
    if (this.all > 1 || this.samplers.size + this.selectors.size !== 1) return;
    const only = this.samplers.size === 1 ? this.samplers : this.selectors;
    for (const [onlyId, rate] of only) {
      this.generalContradicted = only.contradicted(onlyId) || (this.all === 1 && rate > 1);
      this.general = rate;
    }
  }
}
