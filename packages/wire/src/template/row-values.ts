// What a row of a batch says for an information element: the inverse of the plan's steps, for the encoders.
import {
  FIELD,
  FIELDS,
  type Field,
  type FlowBatch,
  getBigInt,
  getNumber,
  isIPv4,
  KINDS,
  type ListColumn,
  RECORD_TYPE,
  TUNNEL_TYPE,
} from '@weir/record';
import { type ElementKey, findElement } from '../ipfix/registry.ts';

/** A value as it goes on the wire: numbers big-endian in the field's length, text as UTF-8, bytes as they are. */
export type FieldValue = number | bigint | string | Uint8Array;

export interface RowContext {
  /** The header's clock, ms since 1970. */
  readonly time: number;
  /** The exporter's uptime at that time, ms. */
  readonly sysUptime: number;
  /** The text of a key, for elements that are strings; without it they are empty. */
  readonly text?: (lo: number, hi: number) => string;
}

type Read = (batch: FlowBatch, row: number, context: RowContext) => FieldValue;

const number =
  (field: Field<'u8'> | Field<'u16'> | Field<'u32'>): Read =>
  (batch, row) =>
    batch.has(field) ? batch.use(field as Field<'u32'>)[row] : 0;
const wide =
  (field: Field<'u64'>): Read =>
  (batch, row) =>
    batch.has(field) ? getBigInt(batch.use(field), row) : 0n;

/** Milliseconds since 1970 as an NTP timestamp; the fraction is rounded up so that it reads back as the same millisecond. */
function ntp(ms: number): bigint {
  const seconds = Math.floor(ms / 1000);
  const fraction = Math.ceil(((ms - seconds * 1000) * 4294967296) / 1000);
  return (BigInt((seconds + 2208988800) % 4294967296) << 32n) | BigInt(fraction);
}

const TIME_FORMS: readonly ((ms: number, context: RowContext) => FieldValue)[] = [
  (ms) => Math.floor(ms / 1000),
  (ms) => ms,
  (ms) => ntp(ms),
  (ms) => ntp(ms),
  (ms, { time }) => Math.max(0, (time - ms) * 1000),
];

const time =
  (field: Field<'time'>, form: (ms: number, context: RowContext) => FieldValue): Read =>
  (batch, row, context) =>
    form(getNumber(batch.use(field), row), context);

const uptime = (ms: number, context: RowContext): number => (ms - context.time + context.sysUptime) >>> 0;

const icmpTypeCode: Read = (batch, row) => (batch.core.icmp_type[row] << 8) | batch.core.icmp_code[row];
const isIcmp = (proto: number): boolean => proto === 1 || proto === 58;

const OVS_TUNNEL_CODES = new Map<number, number>([
  [TUNNEL_TYPE.vxlan, 1],
  [TUNNEL_TYPE.gre, 2],
  [TUNNEL_TYPE.stt, 4],
  [TUNNEL_TYPE.geneve, 7],
]);

/** As the exporter counted them. */
const layer2Bytes: Read = (batch, row) =>
  batch.has(FIELD.bytes_l2)
    ? Math.round(getNumber(batch.use(FIELD.bytes_l2), row) / Math.max(1, batch.core.sampling_rate[row]))
    : 0;

/** firewallEvent by `record_type`. */
const FIREWALL_EVENTS = new Map<number, number>([
  [RECORD_TYPE.conversation_start, 1],
  [RECORD_TYPE.conversation_end, 2],
  [RECORD_TYPE.deny, 3],
  [RECORD_TYPE.alert, 4],
  [RECORD_TYPE.conversation_update, 5],
]);

const firewallEvent: Read = (batch, row) =>
  batch.has(FIELD.record_type) ? (FIREWALL_EVENTS.get(batch.use(FIELD.record_type)[row]) ?? 0) : 0;

