// A row of a FlowBatch as an object for output: catalogue names, what is empty left out. Not for the hot path.
import { formatAddress, formatMac, isAbsent } from './address.ts';
import { QUALITY } from './codes.ts';
import { FIELD, type Field } from './fields.ts';
import type { FlowBatch } from './flow-batch.ts';
import { isList } from './kinds.ts';
import { ListColumn } from './list-column.ts';
import { getBigInt, getNumber } from './words.ts';

export type RowValue = number | string | readonly (number | string)[];

export interface RowOptions {
  /** Text of a key (decimal) in a column: for interned texts and exporters' addresses. Undefined leaves the decimal text. */
  readonly text?: (field: Field, key: string) => string | undefined;
}

/** Bit of `quality` that makes a zero ICMP type or code a value. */
const ICMP_GIVEN = QUALITY.icmp_given;

/**
 * The row as an object in catalogue order. Addresses and MACs as text, times as ISO 8601, keys and counters above 2^53 as decimal
 * text, other numbers as they are, codes as numbers (`codeName` names them). Zeros, absent addresses and empty lists are left out.
 */
export function rowToObject(batch: FlowBatch, row: number, options: RowOptions = {}): Record<string, RowValue> {
  const object: Record<string, RowValue> = {};
  const icmpGiven = (batch.use(FIELD.quality)[row] & ICMP_GIVEN) !== 0;
  for (const field of batch.fields()) {
    const value = cell(batch, field, row, options);
    if (value !== undefined) object[field.name] = value;
    else if (icmpGiven && (field === FIELD.icmp_type || field === FIELD.icmp_code)) object[field.name] = 0;
  }
  return object;
}

function cell(batch: FlowBatch, field: Field, row: number, options: RowOptions): RowValue | undefined {
  const column = batch.use(field);
  if (column instanceof ListColumn) {
    column.seal(batch.length);
    const words = column.get(row);
    if (words.length === 0) return undefined;
    if (column.words === 1) return [...words];
    return Array.from({ length: words.length / 4 }, (_, item) => formatAddress(words, item * 4));
  }
  if (isList(field.kind)) return undefined;
  if (field.kind === 'addr') {
    const words = column as Uint32Array;
    return isAbsent(words, row * 4) ? undefined : formatAddress(words, row * 4);
  }
  if (field.kind === 'u8' || field.kind === 'u16' || field.kind === 'u32') return column[row] || undefined;
  const words = column as Uint32Array;
  if ((words[row * 2] | words[row * 2 + 1]) === 0) return undefined;
  if (field.kind === 'mac') return formatMac(words[row * 2], words[row * 2 + 1]);
  if (field.kind === 'time') return timeText(getNumber(words, row));
  if (field.kind === 'u64') {
    const value = getNumber(words, row);
    return Number.isSafeInteger(value) ? value : getBigInt(words, row).toString();
  }
  const key = getBigInt(words, row).toString();
  return options.text?.(field, key) ?? key;
}

/** Latest moment that a Date can hold. */
const MAX_DATE_MS = 8.64e15;

function timeText(ms: number): string {
  return ms <= MAX_DATE_MS ? new Date(ms).toISOString() : String(ms);
}
