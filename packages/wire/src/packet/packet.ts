// What is known of one packet while its headers are taken apart: where we are in it, and the columns its row is written to.
// One object is reused for all packets; it is bound to a batch once a datagram.
import { FIELD, type FlowBatch, QUALITY } from '@weir/record';
import { viewOf } from '../view.ts';

/** What comes next in a packet. A reader of one layer returns the next one. */
export const LAYER = {
  end: 0,
  ethernet: 1,
  etherType: 2,
  ppp: 3,
  mpls: 4,
  ipv4: 5,
  ipv6: 6,
  transport: 7,
  gre: 8,
} as const;

export type Layer = (typeof LAYER)[keyof typeof LAYER];

const EMPTY = new DataView(new ArrayBuffer(0));
const NONE = new Uint32Array(0);
const NO_SHORTS = new Uint16Array(0);
const NO_BYTES = new Uint8Array(0);

export class Packet {
  view: DataView = EMPTY;
  batch: FlowBatch;
  /** Whether columns beyond the core are written that every packet has: MACs, EtherType, TTL, flow label, identification. */
  detail = true;

  srcAddr: Uint32Array;
  dstAddr: Uint32Array;
  srcPort: Uint16Array;
  dstPort: Uint16Array;
  proto: Uint8Array;
  tcpFlags: Uint16Array;
  dscp: Uint8Array;
  icmpType: Uint8Array;
  icmpCode: Uint8Array;
  /** Columns that every packet has beyond the core, where there is `detail`. */
  srcMac: Uint32Array = NONE;
  dstMac: Uint32Array = NONE;
  etherType: Uint16Array = NO_SHORTS;
  ipTtl: Uint8Array = NO_BYTES;
  fragmentId: Uint32Array = NONE;
  fragmentFlags: Uint8Array = NO_BYTES;

  row = 0;
  start = 0;
  at = 0;
  /** One past the last byte at hand that belongs to the packet: an IP length may bring it closer (Ethernet padding). */
  end = 0;
  /** EtherType or IP protocol that announces what is at `at`. */
  next = 0;
  /** Bits for the `quality` column. */
  quality = 0;
  /** Total length of the innermost IP packet as its header says, 0 when unknown (not IP, or segmentation offload left it 0). */
  ipBytes = 0;
  /** Where the innermost IP header began, from the first byte of the sampled header; -1: none. */
  ipOffset = -1;
  /** Whether the row's headers came from elsewhere, until an IP header is read. */
  replacing = false;
  /** Whether the innermost IPv6 header has a segment routing header behind it: a packet inside it is in an SRv6 tunnel. */
  segmentRouted = false;
  /** VLAN tags of the innermost Ethernet header. */
  tags = 0;
  tunnelled = false;
  /** Where the row's MPLS labels came from: nowhere yet, a record beside the header, or the header, which is believed before it. */
  labels: 'none' | 'record' | 'header' = 'none';

  constructor(batch: FlowBatch) {
    this.batch = batch;
    this.srcAddr = batch.core.src_addr;
    this.dstAddr = batch.core.dst_addr;
    this.srcPort = batch.core.src_port;
    this.dstPort = batch.core.dst_port;
    this.proto = batch.core.proto;
    this.tcpFlags = batch.core.tcp_flags;
    this.dscp = batch.core.dscp;
    this.icmpType = batch.core.icmp_type;
    this.icmpCode = batch.core.icmp_code;
  }

  /** Makes `data` and `batch` what the next packets are read from and written to. */
  bind(data: Uint8Array, batch: FlowBatch, detail: boolean): void {
    this.bindView(viewOf(data), batch, detail);
  }

  bindView(view: DataView, batch: FlowBatch, detail: boolean): void {
    this.view = view;
    this.detail = detail;
    if (detail) this.#bindDetail(batch);
    if (batch === this.batch) return;
    this.batch = batch;
    this.srcAddr = batch.core.src_addr;
    this.dstAddr = batch.core.dst_addr;
    this.srcPort = batch.core.src_port;
    this.dstPort = batch.core.dst_port;
    this.proto = batch.core.proto;
    this.tcpFlags = batch.core.tcp_flags;
    this.dscp = batch.core.dscp;
    this.icmpType = batch.core.icmp_type;
    this.icmpCode = batch.core.icmp_code;
  }

