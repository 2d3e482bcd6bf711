// Keeps senders of floods from pushing the others out of a lane's sockets. When a queue overflows, or is about to, the lane counts who sent
// what it reads, and has the kernel put the datagrams of the heaviest senders into spare sockets, which it reads in turn with the first
// ones: only their queues then overflow. Once the flood has ended its senders go back. While nothing fills, nothing is counted.
import type { Libc } from '@weir/libc';
import { formatAddress } from '@weir/record';
import type { DatagramBatch, Flood } from '../listener.ts';
import { Diversion, type DiversionOptions } from './diversion.ts';
import { FloodWindow } from './flood-window.ts';
import type { UdpSocket } from './udp-socket.ts';

/** Datagrams that show who is heavy, and the longest to wait for them, in milliseconds. */
const WINDOW_DATAGRAMS = 500;
const WINDOW_MS = 1000;
/** Who sends less than this part of what the lane can take is not heavy. */
const HEAVY = 1 / 16;
/** Nor who sent less than this part of what was read: so few may be missing from a count, or too many be in it. */
const TOLD_APART = 1 / 32;
/** What still comes to the first sockets should be at most this part of what the lane can take. */
const STAYS = 1 / 2;
/** A sender goes back when it has not helped to fill a spare socket for this long, in milliseconds. */
const HOLD_MS = 10_000;
/** And when no more than this part of a spare socket's buffer waits there: it is read before anything newer. */
const NEARLY_EMPTY = 1 / 8;
/** Diverting more senders has the spare sockets wait for the first ones again, but for no longer than this, in milliseconds. */
const AGAIN_MS = 1000;

export class FloodControl {
  floods: readonly Flood[] = [];
  readonly #sockets: readonly UdpSocket[];
  readonly #firsts: readonly UdpSocket[];
  readonly #spares: readonly UdpSocket[];
  readonly #diversion: Diversion;
  readonly #toFirsts: FloodWindow;
  readonly #toSpares: FloodWindow;
  #now = performance.now();
  #windowSince: number | undefined;
  #filledAt = Number.NEGATIVE_INFINITY;
  #spareReadAt = Number.NEGATIVE_INFINITY;
  #owedSince = Number.NEGATIVE_INFINITY;
  /** A process before this one may have left a program that diverts: by then what comes to the spare sockets has told whom. */
  #renewAt = this.#now + HOLD_MS;

  constructor(libc: Libc, firsts: readonly UdpSocket[], spares: readonly UdpSocket[], options: DiversionOptions) {
    this.#sockets = [...firsts, ...spares];
    this.#firsts = firsts;
    this.#spares = spares;
    this.#diversion = new Diversion(libc, firsts, spares, options);
    this.#toFirsts = new FloodWindow(firsts);
    this.#toSpares = new FloodWindow(spares);
  }

  /** Why nothing can be diverted, when the kernel refused to: the name of an error. */
  get refused(): string | undefined {
    return this.#diversion.refused;
  }

  /** Whether spare sockets get datagrams. If not, a look at every tick is enough. */
  get usesSpares(): boolean {
    return this.#diversion.active || this.#now - this.#spareReadAt < HOLD_MS;
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
    for (const socket of this.#sockets) {
      socket.lookAtQueue();
      if (socket.fills) this.#filledAt = now;
    }
    const over = this.#isOver(now);
    if (over) this.#judge(now);
    const calm = now - this.#filledAt >= HOLD_MS;
    if (calm) this.floods = [];
    if (calm && !this.usesSpares) this.#windowSince = undefined;
    else if (over || this.#windowSince === undefined) this.#open(now);
    if (now < this.#renewAt) return;
    this.#renewAt = Number.POSITIVE_INFINITY;
    this.#diversion.publish();
  }

  #open(now: number): void {
    this.#windowSince = now;
    for (const socket of this.#sockets) socket.filled = socket.fills;
    this.#toFirsts.open();
    this.#toSpares.open();
  }

  #isOver(now: number): boolean {
    if (this.#windowSince === undefined) return false;
    return this.#toFirsts.read + this.#toSpares.read >= WINDOW_DATAGRAMS || now - this.#windowSince >= WINDOW_MS;
  }

  #judge(now: number): void {
    this.#holdDiverted(now);
    const heavy = this.#heavyInFirsts();
    if (heavy.length > 0 || this.#diversion.lacksSpare) this.#divert(heavy, now);
    else this.#release(now);
    if (this.#sockets.some(({ filled }) => filled)) this.#tell();
  }

  /** Who comes to a spare socket is diverted, also by a process before this one, and stays so while the socket fills. */
  #holdDiverted(now: number): void {
    const filled = this.#spares.some((spare) => spare.filled);
    let learnt = false;
    for (const { address, part } of this.#toSpares.senders()) {
      const known = this.#diversion.has(address);
      if (known && !(filled && part >= TOLD_APART)) continue;
      learnt = (this.#diversion.hold(address, now) && !known) || learnt;
    }
    if (learnt) this.#diversion.share();
  }

  /**
   * As few of the heaviest senders as have to go so that the rest fits. None if the queue only was full for a moment, in which the lane
   * did not run: whoever is then in it would be put beside the flood.
   */
  #heavyInFirsts(): Uint32Array[] {
    if (!this.#diversion.possible || !this.#firsts.some(({ fills }) => fills)) return [];
    const { read, arrived } = this.#toFirsts;
    const heavy: Uint32Array[] = [];
    const least = Math.max(TOLD_APART, (HEAVY * (read + this.#toSpares.read)) / arrived);
    const goal = (read / arrived) * STAYS;
    let staying = 1;
    for (const { address, part } of this.#toFirsts.senders()) {
      if (part < least || staying <= goal) break;
      staying -= part;
      // What is read of a diverted one had been queued before.
      if (!this.#diversion.has(address)) heavy.push(address);
    }
    return heavy;
  }

  #divert(addresses: readonly Uint32Array[], now: number): void {
    const held = addresses.filter((address) => this.#diversion.hold(address, now));
    if (held.length === 0 && !this.#diversion.lacksSpare) return;
    this.#diversion.publish();
    // In order: what lies in the first sockets is read before what follows it in the spare ones.
    if (!this.#firsts.some(({ owed }) => owed > 0)) this.#owedSince = now;
    if (now - this.#owedSince < AGAIN_MS) for (const socket of this.#firsts) socket.owe();
  }

  #release(now: number): void {
    const before = now - HOLD_MS;
    if (!this.#diversion.hasBefore(before)) return;
    if (this.#firsts.some(({ owed }) => owed > 0)) return;
    if (this.#spares.some(({ queued, buffer }) => queued > buffer * NEARLY_EMPTY)) return;
    this.#diversion.removeBefore(before);
    this.#diversion.publish();
    for (const socket of this.#spares) socket.owe();
  }

  /** Parts of all that arrived, so that who is responsible for what was dropped can be named. */
  #tell(): void {
    const shares = new Map<string, Flood>();
    const arrived = this.#toFirsts.arrived + this.#toSpares.arrived;
    for (const window of [this.#toFirsts, this.#toSpares]) {
      for (const { address, part } of window.senders()) {
        const text = formatAddress(address);
        const share = (shares.get(text)?.share ?? 0) + (part * window.arrived) / arrived;
        shares.set(text, { address: text, share, diverted: this.#diversion.has(address) });
      }
    }
    const heavy = [...shares.values()].filter(({ share, diverted }) => diverted || share >= HEAVY);
    this.floods = heavy.sort((a, b) => b.share - a.share);
  }
}
