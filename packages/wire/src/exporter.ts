// What is known of each exporter: its key, its counters in the ledger, and what its protocols keep between messages.
import { ACCOUNT, type AccountName, exporterKey, formatAddress, type Key } from '@weir/record';
import type { NamedExporters } from './named-exporters.ts';
import type { StateWriter } from './saved/bytes.ts';
import type { StateClock } from './state-clock.ts';
import type { DescribeRoom, StateAccount } from './state-memory.ts';

/** What a protocol keeps of one exporter between messages (templates, sampling rates, sequences); each defines its own. */
export interface ProtocolState {
  /** Numbers for the exporters page; called every few seconds, so it may allocate. What `room` has no place for is left out. */
  describe(room?: DescribeRoom): ProtocolSummary;
  /** Forgets what has been idle for its lifetime. */
  expire(): void;
  /** Writes what the next process should know; `sequences`: and where the sequences stand. */
  save(writer: StateWriter, sequences: boolean): void;
  /** The exporter is evicted. */
  close?(): void;
}

export interface ProtocolSummary {
  readonly protocol: string;
  readonly domains: readonly DomainSummary[];
}

export interface DomainSummary {
  readonly domain: number;
  /** Template id, its fields (as element ids or `PEN/id`), whether it is an options template, bytes a record (0: variable). */
  readonly templates: readonly {
    readonly id: number;
    readonly fields: readonly string[];
    readonly options: boolean;
    readonly length: number;
    readonly updated: number;
  }[];
  /** Sampling rates known, each with the selector, sampler or interface it is for ('' is all). */
  readonly sampling: readonly { readonly selector: string; readonly rate: number }[];
  /** Interfaces that options data or counter samples named. */
  readonly interfaces: readonly {
    readonly ifIndex: number;
    readonly name: string;
    readonly alias: string;
    readonly speed: number;
  }[];
}

/** So many different minutes with something readable make an exporter known: a flood of made-up senders would have to keep at it. */
export const KNOWN_MINUTES = 5;

export class Exporter {
  readonly key: Key;
  readonly address: string;
  /** Four words, for comparing. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** Indexed by ACCOUNT. */
  readonly counters: Float64Array<ArrayBufferLike>;
  /** Milliseconds since 1970, as given with its datagrams. */
  firstSeen = 0;
  lastSeen = 0;
  /** When it was last seen, by the StateClock. */
  seen = 0;
  /** In how many different minutes something readable came of it. */
  minutes = 0;
  #lastMinute = -1;
  /** Protocol state by `SOURCE` code. */
  readonly protocols = new Map<number, ProtocolState>();
  /** Pays for that state, and for that of sFlow agents whose datagrams it sends. */
  readonly memory: StateAccount;
  /** The exporters that its messages name; undefined while they name none. */
  names: NamedExporters | undefined;

  constructor(words: Uint32Array<ArrayBuffer>, memory: StateAccount, counters: Float64Array<ArrayBufferLike>) {
    this.memory = memory;
    this.counters = counters;
    this.words = words;
    this.address = formatAddress(words) || '::';
    this.key = exporterKey(this.address);
  }

  /** Whether anything that came of it, or in its name, could be read. */
  get readable(): boolean {
    return this.minutes > 0;
  }

  /** Whether it has been sending for some time: newcomers make room before it. */
  get known(): boolean {
    return this.minutes >= KNOWN_MINUTES;
  }

  /** Takes note of a datagram of it, or in its name. */
  note(timeReceived: number, clock: StateClock, readable: boolean): void {
    if (this.firstSeen === 0) this.firstSeen = timeReceived;
    this.lastSeen = timeReceived;
    this.seen = clock.now;
    if (!readable || clock.minute === this.#lastMinute) return;
    this.#lastMinute = clock.minute;
    this.minutes++;
    if (this.minutes === KNOWN_MINUTES) this.memory.becomeKnown();
  }

  /** What was known of it before the process changed. */
  restore(firstSeen: number, lastSeen: number, seen: number, minutes: number): void {
    this.firstSeen = firstSeen;
    this.lastSeen = lastSeen;
    this.seen = seen;
    this.minutes = minutes;
    if (this.known) this.memory.becomeKnown();
  }

  count(account: AccountName, by = 1): void {
    this.counters[ACCOUNT[account]] += by;
  }
}
