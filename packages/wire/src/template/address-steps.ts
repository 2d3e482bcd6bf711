// Steps for addresses. A template may carry the IPv4 and the IPv6 element at once, zeros in the one not used: the first that is
// not zero counts.
import { type Field, IPV4_MAPPED_WORD, QUALITY } from '@weir/record';
import type { Slot } from './layout.ts';
import type { Step } from './run.ts';
import { lazily } from './scalar.ts';

/**
 * Steps that fill `field` from slots of 4 or 16 bytes; slots of other lengths are passed over. An end of the flow (`isEnd`) may be 0.0.0.0
 * (a DHCP client's); elsewhere, such as a next hop, that means none.
 */
export function addressSteps(field: Field<'addr'>, all: readonly Slot[], isEnd: boolean): Step[] {
  const slots = all.filter((slot) => !slot.variable && (slot.length === 4 || slot.length === 16));
  if (slots.length === 0) return [];
  if (slots.length === 1 && slots[0].length === 4 && !isEnd) return [lazily(field, slots, hopStep(field, slots[0]))];
  if (slots.length > 1 || !isEnd) return [lazily(field, slots, firstNonZero(field, slots, isEnd))];
  return [slots[0].length === 4 ? ipv4Step(field, slots[0]) : ipv6Step(field, slots[0])];
}

function ipv4Step(field: Field<'addr'>, slot: Slot): Step {
  const { offset } = slot;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + offset; row < end; row++, at += stride) {
      column[row * 4 + 2] = IPV4_MAPPED_WORD;
      column[row * 4 + 3] = view.getUint32(at, true);
    }
  };
}

/** Source and destination, both IPv4. */
export function ipv4EndsStep(source: Slot, destination: Slot): Step {
  const { offset: sourceAt } = source;
  const { offset: destinationAt } = destination;
  return ({ batch, view, start, stride, row: first, end }) => {
    const sources = batch.core.src_addr;
    const destinations = batch.core.dst_addr;
    for (let row = first, at = start; row < end; row++, at += stride) {
      sources[row * 4 + 2] = IPV4_MAPPED_WORD;
      sources[row * 4 + 3] = view.getUint32(at + sourceAt, true);
      destinations[row * 4 + 2] = IPV4_MAPPED_WORD;
      destinations[row * 4 + 3] = view.getUint32(at + destinationAt, true);
    }
  };
}

/** Source, destination and next hop, all IPv4: what routers send, so that it has a pass of its own. A next hop of 0.0.0.0 is none. */
export function ipv4PathStep(source: Slot, destination: Slot, hop: Slot): Step {
  const { offset: sourceAt } = source;
  const { offset: destinationAt } = destination;
  const { offset: hopAt } = hop;
  return ({ batch, view, start, stride, row: first, end }) => {
    const sources = batch.core.src_addr;
    const destinations = batch.core.dst_addr;
    const hops = batch.core.next_hop;
    for (let row = first, at = start; row < end; row++, at += stride) {
      const four = row * 4;
      sources[four + 2] = IPV4_MAPPED_WORD;
      sources[four + 3] = view.getUint32(at + sourceAt, true);
      destinations[four + 2] = IPV4_MAPPED_WORD;
      destinations[four + 3] = view.getUint32(at + destinationAt, true);
      const word = view.getUint32(at + hopAt, true);
      hops[four + 2] = word === 0 ? 0 : IPV4_MAPPED_WORD;
      hops[four + 3] = word;
    }
  };
}

/** IPv4 where 0.0.0.0 means none. */
function hopStep(field: Field<'addr'>, slot: Slot): Step {
  const { offset } = slot;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + offset; row < end; row++, at += stride) {
      const word = view.getUint32(at, true);
      column[row * 4 + 2] = word === 0 ? 0 : IPV4_MAPPED_WORD;
      column[row * 4 + 3] = word;
    }
  };
}

function ipv6Step(field: Field<'addr'>, slot: Slot): Step {
  const { offset } = slot;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    const quality = batch.core.quality;
    for (let row = first, at = start + offset; row < end; row++, at += stride) {
      const four = row * 4;
      column[four] = view.getUint32(at, true);
      column[four + 1] = view.getUint32(at + 4, true);
      column[four + 2] = view.getUint32(at + 8, true);
      column[four + 3] = view.getUint32(at + 12, true);
      if ((column[four] | column[four + 1] | column[four + 2] | column[four + 3]) === 0) {
        quality[row] |= QUALITY.address_unknown;
      }
    }
  };
}

function firstNonZero(field: Field<'addr'>, slots: readonly Slot[], isEnd: boolean): Step {
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    const quality = batch.core.quality;
    for (let row = first, record = start; row < end; row++, record += stride) {
      const found = writeFirst(column, row * 4, view, record, slots);
      if (!found && isEnd) quality[row] |= QUALITY.address_unknown;
    }
  };
}

/** Writes the first address that is not zero into the four words at `four`; says whether there was one. */
export function writeFirst(
  column: Uint32Array,
  four: number,
  view: DataView,
  record: number,
  slots: readonly Slot[],
): boolean {
  for (let s = 0; s < slots.length; s++) {
    const at = record + slots[s].offset;
    const w0 = view.getUint32(at, true);
    if (slots[s].length === 4) {
      if (w0 === 0) continue;
      column[four + 2] = IPV4_MAPPED_WORD;
      column[four + 3] = w0;
      return true;
    }
    const w1 = view.getUint32(at + 4, true);
    const w2 = view.getUint32(at + 8, true);
    const w3 = view.getUint32(at + 12, true);
    if ((w0 | w1 | w2 | w3) === 0) continue;
    column[four] = w0;
    column[four + 1] = w1;
    column[four + 2] = w2;
    column[four + 3] = w3;
    return true;
  }
  return false;
}
