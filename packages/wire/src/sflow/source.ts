// The sub-agents of one agent, as one sender tells of them.
import { ACCOUNT } from '@weir/record';
import type { Cap, CapReport } from '../caps.ts';
import type { MessageContext } from '../decoder.ts';
import type { Exporter } from '../exporter.ts';
import type { StateClock } from '../state-clock.ts';
import { STATE_COST, type StateHolder } from '../state-memory.ts';
import type { TemplateLimits } from '../template/limits.ts';
import { leastWorth, portion } from '../usage.ts';
import type { SflowState } from './state.ts';
import { SubAgent } from './sub-agent.ts';

export class SflowSource implements StateHolder {
  readonly sender: Exporter;
  readonly agent: Exporter;
  readonly clock: StateClock;
  readonly #limits: TemplateLimits;
  readonly #caps: CapReport;
  readonly #state: SflowState;
  readonly #subAgents = new Map<number, SubAgent>();
  #last: SubAgent | undefined;
  /** Data sources and interfaces kept, all sub-agents together. */
  #options = 0;

  constructor(
    state: SflowState,
    agent: Exporter,
    sender: Exporter,
    { limits, clock, caps }: Pick<MessageContext, 'limits' | 'clock' | 'caps'>,
  ) {
    this.#state = state;
    this.agent = agent;
    this.sender = sender;
    this.clock = clock;
    this.#limits = limits;
    this.#caps = caps;
    sender.memory.add(this);
  }

  get subAgents(): ReadonlyMap<number, SubAgent> {
    return this.#subAgents;
  }

  /** The sub-agent, made when new; undefined where no memory is left for it, then nothing is kept of it. */
  subAgent(id: number): SubAgent | undefined {
    const subAgent = this.#last?.id === id ? this.#last : (this.#subAgents.get(id) ?? this.#make(id));
    if (subAgent !== undefined) subAgent.used = this.clock.now;
    this.#last = subAgent;
    return subAgent;
  }

  #make(id: number): SubAgent | undefined {
    const { size } = this.#subAgents;
    if (size >= this.#limits.domains) {
      this.#note('domains');
      for (const worst of leastWorth(this.#subAgents, portion(size), this.clock.now)) this.#evict(worst);
    }
    if (!this.sender.memory.take(STATE_COST.subAgent, true)) return undefined;
    const subAgent = new SubAgent(id, this, this.#state.sequence(id));
    this.#subAgents.set(id, subAgent);
    this.changed();
    return subAgent;
  }

  /** Takes the memory for a data source or an interface; false, and counted, where it can not be kept. */
  takeOption(bytes: number): boolean {
    const isFull = this.#options >= this.#limits.options;
    if (isFull) this.#note('options');
    if (isFull || !this.sender.memory.take(bytes)) {
      this.agent.counters[ACCOUNT.options_state_cap]++;
      return false;
    }
    this.#options++;
    return true;
  }

  giveOption(bytes: number): void {
    this.#options--;
    this.sender.memory.give(bytes);
  }

  changed(): void {
    this.sender.memory.changed();
  }

  #note(cap: Cap): void {
    this.#caps.note(cap, this.sender.words);
  }

  #evict(subAgent: SubAgent): void {
    this.#forget(subAgent);
    this.agent.counters[ACCOUNT.domains_evicted]++;
  }

  #forget(subAgent: SubAgent): void {
    subAgent.clear();
    this.sender.memory.give(STATE_COST.subAgent);
    this.#subAgents.delete(subAgent.id);
    if (this.#last === subAgent) this.#last = undefined;
    this.changed();
  }

  giveWay(bytes: number, inUse: boolean): void {
    const until = this.sender.memory.held - bytes;
    const enough = () => this.sender.memory.held <= until;
    for (const subAgent of this.#subAgents.values()) {
      this.agent.counters[ACCOUNT.options_state_cap] += subAgent.forgetInterfaces(enough);
    }
    const kept = inUse ? this.#last : undefined;
    while (!enough() && this.#subAgents.size > (kept === undefined ? 0 : 1)) {
      // One more than a portion: the one in use may be among them.
      for (const subAgent of leastWorth(this.#subAgents, portion(this.#subAgents.size) + 1, this.clock.now)) {
        if (!enough() && subAgent !== kept) this.#evict(subAgent);
      }
    }
  }

  expire(): void {
    const before = this.clock.now - this.#limits.lifetimeMs;
    for (const subAgent of this.#subAgents.values()) if (subAgent.used < before) this.#forget(subAgent);
  }

  /** Gives back all that the sender paid. */
  end(): void {
    for (const subAgent of this.#subAgents.values()) this.#forget(subAgent);
    this.sender.memory.remove(this);
    this.#state.forget(this);
  }

  /** The sender is evicted: its account is closed already. */
  close(): void {
    this.#state.forget(this);
  }
}
