// Steps for packet headers that need more than a copy: traffic class, ICMP, MPLS, direction, tunnels.
import { DIRECTION, FIELD, type Field, QUALITY, TUNNEL_TYPE } from '@weir/record';
import type { ElementKey } from '../ipfix/registry.ts';
import type { Slot } from './layout.ts';
import { isBlank, lowWord, type Run, type Step } from './run.ts';

type First = (key: ElementKey) => Slot | undefined;

const ICMP = 1;
const ICMPV6 = 58;

/** Element 5 (ipClassOfService): upper six bits are the DSCP, unless element 195 gave it, lower two ECN. */
export function trafficClassStep(slot: Slot, withDscp: boolean): Step {
  const last = slot.offset + slot.length - 1;
  return ({ batch, data, start, stride, row: first, end }) => {
    const dscp = batch.core.dscp;
    let seen = 0;
    for (let row = first, at = start + last; row < end; row++, at += stride) {
      if (withDscp) dscp[row] = data[at] >> 2;
      seen |= data[at];
    }
    if ((seen & 3) === 0) return;
    const ecn = batch.use(FIELD.ecn);
    for (let row = first, at = start + last; row < end; row++, at += stride) ecn[row] = data[at] & 3;
  };
}

/** Elements 5 and 61 in one pass, where element 5 gives the DSCP. */
export function trafficClassAndDirectionStep(trafficClass: Slot, direction: Slot): Step {
  const classAt = trafficClass.offset + trafficClass.length - 1;
  const directionAt = direction.offset + direction.length - 1;
  const ecnStep = trafficClassStep(trafficClass, false);
  return (run) => {
    const { data, start, stride, row: first, end } = run;
    const dscp = run.batch.core.dscp;
    const column = run.batch.core.direction;
    let seen = 0;
    for (let row = first, at = start; row < end; row++, at += stride) {
      const bits = data[at + classAt];
      dscp[row] = bits >> 2;
      seen |= bits;
      const code = data[at + directionAt];
      column[row] = code <= 1 ? code + 1 : DIRECTION.unknown;
    }
    if ((seen & 3) !== 0) ecnStep(run);
  };
}

/**
 * ICMP type and code, for records of protocol 1 and 58 only: elements 32 and 139 hold both, 176 to 179 one each, and exporters
 * that send none of them put both into the destination port. ICMP has no ports: what stands there (type and code, or the identifier
 * of an echo request) does not stay.
 */
export function icmpSteps(first: First): Step[] {
  const both = [32, 139].map(first).filter((slot) => slot !== undefined);
  const types = [176, 178].map(first).filter((slot) => slot !== undefined);
  const codes = [177, 179].map(first).filter((slot) => slot !== undefined);
  const hasProto = first(4) !== undefined || first(193) !== undefined;
  if (both.length + types.length + codes.length === 0) {
    const port = first(11);
    if (!hasProto) return [];
    if (port !== undefined && isPair(port)) return [icmpPairStep(port)];
    return first(7) !== undefined || port !== undefined ? [noPortsStep] : [];
  }
  const [only] = both;
  const usual = hasProto && both.length === 1 && types.length + codes.length === 0 && isPair(only);
  return [usual ? icmpPairStep(only) : icmpStep(both, types, codes, hasProto)];
}

/** Whether a slot holds an ICMP type and a code, a byte each. */
function isPair(slot: Slot): boolean {
  return !slot.variable && slot.length === 2;
}

/** Type and code in two bytes that stand together. */
function icmpPairStep(pair: Slot): Step {
  const { offset } = pair;
  return ({ batch, data, start, stride, row: first, end }) => {
    const proto = batch.core.proto;
    for (let row = first, at = start + offset; row < end; row++, at += stride) {
      if (proto[row] !== ICMP && proto[row] !== ICMPV6) continue;
      batch.core.icmp_type[row] = data[at];
      batch.core.icmp_code[row] = data[at + 1];
      batch.core.src_port[row] = 0;
      batch.core.dst_port[row] = 0;
      batch.core.quality[row] |= QUALITY.icmp_given;
    }
  };
}

/** Ports of ICMP that hold no type and code that could be read. */
function noPortsStep({ batch, row: first, end }: Run): void {
  const { proto, src_port, dst_port } = batch.core;
  for (let row = first; row < end; row++) {
    if (proto[row] !== ICMP && proto[row] !== ICMPV6) continue;
    src_port[row] = 0;
    dst_port[row] = 0;
  }
}

function icmpStep(both: readonly Slot[], types: readonly Slot[], codes: readonly Slot[], hasProto: boolean): Step {
  return (run) => {
    const { batch, stride, end } = run;
    const proto = batch.core.proto;
    const type = batch.core.icmp_type;
    const code = batch.core.icmp_code;
    const srcPort = batch.core.src_port;
    const dstPort = batch.core.dst_port;
    const quality = batch.core.quality;
    for (let row = run.row, record = run.start; row < end; row++, record += stride) {
      if (hasProto && proto[row] !== ICMP && proto[row] !== ICMPV6) continue;
      let value = 0;
      for (let s = 0; s < both.length && value === 0; s++) value = lowWord(run, both[s], record);
      let typeValue = value >> 8;
      let codeValue = value & 0xff;
      for (let s = 0; s < types.length && typeValue === 0; s++) typeValue = lowWord(run, types[s], record);
      for (let s = 0; s < codes.length && codeValue === 0; s++) codeValue = lowWord(run, codes[s], record);
      // Without a protocol, zeros say only that it is no other ICMP than an echo reply, which most records are not.
      if (!hasProto && (typeValue | codeValue) === 0) continue;
      type[row] = typeValue;
      code[row] = codeValue;
      quality[row] |= QUALITY.icmp_given;
      if (!hasProto) continue;
      srcPort[row] = 0;
      dstPort[row] = 0;
    }
  };
}

