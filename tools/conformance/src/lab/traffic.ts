// Traffic of known size between the two hosts, and the truth about it from two sides that know nothing of each other:
// iperf3's own report and the kernel's interface counters.
import { ETHERNET_HEADER, KINDS, type Kind } from './kinds.ts';
import type { InterfaceCounters, Lab } from './network.ts';
import { waitUntil } from './process.ts';

/** What passed one point in one direction. */
export interface Direction {
  readonly packets: number;
  /** Bytes from the packets' own IP header on, a tunnel around them left out: what NetFlow and IPFIX mean by octets. */
  readonly bytes: number;
}

export interface Truth {
  readonly kind: Kind;
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
const TCP = ['--bitrate', '30M', '--window', '32K'];
const UDP = ['--udp', '--reverse', '--bitrate', '3200K', '--length', '400'];
/** Port 5201 (hexadecimal 1451) of any address in the state LISTEN (0A), in /proc/net/tcp and tcp6. */
const LISTENING = /:1451 [0-9A-F]+:0000 0A /;

/** TCP from left to right, then UDP from right to left. */
export async function makeTraffic(lab: Lab, kind: Kind): Promise<Truth> {
  const before = { left: lab.counters('left'), right: lab.counters('right') };
  const server = lab.start('right', 'iperf3', ['--server', '--bind', kind.right]);
  const listening = () => LISTENING.test(lab.run('right', 'cat', ['/proc/net/tcp', '/proc/net/tcp6']));
  await waitUntil(listening, () => `iperf3 does not listen on port 5201\n${server.output}`, 10);

  const time = ['--time', String(kind.seconds)];
  const client = (...args: string[]): Iperf3Report['end'] =>
    (JSON.parse(lab.run('left', 'iperf3', ['--json', '--client', kind.right, ...time, ...args])) as Iperf3Report).end;
  const tcp = client(...TCP).sum_sent;
  const udp = client(...UDP);
  await server.stop();

  const after = { left: lab.counters('left'), right: lab.counters('right') };
  return {
    kind,
    leftSent: direction(kind, before.left, after.left, 'sent'),
    rightSent: direction(kind, before.right, after.right, 'sent'),
    leftReceived: direction(kind, before.left, after.left, 'received'),
    tcpPayload: tcp.bytes + (tcp.retransmits ?? 0) * (kind.mtu - kind.tcpHeaders),
    udpPayload: udp.sum_sent.bytes,
    udpPackets: udp.sum_sent.packets ?? 0,
    udpLost: udp.sum?.lost_packets ?? 0,
  };
}

function direction(
  { encapsulation }: Kind,
  before: InterfaceCounters,
  after: InterfaceCounters,
  way: 'sent' | 'received',
): Direction {
  const packets = after[`${way}Packets`] - before[`${way}Packets`];
  const frameBytes = after[`${way}Bytes`] - before[`${way}Bytes`];
  return { packets, bytes: frameBytes - packets * (ETHERNET_HEADER + encapsulation) };
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
        for (let packet = 0; packet < 20; packet++) socket.send('filler', 9, '${KINDS.ipv4.right}');
        if (--left === 0) { clearInterval(timer); socket.close(); }
      }, 10);
    });`;
  lab.run('left', process.execPath, ['-e', program]);
}
