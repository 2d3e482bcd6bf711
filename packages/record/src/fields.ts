// The field catalogue: every field of a flow, once. The ClickHouse schema, the Native encoder, JSON output, the filter
// language's names, the console's column picker and docs/reference/fields.md all derive from this table.
import type { FieldKind } from './kinds.ts';

/** Names of the field in other systems. */
export interface Elsewhere {
  readonly ecs?: string;
  readonly goflow?: string;
  readonly netobserv?: string;
  readonly antrea?: string;
}

export interface FieldSpec<K extends FieldKind = FieldKind> {
  readonly kind: K;
  readonly description: string;
  /** Core columns are always there; others appear in the table when an exporter first fills them. */
  readonly core: boolean;
  readonly group: FieldGroup;
  readonly unit?: 'bytes' | 'packets' | 'ms' | 'us' | 'bit/s' | 'connections';
  /** IPFIX elements it comes from: an IANA id (NetFlow v9 types are the same below 128), or `PEN/id`. */
  readonly elements: readonly (number | string)[];
  /** Which dimension a key names a row of. */
  readonly dimension?: DimensionName;
  readonly elsewhere: Elsewhere;
}

export type FieldGroup =
  | 'time'
  | 'provenance'
  | 'headers'
  | 'counters'
  | 'identity'
  | 'policy'
  | 'place'
  | 'application';
export type DimensionName =
  | 'entities'
  | 'exporters'
  | 'interfaces'
  | 'policies'
  | 'subnets'
  | 'threats'
  | 'applications'
  | 'strings';

type Extra = Partial<Omit<FieldSpec, 'kind' | 'description' | 'group'>>;

let group: FieldGroup = 'time';
const inGroup = (name: FieldGroup): Record<never, never> => {
  group = name;
  return {};
};

function field<K extends FieldKind>(kind: K, description: string, extra: Extra = {}): FieldSpec<K> {
  const dimension = kind === 'str' ? { dimension: 'strings' as const } : {};
  return { core: false, elements: [], elsewhere: {}, ...dimension, ...extra, kind, description, group };
}

interface PairExtra extends Omit<Extra, 'elements' | 'elsewhere'> {
  readonly elements?: readonly [readonly (number | string)[], readonly (number | string)[]];
  readonly elsewhere?: readonly [Elsewhere, Elsewhere];
}

type Pair<N extends string, K extends FieldKind> = { [P in `src_${N}` | `dst_${N}`]: FieldSpec<K> };

/** A field that both ends have. `%` in the description stands for "source" or "destination". */
function pair<N extends string, K extends FieldKind>(
  name: N,
  kind: K,
  description: string,
  extra: PairExtra = {},
): Pair<N, K> {
  const { elements, elsewhere, ...rest } = extra;
  const side = (index: 0 | 1, word: string) =>
    field(kind, description.replaceAll('%', word), {
      ...rest,
      ...(elements ? { elements: elements[index] } : {}),
      ...(elsewhere ? { elsewhere: elsewhere[index] } : {}),
    });
  return { [`src_${name}`]: side(0, 'source'), [`dst_${name}`]: side(1, 'destination') } as Pair<N, K>;
}

const core = { core: true } as const;

