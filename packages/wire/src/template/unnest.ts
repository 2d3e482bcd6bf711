// Records of a packet in a packet, made records of the inner one: the plan of the template then reads one header, whichever the record
// filled. The outer header goes to the `outer_` columns. Works on a copy of the records.
import { FIELD, IPV4_MAPPED_WORD, isAbsent, TUNNEL_TYPE } from '@weir/record';
import { tunnelType } from '../packet/tunnel-type.ts';
import type { Slot } from './layout.ts';
import type { BothFamilies, Header, Nesting } from './nesting.ts';
import { lowWord, type Run } from './run.ts';

const IPIP = 4;
const IPV6 = 41;
/** IP protocols that carry a packet: IPv4, IPv6, a routing header before it, GRE, Ethernet in IP, L2TP, MPLS, Ethernet after a routing header. */
const CARRIERS: ReadonlySet<number> = new Set([IPIP, IPV6, 43, 47, 97, 115, 137, 143]);

/** Places of the outer and the inner header among those of the template. One object, reused. */
const found = { outer: 0, inner: 0 };

/** Whether some of the records at `run.start` are of a packet in a packet. */
export function hasNested(run: Run, nesting: Nesting, records: number): boolean {
  const { bothFamilies } = nesting;
  if (bothFamilies !== undefined && !fillsBoth(run, bothFamilies, records)) return false;
  for (let i = 0, record = run.start; i < records; i++, record += run.stride) {
    if (findHeaders(run, nesting, record)) return true;
  }
  return false;
}

/** Whether some record has addresses of both families: a quick look, as nearly all records of such templates have one. */
function fillsBoth({ view, start, stride }: Run, { src4, dst4, src6, dst6 }: BothFamilies, records: number): boolean {
  for (let i = 0, at = start; i < records; i++, at += stride) {
    if ((view.getUint32(at + src4) | view.getUint32(at + dst4)) === 0) continue;
    const source =
      view.getUint32(at + src6) |
      view.getUint32(at + src6 + 4) |
      view.getUint32(at + src6 + 8) |
      view.getUint32(at + src6 + 12);
    const destination =
      view.getUint32(at + dst6) |
      view.getUint32(at + dst6 + 4) |
      view.getUint32(at + dst6 + 8) |
      view.getUint32(at + dst6 + 12);
    if ((source | destination) !== 0) return true;
  }
  return false;
}

/** Rewrites the records at `run.start` of `run.data`, which become the batch's next rows. */
export function unnest(run: Run, nesting: Nesting, records: number): void {
  const first = run.batch.length;
  for (let i = 0, record = run.start; i < records; i++, record += run.stride) {
    if (!findHeaders(run, nesting, record)) continue;
    writeOuter(run, nesting, record, first + i);
    keepInner(run, nesting, record);
  }
}

/** Finds the first and the last header that the record fills; false where it is one, or the same twice. */
function findHeaders(run: Run, nesting: Nesting, record: number): boolean {
  const { headers } = nesting;
  let outer = -1;
  let inner = -1;
  for (let h = 0; h < headers.length; h++) {
    if (!isFilled(run, headers[h], record)) continue;
    if (outer < 0) outer = h;
    inner = h;
  }
  if (outer === inner) return false;
  found.outer = outer;
  found.inner = inner;
  if (isSwapped(run, nesting, record)) {
    found.outer = inner;
    found.inner = outer;
  }
  return differ(run, nesting, record);
}

function isFilled(run: Run, { slots, addresses }: Header, record: number): boolean {
  for (let s = 0; s < slots.length; s++) {
    const slot = slots[s];
    if (addresses === undefined) {
      if (lowWord(run, slot, record) !== 0) return true;
      continue;
    }
    const at = record + slot.offset;
    if (run.view.getUint32(at) !== 0) return true;
    if (slot.length === 4) continue;
    const { view } = run;
    if ((view.getUint32(at + 4) | view.getUint32(at + 8) | view.getUint32(at + 12)) !== 0) return true;
  }
  return false;
}

