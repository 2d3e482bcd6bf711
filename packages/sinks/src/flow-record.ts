// A flow of a batch as an object with the names and the shapes of the HTTP API's flows: 64-bit keys and ids as decimal text, counters and
// times (milliseconds since 1970) as numbers, addresses and MACs as text, and the names of what keys name. What is absent (zero, empty)
// is left out. A test compares it with what the API answers of the same flows.
import {
  ATTRIBUTE_FIELD,
  ATTRIBUTE_FIELDS,
  type AttributeField,
  type Column,
  FIELD,
  FIELDS,
  type Field,
  type FieldName,
  type FlowBatch,
  formatAddress,
  formatMac,
  getNumber,
  isAbsent,
  isFieldName,
  keyText,
  ListColumn,
} from '@weir/record';
import type { Named } from './names/named.ts';
import type { FindNamed, Names } from './names/names.ts';

export type FlowValue = string | number | readonly (string | number)[];

/** How a value is written: numbers and `plain` texts (addresses, keys) hold nothing that a format would have to quote. */
export type ValueShape = 'number' | 'plain' | 'text' | 'list';

/** The value at a row; undefined where it is absent. */
export type ReadValue = (row: number) => FlowValue | undefined;

/** A field of the flow itself. */
export interface FieldColumn {
  readonly name: string;
  readonly field: Field;
  readonly shape: ValueShape;
  /** For the rows of a batch; undefined where all of them lack it. Valid until the batch changes. */
  over(batch: FlowBatch, names: Names): ReadValue | undefined;
}

/** What is known of what a key on the flow names. */
export interface AttributeColumn {
  readonly name: string;
  readonly attribute: AttributeField;
  /** The column of the key. */
  readonly key: Field;
  /** Empty where it has none. */
  text(named: Named): string;
}

export type FlowColumn = FieldColumn | AttributeColumn;

export const isAttribute = (column: FlowColumn): column is AttributeColumn => 'attribute' in column;

/** Names that a record may have, in the order in which it has them. */
export const RECORD_NAMES: readonly string[] = [
  ...FIELDS.map(({ name }) => name),
  ...ATTRIBUTE_FIELDS.map(({ name }) => name),
];

/** The columns of these names, which must be known, in this order. */
export function flowColumns(names: readonly string[] = RECORD_NAMES): FlowColumn[] {
  return names.map((name) => {
    if (isFieldName(name)) return fieldColumn(FIELD[name]);
    const attribute = ATTRIBUTE_FIELD.get(name);
    if (attribute === undefined) throw new TypeError(`there is no field ${name}`);
    return attributeColumn(attribute);
  });
}

/** Gives records of a batch's rows. Valid until the batch changes. */
export function flowRecords(
  columns: readonly FlowColumn[],
  batch: FlowBatch,
  names: Names,
): (row: number) => Record<string, FlowValue> {
  const found = new Map<Field, FindNamed>();
  const readers = columns.flatMap((column): { name: string; read: ReadValue }[] => {
    const { name } = column;
    if (!isAttribute(column)) {
      const read = column.over(batch, names);
      return read === undefined ? [] : [{ name, read }];
    }
    if (!batch.has(column.key)) return [];
    const find = found.get(column.key) ?? names.over(batch, column.key);
    found.set(column.key, find);
    const read = (row: number) => {
      const named = find(row);
      return named === undefined ? undefined : column.text(named) || undefined;
    };
    return [{ name, read }];
  });
  return (row) => {
    const record: Record<string, FlowValue> = {};
    for (const { name, read } of readers) {
      const value = read(row);
      if (value !== undefined) record[name] = value;
    }
    return record;
  };
}

function attributeColumn(attribute: AttributeField): AttributeColumn {
  const { name, onlyKind, attribute: text } = attribute;
  return {
    name,
    attribute,
    key: FIELD[attribute.key as FieldName],
    text: ({ attributes }) => (onlyKind !== undefined && attributes.kind !== onlyKind ? '' : (attributes[text] ?? '')),
  };
}

function fieldColumn(field: Field): FieldColumn {
  const [shape, over] = reading(field);
  return {
    name: field.name,
    field,
    shape,
    over: (batch, names) => (batch.has(field) ? over(batch, names) : undefined),
  };
}