export const FIELD_SPECS = {
  ...inGroup('time'),
  time_received: field('time', 'When the datagram reached Weir: the kernel timestamp where there is one', {
    ...core,
    unit: 'ms',
    elsewhere: { ecs: 'event.created', goflow: 'TimeReceived', netobserv: 'TimeReceived' },
  }),
  time_start: field('time', 'First packet of the flow in this record', {
    ...core,
    unit: 'ms',
    elements: [22, 150, 152, 154, 156, 158],
    elsewhere: { ecs: 'event.start', goflow: 'TimeFlowStart', netobserv: 'TimeFlowStartMs' },
  }),
  time_end: field('time', 'Last packet of the flow in this record', {
    ...core,
    unit: 'ms',
    elements: [21, 151, 153, 155, 157, 159],
    elsewhere: { ecs: 'event.end', goflow: 'TimeFlowEnd', netobserv: 'TimeFlowEndMs' },
  }),
  time_exported: field('time', "The message's own clock", { unit: 'ms' }),

  ...inGroup('provenance'),
  source: field('u8', 'Protocol or agent the record came by', { ...core, elsewhere: { goflow: 'Type' } }),
  exporter: field('key', 'Who reported it: the sFlow agent, the exporter a mediator names, else the socket peer', {
    ...core,
    dimension: 'exporters',
    elements: [130, 131, 403, 404],
    elsewhere: { ecs: 'observer.ip', goflow: 'SamplerAddress', netobserv: 'AgentIP' },
  }),
  observation_domain: field('u32', 'Observation domain id, source id, engine type and id, or sub-agent id', {
    ...core,
    elements: [149],
  }),
  observation_point: field('u32', 'Observation point id', { elements: [138] }),
  sequence: field('u32', 'Sequence number of the message', { elsewhere: { goflow: 'SequenceNum' } }),
  template_id: field('u16', 'Template that described the record', { elements: [145] }),
  seen_by: field('list(addr)', 'Exporters merged into this row by correlation'),
  record_type: field('u8', 'Flow, or event: part of a conversation, NAT event, denied connection, drop sample, alert', {
    elements: [233, 230, 40005, 33002],
  }),
  quality: field('u32', 'Bit set of what is doubtful about the record', core),
  flow_id: field(
    'u64',
    'Hash of the symmetric 5-tuple (high word) and of the 5-tuple with the start second (low word)',
    {
      ...core,
      elements: [148],
    },
  ),

  ...inGroup('headers'),
  ...pair('addr', 'addr', 'Address of the %', {
    ...core,
    elements: [
      [8, 27],
      [12, 28],
    ],
    elsewhere: [
      { ecs: 'source.ip', goflow: 'SrcAddr', netobserv: 'SrcAddr', antrea: 'sourceIPv4Address' },
      { ecs: 'destination.ip', goflow: 'DstAddr', netobserv: 'DstAddr', antrea: 'destinationIPv4Address' },
    ],
  }),
  ...pair('port', 'u16', 'Transport port of the %; ICMP has none', {
    ...core,
    elements: [
      [7, 180, 182],
      [11, 181, 183],
    ],
    elsewhere: [
      { ecs: 'source.port', goflow: 'SrcPort', netobserv: 'SrcPort', antrea: 'sourceTransportPort' },
      { ecs: 'destination.port', goflow: 'DstPort', netobserv: 'DstPort', antrea: 'destinationTransportPort' },
    ],
  }),
  proto: field('u8', 'IP protocol number', {
    ...core,
    elements: [4, 193],
    elsewhere: { ecs: 'network.iana_number', goflow: 'Proto', netobserv: 'Proto', antrea: 'protocolIdentifier' },
  }),
  ether_type: field('u16', 'EtherType of the payload', {
    elements: [256],
    elsewhere: { goflow: 'Etype', netobserv: 'Etype' },
  }),
  ip_version: field('u8', 'IP version', { elements: [60] }),
  tcp_flags: field('u16', 'TCP flags of the flow, OR-ed', {
    ...core,
    elements: [6],
    elsewhere: { goflow: 'TCPFlags', netobserv: 'Flags', antrea: 'tcpControlBits' },
  }),
  tcp_state: field('str', 'State of the TCP connection, as the exporter spells it', {
    elements: ['56506/136'],
    elsewhere: { antrea: 'tcpState' },
  }),
  dscp: field('u8', 'Differentiated services code point (upper six bits of the traffic class)', {
    ...core,
    elements: [195, 5],
    elsewhere: { goflow: 'IPTos', netobserv: 'Dscp' },
  }),
  ecn: field('u8', 'Explicit congestion notification (lower two bits of the traffic class)', { elements: [5] }),
  ip_ttl: field('u8', 'Time to live or hop limit', { elements: [192], elsewhere: { goflow: 'IPTTL' } }),
  ip_min_ttl: field('u8', 'Smallest time to live seen in the flow', { elements: [52] }),
  ip_max_ttl: field('u8', 'Largest time to live seen in the flow', { elements: [53] }),
  icmp_type: field('u8', 'ICMP type (the icmp_given bit of quality tells a zero from absent)', {
    ...core,
    elements: [32, 139, 176, 178],
    elsewhere: { goflow: 'IcmpType', netobserv: 'IcmpType' },
  }),
  icmp_code: field('u8', 'ICMP code', {
    ...core,
    elements: [32, 139, 177, 179],
    elsewhere: { goflow: 'IcmpCode', netobserv: 'IcmpCode' },
  }),
  ipv6_flow_label: field('u32', 'IPv6 flow label', { elements: [31], elsewhere: { goflow: 'IPv6FlowLabel' } }),
  fragment_id: field('u32', 'IP identification', { elements: [54], elsewhere: { goflow: 'FragmentId' } }),
  fragment_offset: field('u16', 'IP fragment offset, in units of 8 bytes', {
    elements: [88],
    elsewhere: { goflow: 'FragmentOffset' },
  }),
  fragment_flags: field('u8', 'IP fragment flags', { elements: [197] }),
  ...pair('mac', 'mac', 'MAC address of the %', {
    elements: [
      [56, 81],
      [80, 57],
    ],
    elsewhere: [
      { ecs: 'source.mac', goflow: 'SrcMac', netobserv: 'SrcMac' },
      { ecs: 'destination.mac', goflow: 'DstMac', netobserv: 'DstMac' },
    ],
  }),
  ...pair('vlan', 'u16', 'VLAN id on the side of the %', {
    elements: [
      [58, 243],
      [59, 254],
    ],
    elsewhere: [{ ecs: 'network.vlan.id', goflow: 'SrcVlan' }, { goflow: 'DstVlan' }],
  }),
  ...pair('inner_vlan', 'u16', 'Customer VLAN id (QinQ) on the side of the %', { elements: [[245], [255]] }),
  mpls_labels: field('list(u32)', 'MPLS label stack, top first: 20-bit labels', {
    elements: [70, 71, 72, 73, 74, 75, 76, 77, 78, 79],
    elsewhere: { goflow: 'MPLS1Label' },
  }),
  ...pair('mask', 'u8', 'Prefix length of the route to the %', {
    ...core,
    elements: [
      [9, 29],
      [13, 30],
    ],
    elsewhere: [{ goflow: 'SrcNet' }, { goflow: 'DstNet' }],
  }),
  next_hop: field('addr', 'Next hop', { ...core, elements: [15, 62], elsewhere: { goflow: 'NextHop' } }),
  bgp_next_hop: field('addr', 'BGP next hop', { elements: [18, 63] }),
  ...pair('as', 'u32', 'Autonomous system number of the %', {
    ...core,
    elements: [[16], [17]],
    elsewhere: [
      { ecs: 'source.as.number', goflow: 'SrcAS' },
      { ecs: 'destination.as.number', goflow: 'DstAS' },
    ],
  }),
  next_as: field('u32', 'Next adjacent autonomous system', { elements: [128], elsewhere: { goflow: 'NextHopAS' } }),
  previous_as: field('u32', 'Previous adjacent autonomous system', { elements: [129] }),
  as_path: field('list(u32)', 'Autonomous system path'),
  bgp_communities: field('list(u32)', 'BGP communities', { elements: [483, 484, 485] }),
  in_if: field('u32', 'Ingress interface index', {
    ...core,
    elements: [10, 252],
    elsewhere: { ecs: 'observer.ingress.interface.id', goflow: 'InIf' },
  }),
  out_if: field('u32', 'Egress interface index', {
    ...core,
    elements: [14, 253],
    elsewhere: { ecs: 'observer.egress.interface.id', goflow: 'OutIf' },
  }),
  in_if_name: field('str', 'Ingress interface name', {
    elements: [82],
    elsewhere: { ecs: 'observer.ingress.interface.name', netobserv: 'Interfaces' },
  }),
  out_if_name: field('str', 'Egress interface name', { elsewhere: { ecs: 'observer.egress.interface.name' } }),
  in_if_alias: field('str', 'Ingress interface description', { elements: [83] }),
  out_if_alias: field('str', 'Egress interface description'),
  vrf_in: field('u32', 'Ingress VRF id', { elements: [234], elsewhere: { goflow: 'IngressVrfID' } }),
  vrf_out: field('u32', 'Egress VRF id', { elements: [235], elsewhere: { goflow: 'EgressVrfID' } }),
  direction: field('u8', 'Direction at the observation point: 1 ingress, 2 egress', {
    ...core,
    elements: [61],
    elsewhere: { ecs: 'network.direction', goflow: 'FlowDirection', netobserv: 'IfDirections' },
  }),
  forwarding_status: field('u8', 'Forwarding status and reason (IE 89)', {
    elements: [89],
    elsewhere: { goflow: 'ForwardingStatus' },
  }),
  tunnel_type: field('u8', 'Encapsulation that the inner flow was taken from', { elements: ['6876/891'] }),
  tunnel_id: field('u64', 'VNI, GRE key or layer 2 segment id', { elements: [351, '6876/892'] }),
  outer_src_addr: field('addr', 'Source of the outer (tunnel) header', {
    elements: ['6876/893'],
    elsewhere: { goflow: 'SrcAddrEncap' },
  }),
  outer_dst_addr: field('addr', 'Destination of the outer (tunnel) header', {
    elements: ['6876/894'],
    elsewhere: { goflow: 'DstAddrEncap' },
  }),
  outer_src_port: field('u16', 'Source port of the outer header', { elements: ['6876/896'] }),
  outer_dst_port: field('u16', 'Destination port of the outer header', { elements: ['6876/897'] }),
  outer_proto: field('u8', 'IP protocol of the outer header', {
    elements: ['6876/895'],
    elsewhere: { goflow: 'ProtoEncap' },
  }),
  nat_src_addr: field('addr', 'Source address after translation', {
    elements: [225, 281],
    elsewhere: { netobserv: 'XlatSrcAddr' },
  }),
  nat_dst_addr: field('addr', 'Destination address after translation', {
    elements: [226, 282],
    elsewhere: { netobserv: 'XlatDstAddr' },
  }),
  nat_src_port: field('u16', 'Source port after translation', {
    elements: [227],
    elsewhere: { netobserv: 'XlatSrcPort' },
  }),
  nat_dst_port: field('u16', 'Destination port after translation', {
    elements: [228],
    elsewhere: { netobserv: 'XlatDstPort' },
  }),

  ...inGroup('application'),
  app_id: field('u64', 'Application id (RFC 6759)', { elements: [95] }),
  app_name: field('str', 'Application name', {
    elements: [96, '56506/155'],
    elsewhere: { ecs: 'network.application' },
  }),
  app: field('key', 'Application the rules say this is', { dimension: 'applications' }),
  tls_sni: field('str', 'Server name in the TLS handshake', { elsewhere: { ecs: 'tls.client.server_name' } }),
  tls_version: field('str', 'TLS version', { elsewhere: { ecs: 'tls.version' } }),
  dns_name: field('str', 'Name asked for in DNS', { elsewhere: { ecs: 'dns.question.name' } }),
  dns_code: field('str', 'DNS response code', {
    elsewhere: { ecs: 'dns.response_code', netobserv: 'DnsFlagsResponseCode' },
  }),
  http_host: field('str', 'Host of the HTTP request', { elements: [460], elsewhere: { ecs: 'url.domain' } }),

  ...inGroup('counters'),
  bytes: field('u64', 'Bytes: the best estimate of the truth, scaled by sampling', {
    ...core,
    unit: 'bytes',
    elements: [1, 85, 23],
    elsewhere: { ecs: 'source.bytes', goflow: 'Bytes', netobserv: 'Bytes', antrea: 'octetDeltaCount' },
  }),
  packets: field('u64', 'Packets: the best estimate of the truth, scaled by sampling', {
    ...core,
    unit: 'packets',
    elements: [2, 86, 24],
    elsewhere: { ecs: 'source.packets', goflow: 'Packets', netobserv: 'Packets', antrea: 'packetDeltaCount' },
  }),
  bytes_sampled: field('u64', 'Bytes as the exporter counted them', { ...core, unit: 'bytes' }),
  packets_sampled: field('u64', 'Packets as the exporter counted them', { ...core, unit: 'packets' }),
  rev_bytes: field('u64', 'Bytes of the other direction, scaled by sampling', {
    unit: 'bytes',
    elements: ['29305/1', 232],
    elsewhere: { ecs: 'destination.bytes', antrea: 'reverseOctetDeltaCount' },
  }),
  rev_packets: field('u64', 'Packets of the other direction, scaled by sampling', {
    unit: 'packets',
    elements: ['29305/2', 299],
    elsewhere: { ecs: 'destination.packets', antrea: 'reversePacketDeltaCount' },
  }),
  rev_bytes_sampled: field('u64', 'Bytes of the other direction as counted', { unit: 'bytes' }),
  rev_packets_sampled: field('u64', 'Packets of the other direction as counted', { unit: 'packets' }),
  total_bytes: field('u64', 'Bytes since the connection began', { unit: 'bytes', elements: [85] }),
  total_packets: field('u64', 'Packets since the connection began', { unit: 'packets', elements: [86] }),
  rev_total_bytes: field('u64', 'Bytes of the other direction since the connection began', {
    unit: 'bytes',
    elements: ['29305/85'],
  }),
  rev_total_packets: field('u64', 'Packets of the other direction since the connection began', {
    unit: 'packets',
    elements: ['29305/86'],
  }),
  bytes_src_node: field('u64', 'Bytes that the source node counted', { unit: 'bytes', elements: ['56506/123'] }),
  packets_src_node: field('u64', 'Packets that the source node counted', { unit: 'packets', elements: ['56506/122'] }),
  bytes_dst_node: field('u64', 'Bytes that the destination node counted', { unit: 'bytes', elements: ['56506/131'] }),
  packets_dst_node: field('u64', 'Packets that the destination node counted', {
    unit: 'packets',
    elements: ['56506/130'],
  }),
  rev_bytes_src_node: field('u64', 'Bytes of the other direction that the source node counted', {
    unit: 'bytes',
    elements: ['56506/127'],
  }),
  rev_packets_src_node: field('u64', 'Packets of the other direction that the source node counted', {
    unit: 'packets',
    elements: ['56506/126'],
  }),
  rev_bytes_dst_node: field('u64', 'Bytes of the other direction that the destination node counted', {
    unit: 'bytes',
    elements: ['56506/135'],
  }),
  rev_packets_dst_node: field('u64', 'Packets of the other direction that the destination node counted', {
    unit: 'packets',
    elements: ['56506/134'],
  }),
  throughput: field('u64', "Bits a second over the record's own interval", { unit: 'bit/s', elements: ['56506/145'] }),
  rev_throughput: field('u64', 'Bits a second of the other direction', { unit: 'bit/s', elements: ['56506/146'] }),
  bytes_l2: field('u64', 'Bytes with layer 2 headers, scaled by sampling', {
    unit: 'bytes',
    elements: [352, 312, 103],
  }),
  header_bytes: field('u32', 'Length of the sampled header that was at hand', { unit: 'bytes' }),
  dropped_bytes: field('u64', 'Bytes dropped', {
    unit: 'bytes',
    elements: [132, 134],
    elsewhere: { netobserv: 'PktDropBytes' },
  }),
  dropped_packets: field('u64', 'Packets dropped', {
    unit: 'packets',
    elements: [133, 135],
    elsewhere: { netobserv: 'PktDropPackets' },
  }),
  drop_reason: field('str', 'Why packets were dropped', { elsewhere: { netobserv: 'PktDropLatestDropCause' } }),
  retransmits: field('u32', 'TCP segments sent again', { unit: 'packets' }),
  rtt_us: field('u32', 'Round-trip time', { unit: 'us', elsewhere: { netobserv: 'TimeFlowRttNs' } }),
  dns_latency_us: field('u32', 'Time from DNS query to answer', {
    unit: 'us',
    elsewhere: { netobserv: 'DnsLatencyMs' },
  }),
  connections: field('u32', 'Flows that this row stands for, where it is not one', {
    unit: 'connections',
    elements: [3],
  }),
  sampling_rate: field('u32', 'One packet in this many was looked at; 0 is unknown', {
    ...core,
    elements: [34, 50, 305],
    elsewhere: { goflow: 'SamplingRate', netobserv: 'Sampling' },
  }),
  sampling_source: field('u8', 'Where the sampling rate came from', core),
  end_reason: field('u8', 'Why the exporter ended the record (IE 136)', { ...core, elements: [136] }),

  ...inGroup('identity'),
  ...pair('entity', 'key', 'Who the % is: pod, node, service, host process, external name, or unresolved', {
    ...core,
    dimension: 'entities',
  }),
  service: field('key', 'The Kubernetes Service the flow went through', { ...core, dimension: 'entities' }),
  service_addr: field('addr', 'Address of that Service', {
    elements: ['56506/106', '56506/107', '56506/168', '56506/169'],
  }),
  service_port: field('u16', 'Port of that Service', {
    elements: ['56506/108'],
    elsewhere: { antrea: 'destinationServicePort' },
  }),
  egress: field('key', 'Antrea Egress or egress gateway the flow left by', { dimension: 'entities' }),
  client_side: field('u8', 'Which end opened the connection: 1 source, 2 destination', core),
  client_evidence: field('u8', 'How we know which end opened it', core),
  flow_type: field('u8', 'Where the ends are: on a node, within, into or out of the cluster', core),
  ...pair('host', 'str', 'Name of the host of the %, where something gave one'),

  ...inGroup('policy'),
  policy_in: field('key', 'The policy and rule that decided at the destination', {
    dimension: 'policies',
    elements: ['56506/110', '56506/111'],
  }),
  policy_out: field('key', 'The policy and rule that decided at the source', {
    dimension: 'policies',
    elements: ['56506/112', '56506/113'],
  }),
  policy_in_action: field('u8', 'Action of the ingress policy rule', { elements: ['56506/139'] }),
  policy_out_action: field('u8', 'Action of the egress policy rule', { elements: ['56506/140'] }),
  verdict: field('u8', 'Allowed, dropped, rejected or unknown', {
    elements: [233, 40005, 33002, '56506/139', '56506/140'],
  }),
  verdict_source: field('u8', 'Whether the verdict was reported or evaluated'),

  ...inGroup('place'),
  ...pair('country', 'u16', 'Country of the %: two ISO 3166 letters, first letter in the high byte', {
    ...core,
    elsewhere: [{ ecs: 'source.geo.country_iso_code' }, { ecs: 'destination.geo.country_iso_code' }],
  }),
  ...pair('subnet', 'key', 'Longest matching labelled subnet of the %', { dimension: 'subnets' }),
  ...pair('threat', 'key', 'Threat list entry that the % matches', { dimension: 'threats' }),
} as const satisfies Record<string, FieldSpec>;

export type FieldName = keyof typeof FIELD_SPECS;

/** A field with its place in the catalogue. */
export interface Field<K extends FieldKind = FieldKind> extends FieldSpec<K> {
  readonly name: FieldName;
  /** Position in the catalogue: the column's index in a FlowBatch. */
  readonly index: number;
}

/** All fields, in catalogue order. */
export const FIELDS: readonly Field[] = Object.entries(FIELD_SPECS).map(([name, given], index) => {
  const spec: FieldSpec = given;
  // Written out so that all have one shape: decoders read `index` for every column of every message.
  return {
    name: name as FieldName,
    index,
    kind: spec.kind,
    description: spec.description,
    core: spec.core,
    group: spec.group,
    unit: spec.unit,
    elements: spec.elements,
    dimension: spec.dimension,
    elsewhere: spec.elsewhere,
  };
});

/** Fields by name: `FIELD.src_addr`. The kind is known to the compiler, and with it the type of the column. */
export const FIELD = Object.fromEntries(FIELDS.map((entry) => [entry.name, entry])) as unknown as {
  readonly [N in FieldName]: Field<(typeof FIELD_SPECS)[N]['kind']>;
};

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELD_SPECS, name);
}
