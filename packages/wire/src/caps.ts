// Caps that were reached lately, told with who is responsible and what can be set. Each event is in an account of the ledger too; this is
// what the page warns of.
import { type HeavySender, HeavySenders } from './heavy-senders.ts';
import type { StateClock } from './state-clock.ts';

/** For each cap what happens beyond it, and what to do about it. Between the two stands how often, and because of whom. */
const WORDS = {
  exporters: [
    'listen.max_exporters is reached: datagrams of further senders are counted, not decoded',
    'Name those who may send in listen.allow, or raise listen.max_exporters',
  ],
  unreadable: [
    'more senders of nothing readable than are told apart: datagrams of further ones are counted without their address',
    'Name those who may send in listen.allow',
  ],
  names: [
    'a sender names more other exporters than it may: flows of further ones are kept under the sender',
    'If it is a mediator or relays sFlow, add it to listen.mediators',
  ],
  state_memory: [
    'listen.state_memory is used up: exporters that hold most of it lose templates, rates or interface names, or get no more',
    'Keep senders out with listen.allow, or raise listen.state_memory',
  ],
  exporter_state: [
    'an exporter holds as much of listen.state_memory as one may: it loses older state, or gets no more',
    'Keep it out with listen.allow, or raise listen.state_memory',
  ],
  templates: [
    'an exporter has more templates than are kept of one: its least used ones are evicted',
    'A shorter listen.template_lifetime forgets unused ones sooner',
  ],
  domains: [
    'an exporter has more observation domains, engines or sub-agents than are kept of one: its least used ones are evicted',
    'Keep it out with listen.allow if it makes them up',
  ],
  options: [
    'an exporter has more interfaces or sampling rates than are kept of one observation domain: further ones are not kept',
    'Keep it out with listen.allow if it makes them up',
  ],
  texts: [
    'more new texts at once than are taken: further ones are left out of their flows',
    'Leave texts that hardly ever repeat out of the templates of the exporter',
  ],
} as const;

export type Cap = keyof typeof WORDS;
const CAPS = Object.keys(WORDS) as readonly Cap[];

/** A cap that was reached in the last five to ten minutes. */
export interface CapReached {
  readonly cap: Cap;
  readonly times: number;
  /** The addresses that were responsible most often, the heaviest first; none where nobody stands out. */
  readonly heaviest: readonly HeavySender[];
}

/** What is told is of this window of time, in milliseconds, and the one before. */
const WINDOW_MS = 300_000;

export class CapReport {
  readonly #clock: StateClock;
  #window = 0;
  #current = new Map<Cap, HeavySenders>();
  #previous = new Map<Cap, HeavySenders>();

  constructor(clock: StateClock) {
    this.#clock = clock;
  }

  /** Notes that a cap was reached, and by whom: four words of an address. */
  note(cap: Cap, words: Uint32Array, at = 0): void {
    this.#turn();
    let senders = this.#current.get(cap);
    if (senders === undefined) {
      senders = new HeavySenders();
      this.#current.set(cap, senders);
    }
    senders.note(words, at);
  }

  reached(): CapReached[] {
    this.#turn();
    return CAPS.flatMap((cap) => {
      const windows = [this.#current.get(cap), this.#previous.get(cap)].filter((some) => some !== undefined);
      const times = windows.reduce((sum, { total }) => sum + total, 0);
      const heaviest = windows.map((window) => window.heaviest()).find((some) => some.length > 0) ?? [];
      return times === 0 ? [] : [{ cap, times, heaviest }];
    });
  }

  /** A sentence for each of them. */
  warnings(): string[] {
    return this.reached().map(({ cap, times, heaviest }) => {
      const [what, remedy] = WORDS[cap];
      const who = heaviest.length === 0 ? '' : `, most by ${heaviest.map(({ address }) => address).join(', ')}`;
      return `${what} (${times.toLocaleString('en')} ${times === 1 ? 'time' : 'times'} in the last minutes${who}). ${remedy}`;
    });
  }

  #turn(): void {
    const window = Math.floor(this.#clock.now / WINDOW_MS);
    if (window === this.#window) return;
    this.#previous = window === this.#window + 1 ? this.#current : new Map();
    this.#current = new Map();
    this.#window = window;
  }
}
