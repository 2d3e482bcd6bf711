// Keeps senders of floods from pushing the others out of a lane's sockets. When a queue overflows, or is about to, the lane counts who sent
// what it reads, and has the kernel put the datagrams of the heaviest senders into spare sockets, which it reads in turn with the first
// ones: only their queues then overflow. Once the flood has ended its senders go back. While nothing fills, nothing is counted.
import type { Libc } from '@weir/libc';
import { formatAddress } from '@weir/record';
import type { DatagramBatch, Flood } from '../listener.ts';
import { DivertedAddresses, divertedMemory } from './diverted-addresses.ts';
import { FloodWindow } from './flood-window.ts';
import { attachLaneProgram, laneProgram } from './lane-program.ts';
import { bindSpare } from './spare-socket.ts';
import type { UdpSocket } from './udp-socket.ts';

/** Datagrams that show who is heavy, and the longest to wait for them, in milliseconds. */
const WINDOW_DATAGRAMS = 500;
const WINDOW_MS = 1000;
/** Who sends less than this part of what arrives is not heavy. */
const HEAVY = 1 / 16;
/** What still comes to the first sockets should be at most this part of what the lane can take. */
const STAYS = 1 / 2;
/** A sender goes back when it has not helped to fill a spare socket for this long, in milliseconds. */
const HOLD_MS = 10_000;
/** And when no more than this part of a spare socket's buffer waits there: it is read before anything newer. */
const NEARLY_EMPTY = 1 / 8;

interface Diverted {
  readonly address: Uint32Array;
  heavyAt: number;
}

export interface FloodControlOptions {
  readonly lane: number;
  readonly lanes: number;
  /** From `divertedMemory`. Without it a lane among others only tells of floods. */
  readonly memory: SharedArrayBuffer | undefined;
}

export class FloodControl {
  floods: readonly Flood[] = [];
  /** Why nothing can be diverted, when the kernel refused to: the name of an error. */
  refused: string | undefined;
  readonly #libc: Libc;
  readonly #sockets: readonly UdpSocket[];
  readonly #firsts: readonly UdpSocket[];
  readonly #spares: readonly UdpSocket[];
  readonly #lanes: number;
  readonly #toFirsts: FloodWindow;
  readonly #toSpares: FloodWindow;
  #shared: DivertedAddresses | undefined;
  #diverted: Diverted[] = [];
  #now = performance.now();
  #windowSince: number | undefined;
  #filledAt = Number.NEGATIVE_INFINITY;
  #spareReadAt = Number.NEGATIVE_INFINITY;
  /** A process before this one may have left a program that diverts: by then what comes to the spare sockets has told which. */
  #renewAt: number;

  constructor(
    libc: Libc,
    firsts: readonly UdpSocket[],
    spares: readonly UdpSocket[],
    { lane, lanes, memory }: FloodControlOptions,
  ) {
    this.#libc = libc;
    this.#sockets = [...firsts, ...spares];
    this.#firsts = firsts;
    this.#spares = spares;
    this.#lanes = lanes;
    this.#toFirsts = new FloodWindow(firsts);
    this.#toSpares = new FloodWindow(spares);
    const shared = memory ?? (lanes === 1 ? divertedMemory(1) : undefined);
    if (spares.length > 0 && shared !== undefined) this.#shared = new DivertedAddresses(shared, lane, lanes);
    this.#renewAt = this.#shared === undefined ? Number.POSITIVE_INFINITY : this.#now + HOLD_MS;
  }

  /** Whether spare sockets get datagrams. If not, a look at every tick is enough. */
  get usesSpares(): boolean {
    return this.#diverted.length > 0 || this.#now - this.#spareReadAt < HOLD_MS;
  }

