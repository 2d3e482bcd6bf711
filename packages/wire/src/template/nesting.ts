// Templates that describe more than one header of a packet: an element occurs more than once, the outermost header's first (RFC 7011
// section 8), or the elements of IPv4 and of IPv6 both have addresses. Which of its headers a record fills shows only in the record.
import type { ElementKey } from '../ipfix/registry.ts';
import type { Slot } from './layout.ts';

type Slots = ReadonlyMap<ElementKey, readonly Slot[]>;

/** Elements of source and destination address, by family. */
const ADDRESSES: readonly (readonly [number, number])[] = [
  [8, 12],
  [27, 28],
];
const PROTOCOL = 4;
const NEXT_HEADER = 193;
const SRC_PORT = 7;
const DST_PORT = 11;

/**
 * Other elements of a packet's headers: addresses of layer 2, VLANs, EtherType, version, traffic class, hop limits, flow label, fragments,
 * prefix lengths, ports of TCP and UDP apart, flags, ICMP.
 */
const OTHERS: readonly ElementKey[] = [
  ...[56, 80, 57, 81, 58, 59, 243, 254, 245, 255, 256, 60, 5, 195, 192, 52, 53, 31, 54, 88, 197],
  ...[9, 13, 29, 30, 180, 181, 182, 183, 6, 32, 139, 176, 177, 178, 179],
];

/** Elements of an IPv6 segment routing header (RFC 9487). */
const SEGMENT_ROUTING: readonly ElementKey[] = [492, 493, 494, 495, 496, 497, 498, 499, 500, 501, 502];

/** What shows that a record has a header: its addresses, or where those do not repeat its protocol or its ports. */
export interface Header {
  readonly slots: readonly Slot[];
  /** Set where the addresses show it. */
  readonly addresses?: { readonly src: Slot | undefined; readonly dst: Slot | undefined; readonly ipv6: boolean };
}

/** Offsets of the addresses of a template that has each family once, as exporters have it that use one template for both. */
export interface BothFamilies {
  readonly src4: number;
  readonly dst4: number;
  readonly src6: number;
  readonly dst6: number;
}

export interface Nesting {
  /** Outermost first; two at least. */
  readonly headers: readonly Header[];
  /** The occurrences of each element that occurs more than once, addresses left out. */
  readonly repeated: readonly (readonly Slot[])[];
  readonly protocols: readonly Slot[];
  readonly nextHeaders: readonly Slot[];
  readonly srcPorts: readonly Slot[];
  readonly dstPorts: readonly Slot[];
  readonly segmentRouting: readonly Slot[];
  readonly bothFamilies: BothFamilies | undefined;
}

/** The headers that a template describes; undefined where it is one. */
export function nestingOf(slots: Slots): Nesting | undefined {
  const all = (key: ElementKey): readonly Slot[] => slots.get(key) ?? [];
  const protocols = all(PROTOCOL);
  const nextHeaders = all(NEXT_HEADER);
  const srcPorts = all(SRC_PORT);
  const dstPorts = all(DST_PORT);
  const headers = [addressHeaders(all), protocols.map(oneSlot), portHeaders(srcPorts, dstPorts)].find(
    (found) => found.length > 1,
  );
  if (headers === undefined) return undefined;
  return {
    headers,
    repeated: [PROTOCOL, NEXT_HEADER, SRC_PORT, DST_PORT, ...OTHERS].map(all).filter((found) => found.length > 1),
    protocols,
    nextHeaders,
    srcPorts,
    dstPorts,
    segmentRouting: SEGMENT_ROUTING.flatMap(all),
    bothFamilies: bothFamilies(headers),
  };
}

function bothFamilies(headers: readonly Header[]): BothFamilies | undefined {
  const ofFamily = (ipv6: boolean) => headers.find(({ addresses }) => addresses?.ipv6 === ipv6)?.addresses;
  const [four, six] = [ofFamily(false), ofFamily(true)];
  if (headers.length !== 2 || !four?.src || !four.dst || !six?.src || !six.dst) return undefined;
  return { src4: four.src.offset, dst4: four.dst.offset, src6: six.src.offset, dst6: six.dst.offset };
}

const oneSlot = (slot: Slot): Header => ({ slots: [slot] });

/** A header for each occurrence of a source or destination address, in the order of the template. */
function addressHeaders(all: (key: ElementKey) => readonly Slot[]): Header[] {
  return ADDRESSES.flatMap(([srcElement, dstElement]) => {
    const ipv6 = srcElement !== 8;
    const ofFamily = (slot: Slot) => !slot.variable && slot.length === (ipv6 ? 16 : 4);
    const sources = all(srcElement).filter(ofFamily);
    const destinations = all(dstElement).filter(ofFamily);
    return Array.from({ length: Math.max(sources.length, destinations.length) }, (_, index): Header => {
      const addresses = { src: sources[index], dst: destinations[index], ipv6 };
      return { slots: [addresses.src, addresses.dst].filter((slot) => slot !== undefined), addresses };
    });
  }).sort((a, b) => a.slots[0].offset - b.slots[0].offset);
}

function portHeaders(sources: readonly Slot[], destinations: readonly Slot[]): Header[] {
  const count = Math.max(sources.length, destinations.length);
  return Array.from({ length: count }, (_, index) => ({
    slots: [sources[index], destinations[index]].filter((slot) => slot !== undefined),
  }));
}
