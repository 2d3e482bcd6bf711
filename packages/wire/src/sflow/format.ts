// Numbers of the sFlow version 5 formats (sflow.org "sFlow Version 5", "sFlow Tunnel Structures", "sFlow Dropped Packet Notification
// Structures"). All of them are enterprise 0: a data format is enterprise << 12 | format.

export const SFLOW_VERSION = 5;

export const SAMPLE = { flow: 1, counter: 2, flowExpanded: 3, counterExpanded: 4, discarded: 5 } as const;

export const FLOW_RECORD = {
  header: 1,
  ethernet: 2,
  ipv4: 3,
  ipv6: 4,
  switch: 1001,
  router: 1002,
  gateway: 1003,
  mpls: 1006,
  nat: 1007,
  natPort: 1020,
  ipv4TunnelEgress: 1023,
  ipv4TunnelIngress: 1024,
  ipv6TunnelEgress: 1025,
  ipv6TunnelIngress: 1026,
  vniEgress: 1029,
  vniIngress: 1030,
  linuxDropReason: 1042,
} as const;

export const COUNTER_RECORD = { generic: 1, portName: 1005 } as const;

export const ADDRESS_TYPE = { unknown: 0, ipv4: 1, ipv6: 2 } as const;

/** Top two bits of a compact interface number; the whole of the format word in the expanded samples. */
export const INTERFACE_FORMAT = { index: 0, discarded: 1, multiple: 2 } as const;
/** A value of all ones is the device itself; it is kept as it comes, like an ifIndex. */
export const INTERFACE_VALUE_MASK = 0x3fffffff;

/** Class of an sFlow data source whose index is an ifIndex. */
export const SOURCE_CLASS_IF_INDEX = 0;

/** Reasons below 256 are ICMP's unreachable codes (RFC 792, RFC 1812). */
const DROP_REASONS: readonly string[] = [
  'net_unreachable',
  'host_unreachable',
  'protocol_unreachable',
  'port_unreachable',
  'frag_needed',
  'src_route_failed',
  'dst_net_unknown',
  'dst_host_unknown',
  'src_host_isolated',
  'dst_net_prohibited',
  'dst_host_prohibited',
  'dst_net_tos_unreachable',
  'dst_host_tos_unreachable',
  'comm_admin_prohibited',
  'host_precedence_violation',
  'precedence_cutoff',
];

const DROP_REASONS_FROM_256: readonly string[] = [
  'unknown',
  'ttl_exceeded',
  'acl',
  'no_buffer_space',
  'red',
  'traffic_shaping',
  'pkt_too_big',
  'src_mac_is_multicast',
  'vlan_tag_mismatch',
  'ingress_vlan_filter',
  'ingress_spanning_tree_filter',
  'port_list_is_empty',
  'port_loopback_filter',
  'blackhole_route',
  'non_ip',
  'uc_dip_over_mc_dmac',
  'dip_is_loopback_address',
  'sip_is_mc',
  'sip_is_loopback_address',
  'ip_header_corrupted',
  'ipv4_sip_is_limited_bc',
  'ipv6_mc_dip_reserved_scope',
  'ipv6_mc_dip_interface_local_scope',
  'unresolved_neigh',
  'mc_reverse_path_forwarding',
  'non_routable_packet',
  'decap_error',
  'overlay_smac_is_mc',
  'unknown_l2',
  'unknown_l3',
  'unknown_l3_exception',
  'unknown_buffer',
  'unknown_tunnel',
  'unknown_l4',
];

/** Name of a drop reason. Numbers without one are all `other`, so that hostile ones cannot fill the table of texts. */
export function dropReasonName(reason: number): string {
  return DROP_REASONS[reason] ?? DROP_REASONS_FROM_256[reason - 256] ?? 'other';
}
