// What sFlow keeps of an agent between datagrams: for each sub-agent its sequence, the sampling rate of each data source, and the
// interfaces that counter samples described. An agent's datagrams may come from other addresses than its own. What a sender makes us keep
// is kept apart and paid for by the sender, so that nobody can push out what an agent itself, or its relay, has told.
import { SOURCE } from '@weir/record';
import type { MessageContext } from '../decoder.ts';
import type { Exporter, ProtocolState, ProtocolSummary } from '../exporter.ts';
import type { StateWriter } from '../saved/bytes.ts';
import { SequenceTracker } from '../sequence.ts';
import { type DescribeRoom, within } from '../state-memory.ts';
import { saveSources } from './saved.ts';
import { SflowSource } from './source.ts';

/** So many senders of an agent are searched for its sequence: in practice there are one or two. */
const SEARCHED_SOURCES = 8;

export class SflowState implements ProtocolState {
  readonly #agent: Exporter;
  readonly #sources = new Map<Exporter, SflowSource>();
  #last: SflowSource | undefined;

  constructor(agent: Exporter) {
    this.#agent = agent;
  }

  /** What a sender says of the agent. */
  source(sender: Exporter, context: MessageContext): SflowSource {
    if (this.#last?.sender === sender) return this.#last;
    let source = this.#sources.get(sender);
    if (source === undefined) {
      source = new SflowSource(this, this.#agent, sender, context);
      this.#sources.set(sender, source);
    }
    this.#last = source;
    return source;
  }

  /** The sequence of a sub-agent is one, whatever address its datagrams come from. */
  sequence(subAgent: number): SequenceTracker {
    let left = SEARCHED_SOURCES;
    for (const { subAgents } of this.#sources.values()) {
      const known = subAgents.get(subAgent);
      if (known !== undefined) return known.sequence;
      if (--left === 0) break;
    }
    return new SequenceTracker(this.#agent.counters, 'sequence_lost_datagrams');
  }

  forget(source: SflowSource): void {
    this.#sources.delete(source.sender);
    if (this.#last === source) this.#last = undefined;
  }

  expire(): void {
    for (const source of this.#sources.values()) {
      source.expire();
      if (source.subAgents.size === 0) source.end();
    }
  }

  close(): void {
    for (const source of this.#sources.values()) source.end();
  }

  save(writer: StateWriter, sequences: boolean): void {
    saveSources(this.#sources.values(), writer, sequences);
  }

  describe(room: DescribeRoom = { left: Number.POSITIVE_INFINITY }): ProtocolSummary {
    const all = [...this.#sources.values()].flatMap(({ subAgents }) => [...subAgents.values()]);
    return {
      protocol: 'sFlow v5',
      domains: Array.from(
        within(all, room, () => 1),
        (subAgent) => subAgent.describe(room),
      ),
    };
  }
}

/** What the message's sender says of an agent, made when new. */
export function sflowSource(agent: Exporter, sender: Exporter, context: MessageContext): SflowSource {
  const known = agent.protocols.get(SOURCE.sflow5);
  if (known instanceof SflowState) return known.source(sender, context);
  const made = new SflowState(agent);
  agent.protocols.set(SOURCE.sflow5, made);
  return made.source(sender, context);
}
