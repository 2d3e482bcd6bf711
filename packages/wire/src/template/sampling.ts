// Sampling rates that options data gave, kept per observation domain, by what they are for.
import { STATE_COST } from '../state-memory.ts';
import type { ObservationDomain } from './domain.ts';

/**
 * How long what an options template said stands against another one, in milliseconds. Exporters send options data again every few minutes;
 * a template that was not heard for longer is of a configuration that is gone.
 */
const STANDS_MS = 30 * 60_000;

/** Who gave a rate, and when last. */
export interface Giver {
  /** Id of the options template. */
  template: number;
  /** Milliseconds since 1970. */
  time: number;
  /** When another template said another rate, ms since 1970; 0 never. */
  opposed: number;
  contradicted: boolean;
  /** Whether the rate is that of element 305 alone, which gives way to one that says a whole rate. */
  interval: boolean;
}

/** Rates by what they are for: the id of a sampler, selector or interface. Capped; past it new entries are not taken. */
export class RateTable extends Map<number, number> {
  readonly #givers = new Map<number, Giver>();
  readonly #cap: number;
  readonly #domain: ObservationDomain;
  /** Bytes that each takes. */
  readonly #cost: number;

  constructor(cap: number, domain: ObservationDomain, cost: number = STATE_COST.rate) {
    super();
    this.#cap = cap;
    this.#domain = domain;
    this.#cost = cost;
  }

  /** Whether the exporter gave two different rates for this id. */
  contradicted(id: number): boolean {
    return this.#givers.get(id)?.contradicted === true;
  }

  /** Who gave each rate. */
  get givers(): ReadonlyMap<number, Readonly<Giver>> {
    return this.#givers;
  }

  /** Takes a new rate as it is, where there is room for it. */
  put(id: number, rate: number, giver: Giver): void {
    if (this.has(id)) return;
    const isFull = this.size >= this.#cap;
    if (isFull || !this.#domain.take(this.#cost)) {
      this.#domain.refuseOption(isFull);
      return;
    }
    this.set(id, rate);
    this.#givers.set(id, giver);
    this.#domain.changed();
  }

  /**
   * Takes a rate that options data of this template gave at `time` (ms since 1970). The last word counts, but a 1, or a packet
   * interval alone, does not hide another template's rate: options data come again and again, and the two would take turns.
   */
  give(id: number, rate: number, contradicted: boolean, interval: boolean, template: number, time: number): void {
    const known = this.get(id);
    const giver = this.#givers.get(id);
    if (known === undefined || giver === undefined) {
      this.put(id, rate, { template, time, opposed: 0, contradicted, interval });
      return;
    }
    if (template !== giver.template && rate !== known && Math.abs(time - giver.time) < STANDS_MS) {
      giver.opposed = time;
      giver.contradicted = true;
      if (rate === 1 || (known > 1 && interval && !giver.interval)) return;
    } else giver.contradicted = contradicted || Math.abs(time - giver.opposed) < STANDS_MS;
    giver.template = template;
    giver.time = time;
    giver.interval = interval;
    if (rate === known) return;
    this.set(id, rate);
    this.#domain.changed();
  }
}

/** The tables of SamplingRates, in the order in which they are saved. */
export const SAMPLING_TABLES = ['everything', 'samplers', 'selectors', 'interfaces'] as const;

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

  constructor(cap: number, domain: ObservationDomain) {
    this.samplers = new RateTable(cap, domain);
    this.selectors = new RateTable(cap, domain);
    this.interfaces = new RateTable(cap, domain);
    // Part of what its domain costs.
    this.everything = new RateTable(1, domain, 0);
  }

  get all(): number {
    return this.everything.get(0) ?? 0;
  }

  /** Takes a rate; see RateTable. Without template and time any other takes its place. */
  set(
    table: RateTable,
    id: number,
    rate: number,
    contradicted = false,
    interval = false,
    template = 0,
    time = 0,
  ): void {
    table.give(id, rate, contradicted, interval, template, time);
    if (table !== this.interfaces) this.settle();
  }

  /** Finds the rate for records that name no sampler, when tables have changed. */
  settle(): void {
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
