// The kinds of columns a flow has: how each lies in memory and what ClickHouse calls it.
// Memory layout is little-endian, the order that ClickHouse's Native format uses, so that a column can be written as it is.

/** Kinds of columns. `str` is a text that exporters send: the column holds the key of a row of the `strings` dimension. */
export type FieldKind =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'addr'
  | 'mac'
  | 'time'
  | 'key'
  | 'str'
  | 'list(u32)'
  | 'list(addr)';

export type ScalarKind = Exclude<FieldKind, 'list(u32)' | 'list(addr)'>;
export type ListKind = 'list(u32)' | 'list(addr)';

/** What a scalar column of each kind is made of. 64-bit kinds take two words a row (low first), `addr` four (network order). */
export type ScalarArray<K extends ScalarKind> = K extends 'u8'
  ? Uint8Array<ArrayBuffer>
  : K extends 'u16'
    ? Uint16Array<ArrayBuffer>
    : Uint32Array<ArrayBuffer>;

interface KindFacts {
  /** Elements of the typed array a row takes. */
  readonly words: number;
  /** Bytes a row takes; for lists, bytes an item takes. */
  readonly bytes: number;
  readonly clickhouse: string;
}

export const KINDS: Readonly<Record<FieldKind, KindFacts>> = {
  u8: { words: 1, bytes: 1, clickhouse: 'UInt8' },
  u16: { words: 1, bytes: 2, clickhouse: 'UInt16' },
  u32: { words: 1, bytes: 4, clickhouse: 'UInt32' },
  u64: { words: 2, bytes: 8, clickhouse: 'UInt64' },
  addr: { words: 4, bytes: 16, clickhouse: 'IPv6' },
  mac: { words: 2, bytes: 8, clickhouse: 'UInt64' },
  time: { words: 2, bytes: 8, clickhouse: "DateTime64(3, 'UTC')" },
  key: { words: 2, bytes: 8, clickhouse: 'UInt64' },
  str: { words: 2, bytes: 8, clickhouse: 'UInt64' },
  'list(u32)': { words: 1, bytes: 4, clickhouse: 'Array(UInt32)' },
  'list(addr)': { words: 4, bytes: 16, clickhouse: 'Array(IPv6)' },
};

export function isList(kind: FieldKind): kind is ListKind {
  return kind === 'list(u32)' || kind === 'list(addr)';
}
