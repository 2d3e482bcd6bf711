// Where a template has sections of a packet: the first bytes of a sampled frame or IP packet (RFC 7133 section 3, RFC 5477 section 8.5, and
// the layer 2 sections of NetFlow v9), with what says how to read them.
import type { ElementKey } from '../ipfix/registry.ts';
import type { Slot } from './layout.ts';

/** Sections of the frame: dataLinkFrameSection, and layer2packetSectionData, its predecessor in NetFlow v9. */
const FRAME_SECTIONS = [315, 104] as const;
/** ipHeaderPacketSection and ipPayloadPacketSection. */
const IP_SECTION = 313;
const PAYLOAD_SECTION = 314;
/** All elements that sectionOffset and sectionExportedOctets are about, mplsLabelStackSection and mplsPayloadPacketSection among them. */
const SECTIONS: readonly ElementKey[] = [...FRAME_SECTIONS, IP_SECTION, PAYLOAD_SECTION, 316, 317];
/** sectionOffset, and layer2packetSectionOffset of NetFlow v9. */
const OFFSETS = [409, 102] as const;
const EXPORTED_OCTETS = 410;
/** dataLinkFrameSize, and layer2packetSectionSize of NetFlow v9. */
const FRAME_SIZES = [312, 103] as const;
/** dataLinkFrameType. */
const FRAME_TYPE = 408;

type Slots = ReadonlyMap<ElementKey, readonly Slot[]>;

export interface Section {
  readonly slot: Slot;
  /** How many bytes of the packet come before it. */
  readonly offset: Slot | undefined;
  /** How many of its bytes are the packet's, where it is padded. */
  readonly exported: Slot | undefined;
}

/** What a template has of a packet. */
export interface PacketSections {
  readonly frame: Section | undefined;
  readonly ip: Section | undefined;
  readonly payload: Section | undefined;
  readonly frameType: Slot | undefined;
  readonly frameSize: Slot | undefined;
}

/** The sections that a template has; undefined where it has none that is read. */
export function packetSections(slots: Slots): PacketSections | undefined {
  const inOrder = (keys: readonly ElementKey[]) =>
    keys.flatMap((key) => slots.get(key) ?? []).sort((a, b) => a.offset - b.offset);
  const all = inOrder(SECTIONS);
  // RFC 7133 section 3: the first offset is the first section's, and so on; sections beyond have none.
  const offsets = inOrder(OFFSETS);
  const exported = inOrder([EXPORTED_OCTETS]);
  const find = (...keys: readonly ElementKey[]): Section | undefined => {
    const index = all.findIndex(({ key }) => keys.includes(key));
    return index < 0 ? undefined : { slot: all[index], offset: offsets[index], exported: exported[index] };
  };
  const frame = find(...FRAME_SECTIONS);
  const ip = find(IP_SECTION);
  const payload = find(PAYLOAD_SECTION);
  const frameType = slots.get(FRAME_TYPE)?.[0];
  const frameSize = inOrder(FRAME_SIZES)[0];
  const none = frame === undefined && ip === undefined && payload === undefined;
  return none ? undefined : { frame, ip, payload, frameType, frameSize };
}
