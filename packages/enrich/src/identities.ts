// The identity tables: an inventory turned into typed arrays that say, without allocating, who an address is at a moment.
import { FAR_FUTURE, formatAddress, isIPv4, parseAddress, parseNetwork } from '@weir/record';
import { AddressTable } from './address-table.ts';
import { type Entity, listEntities } from './entities.ts';
import type { Inventory } from './inventory.ts';
import { PrefixTable } from './prefix-table.ts';

/** Answers of `locate` that are no entity. */
export const UNRESOLVED = -1;
export const EXTERNAL = -2;
export const LOOPBACK = -3;
/** Multicast, broadcast and link-local addresses: no entity has them, and they are neither inside nor outside. */
export const LOCAL_SCOPE = -4;
export const ABSENT = -5;

/** Value in the prefix table of the cluster's own networks; external networks have their entity's index + 2. */
const CLUSTER = 1;

const PROTOCOL_NUMBER = { TCP: 6, UDP: 17, SCTP: 132 } as const;

/** Networks that are of nobody in particular, whatever the inventory says. */
const SPECIAL: readonly (readonly [string, number])[] = [
  ['127.0.0.0/8', LOOPBACK],
  ['::1/128', LOOPBACK],
  ['224.0.0.0/4', LOCAL_SCOPE],
  ['169.254.0.0/16', LOCAL_SCOPE],
  ['255.255.255.255/32', LOCAL_SCOPE],
  ['fe80::/10', LOCAL_SCOPE],
  ['ff00::/8', LOCAL_SCOPE],
];

const WORD = 4294967296;

export class Identities {
  readonly entities: readonly Entity[];
  /** By entity: the words of its key, the index of its node (-1: none), whether it lies outside the cluster. */
  readonly keyLo: Uint32Array<ArrayBuffer>;
  readonly keyHi: Uint32Array<ArrayBuffer>;
  readonly node: Int32Array<ArrayBuffer>;
  readonly outside: Uint8Array<ArrayBuffer>;
  /** By entity: 1 for nodes, whose own addresses stand for host processes. */
  readonly isNode: Uint8Array<ArrayBuffer>;
  /** Whether nothing is known of the cluster: then nothing can be called external. */
  readonly empty: boolean;
  /** Ports that services of the inventory listen on. */
  readonly ports: readonly number[];
  /** The addresses with their entity that are valid always. */
  readonly always: readonly { readonly words: Uint32Array<ArrayBuffer>; readonly entity: number }[];

  /** Positive: entity + 1. Negative: ~(group of intervals). */
  readonly #addresses: AddressTable;
  readonly #networks: PrefixTable;
  readonly #groupEnd: Int32Array<ArrayBuffer>;
  readonly #from: Float64Array<ArrayBuffer>;
  readonly #to: Float64Array<ArrayBuffer>;
  readonly #who: Int32Array<ArrayBuffer>;
  /** Slots of four words: entity + 1 (0: any node), `port << 8 | proto`, the service's index + 1 (0: an empty slot), unused. */
  readonly #ports: Int32Array<ArrayBuffer>;
  readonly #portMask: number;

  constructor(inventory: Inventory) {
    const entities = listEntities(inventory);
    this.entities = entities;
    this.keyLo = Uint32Array.from(entities, (entity) => entity.key.lo);
    this.keyHi = Uint32Array.from(entities, (entity) => entity.key.hi);
    const nodes = new Map<string, number>();
    this.node = Int32Array.from(entities, ({ node }) => {
      if (node === '') return -1;
      if (!nodes.has(node)) nodes.set(node, nodes.size);
      return nodes.get(node) ?? -1;
    });
    this.outside = Uint8Array.from(entities, (entity) => (entity.kind === 'external' ? 1 : 0));
    this.isNode = Uint8Array.from(entities, (entity) => (entity.kind === 'node' ? 1 : 0));

    const holders = new Map<string, number[]>();
    for (const [index, entity] of entities.entries()) {
      if (!entity.addressable) continue;
      for (const text of entity.addresses) {
        const address = formatAddress(parseAddress(text));
        const known = holders.get(address);
        if (known === undefined) holders.set(address, [index]);
        else known.push(index);
      }
    }
    const words = [...holders.keys()].map((text) => parseAddress(text));
    const ipv4 = words.filter((address) => isIPv4(address, 0)).length;
    this.#addresses = new AddressTable(ipv4, words.length - ipv4);
    const always: { words: Uint32Array<ArrayBuffer>; entity: number }[] = [];
    const groupEnd: number[] = [];
    const intervals: number[] = [];
    for (const [index, list] of [...holders.values()].entries()) {
      const [first] = list;
      if (list.length === 1 && entities[first].validFrom === 0 && isForEver(entities[first])) {
        always.push({ words: words[index], entity: first });
        this.#addresses.set(words[index], 0, first + 1);
        continue;
      }
      intervals.push(...list.toSorted((a, b) => entities[a].validFrom - entities[b].validFrom));
      this.#addresses.set(words[index], 0, ~groupEnd.length);
      groupEnd.push(intervals.length);
    }
    this.always = always;
    this.#groupEnd = Int32Array.from(groupEnd);
    this.#who = Int32Array.from(intervals);
    this.#from = Float64Array.from(intervals, (index) => entities[index].validFrom);
    this.#to = Float64Array.from(intervals, (index) =>
      isForEver(entities[index]) ? Number.POSITIVE_INFINITY : entities[index].validTo,
    );