  /** Once per datagram: looked up for each packet these columns would cost a tenth of its time. */
  #bindDetail(batch: FlowBatch): void {
    this.srcMac = batch.use(FIELD.src_mac);
    this.dstMac = batch.use(FIELD.dst_mac);
    this.etherType = batch.use(FIELD.ether_type);
    this.ipTtl = batch.use(FIELD.ip_ttl);
    this.fragmentId = batch.use(FIELD.fragment_id);
    this.fragmentFlags = batch.use(FIELD.fragment_flags);
  }

  /** Starts a new row, of which nothing is known yet, or where what is known of its headers is replaced by what an IP header says. */
  begin(row: number, replacing = false): void {
    this.row = row;
    this.replacing = replacing;
    this.quality = 0;
    this.ipBytes = 0;
    this.ipOffset = -1;
    this.segmentRouted = false;
    this.tags = 0;
    this.tunnelled = false;
    this.labels = 'none';
  }

  /** The header ended too early, is of an unknown protocol, or contradicts itself: what was read so far stands. */
  stop(): Layer {
    this.quality |= QUALITY.dissected_partly;
    return LAYER.end;
  }

  /**
   * A tunnel begins after the headers read so far. Those of the outermost tunnel become the outer header; the row's own
   * addresses stay until an inner IP header replaces them.
   */
  enterTunnel(type: number, id: number): void {
    if (this.tunnelled) return;
    this.tunnelled = true;
    const { batch, row } = this;
    const four = row * 4;
    const outerSrc = batch.use(FIELD.outer_src_addr);
    const outerDst = batch.use(FIELD.outer_dst_addr);
    for (let word = four; word < four + 4; word++) {
      outerSrc[word] = this.srcAddr[word];
      outerDst[word] = this.dstAddr[word];
    }
    batch.use(FIELD.outer_src_port)[row] = this.srcPort[row];
    batch.use(FIELD.outer_dst_port)[row] = this.dstPort[row];
    batch.use(FIELD.outer_proto)[row] = this.proto[row];
    batch.use(FIELD.tunnel_type)[row] = type;
    batch.use(FIELD.tunnel_id)[row * 2] = id;
  }

  /** An IP header begins: what an outer one left in the row is cleared. `trafficClass` is the byte with DSCP and ECN. */
  enterIP(trafficClass: number, ttl: number, bytes: number): void {
    const { batch, row } = this;
    if (this.ipOffset >= 0 || this.replacing) this.#clear();
    this.segmentRouted = false;
    this.ipOffset = this.at - this.start;
    this.ipBytes = bytes;
    this.dscp[row] = trafficClass >> 2;
    if ((trafficClass & 3) !== 0) batch.use(FIELD.ecn)[row] = trafficClass & 3;
    if (this.detail) this.ipTtl[row] = ttl;
  }

  #clear(): void {
    const { batch, row } = this;
    this.srcPort[row] = 0;
    this.dstPort[row] = 0;
    this.tcpFlags[row] = 0;
    this.icmpType[row] = 0;
    this.icmpCode[row] = 0;
    this.quality &= ~QUALITY.icmp_given;
    if (batch.has(FIELD.ecn)) batch.use(FIELD.ecn)[row] = 0;
    if (batch.has(FIELD.ipv6_flow_label)) batch.use(FIELD.ipv6_flow_label)[row] = 0;
    if (batch.has(FIELD.fragment_id)) batch.use(FIELD.fragment_id)[row] = 0;
    if (batch.has(FIELD.fragment_offset)) batch.use(FIELD.fragment_offset)[row] = 0;
    if (batch.has(FIELD.fragment_flags)) batch.use(FIELD.fragment_flags)[row] = 0;
  }

  /** The identification and the flags of a packet that is whole, where there is `detail`; for `flags` see `fragment`. */
  identify(id: number, flags: number): void {
    this.fragmentId[this.row] = id;
    this.fragmentFlags[this.row] = flags;
  }

  /** What a fragment has. `flags` has the bits where IE 197 has them: 0x40 don't fragment, 0x20 more fragments. */
  fragment(id: number, offset: number, flags: number): void {
    const { batch, row } = this;
    batch.use(FIELD.fragment_id)[row] = id;
    batch.use(FIELD.fragment_offset)[row] = offset;
    batch.use(FIELD.fragment_flags)[row] = flags;
  }
}
