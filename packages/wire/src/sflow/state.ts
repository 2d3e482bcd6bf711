// What sFlow keeps of an agent between datagrams: for each sub-agent its sequence, the sampling rate of each data source, and the
// interfaces that counter samples described.
import { SOURCE } from '@weir/record';
import type { MessageContext } from '../decoder.ts';
import type { DomainSummary, Exporter, ProtocolState, ProtocolSummary } from '../exporter.ts';
import { SequenceTracker } from '../sequence.ts';
import { type DescribeRoom, STATE_COST, type StateMemory, within } from '../state-memory.ts';
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
  readonly memory: StateMemory;
}

/** ifName is at most 255 bytes and may come or change later: it is paid for with the interface. */
const INTERFACE_COST = STATE_COST.interface + 255 * STATE_COST.character;

function pay(budget: Budget, bytes: number): boolean {
  if (budget.left === 0 || !budget.memory.take(bytes)) return false;
  budget.left--;
  return true;
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
    if (!this.sampling.has(source) && !pay(this.#budget, STATE_COST.rate)) return;
    this.sampling.set(source, rate);
  }

  /** The interface, made when new; undefined over the cap. */
  interfaceAt(ifIndex: number): SflowInterface | undefined {
    const known = this.interfaces.get(ifIndex);
    if (known !== undefined) return known;
    if (!pay(this.#budget, INTERFACE_COST)) return undefined;
    const made = { name: '', speed: 0, type: 0 };
    this.interfaces.set(ifIndex, made);
    return made;
  }

  describe(domain: number, room: DescribeRoom): DomainSummary {
    const sampling = within(this.sampling, room, () => 1);
    const interfaces = within(this.interfaces, room, () => 1);
    return {
      domain,
      templates: [],
      sampling: [...sampling].map(([source, rate]) => ({ selector: `source ${source}`, rate })),
      interfaces: [...interfaces].map(([ifIndex, { name, speed }]) => ({ ifIndex, name, alias: '', speed })),
    };
  }
}

export class SflowState implements ProtocolState {
  readonly #subAgents = new Map<number, SubAgent>();
  readonly #exporter: Exporter;
  readonly #subAgentCap: number;
  readonly #budget: Budget;

  constructor(exporter: Exporter, limits: TemplateLimits, memory: StateMemory) {
    this.#exporter = exporter;
    this.#subAgentCap = limits.domains;
    this.#budget = { left: limits.options, memory };
  }

  /** The sub-agent, made when new; undefined over the cap, then nothing is kept of it. */
  subAgent(id: number): SubAgent | undefined {
    const known = this.#subAgents.get(id);
    if (known !== undefined) return known;
    if (this.#subAgents.size >= this.#subAgentCap || !this.#budget.memory.take(STATE_COST.domain)) return undefined;
    const made = new SubAgent(this.#exporter, this.#budget);
    this.#subAgents.set(id, made);
    return made;
  }

  describe(room: DescribeRoom = { left: Number.POSITIVE_INFINITY }): ProtocolSummary {
    const subAgents = within(this.#subAgents, room, () => 1);
    return { protocol: 'sFlow v5', domains: Array.from(subAgents, ([id, subAgent]) => subAgent.describe(id, room)) };
  }
}

export function sflowStateOf({ exporter, limits = DEFAULT_LIMITS }: MessageContext): SflowState {
  const known = exporter.protocols.get(SOURCE.sflow5);
  if (known instanceof SflowState) return known;
  const made = new SflowState(exporter, limits, exporter.memory);
  exporter.protocols.set(SOURCE.sflow5, made);
  return made;
}
