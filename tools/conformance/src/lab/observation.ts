// One run of everything: all exporters watch the same traffic at once and send to one collector in the switch namespace,
// while tshark records what they send.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SOURCE } from '@weir/record';
import { startOpenVSwitch, startPmacct, startSoftflowd } from './exporters.ts';
import { KINDS, type KindName } from './kinds.ts';
import type { Lab } from './network.ts';
import { fillCaptureBlocks, makeTraffic, type Truth } from './traffic.ts';

/** One stream of exports, told apart by the address it comes from. */
export interface Stream {
  readonly name: string;
  readonly address: string;
  /** How Weir knows the exporter: by the address it sends from, or in sFlow by the agent that it names. */
  readonly exporter: string;
  readonly port: number;
  readonly source: keyof typeof SOURCE;
  /** One packet in this many is looked at. */
  readonly sampling: number;
  /** What the exporter counts: bytes from the IP header on, or whole Ethernet frames. */
  readonly counts: 'ip' | 'frame';
  /** Set where the exporter reports each packet when it enters and again when it leaves: only this direction is compared. */
  readonly direction?: 'ingress';
  /** Where it looks: at what enters the switch, or at the cable to the left host. */
  readonly watches: 'switch' | 'left';
}

const SAMPLING = 10;

export const STREAMS = {
  // Open vSwitch counts whole frames in NetFlow (the datapath's byte counter), but octets from the IP header in IPFIX.
  ovs_netflow5: stream('Open vSwitch NetFlow v5', 11, 2055, 'netflow5', { counts: 'frame', watches: 'switch' }),
  // Its agent is the loopback interface, whose first address this is.
  ovs_sflow: stream('Open vSwitch sFlow', 12, 6343, 'sflow5', {
    sampling: SAMPLING,
    watches: 'switch',
    exporter: '127.0.0.1',
  }),
  ovs_ipfix: stream('Open vSwitch IPFIX', 13, 4739, 'ipfix', { direction: 'ingress', watches: 'switch' }),
  softflowd_netflow5: stream('softflowd NetFlow v5', 14, 2055, 'netflow5'),
  softflowd_netflow9: stream('softflowd NetFlow v9', 15, 2055, 'netflow9'),
  softflowd_ipfix: stream('softflowd IPFIX', 16, 4739, 'ipfix'),
  pmacct_netflow5: stream('pmacctd nfprobe NetFlow v5', 21, 2055, 'netflow5'),
  pmacct_netflow9: stream('pmacctd nfprobe NetFlow v9', 17, 2055, 'netflow9'),
  pmacct_ipfix: stream('pmacctd nfprobe IPFIX', 18, 4739, 'ipfix'),
  pmacct_sflow: stream('pmacctd sfprobe sFlow', 19, 6343, 'sflow5', { sampling: SAMPLING }),
  pmacct_netflow9_sampled: stream('pmacctd nfprobe NetFlow v9, sampled', 20, 2055, 'netflow9', { sampling: SAMPLING }),
} as const;

function stream(
  name: string,
  host: number,
  port: number,
  source: Stream['source'],
  more: Partial<Pick<Stream, 'sampling' | 'counts' | 'direction' | 'watches' | 'exporter'>> = {},
): Stream {
  const address = `192.0.2.${host}`;
  return { name, address, exporter: address, port, source, sampling: 1, counts: 'ip', watches: 'left', ...more };
}

const target = ({ address, port }: Stream): string => `${address}:${port}`;

export interface Observation {
  readonly truths: Readonly<Record<KindName, Truth>>;
  /** Everything the exporters sent, as a pcap file. */
  readonly capture: string;
}

/** Runs the traffic past all exporters. The collector must already listen in the switch namespace. */
export async function observe(lab: Lab): Promise<Observation> {
  const capture = join(lab.folder, 'exports.pcap');
  const ports = [...new Set(Object.values(STREAMS).map(({ port }) => `udp dst port ${port}`))].join(' or ');
  const recorder = lab.start('switch', 'tshark', ['-Q', '-i', 'lo', '-F', 'pcap', '-f', ports, '-w', capture]);
  await recorder.until(() => existsSync(capture), 'the recording begins');

  const exporters = [
    await startOpenVSwitch(lab, {
      netflow: target(STREAMS.ovs_netflow5),
      sflow: target(STREAMS.ovs_sflow),
      sflowSampling: STREAMS.ovs_sflow.sampling,
      ipfix: target(STREAMS.ovs_ipfix),
      ipfixDomain: 13,
    }),
    await startSoftflowd(lab, 5, target(STREAMS.softflowd_netflow5)),
    await startSoftflowd(lab, 9, target(STREAMS.softflowd_netflow9)),
    await startSoftflowd(lab, 10, target(STREAMS.softflowd_ipfix)),
    await startPmacct(lab, 'p0', [
      nfprobe('nf5', STREAMS.pmacct_netflow5, 5),
      nfprobe('nf9', STREAMS.pmacct_netflow9, 9),
      nfprobe('ipfix', STREAMS.pmacct_ipfix, 10),
      nfprobe('nf9s', STREAMS.pmacct_netflow9_sampled, 9),
      {
        name: 'sf',
        plugin: 'sfprobe',
        settings: {
          sfprobe_receiver: target(STREAMS.pmacct_sflow),
          sfprobe_agentip: STREAMS.pmacct_sflow.address,
          sampling_rate: STREAMS.pmacct_sflow.sampling,
        },
      },
    ]),
  ];
  const truths = {
    ipv4: await makeTraffic(lab, KINDS.ipv4),
    ipv6: await makeTraffic(lab, KINDS.ipv6),
    vxlan: await makeTraffic(lab, KINDS.vxlan),
  };
  fillCaptureBlocks(lab);
  // sFlow samples, and Open vSwitch's NetFlow as it is set up here, are sent once a second.
  await sleep(3000);
  for (const exporter of exporters) await exporter.stop();
  // tshark takes packets from the kernel in blocks, about twice a second.
  await sleep(1500);
  await recorder.stop('SIGINT');
  return { truths, capture };
}

function nfprobe(name: string, stream: Stream, version: 5 | 9 | 10) {
  const settings = {
    nfprobe_receiver: target(stream),
    nfprobe_version: version,
    nfprobe_timeouts: 'expint=2',
    ...(stream.sampling > 1 ? { sampling_rate: stream.sampling } : {}),
  };
  return { name, plugin: 'nfprobe' as const, settings };
}

/** Gives every stream the address it is told apart by. */
export function addStreamAddresses(lab: Lab): void {
  for (const { address } of Object.values(STREAMS)) lab.addExporterAddress(address);
}
