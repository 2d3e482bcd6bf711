// What tshark makes of a capture: the independent reading that Weir's is compared with.
import { spawnSync } from 'node:child_process';
import { programPath } from '../needs.ts';
import { type ReadFlow, withoutIcmpPorts } from './read-flow.ts';

/** Largest JSON taken from tshark, in bytes. */
const MAX_OUTPUT = 1 << 29;

/** What `ipv6.plen` leaves out, in bytes. */
const IPV6_HEADER = 40;
const TCP = '6';
const VXLAN_PORT = '4789';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

interface Packet {
  readonly _source: { readonly layers: { readonly [layer: string]: Json } };
}

/** One message as tshark reads it. */
export interface TsharkMessage {
  /** Address the datagram came from. */
  readonly from: string;
  /** The datagram itself. */
  readonly data: Uint8Array;
  readonly flows: readonly ReadFlow[];
}

/**
 * Reads a pcap file with tshark: messages in order, each with the flow records that have addresses or counters (options
 * data does not). NetFlow and IPFIX are expected on ports 2055 and 4739, sFlow on 6343.
 */
export function readWithTshark(pcap: string): TsharkMessage[] {
  const result = spawnSync(
    programPath('tshark') ?? 'tshark',
    [
      ...['-r', pcap, '-T', 'json', '--no-duplicate-keys'],
      ...['-d', 'udp.port==2055,cflow', '-d', 'udp.port==4739,cflow', '-d', 'udp.port==6343,sflow'],
      // Open vSwitch's templates have up to 70 fields; by default tshark ignores templates of more than 60.
      ...['-o', 'cflow.max_template_fields:0'],
    ],
    { encoding: 'utf8', maxBuffer: MAX_OUTPUT },
  );
  if (result.status !== 0) throw new Error(`tshark cannot read ${pcap}: ${result.stderr}`);
  return (JSON.parse(result.stdout) as Packet[]).map(({ _source: { layers } }) => {
    const flows: ReadFlow[] = [];
    if (layers.cflow !== undefined) collectRecords(layers.cflow, flows);
    if (layers.sflow !== undefined) collectSamples(layers, flows);
    const payload = text(at(layers.udp, 'udp.payload')) ?? '';
    const data = Uint8Array.from(Buffer.from(payload.replaceAll(':', ''), 'hex'));
    return { from: text(at(layers.ip, 'ip.src')) ?? '', data, flows };
  });
}

/** NetFlow and IPFIX: every `pdu n/m` (v5) and `Flow n` (v9, IPFIX) in the tree. */
function collectRecords(node: Json, flows: ReadFlow[]): void {
  for (const [name, child] of children(node)) {
    if (!/^(pdu|Flow) \d/.test(name)) {
      collectRecords(child, flows);
      continue;
    }
    for (const record of Array.isArray(child) ? (child as readonly Json[]) : [child]) {
      const flow = recordFlow(record);
      if (Object.keys(flow).length > 0) flows.push(flow);
    }
  }
}

function recordFlow(record: Json): ReadFlow {
  const first = (...names: string[]) =>
    names.map((name) => text(at(record, name))).find((value) => value !== undefined);
  const both = number(first('cflow.icmp_type_code_ipv4'));
  const flow = compact({
    src_addr: first('cflow.srcaddr', 'cflow.srcaddrv6'),
    dst_addr: first('cflow.dstaddr', 'cflow.dstaddrv6'),
    src_port: number(first('cflow.srcport')),
    dst_port: number(first('cflow.dstport')),
    icmp_type: number(first('cflow.icmp_ipv4_type', 'cflow.icmp_ipv6_type')) ?? (both && both >> 8),
    icmp_code: number(first('cflow.icmp_ipv4_code', 'cflow.icmp_ipv6_code')) ?? (both && both & 0xff),
    proto: number(first('cflow.protocol', 'cflow.ipv6_next_hdr')),
    bytes: number(first('cflow.octets', 'cflow.permanent_octets')),
    packets: number(first('cflow.packets', 'cflow.permanent_packets')),
  });
  return withoutIcmpPorts(flow);
}

/**
 * sFlow: every flow sample with a header that tshark took apart. Counters are one packet and its length from the IP header on. What
 * is in a VXLAN tunnel tshark puts beside the sFlow layer, packet after packet, behind the headers of the datagram itself.
 */
function collectSamples(layers: { readonly [layer: string]: Json }, flows: ReadFlow[]): void {
  const inner = { ip: list(layers.ip).slice(1), tcp: list(layers.tcp), udp: list(layers.udp).slice(1) };
  for (const [name, child] of children(layers.sflow)) {
    if (!/^(Expanded )?[Ff]low sample/.test(name)) continue;
    for (const sample of Array.isArray(child) ? (child as readonly Json[]) : [child]) {
      const header = children(sample).find(([record]) => record.startsWith('Raw packet header'))?.[1];
      const packet = at(header, 'sflow_245.header_tree');
      if (packet === undefined) continue;
      let ip = at(packet, 'ip') ?? at(packet, 'ipv6');
      let protocol: 'tcp' | 'udp' = at(packet, 'tcp') === undefined ? 'udp' : 'tcp';
      let ports = at(packet, protocol);
      if (text(at(ports, 'udp.dstport')) === VXLAN_PORT) {
        ip = inner.ip.shift();
        protocol = text(at(ip, 'ip.proto')) === TCP ? 'tcp' : 'udp';
        ports = inner[protocol].shift();
      }
      const payload6 = number(text(at(ip, 'ipv6.plen')));
      const length = payload6 === undefined ? number(text(at(ip, 'ip.len'))) : payload6 + IPV6_HEADER;
      flows.push(
        compact({
          src_addr: text(at(ip, 'ip.src')) ?? text(at(ip, 'ipv6.src')),
          dst_addr: text(at(ip, 'ip.dst')) ?? text(at(ip, 'ipv6.dst')),
          src_port: number(text(at(ports, `${protocol}.srcport`))),
          dst_port: number(text(at(ports, `${protocol}.dstport`))),
          proto: number(text(at(ip, 'ip.proto')) ?? text(at(ip, 'ipv6.nxt'))),
          bytes: length,
          packets: 1,
        }),
      );
    }
  }
}

function children(node: Json | undefined): [string, Json][] {
  if (Array.isArray(node)) return node.flatMap((item: Json) => children(item));
  return typeof node === 'object' && node !== null ? Object.entries(node as { [name: string]: Json }) : [];
}

function at(node: Json | undefined, name: string): Json | undefined {
  return children(node).find(([key]) => key === name)?.[1];
}

/** The layers of a name: none, one or several. */
function list(layer: Json | undefined): Json[] {
  if (layer === undefined) return [];
  return Array.isArray(layer) ? [...(layer as readonly Json[])] : [layer];
}

/** The text of a value; of one that occurs several times in a record, the first. */
function text(value: Json | undefined): string | undefined {
  const one = Array.isArray(value) ? (value as readonly Json[])[0] : value;
  return typeof one === 'string' ? one : undefined;
}

function number(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function compact(flow: { [F in keyof ReadFlow]: ReadFlow[F] | undefined }): ReadFlow {
  return Object.fromEntries(Object.entries(flow).filter(([, value]) => value !== undefined));
}
