// The kinds of traffic between the two hosts: which addresses talk, and what stands in front of each payload.

export type Host = 'left' | 'right';
export type KindName = 'ipv4' | 'ipv6' | 'vxlan';

/** An Ethernet header; interface counters of a veth include it and no frame check sequence. */
export const ETHERNET_HEADER = 14;
/** The frame check sequence, which sFlow counts and interface counters do not. */
export const FRAME_CHECK = 4;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
/** TCP header with the timestamps option, as Linux sends data. */
const TCP_HEADER = 20 + 12;
const VXLAN_HEADER = 8;

/** What stands around the packets of a tunnel. */
export interface Tunnel extends Readonly<Record<Host, string>> {
  readonly type: 'vxlan';
  readonly id: number;
  readonly port: number;
}

/** The addresses that iperf3 talks from and to, and what goes over the cable with them. */
export interface Kind extends Readonly<Record<Host, string>> {
  readonly name: KindName;
  readonly prefix: number;
  /** Addresses of the tunnel's ends, where the packets go in one. */
  readonly tunnel?: Tunnel;
  /** Bytes from the IP header that the cable sees to that of the packet itself: none without a tunnel. */
  readonly encapsulation: number;
  /** Bytes of IP and UDP headers, and of IP and TCP headers. */
  readonly udpHeaders: number;
  readonly tcpHeaders: number;
  /** Longest packet from its own IP header on. */
  readonly mtu: number;
  /** How long iperf3 sends each way. */
  readonly seconds: number;
}

const MTU = 1500;
const VXLAN = IPV4_HEADER + UDP_HEADER + VXLAN_HEADER + ETHERNET_HEADER;

export const KINDS: Readonly<Record<KindName, Kind>> = {
  ipv4: {
    name: 'ipv4',
    left: '10.77.0.1',
    right: '10.77.0.2',
    prefix: 24,
    encapsulation: 0,
    udpHeaders: IPV4_HEADER + UDP_HEADER,
    tcpHeaders: IPV4_HEADER + TCP_HEADER,
    mtu: MTU,
    seconds: 5,
  },
  ipv6: {
    name: 'ipv6',
    left: '2001:db8:77::1',
    right: '2001:db8:77::2',
    prefix: 64,
    encapsulation: 0,
    udpHeaders: IPV6_HEADER + UDP_HEADER,
    tcpHeaders: IPV6_HEADER + TCP_HEADER,
    mtu: MTU,
    seconds: 3,
  },
  vxlan: {
    name: 'vxlan',
    left: '10.99.0.1',
    right: '10.99.0.2',
    prefix: 24,
    // Addresses of their own, so that what sees only the tunnel can be told from the plain traffic.
    tunnel: { type: 'vxlan', id: 7_700_077, port: 4789, left: '10.77.1.1', right: '10.77.1.2' },
    encapsulation: VXLAN,
    udpHeaders: IPV4_HEADER + UDP_HEADER,
    tcpHeaders: IPV4_HEADER + TCP_HEADER,
    mtu: MTU - VXLAN,
    seconds: 3,
  },
};

export const opposite = (host: Host): Host => (host === 'left' ? 'right' : 'left');