/**
 * Elements of different families have no order by RFC 7011: theirs in the template is believed, but for what the packet says. A protocol
 * of 4 or 41 says what is inside, and a segment routing header belongs to an IPv6 header outside.
 */
function isSwapped(run: Run, nesting: Nesting, record: number): boolean {
  const innerIs6 = nesting.headers[found.inner].addresses?.ipv6;
  if (innerIs6 === undefined || innerIs6 === nesting.headers[found.outer].addresses?.ipv6) return false;
  const protocol = valueAt(run, nesting.protocols, 0, record) || valueAt(run, nesting.nextHeaders, 0, record);
  if (protocol === IPIP) return innerIs6;
  if (protocol === IPV6) return !innerIs6;
  return innerIs6 && hasSegmentRouting(run, nesting, record);
}

/**
 * The same header twice, from an exporter that fills both elements, is no tunnel; nor is a header whose source is in one element and its
 * destination in another.
 */
function differ(run: Run, { headers, repeated }: Nesting, record: number): boolean {
  const outer = headers[found.outer];
  const inner = headers[found.inner];
  if (outer.addresses !== undefined && inner.addresses !== undefined) {
    const src = compareAddresses(run, outer.addresses.src, inner.addresses.src, record);
    const dst = compareAddresses(run, outer.addresses.dst, inner.addresses.dst, record);
    if (src === DIFFERENT || dst === DIFFERENT) return true;
    if (src !== SAME && dst !== SAME) return false;
  }
  for (let r = 0; r < repeated.length; r++) {
    const slots = repeated[r];
    const inside = lowWord(run, slots[occurrence(slots, headers.length, found.inner, slots.length - 1)], record);
    if (inside !== 0 && inside !== lowWord(run, slots[occurrence(slots, headers.length, found.outer, 0)], record))
      return true;
  }
  return false;
}

/**
 * Which occurrence of an element a header has: its own where there are as many as headers and they stand in the same order, else the first
 * for the outer one and the last for the inner one (`otherwise`).
 */
function occurrence(slots: readonly Slot[], headers: number, header: number, otherwise: number): number {
  return slots.length === headers && found.outer < found.inner ? header : otherwise;
}

const one = new Uint32Array(4);
const other = new Uint32Array(4);

const [INCOMPLETE, SAME, DIFFERENT] = [0, 1, 2];

/** Whether two elements have the same address or different ones; INCOMPLETE unless both have one. */
function compareAddresses(run: Run, a: Slot | undefined, b: Slot | undefined, record: number): number {
  if (a === undefined || b === undefined) return INCOMPLETE;
  copyAddress(run, a, record, one, 0);
  copyAddress(run, b, record, other, 0);
  if (isAbsent(one, 0) || isAbsent(other, 0)) return INCOMPLETE;
  const same = one[0] === other[0] && one[1] === other[1] && one[2] === other[2] && one[3] === other[3];
  return same ? SAME : DIFFERENT;
}

function copyAddress({ view }: Run, slot: Slot, record: number, column: Uint32Array, four: number): void {
  const at = record + slot.offset;
  if (slot.length === 4) {
    const word = view.getUint32(at, true);
    column[four] = 0;
    column[four + 1] = 0;
    column[four + 2] = word === 0 ? 0 : IPV4_MAPPED_WORD;
    column[four + 3] = word;
  } else for (let word = 0; word < 4; word++) column[four + word] = view.getUint32(at + word * 4, true);
}

