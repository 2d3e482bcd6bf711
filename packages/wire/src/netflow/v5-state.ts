// What NetFlow v5 keeps of an exporter between messages: for each engine its sequence and the sampling interval it last said.
import { ACCOUNT, SOURCE } from '@weir/record';
import type { CapReport } from '../caps.ts';
import type { MessageContext } from '../decoder.ts';
import type { Exporter, ProtocolState, ProtocolSummary } from '../exporter.ts';
import type { StateWriter } from '../saved/bytes.ts';
import { SequenceTracker } from '../sequence.ts';
import type { StateClock } from '../state-clock.ts';
import { type DescribeRoom, STATE_COST, type StateAccount, type StateHolder, within } from '../state-memory.ts';
import type { TemplateLimits } from '../template/limits.ts';
import { leastWorth, portion, type Usage } from '../usage.ts';
import { saveEngines } from './v5-saved.ts';
import { Netflow5Sequence } from './v5-sequence.ts';

export class Engine implements Usage {
  readonly id: number;
  readonly sequence: Netflow5Sequence;
  learnt: number;
  used: number;
  /** Every message of v5 has flows. */
  readonly read = true;
  readonly #memory: StateAccount;
  #sampling = 0;

  constructor(id: number, exporter: Exporter, now: number) {
    this.id = id;
    this.sequence = new Netflow5Sequence(new SequenceTracker(exporter.counters, 'sequence_lost_flows'));
    this.learnt = this.used = now;
    this.#memory = exporter.memory;
  }

  /** One packet in so many; 0: it says none. */
  get sampling(): number {
    return this.#sampling;
  }

  set sampling(interval: number) {
    if (interval === this.#sampling) return;
    this.#sampling = interval;
    this.#memory.changed();
  }
}

export class Netflow5State implements ProtocolState, StateHolder {
  readonly #exporter: Exporter;
  readonly #limits: TemplateLimits;
  readonly #clock: StateClock;
  readonly #caps: CapReport;
  /** By engine type and id; in practice one. */
  readonly #engines = new Map<number, Engine>();
  #last: Engine | undefined;

  constructor({ exporter, limits, clock, caps }: MessageContext) {
    this.#exporter = exporter;
    this.#limits = limits;
    this.#clock = clock;
    this.#caps = caps;
    exporter.memory.add(this);
  }

  /** The engine, made when new; undefined where no memory is left for it, then nothing is kept of it. */
  engine(id: number): Engine | undefined {
    const engine = this.#last?.id === id ? this.#last : (this.#engines.get(id) ?? this.#make(id));
    if (engine !== undefined) engine.used = this.#clock.now;
    this.#last = engine;
    return engine;
  }

  #make(id: number): Engine | undefined {
    const { memory } = this.#exporter;
    if (this.#engines.size >= this.#limits.domains) {
      this.#caps.note('domains', this.#exporter.words);
      this.#evict(portion(this.#engines.size));
    }
    if (!memory.take(STATE_COST.engine, true)) return undefined;
    const engine = new Engine(id, this.#exporter, this.#clock.now);
    this.#engines.set(id, engine);
    memory.changed();
    return engine;
  }

  #evict(count: number): void {
    for (const engine of leastWorth(this.#engines, count, this.#clock.now)) {
      this.#forget(engine);
      this.#exporter.counters[ACCOUNT.domains_evicted]++;
    }
  }

  #forget(engine: Engine): void {
    this.#engines.delete(engine.id);
    if (this.#last === engine) this.#last = undefined;
    this.#exporter.memory.give(STATE_COST.engine);
    this.#exporter.memory.changed();
  }

  giveWay(bytes: number): void {
    this.#evict(Math.ceil(bytes / STATE_COST.engine));
  }

  expire(): void {
    const before = this.#clock.now - this.#limits.lifetimeMs;
    for (const engine of this.#engines.values()) if (engine.used < before) this.#forget(engine);
  }

  save(writer: StateWriter, sequences: boolean): void {
    saveEngines(this.#engines.values(), this.#clock, writer, sequences);
  }

  describe(room: DescribeRoom = { left: Number.POSITIVE_INFINITY }): ProtocolSummary {
    const domains = [...within(this.#engines.values(), room, () => 1)].map(({ id, sampling }) => ({
      domain: id,
      templates: [],
      sampling: sampling > 0 ? [{ selector: '', rate: sampling }] : [],
      interfaces: [],
    }));
    return { protocol: 'NetFlow v5', domains };
  }
}

/** The state of the message's exporter, made when new. */
export function netflow5State(context: MessageContext): Netflow5State {
  const { protocols } = context.exporter;
  const known = protocols.get(SOURCE.netflow5);
  if (known instanceof Netflow5State) return known;
  const made = new Netflow5State(context);
  protocols.set(SOURCE.netflow5, made);
  return made;
}