/** The flags that IANA has assigned in the TCP header (RFC 9293 section 6): FIN in bit 0 to AE, once NS, in bit 8. */
const TCP_FLAGS = 0x1ff;
const [FIN, SYN, RST, ACK] = [0x01, 0x02, 0x04, 0x10];
/** NetObserv's own: one of these instead of the two flags of the header, for a packet that has both. */
const [NETOBSERV_SYN_ACK, NETOBSERV_FIN_ACK, NETOBSERV_RST_ACK] = [0x100, 0x200, 0x400];

/**
 * Element 6 in two bytes or more: what is no flag of the TCP header does not stay. The highest four bits are the header's data offset, to be
 * ignored (RFC 7125 section 3); the next three are unassigned. Bit 8 is AE from all exporters but NetObserv, which is told by its
 * template and whose bits become the flags they stand for.
 */
export function tcpFlagsSteps(slot: Slot | undefined, netObserv: boolean): Step[] {
  if (slot === undefined || (!slot.variable && slot.length < 2)) return [];
  return [netObserv ? netObservFlagsStep : headerFlagsStep];
}

function headerFlagsStep({ batch, row: first, end }: Run): void {
  const flags = batch.core.tcp_flags;
  for (let row = first; row < end; row++) flags[row] &= TCP_FLAGS;
}

function netObservFlagsStep({ batch, row: first, end }: Run): void {
  const column = batch.core.tcp_flags;
  for (let row = first; row < end; row++) {
    const bits = column[row];
    let flags = bits & 0xff;
    if ((bits & NETOBSERV_SYN_ACK) !== 0) flags |= SYN | ACK;
    if ((bits & NETOBSERV_FIN_ACK) !== 0) flags |= FIN | ACK;
    if ((bits & NETOBSERV_RST_ACK) !== 0) flags |= RST | ACK;
    column[row] = flags;
  }
}

/** Elements 70 to 79: label stack entries of three bytes, 20 bits of them the label; an entry of zeros is none. */
export function mplsStep(slots: readonly Slot[]): Step {
  return (run) => {
    if (!run.batch.has(FIELD.mpls_labels) && slots.every((slot) => isBlank(run, slot))) return;
    const labels = run.batch.use(FIELD.mpls_labels);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      for (let s = 0; s < slots.length; s++) {
        const entry = lowWord(run, slots[s], record);
        if (entry !== 0) labels.push(row, (entry >>> 4) & 0xfffff);
      }
    }
  };
}

/** Element 61: 0 ingress, 1 egress; exporters send 255 for unknown. */
export function directionStep(slot: Slot): Step {
  const last = slot.offset + slot.length - 1;
  return ({ batch, data, start, stride, row: first, end }) => {
    const column = batch.core.direction;
    for (let row = first, at = start + last; row < end; row++, at += stride) {
      column[row] = data[at] <= 1 ? data[at] + 1 : DIRECTION.unknown;
    }
  };
}

/** Open vSwitch's tunnel types (element 6876/891) as ours; its type 3 is LISP. */
const OVS_TUNNELS: readonly number[] = [
  TUNNEL_TYPE.none,
  TUNNEL_TYPE.vxlan,
  TUNNEL_TYPE.gre,
  TUNNEL_TYPE.other,
  TUNNEL_TYPE.stt,
  TUNNEL_TYPE.other,
  TUNNEL_TYPE.other,
  TUNNEL_TYPE.geneve,
];

export function ovsTunnelTypeStep(slot: Slot): Step {
  return (run) => {
    if (!run.batch.has(FIELD.tunnel_type) && isBlank(run, slot)) return;
    const column = run.batch.use(FIELD.tunnel_type);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      column[row] = OVS_TUNNELS[lowWord(run, slot, record)] ?? TUNNEL_TYPE.other;
    }
  };
}

/** Element 351 (layer2SegmentId): the first of eight bytes is the kind of overlay (1 VXLAN, 2 NVGRE), the last three the id. */
export function segmentStep(slot: Slot): Step {
  return (run) => {
    if (isBlank(run, slot)) return;
    const ids = run.batch.use(FIELD.tunnel_id);
    const types = run.batch.use(FIELD.tunnel_type);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      const kind = slot.length === 8 ? run.data[record + slot.offset] : 0;
      const id = lowWord(run, slot, record) & 0xffffff;
      if (id === 0) continue;
      ids[row * 2] = id;
      // A tunnel whose outer header did not tell what it is.
      const open = types[row] === TUNNEL_TYPE.none || types[row] === TUNNEL_TYPE.other;
      if (open && kind === 1) types[row] = TUNNEL_TYPE.vxlan;
      if (open && kind === 2) types[row] = TUNNEL_TYPE.nvgre;
    }
  };
}

/** A text: the column takes its key. */
export function textStep(field: Field<'str'>, slot: Slot): Step {
  return (run) => {
    if (!run.batch.has(field) && isBlank(run, slot)) return;
    const column = run.batch.use(field);
    const { strings } = run.context;
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      let data = run.data;
      let at = record + slot.offset;
      let length = slot.length;
      if (slot.variable) {
        data = run.message;
        length = run.view.getUint32(at + 4);
        at = run.view.getUint32(at);
      }
      const key = strings.internBytes(data, at, at + length);
      if ((key.lo | key.hi) === 0) continue;
      column[row * 2] = key.lo;
      column[row * 2 + 1] = key.hi;
    }
  };
}
