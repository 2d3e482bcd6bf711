// The enrichment of a batch, in place: who both ends are, the service between them, where they are to each other, which of them
// opened the connection, and the id of the conversation. This is on the hot path: nothing is allocated for a row.
import { type EntityRow, FIELD, FLOW_TYPE, type FlowBatch, IPV4_MAPPED_WORD } from '@weir/record';
import { clientSide, serverPorts } from './client-side.ts';
import { entityRow } from './entities.ts';
import { conversationWord, directionWord, foldAddress } from './flow-id.ts';
import { EXTERNAL, Identities, LOOPBACK, type Moment, UNRESOLVED } from './identities.ts';
import { type Inventory, parseInventory } from './inventory.ts';
import { Unresolved } from './unresolved.ts';

const TCP = 6;
const UDP = 17;
const SCTP = 132;
const WORD = 4294967296;

/** Where an end is: bits of an index into FLOW_TYPES. */
const INSIDE = 1;
const OUTSIDE = 2;

export interface EnricherOptions {
  /** Unresolved addresses remembered in each of two generations; about 32 bytes each. */
  readonly unresolvedCap?: number;
  /** Rows of unresolved addresses held between two calls of `drainEntities`. */
  readonly pendingCap?: number;
}

export class Enricher {
  #ids = new Identities(parseInventory({}));
  #unresolved: Unresolved;
  #servers = serverPorts();
  #mended: EntityRow[] = [];
  readonly #options: EnricherOptions;
  readonly #moment: Moment = { start: 0, end: 0 };

  constructor(options: EnricherOptions = {}) {
    this.#options = options;
    this.#unresolved = new Unresolved('', options.unresolvedCap, options.pendingCap);
  }

  /**
   * Takes an inventory for the flows from now on. An address that flows carry as unresolved and that the new inventory knows as
   * somebody's for all time gets a row that names it under the key those flows have; `nowMs` is the version of such rows.
   */
  load(inventory: Inventory, nowMs = Date.now()): void {
    const before = this.#unresolved;
    this.#ids = new Identities(inventory);
    this.#servers = serverPorts(this.#ids.ports);
    for (const { words, entity } of this.#ids.always) {
      const key = before.keyOf(words);
      if (before.knows(key)) this.#mended.push(entityRow(inventory.cluster, this.#ids.entities[entity], nowMs, key));
    }
    this.#mended.push(...before.drain());
    this.#unresolved = new Unresolved(inventory.cluster, this.#options.unresolvedCap, this.#options.pendingCap);
  }