type Over = (batch: FlowBatch, names: Names) => ReadValue;

/** How the values of a field are written and read. */
function reading(field: Field): [ValueShape, Over] {
  switch (field.kind) {
    case 'u8':
    case 'u16':
    case 'u32':
      return field.name === 'src_country' || field.name === 'dst_country'
        ? ['text', (batch) => countries(numbers(batch, field))]
        : ['number', (batch) => small(numbers(batch, field))];
    case 'time':
      return ['number', (batch) => times(words(batch, field))];
    case 'u64':
      return field.unit === undefined
        ? ['plain', (batch) => decimals(words(batch, field))]
        : ['number', (batch) => counters(words(batch, field))];
    case 'key':
      return ['plain', (batch, names) => keys(words(batch, field), names.over(batch, field))];
    case 'mac':
      return ['plain', (batch) => macs(words(batch, field))];
    case 'addr':
      return ['plain', (batch) => addresses(words(batch, field))];
    case 'str':
      return ['text', (batch, names) => texts(names.over(batch, field))];
    case 'list(u32)':
      return ['list', (batch) => numberLists(list(batch, field))];
    case 'list(addr)':
      return ['list', (batch) => addressLists(list(batch, field))];
  }
}

function numbers(batch: FlowBatch, field: Field): Uint8Array | Uint16Array | Uint32Array {
  const column: Column = batch.use(field);
  if (column instanceof ListColumn) throw new TypeError(`${field.name} is a list`);
  return column;
}

const words = (batch: FlowBatch, field: Field): Uint32Array => numbers(batch, field) as Uint32Array;

function list(batch: FlowBatch, field: Field): ListColumn {
  const column: Column = batch.use(field);
  if (!(column instanceof ListColumn)) throw new TypeError(`${field.name} is no list`);
  column.seal(batch.length);
  return column;
}

const small =
  (column: Uint8Array | Uint16Array | Uint32Array): ReadValue =>
  (row) =>
    column[row] || undefined;

/** Exact to 2^53. */
const counters =
  (column: Uint32Array): ReadValue =>
  (row) =>
    getNumber(column, row) || undefined;

/** Signed, as the store has them. */
const times =
  (column: Uint32Array): ReadValue =>
  (row) =>
    (column[row * 2 + 1] | 0) * 4294967296 + column[row * 2] || undefined;

const decimals =
  (column: Uint32Array): ReadValue =>
  (row) => {
    const lo = column[row * 2];
    const hi = column[row * 2 + 1];
    return (lo | hi) === 0 ? undefined : keyText({ lo, hi });
  };

/** A key's decimal text is made once where what it names is known. */
const keys =
  (column: Uint32Array, find: FindNamed): ReadValue =>
  (row) => {
    const lo = column[row * 2];
    const hi = column[row * 2 + 1];
    return (lo | hi) === 0 ? undefined : (find(row)?.keyText ?? keyText({ lo, hi }));
  };

const macs =
  (column: Uint32Array): ReadValue =>
  (row) => {
    const lo = column[row * 2];
    const hi = column[row * 2 + 1];
    return (lo | hi) === 0 ? undefined : formatMac(lo, hi);
  };

const addresses =
  (column: Uint32Array): ReadValue =>
  (row) =>
    isAbsent(column, row * 4) ? undefined : formatAddress(column, row * 4);

/** Two letters, of which the first is in the high byte. */
const countries =
  (column: Uint8Array | Uint16Array | Uint32Array): ReadValue =>
  (row) => {
    const value = column[row];
    return value === 0 ? undefined : String.fromCharCode(value >> 8, value & 0xff);
  };

/** A text that is not known (yet) is absent. */
const texts =
  (find: FindNamed): ReadValue =>
  (row) =>
    find(row)?.attributes.text;

const numberLists =
  (column: ListColumn): ReadValue =>
  (row) => {
    const items = column.get(row);
    return items.length === 0 ? undefined : [...items];
  };

const addressLists =
  (column: ListColumn): ReadValue =>
  (row) => {
    const items = column.get(row);
    if (items.length === 0) return undefined;
    return Array.from({ length: items.length / 4 }, (_, item) => formatAddress(items, item * 4));
  };
