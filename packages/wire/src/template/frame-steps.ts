// The step for records that carry the first bytes of a sampled packet instead of its fields. They are taken apart like an sFlow header,
// and what the packet says goes before what other elements of the record say.
import { FIELD, QUALITY } from '@weir/record';
import { dissect, dissectTransport, HEADER_PROTOCOL } from '../packet/dissect.ts';
import { Packet } from '../packet/packet.ts';
import { viewOf } from '../view.ts';
import type { PacketSections, Section } from './packet-sections.ts';
import { lowWord, type Run, type Step } from './run.ts';

/** dataLinkFrameType of an Ethernet frame, which it is where nothing is said. */
const ETHERNET = 1;
/** No header protocol of sFlow's. */
const UNKNOWN = 0;

/** Where a section lies, and whether it begins where the packet's headers do. One object, reused. */
const place: { view: DataView; start: number; end: number; atHeader: boolean } = {
  view: new DataView(new ArrayBuffer(0)),
  start: 0,
  end: 0,
  atHeader: true,
};
let shared: Packet | undefined;

/**
 * The step that takes the packets apart. `lengthWanted`: nothing else in the template counts bytes, so that the row's `bytes_sampled` is
 * the length in the packet's IP header.
 */
export function frameStep(sections: PacketSections, lengthWanted: boolean): Step {
  return (run) => {
    const { batch, context } = run;
    shared ??= new Packet(batch);
    const packet = shared;
    const message = viewOf(run.message);
    packet.bindView(message, batch, context.packetDetail ?? true);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      packet.begin(row, true);
      const atHand = readSections(run, sections, packet, message, row, record);
      const { quality, bytes_sampled } = batch.core;
      // What other elements lack or say of addresses and ICMP is void where the packet has it.
      if (packet.ipOffset >= 0) quality[row] &= ~(QUALITY.address_unknown | QUALITY.icmp_given);
      quality[row] |= packet.quality;
      if (packet.detail && atHand > 0) batch.use(FIELD.header_bytes)[row] = atHand;
      if (lengthWanted) bytes_sampled[row * 2] = packet.ipBytes > 0 ? packet.ipBytes : atHand;
    }
  };
}

/** Reads a record's sections, the frame before the rest. Answers how many bytes of the packet were at hand. */
function readSections(
  run: Run,
  sections: PacketSections,
  packet: Packet,
  message: DataView,
  row: number,
  record: number,
): number {
  const { frame, ip, payload, frameType, frameSize } = sections;
  if (frame !== undefined) {
    locate(run, frame, message, record);
    // A section of fixed length has padding behind a short frame.
    const frameBytes = frameSize === undefined ? 0 : lowWord(run, frameSize, record);
    if (frameBytes > 0) place.end = Math.min(place.end, place.start + frameBytes);
    const type = frameType === undefined ? 0 : lowWord(run, frameType, record);
    const readable = place.atHeader && (type === 0 || type === ETHERNET);
    packet.view = place.view;
    dissect(packet, place.start, place.end, readable ? HEADER_PROTOCOL.ethernet : UNKNOWN);
    return place.end - place.start;
  }
  let bytes = 0;
  if (ip !== undefined) {
    locate(run, ip, message, record);
    packet.view = place.view;
    dissect(
      packet,
      place.start,
      place.end,
      place.atHeader && place.end > place.start ? versionAt(place.start) : UNKNOWN,
    );
    bytes = place.end - place.start;
    // With the payload in a section of its own, this one may end with the IP header.
    if (packet.ipOffset < 0 || packet.at < place.end) return bytes;
  }
  if (payload === undefined) return bytes;
  locate(run, payload, message, record);
  if (!place.atHeader) {
    packet.stop();
    return bytes;
  }
  packet.view = place.view;
  packet.quality &= ~QUALITY.dissected_partly;
  dissectTransport(packet, place.start, place.end, ip === undefined ? run.batch.core.proto[row] : packet.next);
  return bytes + place.end - place.start;
}

function locate(run: Run, { slot, offset, exported }: Section, message: DataView, record: number): void {
  const at = record + slot.offset;
  place.view = slot.variable ? message : run.view;
  place.start = slot.variable ? run.view.getUint32(at) : at;
  const length = slot.variable ? run.view.getUint32(at + 4) : slot.length;
  place.end = place.start + (exported === undefined ? length : Math.min(length, lowWord(run, exported, record)));
  place.atHeader = offset === undefined || lowWord(run, offset, record) === 0;
}

/** What begins at `at` of the place's view, as sFlow numbers it. */
function versionAt(at: number): number {
  const version = place.view.getUint8(at) >> 4;
  if (version === 4) return HEADER_PROTOCOL.ipv4;
  return version === 6 ? HEADER_PROTOCOL.ipv6 : UNKNOWN;
}
