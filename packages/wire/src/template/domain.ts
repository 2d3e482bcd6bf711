// What NetFlow v9 and IPFIX keep of an exporter between messages, per observation domain: templates, sampling rates, interface
// names, the sequence. The key of all of it is (exporter address, version, observation domain); the peer's port is not part of it.
import { type AccountName, SOURCE } from '@weir/record';
import type { MessageContext } from '../decoder.ts';
import type { DomainSummary, Exporter, ProtocolState, ProtocolSummary } from '../exporter.ts';
import { SequenceTracker } from '../sequence.ts';
import { type DescribeRoom, STATE_COST, type StateMemory, within } from '../state-memory.ts';
import { DEFAULT_LIMITS, type TemplateLimits } from './limits.ts';
import { SamplingRates } from './sampling.ts';
import { fieldKey, type Template, VARIABLE_LENGTH } from './template.ts';
import { elementName, UnstoredElements, unstoredFields } from './unstored.ts';

type LostAccount = Extract<AccountName, 'sequence_lost_flows' | 'sequence_lost_datagrams'>;

interface InterfaceName {
  name: string;
  alias: string;
}

export class ObservationDomain {
  readonly id: number;
  readonly templates = new Map<number, Template>();
  readonly sampling: SamplingRates;
  readonly sequence: SequenceTracker;
  readonly interfaces = new Map<number, InterfaceName>();
  /** When the exporter's uptime began (element 160), ms since 1970; 0 unknown. */
  systemInit = 0;
  readonly #interfaceCap: number;
  readonly #memory: StateMemory;

  constructor(id: number, sequence: SequenceTracker, limits: TemplateLimits, memory: StateMemory) {
    this.id = id;
    this.sequence = sequence;
    this.sampling = new SamplingRates(limits.options, memory);
    this.#memory = memory;
    this.#interfaceCap = limits.options;
  }

  /** Takes what options data say of an interface; an empty text leaves what is known. */
  nameInterface(ifIndex: number, name: string, alias: string): void {
    const known = this.interfaces.get(ifIndex);
    const characters = name.length + alias.length;
    if (known === undefined) {
      if (this.interfaces.size >= this.#interfaceCap) return;
      if (!this.#memory.take(STATE_COST.interface + characters * STATE_COST.character)) return;
      this.interfaces.set(ifIndex, { name, alias });
      return;
    }
    const before = (name === '' ? 0 : known.name.length) + (alias === '' ? 0 : known.alias.length);
    if (!this.#memory.take((characters - before) * STATE_COST.character)) return;
    if (name !== '') known.name = name;
    if (alias !== '') known.alias = alias;
  }

  describe(room: DescribeRoom): DomainSummary {
    const rates = (table: ReadonlyMap<number, number>, what: string) =>
      [...within(table, room, () => 1)].map(([id, rate]) => ({ selector: `${what} ${id}`, rate }));
    const { sampling } = this;
    const weigh = (template: Template) => template.fields.length + unstoredFields(template).length;
    const templates = within(this.templates.values(), room, weigh);
    const interfaces = within(this.interfaces, room, ([, { name, alias }]) => 1 + ((name.length + alias.length) >> 6));
    return {
      domain: this.id,
      templates: [...templates].map((template) => ({
        id: template.id,
        fields: template.fields.map((field) => String(fieldKey(field))),
        options: template.options,
        length: recordLength(template),
        updated: template.updated,
        unstored: unstoredFields(template).map(elementName),
      })),
      sampling: [
        ...(sampling.all > 0 ? [{ selector: '', rate: sampling.all }] : []),
        ...rates(sampling.samplers, 'sampler'),
        ...rates(sampling.selectors, 'selector'),
        ...rates(sampling.interfaces, 'interface'),
      ],
      interfaces: [...interfaces].map(([ifIndex, { name, alias }]) => ({ ifIndex, name, alias, speed: 0 })),
    };
  }
}

function recordLength(template: Template): number {
  let bytes = 0;
  for (const { length } of template.fields) {
    if (length === VARIABLE_LENGTH) return 0;
    bytes += length;
  }
  return bytes;
}

/** State of one exporter and version. */
export class TemplateState implements ProtocolState {
  readonly limits: TemplateLimits;
  /** Templates over all domains, for the cap. */
  templates = 0;
  /** Set for an exporter whose sequence counts messages over all its domains, whatever its protocol says (Open vSwitch's IPFIX). */
  messageSequence: SequenceTracker | undefined;
  /** What this state may still take. */
  readonly memory: StateMemory;
  readonly unstored: UnstoredElements;
  readonly #protocol: string;
  readonly #exporter: Exporter;
  readonly #lost: LostAccount;
  readonly #domains = new Map<number, ObservationDomain>();
  #last: ObservationDomain | undefined;

  constructor(protocol: string, exporter: Exporter, lost: LostAccount, limits: TemplateLimits, memory: StateMemory) {
    this.memory = memory;
    this.unstored = new UnstoredElements(memory);
    this.#protocol = protocol;
    this.#exporter = exporter;
    this.#lost = lost;
    this.limits = limits;
  }

  /** The domain, made when new; undefined past the cap on domains. */
  domain(id: number): ObservationDomain | undefined {
    if (this.#last?.id === id) return this.#last;
    let domain = this.#domains.get(id);
    if (domain === undefined) {
      if (this.#domains.size >= this.limits.domains || !this.memory.take(STATE_COST.domain)) return undefined;
      domain = new ObservationDomain(id, this.newSequence(), this.limits, this.memory);
      this.#domains.set(id, domain);
    }
    this.#last = domain;
    return domain;
  }

  newSequence(): SequenceTracker {
    return new SequenceTracker(this.#exporter.counters, this.#lost);
  }

  describe(room: DescribeRoom = { left: Number.POSITIVE_INFINITY }): ProtocolSummary {
    const domains = within(this.#domains.values(), room, () => 1);
    return {
      protocol: this.#protocol,
      domains: Array.from(domains, (domain) => domain.describe(room)),
      unstored: this.unstored.describe(room),
    };
  }
}

/** The state of the message's exporter for NetFlow v9 or IPFIX, made when new. */
export function templateState(
  context: MessageContext,
  source: typeof SOURCE.netflow9 | typeof SOURCE.ipfix,
): TemplateState {
  const { exporter } = context;
  const known = exporter.protocols.get(source);
  if (known instanceof TemplateState) return known;
  const limits = context.limits ?? DEFAULT_LIMITS;
  const { memory } = exporter;
  const made =
    source === SOURCE.ipfix
      ? new TemplateState('IPFIX', exporter, 'sequence_lost_flows', limits, memory)
      : new TemplateState('NetFlow v9', exporter, 'sequence_lost_datagrams', limits, memory);
  exporter.protocols.set(source, made);
  return made;
}
