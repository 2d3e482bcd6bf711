// One sub-agent of an sFlow agent: its sequence, the sampling rates of its data sources and the interfaces that it described.
import type { DomainSummary } from '../exporter.ts';
import type { SequenceTracker } from '../sequence.ts';
import { type DescribeRoom, STATE_COST, within } from '../state-memory.ts';
import type { Usage } from '../usage.ts';
import type { SflowSource } from './source.ts';

export interface SflowInterface {
  readonly name: string;
  /** Bits a second. */
  readonly speed: number;
  /** ifType (IANAifType). */
  readonly type: number;
}

const UNDESCRIBED: SflowInterface = { name: '', speed: 0, type: 0 };

/** ifName is at most 255 bytes and may come or change later: it is paid for with the interface. */
const INTERFACE_COST = STATE_COST.interface + 255 * STATE_COST.character;

export class SubAgent implements Usage {
  readonly id: number;
  readonly sequence: SequenceTracker;
  /** One in so many, by data source: class in the top 8 bits, index in the others. */
  readonly sampling = new Map<number, number>();
  /** By ifIndex. */
  readonly interfaces = new Map<number, SflowInterface>();
  learnt: number;
  used: number;
  read = false;
  readonly #source: SflowSource;
  #lastSource = -1;
  #lastRate = -1;

  constructor(id: number, source: SflowSource, sequence: SequenceTracker) {
    this.id = id;
    this.sequence = sequence;
    this.learnt = this.used = source.clock.now;
    this.#source = source;
  }

  noteSampling(source: number, rate: number): void {
    if (source === this.#lastSource && rate === this.#lastRate) return;
    this.#lastSource = source;
    this.#lastRate = rate;
    this.read = true;
    const before = this.sampling.get(source);
    if (before === rate || (before === undefined && !this.#source.takeOption(STATE_COST.rate))) return;
    this.sampling.set(source, rate);
    this.#source.changed();
  }

  /** Takes what counter samples say of an interface, where it can be kept. */
  describeInterface(ifIndex: number, told: Partial<SflowInterface>): void {
    const before = this.interfaces.get(ifIndex);
    if (before === undefined && !this.#source.takeOption(INTERFACE_COST)) return;
    const after = { ...(before ?? UNDESCRIBED), ...told };
    if (before?.name === after.name && before.speed === after.speed && before.type === after.type) return;
    this.interfaces.set(ifIndex, after);
    this.#source.changed();
  }

  /** Forgets interfaces, the oldest first, until `enough`. Answers how many. */
  forgetInterfaces(enough: () => boolean): number {
    let forgotten = 0;
    for (const ifIndex of this.interfaces.keys()) {
      if (enough()) break;
      this.interfaces.delete(ifIndex);
      this.#source.giveOption(INTERFACE_COST);
      forgotten++;
    }
    if (forgotten > 0) this.#source.changed();
    return forgotten;
  }

  /** Gives back what rates and interfaces took. */
  clear(): void {
    this.forgetInterfaces(() => false);
    for (const _ of this.sampling) this.#source.giveOption(STATE_COST.rate);
    this.sampling.clear();
  }

  describe(room: DescribeRoom): DomainSummary {
    const sampling = within(this.sampling, room, () => 1);
    const interfaces = within(this.interfaces, room, () => 1);
    return {
      domain: this.id,
      templates: [],
      sampling: [...sampling].map(([source, rate]) => ({ selector: `source ${source}`, rate })),
      interfaces: [...interfaces].map(([ifIndex, { name, speed }]) => ({ ifIndex, name, alias: '', speed })),
    };
  }
}
