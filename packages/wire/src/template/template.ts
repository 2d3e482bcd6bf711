// Templates as they come from the wire: NetFlow v9 (RFC 3954 section 5.2 and 6.1) and IPFIX (RFC 7011 section 3.4) say the same
// with slightly different bytes.
import { type ElementKey, elementKey } from '../ipfix/registry.ts';
import type { Usage } from '../usage.ts';
import type { TemplateLimits } from './limits.ts';
import type { Plan } from './plan.ts';

/** Field length that says that each record carries its own (RFC 7011 section 7). H3C uses it in NetFlow v9 too. */
export const VARIABLE_LENGTH = 0xffff;

/** Template ids below are set ids. */
export const FIRST_TEMPLATE_ID = 256;

/** Bytes that stand for a variable-length field in a rewritten record (see layout.ts), and room for such records. */
export const SLOT_BYTES = 8;
export const SCRATCH_BYTES = 65_536;

export interface TemplateField {
  /** Private enterprise number, 0 for IANA. */
  readonly enterprise: number;
  readonly id: number;
  /** Bytes, or VARIABLE_LENGTH. */
  readonly length: number;
}

/** How the two protocols differ in their sets. */
export interface Framing {
  readonly templateSet: number;
  readonly optionsSet: number;
  /** IPFIX marks elements of an enterprise by the id's high bit and counts scope fields; v9 gives lengths in bytes. */
  readonly ipfix: boolean;
}

export class Template implements Usage {
  readonly id: number;
  readonly fields: readonly TemplateField[];
  /** Whether its records are options data. */
  readonly options: boolean;
  /** The template record as it came, to tell a refresh from a redefinition. */
  readonly raw: Uint8Array;
  /** When it last came, ms since 1970. */
  updated = 0;
  /** When it first came, and when it last came or had data, by the StateClock. */
  learnt = 0;
  used = 0;
  /** Whether it has had data. */
  read = false;
  /** Compiled when the first data set needs it. */
  plan: Plan | undefined;

  constructor(id: number, fields: readonly TemplateField[], options: boolean, raw: Uint8Array) {
    this.id = id;
    this.fields = fields;
    this.options = options;
    this.raw = raw;
  }

  matches(data: Uint8Array, start: number, end: number): boolean {
    if (end - start !== this.raw.length) return false;
    for (let i = 0; i < this.raw.length; i++) if (this.raw[i] !== data[start + i]) return false;
    return true;
  }
}

export function fieldKey(field: TemplateField): ElementKey {
  return elementKey(field.enterprise, field.id);
}

/** What is known of a template record before its fields are read. */
export interface TemplateHeader {
  readonly id: number;
  /** Where its fields begin. */
  readonly fieldsAt: number;
  /** One past its last byte; -1 when the set ends before. */
  readonly next: number;
  /** Zero fields: a withdrawal in IPFIX (RFC 7011 section 8.1), nonsense in v9. */
  readonly fieldCount: number;
  /** NetFlow v9 options templates: bytes of the fields that are scopes. */
  readonly scopeBytes: number;
}

/** Reads the header of the template record at `at` and finds its end. */
export function readTemplateHeader(
  view: DataView,
  at: number,
  end: number,
  options: boolean,
  framing: Framing,
): TemplateHeader {
  const id = view.getUint16(at);
  const count = view.getUint16(at + 2);
  if (options && !framing.ipfix) {
    const optionBytes = at + 6 <= end ? view.getUint16(at + 4) : 0;
    const next = at + 6 + count + optionBytes;
    return {
      id,
      fieldsAt: at + 6,
      next: at + 6 <= end && next <= end ? next : -1,
      fieldCount: (count + optionBytes) >> 2,
      scopeBytes: count,
    };
  }
  // IPFIX options templates have the scope field count here; a withdrawal (count 0) has not.
  const fieldsAt = options && count > 0 ? at + 6 : at + 4;
  let next = fieldsAt;
  for (let left = count; left > 0 && next >= 0; left--) {
    if (next + 4 > end) next = -1;
    else next += framing.ipfix && (view.getUint16(next) & 0x8000) !== 0 ? 8 : 4;
  }
  return { id, fieldsAt, next: next > end ? -1 : next, fieldCount: count, scopeBytes: 0 };
}

/**
 * NetFlow v9 scope types (RFC 3954 section 6.1) as the elements that mean the same: interface, line card, template. "System" and
 * "cache" scope nothing that we keep apart; element 0 is reserved.
 */
const V9_SCOPES: readonly number[] = [0, 0, 10, 141, 0, 145];

/** Reads the fields of a template whose header fits; undefined when it is over a cap or its records would have no bytes. */
export function readFields(
  view: DataView,
  header: TemplateHeader,
  options: boolean,
  framing: Framing,
  limits: TemplateLimits,
): TemplateField[] | undefined {
  if (header.fieldCount === 0 || header.fieldCount > limits.fields) return undefined;
  const fields: TemplateField[] = [];
  let bytes = 0;
  let stride = 0;
  for (let at = header.fieldsAt; at + 4 <= header.next; at += 4) {
    let id = view.getUint16(at);
    let enterprise = 0;
    const length = view.getUint16(at + 2);
    if (framing.ipfix && (id & 0x8000) !== 0) {
      id &= 0x7fff;
      enterprise = view.getUint32(at + 4);
      at += 4;
    } else if (options && !framing.ipfix && at < header.fieldsAt + header.scopeBytes) id = V9_SCOPES[id] ?? 0;
    bytes += length === VARIABLE_LENGTH ? 1 : length;
    stride += length === VARIABLE_LENGTH ? SLOT_BYTES : length;
    fields.push({ enterprise, id, length });
  }
  return bytes > 0 && bytes <= limits.recordBytes && stride <= SCRATCH_BYTES ? fields : undefined;
}
