// Which end opened a connection, and how sure that is. Exporters rarely say; these are the signs, best first.
import { CLIENT_EVIDENCE, CLIENT_SIDE, type FlowBatch } from '@weir/record';

const TCP = 6;
const UDP = 17;
const SCTP = 132;

const SYN = 0x02;
const ACK = 0x10;
/** FIN, SYN, RST, PSH, ACK. */
const HANDSHAKE_MASK = 0x1f;

/**
 * Ports above 1023 that servers in and around clusters listen on: registered with IANA or the default of widely used software.
 * Ports below 1024 are the system ports of RFC 6335 and count all.
 */
const SERVER_PORTS = [
  1433, 1521, 1883, 2049, 2055, 2181, 2375, 2376, 2379, 2380, 3000, 3100, 3128, 3260, 3306, 3389, 4222, 4317, 4318,
  4739, 4789, 5000, 5044, 5432, 5601, 5672, 5985, 6081, 6343, 6379, 6443, 6641, 6642, 7000, 8000, 8080, 8081, 8086,
  8088, 8123, 8200, 8443, 8472, 8500, 8888, 9000, 9042, 9090, 9091, 9092, 9093, 9100, 9153, 9200, 9300, 9443, 10250,
  10257, 10259, 11211, 15672, 26379, 27017, 50051,
];

/** A byte for every port: 1 where a server is likely to listen. */
export function serverPorts(more: Iterable<number> = []): Uint8Array<ArrayBuffer> {
  const ports = new Uint8Array(65_536).fill(1, 1, 1024);
  for (const port of SERVER_PORTS) ports[port] = 1;
  for (const port of more) ports[port] = 1;
  return ports;
}

/** Whether a protocol has ports that tell a server. */
export function hasPorts(proto: number): boolean {
  return proto === TCP || proto === UDP || proto === SCTP;
}

/** Side and evidence in one number: `side | evidence << 2`. */
const verdict = (side: number, evidence: number): number => side | (evidence << 2);

const SRC_BY_FLAGS = verdict(CLIENT_SIDE.src, CLIENT_EVIDENCE.tcp_flags);
const DST_BY_FLAGS = verdict(CLIENT_SIDE.dst, CLIENT_EVIDENCE.tcp_flags);
const SRC_BY_SERVICE = verdict(CLIENT_SIDE.src, CLIENT_EVIDENCE.service);
const DST_BY_SERVICE = verdict(CLIENT_SIDE.dst, CLIENT_EVIDENCE.service);
/**
 * What two different ports tell, by `(server-likeness of dst - that of src + 1) * 2 + (dst below src)`. A table, because the
 * branches it stands for cannot be predicted.
 */
const BY_PORTS = Uint8Array.of(
  verdict(CLIENT_SIDE.dst, CLIENT_EVIDENCE.well_known_port),
  verdict(CLIENT_SIDE.dst, CLIENT_EVIDENCE.well_known_port),
  verdict(CLIENT_SIDE.dst, CLIENT_EVIDENCE.lower_port),
  verdict(CLIENT_SIDE.src, CLIENT_EVIDENCE.lower_port),
  verdict(CLIENT_SIDE.src, CLIENT_EVIDENCE.well_known_port),
  verdict(CLIENT_SIDE.src, CLIENT_EVIDENCE.well_known_port),
);

/**
 * The end that opened the flow, `side | evidence << 2`, 0 when nothing tells.
 * `flags` are those of all packets OR-ed, which is why SYN without ACK is evidence (only the opener's first packets look so)
 * and SYN with ACK is not, unless the record is of one packet: then it is the server's answer.
 * `service` is 1 when the destination is a service at that port, 2 when the source is.
 */
function clientSide(
  flags: number,
  onePacket: boolean,
  service: number,
  srcPort: number,
  dstPort: number,
  servers: Uint8Array,
): number {
  const handshake = flags & HANDSHAKE_MASK;
  if ((handshake & (SYN | ACK)) === SYN) return SRC_BY_FLAGS;
  if (onePacket && handshake === (SYN | ACK)) return DST_BY_FLAGS;
  if (service !== 0) return service === 1 ? SRC_BY_SERVICE : DST_BY_SERVICE;
  if (srcPort === dstPort || srcPort === 0 || dstPort === 0) return 0;
  return BY_PORTS[(servers[dstPort] - servers[srcPort] + 1) * 2 + ((dstPort - srcPort) >>> 31)];
}

/**
 * Fills client_side and client_evidence in the rows [from, to) that have none from their exporter. `through[row - from]` is
 * `clientSide`'s `service`; `servers` is a byte for every port.
 */
export function fillClientSide(
  batch: FlowBatch,
  from: number,
  to: number,
  through: Uint8Array,
  servers: Uint8Array,
): void {
  const protos = batch.core.proto;
  const flags = batch.core.tcp_flags;
  const srcPorts = batch.core.src_port;
  const dstPorts = batch.core.dst_port;
  const packets = batch.core.packets_sampled;
  const client = batch.core.client_side;
  const evidence = batch.core.client_evidence;
  for (let row = from; row < to; row++) {
    const proto = protos[row];
    if (client[row] !== 0 || !hasPorts(proto)) continue;
    const onePacket = packets[row * 2] === 1 && packets[row * 2 + 1] === 0;
    const tcp = proto === TCP ? flags[row] : 0;
    const side = clientSide(tcp, onePacket, through[row - from], srcPorts[row], dstPorts[row], servers);
    client[row] = side & 3;
    evidence[row] = side >>> 2;
  }
}
