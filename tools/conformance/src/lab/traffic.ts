// Traffic of known size between the two hosts, and the truth about it from two sides that know nothing of each other:
// iperf3's own report and the kernel's interface counters.
import { ADDRESS, type InterfaceCounters, type Lab } from './network.ts';
import { waitUntil } from './process.ts';

/** An Ethernet header; interface counters of a veth include it and no frame check sequence. */
export const ETHERNET_HEADER = 14;
/** IPv4 header (20 bytes) and TCP header with the timestamps option (20 + 12 bytes), as Linux sends data. */
export const TCP_HEADERS = 52;
/** IPv4 header (20 bytes) and UDP header (8 bytes). */
export const UDP_HEADERS = 28;

/** What passed one point in one direction. */
export interface Direction {
  readonly packets: number;
  /** Bytes from the IP header on: what NetFlow and IPFIX mean by octets. */
  readonly bytes: number;
  /** Bytes of the Ethernet frames, without frame check sequence. */
  readonly frameBytes: number;
}

export interface Truth {
  /** What left sent, which is what enters the switch at p0. */
  readonly leftSent: Direction;
  /** What right sent, which is what enters the switch at p1. */
  readonly rightSent: Direction;
  /** What left received, which is what leaves the switch at p0. Less than what right sent, by what the switch dropped. */
  readonly leftReceived: Direction;
  /** Payload that iperf3 says it sent by TCP from left to right, in bytes. */
  readonly tcpPayload: number;
  /** Payload and datagrams that iperf3 says it sent by UDP from right to left. */
  readonly udpPayload: number;
  readonly udpPackets: number;
  /** Datagrams of these that iperf3 missed at the left: the switch dropped them. */
  readonly udpLost: number;
}

interface Iperf3Report {
  readonly end: {
    readonly sum_sent: { readonly bytes: number; readonly packets?: number };
    readonly sum?: { readonly lost_packets?: number };
  };
}

/** Seconds of each of the two runs, and their rate in Mbit/s: more than 10,000 full packets each way. */
const TCP = { seconds: 5, megabits: 30 };
const UDP = { seconds: 4, megabits: 25, payload: 1200 };

/** TCP from left to right, then UDP from right to left. */
export async function makeTraffic(lab: Lab): Promise<Truth> {
  const before = { left: lab.counters('left'), right: lab.counters('right') };
  const server = lab.start('right', 'iperf3', ['--server', '--bind', ADDRESS.right]);
  const listening = () => lab.run('right', 'cat', ['/proc/net/tcp', '/proc/net/tcp6']).includes(':1451 ');
  await waitUntil(listening, () => `iperf3 does not listen on port 5201\n${server.output}`, 10);

  const client = (...args: string[]): Iperf3Report['end'] =>
    (JSON.parse(lab.run('left', 'iperf3', ['--json', '--client', ADDRESS.right, ...args])) as Iperf3Report).end;
  const tcp = client('--time', String(TCP.seconds), '--bitrate', `${TCP.megabits}M`);
  const udpOptions = ['--time', String(UDP.seconds), '--bitrate', `${UDP.megabits}M`, '--length', String(UDP.payload)];
  const udp = client('--udp', '--reverse', ...udpOptions);
  await server.stop();

  const after = { left: lab.counters('left'), right: lab.counters('right') };
  return {
    leftSent: direction(before.left, after.left, 'sent'),
    rightSent: direction(before.right, after.right, 'sent'),
    leftReceived: direction(before.left, after.left, 'received'),
    tcpPayload: tcp.sum_sent.bytes,
    udpPayload: udp.sum_sent.bytes,
    udpPackets: udp.sum_sent.packets ?? 0,
    udpLost: udp.sum?.lost_packets ?? 0,
  };
}

function direction(before: InterfaceCounters, after: InterfaceCounters, way: 'sent' | 'received'): Direction {
  const packets = after[`${way}Packets`] - before[`${way}Packets`];
  const frameBytes = after[`${way}Bytes`] - before[`${way}Bytes`];
  return { packets, frameBytes, bytes: frameBytes - packets * ETHERNET_HEADER };
}
