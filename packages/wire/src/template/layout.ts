// Where each field of a template lies in its records. Records with variable-length fields are first rewritten to a fixed stride:
// runs of fixed-length fields are copied, a variable-length field becomes a slot of two words (position in the message, length).
// So one engine, column by column with a stride, reads both kinds.
import type { ElementKey } from '../ipfix/registry.ts';
import { fieldKey, SCRATCH_BYTES, SLOT_BYTES, type TemplateField, VARIABLE_LENGTH } from './template.ts';

export interface Slot {
  readonly key: ElementKey;
  /** From the record's beginning; of a variable field, where its slot is. */
  readonly offset: number;
  readonly length: number;
  readonly variable: boolean;
}

export interface Layout {
  /** Fields that have bytes, in template order. */
  readonly slots: readonly Slot[];
  /** Bytes from record to record as steps see them. */
  readonly stride: number;
  /** Bytes that the shortest record takes in the message. */
  readonly minimum: number;
  readonly variable: boolean;
  /** For variable records, what to do in order: n > 0 copies n bytes, -1 makes a slot. */
  readonly walk: Int32Array;
}

export function layOut(fields: readonly TemplateField[]): Layout {
  const slots: Slot[] = [];
  const walk: number[] = [];
  let offset = 0;
  let minimum = 0;
  for (const field of fields) {
    const variable = field.length === VARIABLE_LENGTH;
    if (field.length === 0) continue;
    slots.push({ key: fieldKey(field), offset, length: variable ? SLOT_BYTES : field.length, variable });
    offset += variable ? SLOT_BYTES : field.length;
    minimum += variable ? 1 : field.length;
    if (variable) walk.push(-1);
    else if (walk.length > 0 && walk[walk.length - 1] > 0) walk[walk.length - 1] += field.length;
    else walk.push(field.length);
  }
  return { slots, stride: offset, minimum, variable: walk.includes(-1), walk: Int32Array.from(walk) };
}

/** Rewritten records: at least one of any template that was not refused. */
export const scratch = new Uint8Array(SCRATCH_BYTES);
export const scratchView: DataView = new DataView(scratch.buffer);

export interface Gathered {
  records: number;
  /** Position after the last whole record. */
  next: number;
  /** A length pointed past the set's end. */
  broken: boolean;
}

const gathered: Gathered = { records: 0, next: 0, broken: false };

/** Rewrites records from `at` into `scratch` until the set ends or the scratch is full. The answer is reused. */
export function gather(layout: Layout, data: Uint8Array, at: number, end: number): Gathered {
  const { walk, stride, minimum } = layout;
  const room = Math.floor(scratch.length / stride);
  let records = 0;
  let next = at;
  let broken = false;
  while (records < room && end - next >= minimum) {
    let from = next;
    let to = records * stride;
    for (let w = 0; w < walk.length; w++) {
      const n = walk[w];
      if (n > 0) {
        if (from + n > end) {
          broken = true;
          break;
        }
        for (let i = 0; i < n; i++) scratch[to + i] = data[from + i];
        from += n;
        to += n;
        continue;
      }
      // RFC 7011 section 7: one byte of length, or 255 and two bytes.
      let length = from < end ? data[from++] : end;
      if (length === 255) {
        length = from + 2 <= end ? (data[from] << 8) | data[from + 1] : end;
        from += 2;
      }
      if (from + length > end) {
        broken = true;
        break;
      }
      scratchView.setUint32(to, from);
      scratchView.setUint32(to + 4, length);
      from += length;
      to += SLOT_BYTES;
    }
    if (broken) break;
    next = from;
    records++;
  }
  gathered.records = records;
  gathered.next = next;
  gathered.broken = broken;
  return gathered;
}