const READERS = new Map<ElementKey, Read>([
  [233, firewallEvent],
  [40005, firewallEvent],
  // Which event of a translator, or why a firewall decided, a row does not say.
  [230, () => 0],
  [33002, () => 0],
  [1, wide(FIELD.bytes_sampled)],
  [2, wide(FIELD.packets_sampled)],
  [23, wide(FIELD.bytes_sampled)],
  [24, wide(FIELD.packets_sampled)],
  [231, wide(FIELD.bytes_sampled)],
  [298, wide(FIELD.packets_sampled)],
  ['29305/1', wide(FIELD.rev_bytes_sampled)],
  ['29305/2', wide(FIELD.rev_packets_sampled)],
  [232, wide(FIELD.rev_bytes_sampled)],
  [299, wide(FIELD.rev_packets_sampled)],
  [85, wide(FIELD.total_bytes)],
  [86, wide(FIELD.total_packets)],
  [352, layer2Bytes],
  [312, layer2Bytes],
  [103, layer2Bytes],
  [22, time(FIELD.time_start, uptime)],
  [21, time(FIELD.time_end, uptime)],
  [160, (_batch, _row, context) => context.time - context.sysUptime],
  [161, (batch, row) => getNumber(batch.core.time_end, row) - getNumber(batch.core.time_start, row)],
  [5, (batch, row) => (batch.core.dscp[row] << 2) | (batch.has(FIELD.ecn) ? batch.use(FIELD.ecn)[row] : 0)],
  [195, number(FIELD.dscp)],
  [32, icmpTypeCode],
  [139, icmpTypeCode],
  // As routers send it: ICMP has no port, and its type and code go here.
  [
    11,
    (batch, row, context) =>
      isIcmp(batch.core.proto[row]) ? icmpTypeCode(batch, row, context) : batch.core.dst_port[row],
  ],
  [61, (batch, row) => (batch.core.direction[row] - 1) & 0xff],
  [306, (batch, row) => Math.max(0, batch.core.sampling_rate[row] - 1)],
  [305, () => 1],
  [
    '6876/891',
    (batch, row) => (batch.has(FIELD.tunnel_type) ? (OVS_TUNNEL_CODES.get(batch.use(FIELD.tunnel_type)[row]) ?? 0) : 0),
  ],
]);
for (const [index, form] of TIME_FORMS.entries()) {
  READERS.set(150 + index * 2, time(FIELD.time_start, form));
  READERS.set(151 + index * 2, time(FIELD.time_end, form));
  if (index < 4) READERS.set(322 + index, time(FIELD.time_start, form));
}
for (const [index, element] of FIELD.mpls_labels.elements.entries()) {
  READERS.set(element, (batch, row) => mplsEntry(batch, row, index));
}

/** A label stack entry of three bytes: label, no experimental bits, and whether it is the bottom. */
function mplsEntry(batch: FlowBatch, row: number, index: number): number {
  if (!batch.has(FIELD.mpls_labels)) return 0;
  const column: ListColumn = batch.use(FIELD.mpls_labels);
  column.seal(batch.length);
  const labels = column.get(row);
  return index < labels.length ? (labels[index] << 4) | (index === labels.length - 1 ? 1 : 0) : 0;
}

/** How to read an element from a row; elements that no column holds are zero. */
export function rowReader(key: ElementKey): Read {
  const known = READERS.get(key);
  if (known !== undefined) return known;
  const field = FIELDS.find(({ elements }) => elements.includes(key));
  const made = field === undefined ? () => 0 : plainReader(key, field);
  if (field !== undefined) READERS.set(key, made);
  return made;
}

function plainReader(key: ElementKey, field: Field): Read {
  switch (field.kind) {
    case 'addr':
      return addressReader(field as Field<'addr'>, isIPv6Element(key));
    case 'str':
      return (batch, row, { text }) => {
        if (text === undefined || !batch.has(field)) return '';
        const column = batch.use(field as Field<'str'>);
        const [lo, hi] = column.subarray(row * 2, row * 2 + 2);
        return (lo | hi) === 0 ? '' : text(lo, hi);
      };
    case 'list(u32)':
    case 'list(addr)':
      return () => 0;
    default:
      return KINDS[field.kind].words === 2 ? wide(field as Field<'u64'>) : number(field as Field<'u32'>);
  }
}

function isIPv6Element(key: ElementKey): boolean {
  const [enterprise, id] = typeof key === 'number' ? [0, key] : key.split('/').map(Number);
  return findElement(enterprise, id)?.type === 'ipv6Address';
}

/** The element of the other family is zeros, as exporters send it that have both in one template. */
function addressReader(field: Field<'addr'>, ipv6: boolean): Read {
  return (batch, row) => {
    const bytes = new Uint8Array(ipv6 ? 16 : 4);
    if (!batch.has(field)) return bytes;
    const words = batch.use(field);
    if (isIPv4(words, row * 4) === ipv6) return bytes;
    const from = new Uint8Array(words.buffer, words.byteOffset + row * 16, 16);
    bytes.set(ipv6 ? from : from.subarray(12));
    return bytes;
  };
}
