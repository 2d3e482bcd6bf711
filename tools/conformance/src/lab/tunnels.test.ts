import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIRECTION, TUNNEL_TYPE } from '@weir/record';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWithTshark } from '../captures/tshark.ts';
import { needs } from '../needs.ts';
import { difference, type Measured, UNSAMPLED_TOLERANCE } from './agreement.ts';
import { startPmacct } from './exporters.ts';
import { ETHERNET_HEADER, FRAME_CHECK, type Host, opposite } from './kinds.ts';
import { Lab } from './network.ts';
import { makeTraffic, type Truth } from './traffic.ts';
import { endTunnelsInSwitch, INNER, TUNNEL_TYPES, TUNNELS, type TunnelType } from './tunnel-ends.ts';
import { readTunnelRows, type TunnelRow } from './tunnel-rows.ts';

const IPFIX = '192.0.2.31';
const SFLOW = '192.0.2.32';
const CABLE_SFLOW = '192.0.2.33';
const PORTS = [4739, 6343];
const ready = needs('netns', 'ip', 'ethtool', 'ovs-vswitchd', 'pmacctd', 'iperf3', 'tshark');

/** Takes what the exporters send, so that nobody is told "port unreachable". */
const SINK = `for (const port of [${PORTS}]) require('node:dgram').createSocket('udp4').bind(port);`;

describe.runIf(ready)('Tunnels that Open vSwitch ends, every packet looked at', () => {
  let lab: Lab;
  let rows: readonly TunnelRow[];
  const truths = new Map<TunnelType, Truth>();

  beforeAll(async () => {
    lab = new Lab('tunnels');
    for (const address of [IPFIX, SFLOW, CABLE_SFLOW]) lab.addExporterAddress(address);
    const capture = join(lab.folder, 'exports.pcap');
    const filter = PORTS.map((port) => `udp dst port ${port}`).join(' or ');
    const recorder = lab.start('switch', 'tshark', ['-Q', '-i', 'lo', '-F', 'pcap', '-f', filter, '-w', capture]);
    lab.start('switch', process.execPath, ['-e', SINK]);
    const ends = await endTunnelsInSwitch(lab);
    await recorder.until(() => existsSync(capture), 'the recording begins');
    ends.near.vsctl(
      ...['--', '--id=@s', 'create', 'sflow', `targets="${SFLOW}:6343"`, 'agent=lo', 'sampling=1', 'header=128'],
      ...['--', '--id=@i', 'create', 'ipfix', `targets="${IPFIX}:4739"`, 'sampling=1', 'cache_active_timeout=5'],
      ...['cache_max_flows=1000', 'other_config:template_interval=1'],
      ...['--', 'set', 'bridge', 'br-int', 'sflow=@s', 'ipfix=@i'],
    );
    const sfprobe = { sfprobe_receiver: `${CABLE_SFLOW}:6343`, sfprobe_agentip: CABLE_SFLOW, sampling_rate: 1 };
    const pmacct = await startPmacct(lab, 'p1', [{ name: 'sf', plugin: 'sfprobe', settings: sfprobe }]);
    for (const type of TUNNEL_TYPES) {
      ends.become(type);
      truths.set(type, await makeTraffic(lab, INNER));
    }
    // sFlow samples are sent once a second; clearing makes Open vSwitch send the IPFIX flows it holds.
    await sleep(1500);
    ends.near.vsctl('clear', 'bridge', 'br-int', 'ipfix', '--', 'clear', 'bridge', 'br-int', 'sflow');
    await pmacct.stop();
    await ends.stop();
    // tshark takes packets from the kernel in blocks, about twice a second.
    await sleep(1000);
    await recorder.stop('SIGINT');
    rows = readTunnelRows(readWithTshark(capture));
  }, 300_000);
  afterAll(() => lab?.close());

  const sent = (type: TunnelType, host: Host): Measured => {
    const truth = truths.get(type);
    if (truth === undefined) throw new Error(`no traffic went through ${type}`);
    return host === 'left' ? truth.leftSent : truth.leftReceived;
  };
  const of = (from: string, sender: Host) =>
    rows.filter(
      (row) => row.from === from && row.src_addr === INNER[sender] && row.dst_addr === INNER[opposite(sender)],
    );

  describe.each(TUNNEL_TYPES)('%s', (type) => {
    const { id, protocol, port, overhead } = TUNNELS[type];
    const wanted = (sender: Host) => ({
      tunnel_type: TUNNEL_TYPE[type],
      tunnel_id: id,
      outer_src_addr: TUNNELS[type][sender],
      outer_dst_addr: TUNNELS[type][opposite(sender)],
      outer_dst_port: port,
      outer_proto: protocol,
    });
    const inTunnel = (from: string, sender: Host) =>
      of(from, sender).filter(({ tunnel }) => tunnel.tunnel_type === TUNNEL_TYPE[type]);

    it('IPFIX tells of what comes out of the tunnel, with the bytes of the packets inside', () => {
      const found = inTunnel(IPFIX, 'right').filter(({ direction }) => direction === DIRECTION.ingress);
      // Open vSwitch 3.1 gives no protocol with Geneve, where it is UDP as with VXLAN.
      expect(distinct(found)).toEqual([type === 'geneve' ? { ...wanted('right'), outer_proto: 0 } : wanted('right')]);
      expectNear(sum(found), sent(type, 'right'));
    });

    it('sFlow tells of what comes out of the tunnel, though the header it samples is the inner one', () => {
      const found = inTunnel(SFLOW, 'right');
      expect(distinct(found)).toEqual([wanted('right')]);
      expectNear(sum(found), sent(type, 'right'));
      expect(new Set(found.map(frameBytes))).toEqual(new Set([ETHERNET_HEADER + FRAME_CHECK]));
    });

    it('pmacctd’s sFlow of the cable tells of both directions, with the bytes of the frames outside', () => {
      for (const sender of ['left', 'right'] as const) {
        const found = inTunnel(CABLE_SFLOW, sender);
        expect(distinct(found)).toEqual([wanted(sender)]);
        expectNear(sum(found), sent(type, sender));
        expect(new Set(found.map(frameBytes))).toEqual(new Set([ETHERNET_HEADER + overhead + FRAME_CHECK]));
      }
    });
  });

  it('says of hardly a packet into which tunnel it goes, in userspace', () => {
    for (const from of [IPFIX, SFLOW]) {
      // Open vSwitch gives no egress records for its own tunnels there, and the tunnel of the first sFlow sample alone.
      const found = of(from, 'left').filter(
        ({ direction, tunnel }) => direction !== DIRECTION.egress && tunnel.tunnel_type === TUNNEL_TYPE.none,
      );
      expectNear(sum(found), sum(TUNNEL_TYPES.map((type) => sent(type, 'left'))));
    }
  });
});

const distinct = (rows: readonly TunnelRow[]) =>
  [...new Set(rows.map(({ tunnel }) => JSON.stringify(tunnel)))].map((text): unknown => JSON.parse(text));

const frameBytes = ({ bytes, bytes_l2 }: TunnelRow): number => bytes_l2 - bytes;

function sum(parts: readonly Measured[]): Measured {
  return {
    bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
    packets: parts.reduce((total, { packets }) => total + packets, 0),
  };
}

function expectNear(measured: Measured, truth: Measured): void {
  for (const counter of ['bytes', 'packets'] as const) {
    const off = Math.abs(difference(measured[counter], truth[counter]));
    expect(off, `${counter}: ${measured[counter]} of ${truth[counter]}`).toBeLessThan(UNSAMPLED_TOLERANCE);
  }
}
