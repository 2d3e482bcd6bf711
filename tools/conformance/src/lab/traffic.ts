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
  /** Payload that iperf3 says it sent by TCP from left to right, in bytes, what was sent again included. */
  readonly tcpPayload: number;
  /** Payload and datagrams that iperf3 says it sent by UDP from right to left. */
  readonly udpPayload: number;
  readonly udpPackets: number;
  /** Datagrams of these that iperf3 missed at the left: the switch dropped them. */
  readonly udpLost: number;
}

interface Iperf3Report {
  readonly end: {
    readonly sum_sent: { readonly bytes: number; readonly packets?: number; readonly retransmits?: number };
    readonly sum?: { readonly lost_packets?: number };
  };
}

/**
 * The switch reads frames from a socket that holds about a hundred of them. On a busy machine it may wait for its turn, so no
 * more than a few dozen frames are ever under way: TCP by its window, UDP by small datagrams at a low rate.
 */
const TCP = ['--time', '5', '--bitrate', '30M', '--window', '32K'];
const UDP = ['--udp', '--reverse', '--time', '6', '--bitrate', '3200K', '--length', '400'];
/** Largest TCP payload of a packet with an MTU of 1500 and the headers above. */
const SEGMENT = 1500 - TCP_HEADERS;

/** TCP from left to right, then UDP from right to left. */
export async function makeTraffic(lab: Lab): Promise<Truth> {
  const before = { left: lab.counters('left'), right: lab.counters('right') };
  const server = lab.start('right', 'iperf3', ['--server', '--bind', ADDRESS.right]);
  const listening = () => lab.run('right', 'cat', ['/proc/net/tcp', '/proc/net/tcp6']).includes(':1451 ');
  await waitUntil(listening, () => `iperf3 does not listen on port 5201\n${server.output}`, 10);

  const client = (...args: string[]): Iperf3Report['end'] =>
    (JSON.parse(lab.run('left', 'iperf3', ['--json', '--client', ADDRESS.right, ...args])) as Iperf3Report).end;
  const tcp = client(...TCP).sum_sent;
  const udp = client(...UDP);
  await server.stop();

  const after = { left: lab.counters('left'), right: lab.counters('right') };
  return {
    leftSent: direction(before.left, after.left, 'sent'),
    rightSent: direction(before.right, after.right, 'sent'),
    leftReceived: direction(before.left, after.left, 'received'),
    tcpPayload: tcp.bytes + (tcp.retransmits ?? 0) * SEGMENT,
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

/** Another address of the left host, whose flows no comparison looks at. */
const FILLER = '10.77.0.9';

/**
 * Sends two thousand small packets from an address of their own, in groups that the switch can take. softflowd reads packets
 * from the kernel in blocks of up to 1,500 and never sees the last one unless others fill it up.
 */
export function fillCaptureBlocks(lab: Lab): void {
  lab.run('left', 'ip', ['address', 'add', `${FILLER}/24`, 'dev', 'eth0']);
  // Right answers each with "port unreachable", which would count as its traffic.
  lab.run('right', 'ip', ['route', 'add', 'blackhole', `${FILLER}/32`]);
  const program = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.bind(0, '${FILLER}', () => {
      let left = 100;
      const timer = setInterval(() => {
        for (let packet = 0; packet < 20; packet++) socket.send('filler', 9, '${ADDRESS.right}');
        if (--left === 0) { clearInterval(timer); socket.close(); }
      }, 10);
    });`;
  lab.run('left', process.execPath, ['-e', program]);
}
