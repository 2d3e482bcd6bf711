// Sets of NetFlow v9 and IPFIX messages, from rows of a batch or from explicit values: for demo traffic, benchmarks and tests.
import type { FlowBatch } from '@weir/record';
import { WireError } from '../errors.ts';
import { type ElementKey, findElement, lengthOfType } from '../ipfix/registry.ts';
import { type FieldValue, type RowContext, rowReader } from './row-values.ts';
import { FIRST_TEMPLATE_ID, type Framing, fieldKey, type TemplateField, VARIABLE_LENGTH } from './template.ts';

export interface TemplateSpec {
  /** 256 to 65,535. */
  readonly id: number;
  readonly fields: readonly TemplateField[];
  /** The first so many fields are scopes; above zero it is an options template. NetFlow v9 scopes have ids of their own. */
  readonly scopes?: number;
}

/** One set of a message. */
export type SetSpec =
  | { readonly templates: readonly TemplateSpec[] }
  | { readonly template: TemplateSpec; readonly records: readonly (readonly FieldValue[])[] }
  | { readonly template: TemplateSpec; readonly batch: FlowBatch; readonly from: number; readonly to: number };

/** A template field by its element, in the length of its type unless said; texts and arrays are variable unless said. */
export function templateField(key: ElementKey, length?: number): TemplateField {
  const [enterprise, id] = typeof key === 'number' ? [0, key] : key.split('/').map(Number);
  const type = findElement(enterprise, id)?.type;
  return { enterprise, id, length: length ?? (type && lengthOfType(type)) ?? VARIABLE_LENGTH };
}

/** A message under construction. UDP bounds it: past 65,507 bytes it throws WireError `bad_message`. */
export class MessageWriter {
  #bytes = new Uint8Array(2048);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  uint(value: number, length: number): void {
    this.#reserve(length);
    let left = value;
    for (let at = this.length + length - 1; at >= this.length; at--) {
      this.#bytes[at] = left % 256;
      left = Math.floor(left / 256);
    }
    this.length += length;
  }

  bigint(value: bigint, length: number): void {
    this.#reserve(length);
    let left = value;
    for (let at = this.length + length - 1; at >= this.length; at--) {
      this.#bytes[at] = Number(left & 0xffn);
      left >>= 8n;
    }
    this.length += length;
  }

  float(value: number, length: number): void {
    this.#reserve(length);
    if (length === 4) this.#view.setFloat32(this.length, value);
    else this.#view.setFloat64(this.length, value);
    this.length += length;
  }

  bytes(value: Uint8Array, length = value.length): void {
    this.#reserve(length);
    this.#bytes.fill(0, this.length, this.length + length);
    this.#bytes.set(value.subarray(0, length), this.length);
    this.length += length;
  }

  /** Overwrites two bytes written before: a length or a count. */
  patch(at: number, value: number): void {
    this.#view.setUint16(at, value);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #reserve(length: number): void {
    const needed = this.length + length;
    if (needed > 65_507) throw new WireError('bad_message', 'the message is longer than a UDP datagram can be');
    if (needed <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    wider.set(this.#bytes);
    this.#bytes = wider;
    this.#view = new DataView(wider.buffer);
  }
}

/** How many records the sets of a message held: all for the header of v9, data records for the sequence of IPFIX. */
export interface Written {
  readonly records: number;
  readonly dataRecords: number;
}

/** Writes the sets in order. Throws WireError `bad_template` for an id below 256. */
export function writeSets(
  out: MessageWriter,
  sets: readonly SetSpec[],
  framing: Framing,
  context: RowContext,
): Written {
  let records = 0;
  let dataRecords = 0;
  for (const set of sets) {
    if ('templates' in set) {
      for (const options of [false, true]) {
        const chosen = set.templates.filter(({ scopes }) => (scopes ?? 0) > 0 === options);
        if (chosen.length === 0) continue;
        const start = openSet(out, options ? framing.optionsSet : framing.templateSet);
        for (const template of chosen) writeTemplate(out, template, framing);
        closeSet(out, start, 4);
        records += chosen.length;
      }
      continue;
    }
    const start = openSet(out, set.template.id);
    const written = 'records' in set ? writeValues(out, set.template, set.records) : writeRows(out, set, context);
    closeSet(out, start, shortestRecord(set.template));
    records += written;
    dataRecords += written;
  }
  return { records, dataRecords };
}

function openSet(out: MessageWriter, id: number): number {
  out.uint(id, 2);
  out.uint(0, 2);
  return out.length - 4;
}

/** Pads to four bytes, unless the padding could be taken for a record. */
function closeSet(out: MessageWriter, start: number, shortest: number): void {
  const padding = (4 - ((out.length - start) % 4)) % 4;
  if (padding < shortest) out.uint(0, padding);
  out.patch(start + 2, out.length - start);
}

function shortestRecord(template: TemplateSpec): number {
  return template.fields.reduce((sum, { length }) => sum + (length === VARIABLE_LENGTH ? 1 : length), 0);
}

function writeTemplate(out: MessageWriter, template: TemplateSpec, framing: Framing): void {
  if (template.id < FIRST_TEMPLATE_ID) throw new WireError('bad_template', `${template.id} is not a template id`);
  const scopes = template.scopes ?? 0;
  out.uint(template.id, 2);
  if (scopes > 0 && !framing.ipfix) {
    out.uint(scopes * 4, 2);
    out.uint((template.fields.length - scopes) * 4, 2);
  } else {
    out.uint(template.fields.length, 2);
    if (scopes > 0) out.uint(scopes, 2);
  }
  for (const { enterprise, id, length } of template.fields) {
    const withEnterprise = enterprise !== 0 && framing.ipfix;
    out.uint(withEnterprise ? id | 0x8000 : id, 2);
    out.uint(length, 2);
    if (withEnterprise) out.uint(enterprise, 4);
  }
}

function writeValues(out: MessageWriter, template: TemplateSpec, records: readonly (readonly FieldValue[])[]): number {
  for (const values of records) {
    for (const [index, field] of template.fields.entries()) writeValue(out, field, values[index]);
  }
  return records.length;
}

function writeRows(out: MessageWriter, set: Extract<SetSpec, { batch: FlowBatch }>, context: RowContext): number {
  const readers = set.template.fields.map((field) => ({ field, read: rowReader(fieldKey(field)) }));
  for (let row = set.from; row < set.to; row++) {
    for (const { field, read } of readers) writeValue(out, field, read(set.batch, row, context));
  }
  return set.to - set.from;
}

const encoder = new TextEncoder();

function writeValue(out: MessageWriter, field: TemplateField, value: FieldValue): void {
  if (field.length !== VARIABLE_LENGTH) {
    writeFixed(out, field, value, field.length);
    return;
  }
  const bytes = typeof value === 'string' ? encoder.encode(value) : value;
  // Numbers in a variable-length array take four bytes, wide ones eight.
  const length = bytes instanceof Uint8Array ? bytes.length : typeof bytes === 'bigint' ? 8 : 4;
  if (length < 255) out.uint(length, 1);
  else {
    out.uint(255, 1);
    out.uint(length, 2);
  }
  writeFixed(out, field, bytes, length);
}

function writeFixed(out: MessageWriter, field: TemplateField, value: FieldValue, length: number): void {
  if (value instanceof Uint8Array) out.bytes(value, length);
  else if (typeof value === 'string') out.bytes(encoder.encode(value), length);
  else if (typeof value === 'bigint') out.bigint(value, length);
  else if (findElement(field.enterprise, field.id)?.type === 'float64') out.float(value, length);
  else out.uint(value, length);
}
