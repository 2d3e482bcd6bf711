// Which tunnel a packet is in, by the protocol and the port of the header around it.
import { TUNNEL_TYPE } from '@weir/record';

/** UDP ports that tunnels go to. */
export const PORT = { vxlan: 4789, vxlanLinux: 8472, geneve: 6081 } as const;

const UDP = 17;

export function isTunnelPort(port: number): boolean {
  return port === PORT.vxlan || port === PORT.vxlanLinux || port === PORT.geneve;
}

/** The type by the outer header's IP protocol and destination port; `other` where these do not tell. */
export function tunnelType(protocol: number, dstPort: number): number {
  if (protocol === 4) return TUNNEL_TYPE.ipip;
  if (protocol === 41) return TUNNEL_TYPE.ip6_in_ip;
  // A routing header around a packet of its own: segment routing (RFC 8986 section 5.1).
  if (protocol === 43) return TUNNEL_TYPE.srv6;
  if (protocol === 47) return TUNNEL_TYPE.gre;
  if (protocol === 50) return TUNNEL_TYPE.ipsec;
  if (protocol !== UDP) return TUNNEL_TYPE.other;
  if (dstPort === PORT.vxlan || dstPort === PORT.vxlanLinux) return TUNNEL_TYPE.vxlan;
  return dstPort === PORT.geneve ? TUNNEL_TYPE.geneve : TUNNEL_TYPE.other;
}
