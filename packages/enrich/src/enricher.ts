// The enrichment of a batch, in place: who both ends are, the service between them, where they are to each other, which of them
// opened the connection, and the id of the conversation. This is on the hot path: nothing is allocated for a row.
import { type EntityRow, FIELD, FLOW_TYPE, type FlowBatch } from '@weir/record';
import { fillClientSide, serverPorts } from './client-side.ts';
import { entityRow } from './entities.ts';
import { fillFlowId } from './flow-id.ts';
import { ABSENT, EXTERNAL, Identities, LOCAL_SCOPE, LOOPBACK, UNRESOLVED } from './identities.ts';
import { type Inventory, parseInventory } from './inventory.ts';
import { Unresolved } from './unresolved.ts';

/** Rows that go through all passes together; their columns take about 150 kB. */
const BLOCK = 1024;

/** Where an end is. */
const NOWHERE = 0;
const INSIDE = 1;
const OUTSIDE = 2;
const OWN_HOST = 3;

/** Place by the negated answer of `locate`. */
const PLACE_OF = new Uint8Array(8);
PLACE_OF[-UNRESOLVED] = INSIDE;
PLACE_OF[-EXTERNAL] = OUTSIDE;
PLACE_OF[-LOOPBACK] = OWN_HOST;
PLACE_OF[-LOCAL_SCOPE] = NOWHERE;
PLACE_OF[-ABSENT] = NOWHERE;

/** FLOW_TYPE by `place of the source * 4 + place of the destination`, where the nodes do not decide. */
const TYPE_OF = new Uint8Array(16);
TYPE_OF[INSIDE * 4 + OUTSIDE] = FLOW_TYPE.to_external;
TYPE_OF[OUTSIDE * 4 + INSIDE] = FLOW_TYPE.from_external;
TYPE_OF[OUTSIDE * 4 + OUTSIDE] = FLOW_TYPE.external;
TYPE_OF[OWN_HOST * 4 + OWN_HOST] = FLOW_TYPE.node_local;

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
  /** By row of the block in hand: whether it went to (1) or came from (2) a service. */
  readonly #through = new Uint8Array(BLOCK);

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
    // Three passes and not one: each is small enough for the compiler to make one piece of code of it. In blocks, so that what
    // one pass read is still in the processor's cache for the next.
    for (let start = from; start < to; start += BLOCK) {
      const end = Math.min(to, start + BLOCK);
      this.#identify(batch, start, end);
      fillClientSide(batch, start, end, this.#through, this.#servers);
      fillFlowId(batch, start, end);
    }
  }

  /** Fills the entities, flow_type and the service. */
  #identify(batch: FlowBatch, from: number, to: number): void {
    const ids = this.#ids;
    const { node, outside, isNode } = ids;
    const srcAddr = batch.core.src_addr;
    const dstAddr = batch.core.dst_addr;
    const starts = batch.core.time_start;
    const ends = batch.core.time_end;
    const srcEntity = batch.core.src_entity;
    const dstEntity = batch.core.dst_entity;
    const srcPorts = batch.core.src_port;
    const dstPorts = batch.core.dst_port;
    const protos = batch.core.proto;
    const services = batch.core.service;
    const flowType = batch.core.flow_type;
    const through = this.#through;

    for (let row = from; row < to; row++) {
      const src = ids.locate(srcAddr, starts, ends, row);
      const dst = ids.locate(dstAddr, starts, ends, row);
      this.#name(src, srcAddr, srcEntity, row);
      this.#name(dst, dstAddr, dstEntity, row);
      const srcNode = src >= 0 ? node[src] : -1;
      const dstNode = dst >= 0 ? node[dst] : -1;

      // Pods listen on ports of their own; only an address of something else can be a service's.
      let service = -1;
      let side = 0;
      if (dst >= 0 && (dstNode < 0 || isNode[dst] === 1)) {
        service = ids.serviceAt(dst, dstPorts[row], protos[row]);
        if (service >= 0) side = 1;
      }
      if (side === 0 && src >= 0 && (srcNode < 0 || isNode[src] === 1)) {
        service = ids.serviceAt(src, srcPorts[row], protos[row]);
        if (service >= 0) side = 2;
      }
      through[row - from] = side;
      if (side !== 0) {
        this.#name(service, srcAddr, services, row);
        if (service === dst) this.#clusterIP(batch, row, dstAddr, dstPorts[row]);
        else if (service === src) this.#clusterIP(batch, row, srcAddr, srcPorts[row]);
      }

      if (srcNode >= 0 && dstNode >= 0) {
        if (src === dst) flowType[row] = FLOW_TYPE.node_local;
        else flowType[row] = srcNode === dstNode ? FLOW_TYPE.intra_node : FLOW_TYPE.inter_node;
      } else {
        const out = src >= 0 ? INSIDE + outside[src] : PLACE_OF[-src];
        const into = dst >= 0 ? INSIDE + outside[dst] : PLACE_OF[-dst];
        if (src === dst && src >= 0 && out === INSIDE) flowType[row] = FLOW_TYPE.node_local;
        else flowType[row] = ids.empty ? FLOW_TYPE.unknown : TYPE_OF[out * 4 + into];
      }
    }
  }

  /** Writes the key of who `locate` found. */
  #name(found: number, words: Uint32Array, column: Uint32Array, row: number): void {
    if (found >= 0) {
      column[row * 2] = this.#ids.keyLo[found];
      column[row * 2 + 1] = this.#ids.keyHi[found];
    } else if (found === UNRESOLVED) this.#unresolved.take(words, row * 4, column, row * 2);
  }

  /** Writes the address and port of a service met by its cluster IP: these columns are only in batches where that happened. */
  #clusterIP(batch: FlowBatch, row: number, addresses: Uint32Array, port: number): void {
    const to = batch.use(FIELD.service_addr);
    for (let word = row * 4; word < row * 4 + 4; word++) to[word] = addresses[word];
    batch.use(FIELD.service_port)[row] = port;
  }
}