    const { pods, services, nodes: nodeNetworks } = inventory.networks;
    const own = [...pods, ...services, ...nodeNetworks];
    this.#networks = new PrefixTable([
      ...own.map((text) => ({ network: parseNetwork(text), value: CLUSTER })),
      ...entities.flatMap((entity, index) =>
        entity.networks.map((text) => ({ network: parseNetwork(text), value: index + 2 })),
      ),
      ...SPECIAL.map(([text, value]) => ({ network: parseNetwork(text), value })),
    ]);
    this.empty = own.length === 0 && entities.length === 0;

    const listening = listServicePorts(inventory, entities);
    this.ports = [...new Set(listening.map((entry) => entry.port))];
    this.#portMask = 2 ** Math.ceil(Math.log2(Math.max(16, listening.length * 4))) - 1;
    this.#ports = new Int32Array((this.#portMask + 1) * 4);
    for (const { entity, port, proto, service } of listening) {
      const slot = this.#portSlot(entity + 1, (port << 8) | proto);
      this.#ports.set([entity + 1, (port << 8) | proto, service + 1], slot * 4);
    }
  }

  /**
   * Who has the address in row `row` of a column: an entity's index, or one of the negative answers. The columns of the flows'
   * start and end are read only for addresses with intervals.
   */
  locate(words: Uint32Array, starts: Uint32Array, ends: Uint32Array, row: number): number {
    const found = this.#addresses.get(words, row * 4);
    if (found > 0) return found - 1;
    if (found < 0) {
      const entity = this.#during(~found, timeAt(starts, row), timeAt(ends, row));
      if (entity >= 0) return entity;
    }
    return this.#byNetwork(words, row * 4);
  }

  /** The service that a port of an entity belongs to, or -1. For nodes that is a node port. */
  serviceAt(entity: number, port: number, proto: number): number {
    const holder = this.isNode[entity] === 1 ? 0 : entity + 1;
    return this.#ports[this.#portSlot(holder, (port << 8) | proto) * 4 + 2] - 1;
  }

  /**
   * The holder at the flow's last packet; else the latest holder while any of the flow went on (packets go to a pod for a while
   * after it has gone); else nobody.
   */
  #during(group: number, start: number, end: number): number {
    const first = group === 0 ? 0 : this.#groupEnd[group - 1];
    let overlap = -1;
    for (let index = this.#groupEnd[group] - 1; index >= first; index--) {
      if (this.#from[index] <= end && end < this.#to[index]) return this.#who[index];
      if (overlap < 0 && this.#from[index] <= end && start < this.#to[index]) overlap = this.#who[index];
    }
    return overlap;
  }

  #byNetwork(words: Uint32Array, at: number): number {
    if ((words[at] | words[at + 1] | words[at + 2] | words[at + 3]) === 0) return ABSENT;
    const value = this.#networks.get(words, at);
    if (value === CLUSTER) return UNRESOLVED;
    if (value === 0) return EXTERNAL;
    return value < 0 ? value : value - 2;
  }

  #portSlot(holder: number, key: number): number {
    const table = this.#ports;
    let slot = (Math.imul(holder, 0x9e3779b1) ^ Math.imul(key, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & this.#portMask;
    while (table[slot * 4 + 2] !== 0 && (table[slot * 4] !== holder || table[slot * 4 + 1] !== key)) {
      slot = (slot + 1) & this.#portMask;
    }
    return slot;
  }
}

function timeAt(column: Uint32Array, row: number): number {
  return column[row * 2 + 1] * WORD + column[row * 2];
}

function isForEver(entity: Entity): boolean {
  return entity.validTo >= FAR_FUTURE;
}

interface Listening {
  /** -1 stands for every node. */
  readonly entity: number;
  readonly port: number;
  readonly proto: number;
  readonly service: number;
}

function listServicePorts(inventory: Inventory, entities: readonly Entity[]): Listening[] {
  const holders = new Map<string, number[]>();
  for (const [index, entity] of entities.entries()) {
    if (entity.service < 0) continue;
    const name = `${entity.namespace}/${entity.name}`;
    holders.set(name, [...(holders.get(name) ?? []), index]);
  }
  return inventory.services.flatMap((service) =>
    service.ports.flatMap(({ port, protocol, node_port }) => {
      const proto = PROTOCOL_NUMBER[protocol];
      const at = holders.get(`${service.namespace}/${service.name}`) ?? [];
      const listening = at.map((entity) => ({ entity, port, proto, service: entities[entity].service }));
      if (node_port !== undefined) {
        listening.push({ entity: -1, port: node_port, proto, service: entities[at[0]].service });
      }
      return listening;
    }),
  );
}
