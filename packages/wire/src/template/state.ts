// What NetFlow v9 and IPFIX keep of an exporter between messages. The key of all of it is (exporter address, version, observation domain);
// the peer's port is not part of it.
import { ACCOUNT, type AccountName, SOURCE } from '@weir/record';
import type { Cap, CapReport } from '../caps.ts';
import type { MessageContext } from '../decoder.ts';
import type { Exporter, ProtocolState, ProtocolSummary } from '../exporter.ts';
import type { StateWriter } from '../saved/bytes.ts';
import { SequenceTracker } from '../sequence.ts';
import type { StateClock } from '../state-clock.ts';
import { type DescribeRoom, STATE_COST, type StateAccount, type StateHolder, within } from '../state-memory.ts';
import { leastOf, leastWorth, portion, worth } from '../usage.ts';
import { ObservationDomain } from './domain.ts';
import type { TemplateLimits } from './limits.ts';
import { saveTemplates } from './save.ts';

type LostAccount = Extract<AccountName, 'sequence_lost_flows' | 'sequence_lost_datagrams'>;

/** State of one exporter and version. */
export class TemplateState implements ProtocolState, StateHolder {
  readonly exporter: Exporter;
  readonly limits: TemplateLimits;
  readonly clock: StateClock;
  /** What this state may still take. */
  readonly memory: StateAccount;
  /** Templates over all domains, for the cap. */
  templates = 0;
  /** Set for an exporter whose sequence counts messages over all its domains, whatever its protocol says (Open vSwitch's IPFIX). */
  messageSequence: SequenceTracker | undefined;
  readonly #protocol: string;
  readonly #lost: LostAccount;
  readonly #caps: CapReport;
  readonly #domains = new Map<number, ObservationDomain>();
  #last: ObservationDomain | undefined;

  constructor(protocol: string, lost: LostAccount, { exporter, limits, clock, caps }: MessageContext) {
    this.exporter = exporter;
    this.memory = exporter.memory;
    this.limits = limits;
    this.clock = clock;
    this.#caps = caps;
    this.#protocol = protocol;
    this.#lost = lost;
    this.memory.add(this);
  }

  get domains(): ReadonlyMap<number, ObservationDomain> {
    return this.#domains;
  }

  /** The domain, made when new; undefined where no memory is left for it. */
  domain(id: number): ObservationDomain | undefined {
    const domain = this.#last?.id === id ? this.#last : (this.#domains.get(id) ?? this.#make(id));
    if (domain !== undefined) domain.used = this.clock.now;
    this.#last = domain;
    return domain;
  }

  #make(id: number): ObservationDomain | undefined {
    if (this.#domains.size >= this.limits.domains) {
      this.note('domains');
      for (const domain of this.#worst(portion(this.#domains.size))) this.#evictDomain(domain);
    }
    const domain = new ObservationDomain(id, this);
    if (!domain.take(STATE_COST.domain, true)) return undefined;
    this.#domains.set(id, domain);
    this.memory.changed();
    return domain;
  }

  newSequence(): SequenceTracker {
    return new SequenceTracker(this.exporter.counters, this.#lost);
  }

  note(cap: Cap): void {
    this.#caps.note(cap, this.exporter.words);
  }

  /** Evicts templates where there are as many as may be. Answers whether there is room for one more. */
  makeRoomForTemplate(): boolean {
    if (this.templates < this.limits.templates) return true;
    this.note('templates');
    this.#evictTemplates(portion(this.templates));
    return this.templates < this.limits.templates;
  }

  /** The domains that are worth least. */
  #worst(count: number): ObservationDomain[] {
    return leastWorth(this.#domains, count, this.clock.now);
  }

  #evictTemplates(count: number): void {
    const { now } = this.clock;
    const worths = new Float64Array(this.templates);
    let index = 0;
    for (const { templates } of this.#domains.values()) {
      for (const template of templates.values()) worths[index++] = worth(template, now);
    }
    const isChosen = leastOf(worths, count);
    for (const domain of this.#domains.values()) {
      for (const template of domain.templates.values()) {
        if (!isChosen(worth(template, now))) continue;
        domain.removeTemplate(template);
        this.exporter.counters[ACCOUNT.templates_evicted]++;
      }
    }
  }

  #evictDomain(domain: ObservationDomain): void {
    const { counters } = this.exporter;
    counters[ACCOUNT.domains_evicted]++;
    counters[ACCOUNT.templates_evicted] += domain.templates.size;
    this.#forgetDomain(domain);
  }

  #forgetDomain(domain: ObservationDomain): void {
    this.#domains.delete(domain.id);
    this.templates -= domain.templates.size;
    this.memory.give(domain.held);
    this.memory.changed();
    if (this.#last === domain) this.#last = undefined;
  }

  /** Names go first: without them flows lack a text. Then whole domains, and of the one in use templates: without those there are no flows. */
  giveWay(bytes: number, inUse: boolean): void {
    const until = this.memory.held - bytes;
    const enough = () => this.memory.held <= until;
    for (const domain of this.#domains.values()) domain.forgetNames(enough);
    const kept = inUse ? this.#last : undefined;
    while (!enough() && this.#domains.size > (kept === undefined ? 0 : 1)) {
      // One more than a portion: the one in use may be among them.
      for (const domain of this.#worst(portion(this.#domains.size) + 1)) {
        if (!enough() && domain !== kept) this.#evictDomain(domain);
      }
    }
    while (!enough() && this.templates > 0) this.#evictTemplates(portion(this.templates));
  }

  expire(): void {
    const { now } = this.clock;
    const { lifetimeMs } = this.limits;
    for (const domain of this.#domains.values()) {
      for (const template of domain.templates.values()) {
        if (now - template.used > lifetimeMs) domain.expire(template);
      }
      if (now - domain.used > lifetimeMs) this.#forgetDomain(domain);
    }
  }

  save(writer: StateWriter, sequences: boolean): void {
    saveTemplates(this, writer, sequences);
  }

  describe(room: DescribeRoom = { left: Number.POSITIVE_INFINITY }): ProtocolSummary {
    const domains = within(this.#domains.values(), room, () => 1);
    return { protocol: this.#protocol, domains: Array.from(domains, (domain) => domain.describe(room)) };
  }
}

/** The state of the message's exporter for NetFlow v9 or IPFIX, made when new. */
export function templateState(
  context: MessageContext,
  source: typeof SOURCE.netflow9 | typeof SOURCE.ipfix,
): TemplateState {
  const { protocols } = context.exporter;
  const known = protocols.get(source);
  if (known instanceof TemplateState) return known;
  const made =
    source === SOURCE.ipfix
      ? new TemplateState('IPFIX', 'sequence_lost_flows', context)
      : new TemplateState('NetFlow v9', 'sequence_lost_datagrams', context);
  protocols.set(source, made);
  return made;
}
