// Takes the headers of one packet apart, down to the ports of the innermost flow, and writes what it finds to a row.
// Bounds: every reader checks the bytes it reads against `packet.end`, moves `packet.at` forward, and at most MAX_LAYERS run.
import { readIPv4, readIPv6 } from './ip.ts';
import { readEthernet, readEtherType, readMpls, readPpp } from './link.ts';
import { LAYER, type Layer, type Packet } from './packet.ts';
import { readGre, readTransport } from './transport.ts';

/** sFlow's `header_protocol` (sFlow version 5, "Packet Header Data"); those that are read. */
export const HEADER_PROTOCOL = { ethernet: 1, ppp: 7, ipv4: 11, ipv6: 12, mpls: 13 } as const;

/** Four nested tunnels over Ethernet fit; a packet built to nest for ever ends here. */
const MAX_LAYERS = 32;

/**
 * Reads the packet in `[start, end)` of the data that `packet` is bound to and fills the row given to `packet.begin`. Afterwards
 * `packet.quality`, `ipBytes` and `ipOffset` say how far it got. The innermost flow gets the row's addresses, ports, flags, MACs and
 * VLANs; the headers before the outermost tunnel get the `outer_` columns. Allocates nothing and never throws.
 */
export function dissect(packet: Packet, start: number, end: number, headerProtocol: number): void {
  packet.start = start;
  packet.at = start;
  packet.end = end;
  const layer = firstLayer(headerProtocol);
  if (layer === LAYER.end) packet.stop();
  readLayers(packet, layer);
}

/** The same for what lies behind an IP header: `[start, end)` begins with a header of this IP protocol. */
export function dissectTransport(packet: Packet, start: number, end: number, protocol: number): void {
  packet.start = start;
  packet.at = start;
  packet.end = end;
  packet.next = protocol;
  readLayers(packet, LAYER.transport);
}

function readLayers(packet: Packet, first: Layer): void {
  let layer = first;
  for (let layers = 0; layer !== LAYER.end; layers++) {
    layer = layers < MAX_LAYERS ? readLayer(packet, layer) : packet.stop();
  }
}

function firstLayer(headerProtocol: number): Layer {
  switch (headerProtocol) {
    case HEADER_PROTOCOL.ethernet:
      return LAYER.ethernet;
    case HEADER_PROTOCOL.ppp:
      return LAYER.ppp;
    case HEADER_PROTOCOL.ipv4:
      return LAYER.ipv4;
    case HEADER_PROTOCOL.ipv6:
      return LAYER.ipv6;
    case HEADER_PROTOCOL.mpls:
      return LAYER.mpls;
    default:
      return LAYER.end;
  }
}

function readLayer(packet: Packet, layer: Layer): Layer {
  switch (layer) {
    case LAYER.ethernet:
      return readEthernet(packet);
    case LAYER.etherType:
      return readEtherType(packet);
    case LAYER.ppp:
      return readPpp(packet);
    case LAYER.mpls:
      return readMpls(packet);
    case LAYER.ipv4:
      return readIPv4(packet);
    case LAYER.ipv6:
      return readIPv6(packet);
    case LAYER.transport:
      return readTransport(packet);
    case LAYER.gre:
      return readGre(packet);
    default:
      return LAYER.end;
  }
}
