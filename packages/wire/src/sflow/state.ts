// What sFlow keeps of an agent between datagrams: for each sub-agent its sequence, the sampling rate of each data source, and the
// interfaces that counter samples described.
import { SOURCE } from '@weir/record';
import type { DomainSummary, Exporter, ProtocolState, ProtocolSummary } from '../exporter.ts';
import { SequenceTracker } from '../sequence.ts';
import { DEFAULT_LIMITS, type TemplateLimits } from '../template/limits.ts';

export interface SflowInterface {
  name: string;
  /** Bits a second. */
  speed: number;
  /** ifType (IANAifType). */
  type: number;
}

/** Data sources and interfaces that may still be kept of an agent, all its sub-agents together. */
interface Budget {
  left: number;
}

export class SubAgent {
  readonly sequence: SequenceTracker;
  /** One in so many, by data source: class in the top 8 bits, index in the others. */
  readonly sampling = new Map<number, number>();
  /** By ifIndex. */
  readonly interfaces = new Map<number, SflowInterface>();
  readonly #budget: Budget;
  #lastSource = -1;
  #lastRate = -1;

  constructor(exporter: Exporter, budget: Budget) {
    this.sequence = new SequenceTracker(exporter.counters, 'sequence_lost_datagrams');
    this.#budget = budget;
  }

  noteSampling(source: number, rate: number): void {
    if (source === this.#lastSource && rate === this.#lastRate) return;
    this.#lastSource = source;
    this.#lastRate = rate;
    if (!this.sampling.has(source)) {
      if (this.#budget.left === 0) return;
      this.#budget.left--;
    }
    this.sampling.set(source, rate);
  }

  /** The interface, made when new; undefined over the cap. */
  interfaceAt(ifIndex: number): SflowInterface | undefined {
    const known = this.interfaces.get(ifIndex);
    if (known !== undefined) return known;
    if (this.#budget.left === 0) return undefined;
    this.#budget.left--;
    const made = { name: '', speed: 0, type: 0 };
    this.interfaces.set(ifIndex, made);
    return made;
  }

  describe(domain: number): DomainSummary {
    return {
      domain,
      templates: [],
      sampling: [...this.sampling].map(([source, rate]) => ({ selector: `source ${source}`, rate })),
      interfaces: [...this.interfaces].map(([ifIndex, { name, speed }]) => ({ ifIndex, name, alias: '', speed })),
    };
  }
}

export class SflowState implements ProtocolState {
  readonly #subAgents = new Map<number, SubAgent>();
  readonly #exporter: Exporter;
  readonly #subAgentCap: number;
  readonly #budget: Budget;

  constructor(exporter: Exporter, limits: TemplateLimits) {
    this.#exporter = exporter;
    this.#subAgentCap = limits.domains;
    this.#budget = { left: limits.options };
  }

  /** The sub-agent, made when new; undefined over the cap, then nothing is kept of it. */
  subAgent(id: number): SubAgent | undefined {
    const known = this.#subAgents.get(id);
    if (known !== undefined) return known;
    if (this.#subAgents.size >= this.#subAgentCap) return undefined;
    const made = new SubAgent(this.#exporter, this.#budget);
    this.#subAgents.set(id, made);
    return made;
  }

  describe(): ProtocolSummary {
    return { protocol: 'sFlow v5', domains: [...this.#subAgents].map(([id, subAgent]) => subAgent.describe(id)) };
  }
}

export function sflowStateOf(exporter: Exporter, limits: TemplateLimits = DEFAULT_LIMITS): SflowState {
  const known = exporter.protocols.get(SOURCE.sflow5);
  if (known instanceof SflowState) return known;
  const made = new SflowState(exporter, limits);
  exporter.protocols.set(SOURCE.sflow5, made);
  return made;
}