  /** Every batch that was read. */
  count(socket: UdpSocket, batch: DatagramBatch): void {
    if (socket.spare) this.#spareReadAt = this.#now;
    if (this.#windowSince === undefined) return;
    if (socket.spare) this.#toSpares.count(batch);
    else if (socket.filled) this.#toFirsts.count(batch);
  }

  /** At every tick, when the sockets' counters were read. */
  tick(now: number): void {
    this.#now = now;
    const over = this.#isOver(now);
    if (over) this.#judge(now);
    for (const socket of this.#sockets) {
      const filling = socket.fills();
      if (filling) this.#filledAt = now;
      socket.filled = filling || (socket.filled && !over);
    }
    if (now - this.#filledAt >= HOLD_MS) this.floods = [];
    if (now - this.#filledAt >= HOLD_MS && !this.usesSpares) this.#windowSince = undefined;
    else if (over || this.#windowSince === undefined) this.#open(now);
    if (now >= this.#renewAt) this.#attach();
  }

  #open(now: number): void {
    this.#windowSince = now;
    this.#toFirsts.open();
    this.#toSpares.open();
  }

  #isOver(now: number): boolean {
    if (this.#windowSince === undefined) return false;
    return this.#toFirsts.read + this.#toSpares.read >= WINDOW_DATAGRAMS || now - this.#windowSince >= WINDOW_MS;
  }

  #judge(now: number): void {
    this.#holdDiverted(now);
    const more = this.#heavyInFirsts();
    if (more.length > 0) this.#divert(more, now);
    else this.#release(now);
    if (this.#sockets.some(({ filled }) => filled)) this.#tell();
  }

  /** Who comes to a spare socket is diverted, also by a process before this one, and stays so while the socket fills. */
  #holdDiverted(now: number): void {
    const fills = this.#spares.some(({ filled }) => filled);
    for (const { address, part } of this.#toSpares.senders()) {
      const diverted = this.#find(address);
      if (diverted === undefined) this.#add(address, now);
      else if (fills && part >= HEAVY / 2) diverted.heavyAt = now;
    }
  }

  /** As few of the heaviest senders as have to go so that the rest fits. */
  #heavyInFirsts(): Uint32Array[] {
    if (this.#shared === undefined || !this.#firsts.some(({ filled }) => filled)) return [];
    const heavy: Uint32Array[] = [];
    const goal = (this.#toFirsts.read / this.#toFirsts.arrived) * STAYS;
    let staying = 1;
    for (const { address, part } of this.#toFirsts.senders()) {
      if (part < HEAVY || staying <= goal) break;
      staying -= part;
      // What is read of a diverted one had been queued before.
      if (this.#find(address) === undefined) heavy.push(address);
    }
    return heavy;
  }

  #divert(addresses: readonly Uint32Array[], now: number): void {
    for (const address of addresses) this.#add(address, now);
    this.#publish();
    // In order: what lies in the first sockets is read before what follows it in the spare ones.
    for (const socket of this.#firsts) socket.owe();
  }

  #release(now: number): void {
    const kept = this.#diverted.filter(({ heavyAt }) => now - heavyAt < HOLD_MS);
    if (kept.length === this.#diverted.length) return;
    if (this.#firsts.some(({ owed }) => owed > 0)) return;
    if (this.#spares.some(({ queued, buffer }) => queued > buffer * NEARLY_EMPTY)) return;
    this.#diverted = kept;
    this.#publish();
    for (const socket of this.#spares) socket.owe();
  }

  /** With no room left, instead of the one that has been quiet for longest, if any has been. */
  #add(address: Uint32Array, now: number): void {
    if (this.#shared === undefined) return;
    if (this.#diverted.length === this.#shared.capacity) {
      const oldest = this.#diverted.reduce((a, b) => (b.heavyAt < a.heavyAt ? b : a));
      if (now - oldest.heavyAt < WINDOW_MS) return;
      this.#diverted = this.#diverted.filter((diverted) => diverted !== oldest);
    }
    this.#diverted.push({ address, heavyAt: now });
  }

  #find(address: Uint32Array): Diverted | undefined {
    return this.#diverted.find((diverted) => diverted.address.every((word, i) => word === address[i]));
  }

  #publish(): void {
    this.#shared?.set(this.#diverted.map(({ address }) => address));
    this.#attach();
  }

  /** Again if another lane changed its addresses meanwhile: of two that attach at once, the last has both. */
  #attach(): void {
    this.#renewAt = Number.POSITIVE_INFINITY;
    const shared = this.#shared;
    if (shared === undefined) return;
    for (const spare of this.#spares) if (!spare.bound) this.refused ??= this.#bind(spare);
    for (let generation = -1; generation !== shared.generation; ) {
      generation = shared.generation;
      const program = laneProgram(this.#lanes, shared.all());
      for (const { fd, bound } of this.#spares) if (bound) this.refused ??= attachLaneProgram(this.#libc, fd, program);
    }
    if (this.refused === undefined) return;
    this.#shared = undefined;
    this.#diverted = [];
  }

  /** Only where there is a flood: from then on the port costs the kernel more. */
  #bind(spare: UdpSocket): string | undefined {
    const first = this.#firsts.find(({ host, port }) => host === spare.host && port === spare.port);
    if (first === undefined || !first.filled) return undefined;
    const refused = bindSpare(this.#libc, first.fd, spare.fd);
    spare.bound = refused === undefined;
    return refused;
  }

  /** Parts of all that arrived, so that who is responsible for what was dropped can be named. */
  #tell(): void {
    const parts = new Map<string, { part: number; diverted: boolean }>();
    const arrived = this.#toFirsts.arrived + this.#toSpares.arrived;
    for (const window of [this.#toFirsts, this.#toSpares]) {
      for (const { address, part } of window.senders()) {
        const text = formatAddress(address, 0);
        const before = parts.get(text)?.part ?? 0;
        const diverted = this.#find(address) !== undefined;
        parts.set(text, { part: before + (part * window.arrived) / arrived, diverted });
      }
    }
    this.floods = [...parts]
      .filter(([, { part, diverted }]) => part >= HEAVY || diverted)
      .map(([address, { part, diverted }]) => ({ address, share: part, diverted }))
      .sort((a, b) => b.share - a.share);
  }
}
