// Whose datagrams a lane has the kernel put into spare sockets: the addresses, and the program that the kernel runs.
import type { Libc } from '@weir/libc';
import { attachToGroup } from './classic-bpf.ts';
import { DivertedAddresses, divertedMemory } from './diverted-addresses.ts';
import { laneProgram } from './lane-program.ts';
import { bindSpare } from './spare-socket.ts';
import type { UdpSocket } from './udp-socket.ts';

/** A place in the full list is free again when its address was not heavy for this long, in milliseconds. */
const LIGHT_MS = 1000;

export interface DiversionOptions {
  readonly lane: number;
  readonly lanes: number;
  /** From `divertedMemory`. Without it a lane among others diverts nothing. */
  readonly memory: SharedArrayBuffer | undefined;
}

interface Diverted {
  readonly address: Uint32Array;
  heavyAt: number;
}

export class Diversion {
  /** Why nothing can be diverted, when the kernel refused to: the name of an error. */
  refused: string | undefined;
  readonly #libc: Libc;
  readonly #firsts: readonly UdpSocket[];
  readonly #spares: readonly UdpSocket[];
  readonly #lanes: number;
  #shared: DivertedAddresses | undefined;
  #diverted: Diverted[] = [];

  constructor(
    libc: Libc,
    firsts: readonly UdpSocket[],
    spares: readonly UdpSocket[],
    { lane, lanes, memory }: DiversionOptions,
  ) {
    this.#libc = libc;
    this.#firsts = firsts;
    this.#spares = spares;
    this.#lanes = lanes;
    const shared = memory ?? (lanes === 1 ? divertedMemory(1) : undefined);
    if (spares.length > 0 && shared !== undefined) this.#shared = new DivertedAddresses(shared, lane, lanes);
  }

  get possible(): boolean {
    return this.#shared !== undefined;
  }

  /** Whether any address is diverted. */
  get active(): boolean {
    return this.#diverted.length > 0;
  }

  has(address: Uint32Array): boolean {
    return this.#find(address) !== undefined;
  }

  /** Whether whom we divert fills a port whose spare socket has not been needed before. */
  get lacksSpare(): boolean {
    return this.active && this.#spares.some((spare) => !spare.bound && this.#firstOf(spare)?.filled);
  }

  /** Adds an address to the list, or says that it is still heavy; `publish` then tells the kernel. False when the list is full of heavy ones. */
  hold(address: Uint32Array, now: number): boolean {
    if (this.#shared === undefined) return false;
    const known = this.#find(address);
    if (known !== undefined) {
      known.heavyAt = now;
      return true;
    }
    if (this.#diverted.length === this.#shared.capacity) {
      const lightest = this.#diverted.reduce((a, b) => (b.heavyAt < a.heavyAt ? b : a));
      if (now - lightest.heavyAt < LIGHT_MS) return false;
      this.#diverted = this.#diverted.filter((diverted) => diverted !== lightest);
    }
    this.#diverted.push({ address, heavyAt: now });
    return true;
  }

  /** Whether any address was last heavy before `time`. */
  hasBefore(time: number): boolean {
    return this.#diverted.some(({ heavyAt }) => heavyAt <= time);
  }

  /** Takes those off the list. */
  removeBefore(time: number): void {
    this.#diverted = this.#diverted.filter(({ heavyAt }) => heavyAt > time);
  }

  /** Tells the other lanes, who may be about to replace the program. */
  share(): void {
    this.#shared?.set(this.#diverted.map(({ address }) => address));
  }

  /** Tells the kernel too. Again if another lane changed its addresses meanwhile: of two that do so at once, the last has both. */
  publish(): void {
    const shared = this.#shared;
    if (shared === undefined) return;
    this.share();
    for (const spare of this.#spares) if (!spare.bound) this.refused ??= this.#bind(spare);
    for (let generation = -1; generation !== shared.generation; ) {
      generation = shared.generation;
      const program = laneProgram(this.#lanes, shared.all());
      for (const { fd, bound } of this.#spares) if (bound) this.refused ??= attachToGroup(this.#libc, fd, program);
    }
    if (this.refused === undefined) return;
    this.#shared = undefined;
    this.#diverted = [];
  }

  /** Only where there is a flood: from then on the port costs the kernel more. */
  #bind(spare: UdpSocket): string | undefined {
    const first = this.#firstOf(spare);
    if (first === undefined || !first.filled) return undefined;
    const refused = bindSpare(this.#libc, first.fd, spare.fd);
    spare.bound = refused === undefined;
    return refused;
  }

  #firstOf({ host, port }: UdpSocket): UdpSocket | undefined {
    return this.#firsts.find((first) => first.host === host && first.port === port);
  }

  #find(address: Uint32Array): Diverted | undefined {
    return this.#diverted.find((diverted) => diverted.address.every((word, i) => word === address[i]));
  }
}
