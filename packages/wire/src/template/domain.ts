// What NetFlow v9 and IPFIX keep of one observation domain between messages: templates, sampling rates, interface names, the sequence.
import { ACCOUNT } from '@weir/record';
import type { DomainSummary } from '../exporter.ts';
import type { SequenceTracker } from '../sequence.ts';
import { type DescribeRoom, STATE_COST, within } from '../state-memory.ts';
import type { Usage } from '../usage.ts';
import { isOpenVSwitch } from './quirks.ts';
import { SamplingRates } from './sampling.ts';
import type { TemplateState } from './state.ts';
import { fieldKey, type Template, VARIABLE_LENGTH } from './template.ts';

interface InterfaceName {
  name: string;
  alias: string;
}

function costOf(template: Template): number {
  return STATE_COST.template + template.fields.length * STATE_COST.field;
}

function costOfName({ name, alias }: InterfaceName): number {
  return STATE_COST.interface + (name.length + alias.length) * STATE_COST.character;
}

export class ObservationDomain implements Usage {
  readonly id: number;
  readonly templates = new Map<number, Template>();
  readonly sampling: SamplingRates;
  readonly sequence: SequenceTracker;
  readonly interfaces = new Map<number, InterfaceName>();
  learnt: number;
  used: number;
  read = false;
  /** Bytes taken for all of it. */
  held = 0;
  readonly #state: TemplateState;
  #systemInit = 0;

  constructor(id: number, state: TemplateState) {
    this.id = id;
    this.#state = state;
    this.sequence = state.newSequence();
    this.sampling = new SamplingRates(state.limits.options, this);
    this.learnt = this.used = state.clock.now;
  }

  /** When the exporter's uptime began (element 160), ms since 1970; 0 unknown. */
  get systemInit(): number {
    return this.#systemInit;
  }

  set systemInit(time: number) {
    if (time === this.#systemInit) return;
    this.#systemInit = time;
    this.changed();
  }

  /** Takes memory for something of this domain; see StateAccount. */
  take(bytes: number, evict = false): boolean {
    if (!this.#state.memory.take(bytes, evict)) return false;
    this.held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.held -= bytes;
    this.#state.memory.give(bytes);
  }

  /** Something worth saving was learnt or forgotten. */
  changed(): void {
    this.#state.memory.changed();
  }

  /** Counts a sampling rate or an interface that is not kept. `isFull`: because of the cap on their number. */
  refuseOption(isFull: boolean): void {
    this.#state.exporter.counters[ACCOUNT.options_state_cap]++;
    if (isFull) this.#state.note('options');
  }

  /** The template of an id; undefined when there is none, or none that came or was used within its lifetime. */
  template(id: number): Template | undefined {
    const template = this.templates.get(id);
    if (template === undefined || this.#state.clock.now - template.used <= this.#state.limits.lifetimeMs)
      return template;
    this.expire(template);
    return undefined;
  }

  /** Takes a template where there is memory for it. */
  addTemplate(template: Template): boolean {
    if (!this.#state.makeRoomForTemplate() || !this.take(costOf(template), true)) return false;
    template.learnt = template.used = this.#state.clock.now;
    this.templates.set(template.id, template);
    if (isOpenVSwitch(template)) this.#state.messageSequence ??= this.#state.newSequence();
    this.#state.templates++;
    this.changed();
    return true;
  }

  removeTemplate(template: Template): void {
    this.templates.delete(template.id);
    this.#state.templates--;
    this.give(costOf(template));
    this.changed();
  }

  expire(template: Template): void {
    this.removeTemplate(template);
    this.#state.exporter.counters[ACCOUNT.templates_expired]++;
  }

  /** Takes what options data say of an interface; an empty text leaves what is known. */
  nameInterface(ifIndex: number, name: string, alias: string): void {
    const before = this.interfaces.get(ifIndex);
    const after = { name: name || (before?.name ?? ''), alias: alias || (before?.alias ?? '') };
    if (before !== undefined && before.name === after.name && before.alias === after.alias) return;
    const isFull = before === undefined && this.interfaces.size >= this.#state.limits.options;
    const more = costOfName(after) - (before === undefined ? 0 : costOfName(before));
    if (isFull || !this.take(more)) {
      this.refuseOption(isFull);
      return;
    }
    this.interfaces.set(ifIndex, after);
    this.changed();
  }

  /** Forgets interface names, the oldest first, until `enough`. */
  forgetNames(enough: () => boolean): void {
    for (const [ifIndex, name] of this.interfaces) {
      if (enough()) return;
      this.interfaces.delete(ifIndex);
      this.give(costOfName(name));
      this.#state.exporter.counters[ACCOUNT.options_state_cap]++;
      this.changed();
    }
  }

  describe(room: DescribeRoom): DomainSummary {
    const rates = (table: ReadonlyMap<number, number>, what: string) =>
      [...within(table, room, () => 1)].map(([id, rate]) => ({ selector: `${what} ${id}`, rate }));
    const { sampling } = this;
    const templates = within(this.templates.values(), room, ({ fields }) => fields.length);
    const interfaces = within(this.interfaces, room, ([, { name, alias }]) => 1 + ((name.length + alias.length) >> 6));
    return {
      domain: this.id,
      templates: [...templates].map((template) => ({
        id: template.id,
        fields: template.fields.map((field) => String(fieldKey(field))),
        options: template.options,
        length: recordLength(template),
        updated: template.updated,
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
