// A node's meter: takes the truth, looks at one packet in so many, and keeps what it counted as rows for its encoder.
import { FIELD, FlowBatch, QUALITY, setNumber } from '@weir/record';
import type { Random } from './random.ts';
import { ACK, FIN, PSH, SYN, type TrueFlow } from './traffic.ts';

/** Forwarding status (IE 89): forwarded, and dropped by an access list. */
const FORWARDED = 64;
const DROPPED_BY_ACL = 129;
/** Antrea's rule action: drop. */
const RULE_DROP = 2;

/** What a meter keeps of each flow or packet before it is exported. */
export type MeterUnit = 'flow' | 'packet';

export class Meter {
  readonly rows: FlowBatch;
  readonly #random: Random;
  readonly #rate: number;
  readonly #unit: MeterUnit;
  /** Rows that did not fit: the meter's own loss. */
  overflow = 0;

  /** `rate`: one packet in so many. A packet meter makes a row of each packet it looked at, as sFlow does. */
  constructor(rate: number, unit: MeterUnit, random: Random, capacity = 8192) {
    this.rows = new FlowBatch(capacity);
    this.#rate = rate;
    this.#unit = unit;
    this.#random = random;
  }

  take(flow: TrueFlow): void {
    const seen = this.#random.binomial(flow.packets, 1 / this.#rate);
    if (seen === 0) return;
    if (this.#unit === 'flow') {
      this.#write(flow, seen, Math.round((flow.bytes * seen) / flow.packets));
      return;
    }
    const size = flow.bytes / flow.packets;
    // The sizes of the packets add up to the flow's bytes on average: the fraction decides which way each is rounded.
    for (let packet = 0; packet < seen; packet++) this.#write(flow, 1, Math.floor(size + this.#random.next()));
  }

  #write(flow: TrueFlow, packets: number, bytes: number): void {
    const { rows } = this;
    if (rows.room === 0) {
      this.overflow++;
      return;
    }
    const row = rows.length++;
    rows.use(FIELD.src_addr).set(flow.src, row * 4);
    rows.use(FIELD.dst_addr).set(flow.dst, row * 4);
    rows.use(FIELD.src_port)[row] = flow.srcPort;
    rows.use(FIELD.dst_port)[row] = flow.dstPort;
    rows.use(FIELD.proto)[row] = flow.proto;
    rows.use(FIELD.tcp_flags)[row] = this.#unit === 'flow' ? flow.flags : this.#flagsOfOne(flow);
    rows.use(FIELD.dscp)[row] = flow.dscp;
    rows.use(FIELD.in_if)[row] = flow.inIf;
    rows.use(FIELD.out_if)[row] = flow.outIf;
    rows.use(FIELD.src_as)[row] = flow.srcAs;
    rows.use(FIELD.dst_as)[row] = flow.dstAs;
    rows.use(FIELD.quality)[row] = QUALITY.as_given;
    rows.use(FIELD.end_reason)[row] = flow.endReason;
    setNumber(rows.use(FIELD.time_start), row, flow.start);
    setNumber(rows.use(FIELD.time_end), row, flow.end);
    setNumber(rows.use(FIELD.bytes_sampled), row, bytes);
    setNumber(rows.use(FIELD.packets_sampled), row, packets);
    rows.use(FIELD.sampling_rate)[row] = this.#rate;
    rows.use(FIELD.forwarding_status)[row] = flow.denied ? DROPPED_BY_ACL : FORWARDED;
    rows.use(FIELD.policy_out_action)[row] = flow.denied ? RULE_DROP : 0;
  }

  /** Flags of one packet of a flow whose flags are all of them: its first, its last or one between. */
  #flagsOfOne(flow: TrueFlow): number {
    if ((flow.flags & ACK) === 0) return flow.flags;
    const at = this.#random.below(flow.packets);
    if (at === 0 && flow.flags & SYN) return flow.fromClient ? SYN : SYN | ACK;
    if (at === 1 && flow.flags & FIN) return FIN | ACK;
    return at % 2 === 0 ? ACK : ACK | PSH;
  }
}