function writeOuter(run: Run, nesting: Nesting, record: number, row: number): void {
  const { batch } = run;
  const { headers, srcPorts, dstPorts } = nesting;
  const { addresses } = headers[found.outer];
  if (addresses?.src !== undefined) copyAddress(run, addresses.src, record, batch.use(FIELD.outer_src_addr), row * 4);
  if (addresses?.dst !== undefined) copyAddress(run, addresses.dst, record, batch.use(FIELD.outer_dst_addr), row * 4);
  const protocol = outerProtocol(run, nesting, record);
  if (protocol !== 0) batch.use(FIELD.outer_proto)[row] = protocol;
  let dstPort = 0;
  if (srcPorts.length > 1) {
    const at = occurrence(srcPorts, headers.length, found.outer, 0);
    batch.use(FIELD.outer_src_port)[row] = lowWord(run, srcPorts[at], record);
  }
  if (dstPorts.length > 1) {
    dstPort = lowWord(run, dstPorts[occurrence(dstPorts, headers.length, found.outer, 0)], record);
    batch.use(FIELD.outer_dst_port)[row] = dstPort;
  }
  const outside6 = addresses?.ipv6 === true;
  const segments = outside6 && hasSegmentRouting(run, nesting, record);
  batch.use(FIELD.tunnel_type)[row] = segments ? TUNNEL_TYPE.srv6 : tunnelType(protocol, dstPort);
}

/** The outer header's protocol; 0 where the record has only the inner one's. Takes it out of the record where it stands alone. */
function outerProtocol(run: Run, { headers, protocols, nextHeaders }: Nesting, record: number): number {
  if (protocols.length > 1)
    return valueAt(run, protocols, occurrence(protocols, headers.length, found.outer, 0), record);
  if (nextHeaders.length > 1) {
    return valueAt(run, nextHeaders, occurrence(nextHeaders, headers.length, found.outer, 0), record);
  }
  const protocol = valueAt(run, protocols, 0, record);
  const nextHeader = valueAt(run, nextHeaders, 0, record);
  const both = protocol !== 0 && nextHeader !== 0;
  // With both elements each is of the header of its family.
  const isNextHeader = both ? headers[found.outer].addresses?.ipv6 === true : protocol === 0;
  const outer = isNextHeader ? nextHeaders : protocols;
  const value = valueAt(run, outer, 0, record);
  if (!both && !CARRIERS.has(value)) return 0;
  clear(run, outer[0], record);
  return value;
}

function valueAt(run: Run, slots: readonly Slot[], index: number, record: number): number {
  return index < slots.length ? lowWord(run, slots[index], record) : 0;
}

function hasSegmentRouting(run: Run, { segmentRouting }: Nesting, record: number): boolean {
  for (let s = 0; s < segmentRouting.length; s++) {
    const slot = segmentRouting[s];
    const at = record + slot.offset;
    if (slot.variable && run.view.getUint32(at + 4) > 0) return true;
    if (slot.variable) continue;
    for (let i = 0; i < slot.length; i++) if (run.data[at + i] !== 0) return true;
  }
  return false;
}

/** Leaves of each element only the inner header's, where the plan looks first. */
function keepInner(run: Run, { headers, repeated }: Nesting, record: number): void {
  for (let h = 0; h < headers.length; h++) {
    if (h === found.inner || headers[h].addresses === undefined) continue;
    for (const slot of headers[h].slots) clear(run, slot, record);
  }
  for (let r = 0; r < repeated.length; r++) {
    const slots = repeated[r];
    const inner = occurrence(slots, headers.length, found.inner, slots.length - 1);
    const moved = inner > 0 && move(run, slots[inner], slots[0], record);
    for (let s = 0; s < slots.length; s++) if (s !== (moved ? 0 : inner)) clear(run, slots[s], record);
  }
}

/** Copies what is in one slot to another; false where one is of variable length and the other not. */
function move(run: Run, from: Slot, to: Slot, record: number): boolean {
  if (from.variable !== to.variable) return false;
  clear(run, to, record);
  // Numbers of different lengths have their low bytes at the end.
  const bytes = Math.min(from.length, to.length);
  const end = record + from.offset + from.length;
  run.data.copyWithin(record + to.offset + to.length - bytes, end - bytes, end);
  return true;
}

function clear({ data }: Run, slot: Slot, record: number): void {
  data.fill(0, record + slot.offset, record + slot.offset + slot.length);
}
