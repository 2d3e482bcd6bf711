// The small numbers that u8 columns hold, each with its name. Values are stored: never renumber, only add.

/** `source`: what a record came from. */
export const SOURCE = {
  unknown: 0,
  netflow1: 1,
  netflow5: 5,
  netflow7: 7,
  netflow8: 8,
  netflow9: 9,
  ipfix: 10,
  sflow5: 15,
  vpc: 20,
  conntrack: 30,
  ebpf: 31,
  packet: 32,
  pbflow: 33,
} as const;

/** `sampling_source`: where the rate that scaled this record came from. */
export const SAMPLING_SOURCE = { none: 0, record: 1, options: 2, header: 3, configured: 4 } as const;

/** `record_type`. All but `flow` are events: without counters they are no traffic, and are not counted as flows. */
export const RECORD_TYPE = {
  flow: 0,
  conversation_start: 1,
  conversation_update: 2,
  conversation_end: 3,
  nat_event: 4,
  deny: 5,
  drop_sample: 6,
  alert: 7,
} as const;

/** `flow_type`: where the two ends are, as far as the inventory knows. */
export const FLOW_TYPE = {
  unknown: 0,
  node_local: 1,
  intra_node: 2,
  inter_node: 3,
  to_external: 4,
  from_external: 5,
  external: 6,
} as const;

/** `client_side`: which end opened the connection. */
export const CLIENT_SIDE = { unknown: 0, src: 1, dst: 2 } as const;

/** `client_evidence`: how we know which end opened it. */
export const CLIENT_EVIDENCE = {
  none: 0,
  tcp_flags: 1,
  service: 2,
  well_known_port: 3,
  lower_port: 4,
  reported: 5,
} as const;

/** `verdict`. */
export const VERDICT = { unknown: 0, allowed: 1, dropped: 2, rejected: 3 } as const;
export const VERDICT_SOURCE = { none: 0, reported: 1, evaluated: 2 } as const;

/** `direction`: IE 61 flowDirection, moved by one so that absent is zero. */
export const DIRECTION = { unknown: 0, ingress: 1, egress: 2 } as const;

/** `end_reason`: IE 136 flowEndReason. */
export const END_REASON = {
  unknown: 0,
  idle_timeout: 1,
  active_timeout: 2,
  end_of_flow: 3,
  forced_end: 4,
  lack_of_resources: 5,
} as const;

/** `tunnel_type`. */
export const TUNNEL_TYPE = {
  none: 0,
  vxlan: 1,
  gre: 2,
  geneve: 3,
  ipip: 4,
  ip6_in_ip: 5,
  nvgre: 6,
  stt: 7,
  ipsec: 8,
  other: 9,
  srv6: 10,
} as const;

/** Bits of `quality`: what is doubtful about a record. Nothing is rejected for these; it is stored and flagged. */
export const QUALITY = {
  /** No sampling rate was given by record, options, header or configuration: counters stand as they came. */
  no_sampling_rate: 1 << 0,
  /** The exporter's clock is more than five minutes from ours. */
  clock_skewed: 1 << 1,
  /** The record gave no usable flow times: start and end are the time of receipt. */
  time_guessed: 1 << 2,
  /** An end's address was absent. */
  address_unknown: 1 << 3,
  /** Only one half of a pair of reports. */
  half_of_pair: 1 << 4,
  /** The sampled header was cut, encrypted or of an unknown protocol: later fields are absent. */
  dissected_partly: 1 << 5,
  /** `icmp_type` and `icmp_code` were given, even if zero. */
  icmp_given: 1 << 6,
  /** `src_as` and `dst_as` were given, even if zero. */
  as_given: 1 << 7,
  /** The sequence showed a gap just before this message. */
  after_sequence_gap: 1 << 8,
  /** The record was made by demo traffic. */
  demo: 1 << 9,
  /** An element was longer than its column and was cut to the low bits. */
  value_cut: 1 << 10,
  /** The exporter gave two different sampling rates for the record: `sampling_rate` is the one that was believed. */
  sampling_contradicted: 1 << 11,
} as const;

/** Code tables by the column they belong to, for names in filters, JSON and the console. */
export const CODES = {
  source: SOURCE,
  sampling_source: SAMPLING_SOURCE,
  record_type: RECORD_TYPE,
  flow_type: FLOW_TYPE,
  client_side: CLIENT_SIDE,
  client_evidence: CLIENT_EVIDENCE,
  verdict: VERDICT,
  verdict_source: VERDICT_SOURCE,
  direction: DIRECTION,
  end_reason: END_REASON,
  tunnel_type: TUNNEL_TYPE,
  proto: {
    hopopt: 0,
    icmp: 1,
    igmp: 2,
    ipip: 4,
    tcp: 6,
    udp: 17,
    'ipv6-in-ip': 41,
    gre: 47,
    esp: 50,
    ah: 51,
    'ipv6-icmp': 58,
    ospf: 89,
    vrrp: 112,
    sctp: 132,
    udplite: 136,
  },
} as const;

export type CodeTable = keyof typeof CODES;

const NAMES: Partial<Record<string, ReadonlyMap<number, string>>> = Object.fromEntries(
  Object.entries(CODES).map(([column, table]) => [
    column,
    new Map(Object.entries(table).map(([name, code]) => [code as number, name])),
  ]),
);

/** Name of a code, or undefined where the column has no table or the table no such code. */
export function codeName(column: string, code: number): string | undefined {
  return NAMES[column]?.get(code);
}

/** Code of a name (case-insensitive), or undefined. */
export function codeOf(column: string, name: string): number | undefined {
  const table = (CODES as Record<string, Record<string, number>>)[column];
  if (table === undefined || !Object.hasOwn(table, name.toLowerCase())) return undefined;
  return table[name.toLowerCase()];
}

/** Names of the bits set in a `quality` value. */
export function qualityNames(bits: number): string[] {
  return Object.entries(QUALITY)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name);
}

const TCP_FLAG_LETTERS = 'FSRPAUECN';

/** TCP flags as letters in header order from FIN: 0x12 is `SA`. Bit 8 (NS) is `N`. */
export function tcpFlagLetters(flags: number): string {
  let text = '';
  for (let bit = 0; bit < TCP_FLAG_LETTERS.length; bit++) if (flags & (1 << bit)) text += TCP_FLAG_LETTERS[bit];
  return text;
}