  /**
   * Rows of the entities dimension for addresses of the cluster that nobody has and that were new since the last call. Bounded;
   * what did not fit comes when the address is next seen.
   */
  drainEntities(): EntityRow[] {
    const rows = [...this.#mended, ...this.#unresolved.drain()];
    this.#mended = [];
    return rows;
  }

  /** Times an unresolved address got no row for want of room. */
  get unresolvedDeferred(): number {
    return this.#unresolved.deferred;
  }

  /** Fills the identity columns of the rows [from, to). What a decoder already wrote to client_side stands. */
  enrich(batch: FlowBatch, from: number, to: number): void {
    const ids = this.#ids;
    const unresolved = this.#unresolved;
    const servers = this.#servers;
    const moment = this.#moment;
    const { keyLo, keyHi, node, outside, isNode } = ids;
    const srcAddr = batch.use(FIELD.src_addr);
    const dstAddr = batch.use(FIELD.dst_addr);
    const srcPorts = batch.use(FIELD.src_port);
    const dstPorts = batch.use(FIELD.dst_port);
    const protos = batch.use(FIELD.proto);
    const flags = batch.use(FIELD.tcp_flags);
    const starts = batch.use(FIELD.time_start);
    const ends = batch.use(FIELD.time_end);
    const packets = batch.use(FIELD.packets_sampled);
    const srcEntity = batch.use(FIELD.src_entity);
    const dstEntity = batch.use(FIELD.dst_entity);
    const flowType = batch.use(FIELD.flow_type);
    const client = batch.use(FIELD.client_side);
    const evidence = batch.use(FIELD.client_evidence);
    const flowId = batch.use(FIELD.flow_id);

    for (let row = from; row < to; row++) {
      const at = row * 4;
      const pair = row * 2;
      const start = starts[pair + 1] * WORD + starts[pair];
      moment.start = start;
      moment.end = ends[pair + 1] * WORD + ends[pair];
      const src = ids.locate(srcAddr, at, moment);
      const dst = ids.locate(dstAddr, at, moment);

      let srcPlace = 0;
      let dstPlace = 0;
      let srcNode = -1;
      let dstNode = -1;
      if (src >= 0) {
        srcEntity[pair] = keyLo[src];
        srcEntity[pair + 1] = keyHi[src];
        srcPlace = INSIDE + outside[src];
        srcNode = node[src];
      } else if (src === UNRESOLVED) {
        unresolved.take(srcAddr, at, srcEntity, pair);
        srcPlace = INSIDE;
      } else if (src === EXTERNAL) srcPlace = OUTSIDE;
      if (dst >= 0) {
        dstEntity[pair] = keyLo[dst];
        dstEntity[pair + 1] = keyHi[dst];
        dstPlace = INSIDE + outside[dst];
        dstNode = node[dst];
      } else if (dst === UNRESOLVED) {
        unresolved.take(dstAddr, at, dstEntity, pair);
        dstPlace = INSIDE;
      } else if (dst === EXTERNAL) dstPlace = OUTSIDE;

      const srcPort = srcPorts[row];
      const dstPort = dstPorts[row];
      const proto = protos[row];
      let service = 0;
      // Pods listen on ports of their own; only the others can be a service's address.
      if (proto === TCP || proto === UDP || proto === SCTP) {
        if (dst >= 0 && (dstNode < 0 || isNode[dst] === 1))
          service = this.#service(batch, row, dst, dstPort, proto, dstAddr);
        if (service === 0 && src >= 0 && (srcNode < 0 || isNode[src] === 1)) {
          service = this.#service(batch, row, src, srcPort, proto, srcAddr) * 2;
        }
        if (client[row] === 0) {
          const side = clientSide(
            proto === TCP ? flags[row] : 0,
            packets[pair] === 1 && packets[pair + 1] === 0,
            service,
            srcPort,
            dstPort,
            servers,
          );
          client[row] = side & 3;
          evidence[row] = side >>> 2;
        }
      }

      let type: number = FLOW_TYPE.unknown;
      if (srcPlace === INSIDE && dstPlace === INSIDE) {
        if (src === dst && src >= 0) type = FLOW_TYPE.node_local;
        else if (srcNode >= 0 && dstNode >= 0) type = srcNode === dstNode ? FLOW_TYPE.intra_node : FLOW_TYPE.inter_node;
      } else if (srcPlace === INSIDE && dstPlace === OUTSIDE) type = FLOW_TYPE.to_external;
      else if (srcPlace === OUTSIDE && dstPlace === INSIDE) type = FLOW_TYPE.from_external;
      else if (srcPlace === OUTSIDE && dstPlace === OUTSIDE) type = ids.empty ? FLOW_TYPE.unknown : FLOW_TYPE.external;
      else if (src === LOOPBACK && dst === LOOPBACK) type = FLOW_TYPE.node_local;
      flowType[row] = type;

      const src4 = srcAddr[at + 2] === IPV4_MAPPED_WORD && (srcAddr[at] | srcAddr[at + 1]) === 0;
      const dst4 = dstAddr[at + 2] === IPV4_MAPPED_WORD && (dstAddr[at] | dstAddr[at + 1]) === 0;
      const a = foldAddress(src4, srcAddr[at], srcAddr[at + 1], srcAddr[at + 2], srcAddr[at + 3]);
      const b = foldAddress(dst4, dstAddr[at], dstAddr[at + 1], dstAddr[at + 2], dstAddr[at + 3]);
      flowId[pair] = directionWord(a, srcPort, b, dstPort, proto, Math.floor(start / 1000));
      flowId[pair + 1] = conversationWord(a, srcPort, b, dstPort, proto);
    }
  }

  /** 1 when that port of the entity is a service's, which then goes into the row. */
  #service(batch: FlowBatch, row: number, entity: number, port: number, proto: number, addresses: Uint32Array): number {
    const service = this.#ids.serviceAt(entity, port, proto);
    if (service < 0) return 0;
    const keys = batch.use(FIELD.service);
    keys[row * 2] = this.#ids.keyLo[service];
    keys[row * 2 + 1] = this.#ids.keyHi[service];
    if (entity !== service) return 1;
    // By its cluster IP: these columns are only in batches where that happened.
    const to = batch.use(FIELD.service_addr);
    to[row * 4] = addresses[row * 4];
    to[row * 4 + 1] = addresses[row * 4 + 1];
    to[row * 4 + 2] = addresses[row * 4 + 2];
    to[row * 4 + 3] = addresses[row * 4 + 3];
    batch.use(FIELD.service_port)[row] = port;
    return 1;
  }
}
