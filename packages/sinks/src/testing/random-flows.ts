// Flows with random values in every column, at the edges of each kind and absent ones among them, and names for some of their keys.
import {
  type Column,
  DIMENSIONS,
  type DimensionName,
  type DimensionRow,
  FAR_FUTURE,
  FIELDS,
  type Field,
  FlowBatch,
  isList,
  type Key,
  KINDS,
  keyOf,
  keyText,
  ListColumn,
  parseAddress,
  setNumber,
  stringKey,
} from '@weir/record';
import { DIMENSION_NAMES, writeDimension } from '@weir/spool';

/** Texts that quotes, escapes and encodings may get wrong. */
export const HARD_TEXTS = [
  'web-0',
  'a"b',
  "it's",
  'a,b',
  'a\nb',
  'a\r\nb',
  '\\',
  'é',
  '😀',
  '\u0000',
  '\u2028',
  '=1+1',
  ' ',
  '__proto__',
  ',',
  '"',
  'a\tb',
];
const ADDRESSES = ['10.128.0.5', '203.0.113.9', '255.255.255.255', '2001:db8::1', '::1', '::ffff:0:0'];
const EDGES: readonly bigint[] = [
  0n,
  1n,
  10n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
export const RANDOM_TIME = Date.UTC(2026, 0, 2, 10, 0, 0);

/** Seeded numbers in [0, 1): mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export class RandomFlows {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomNumbers(seed);
  }

  /** Announces rows of every dimension to consumers of a spool; some keys on flows have none. */
  announce(dir: string, consumers: readonly string[], name = 'random'): void {
    for (const dimension of DIMENSION_NAMES) {
      const rows = keysOf(dimension)
        .slice(0, -3)
        .map((key, index) => this.#row(dimension, key, index));
      writeDimension(dir, consumers, name, dimension, rows as unknown as DimensionRow<typeof dimension>[]);
    }
  }

  /** A batch of so many rows. Some columns are not in it. */
  batch(rows: number): FlowBatch {
    const batch = new FlowBatch(rows);
    for (const field of FIELDS) {
      if (!field.core && this.#next() < 0.15) continue;
      const column: Column = batch.use(field);
      for (let row = 0; row < rows; row++) this.#fill(field, column, row);
    }
    for (let row = 0; row < rows; row++) setNumber(batch.core.time_received, row, RANDOM_TIME + row);
    batch.length = rows;
    return batch;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#next() * items.length)];
  }

  #row(dimension: DimensionName, key: Key, index: number): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (const [name, { type }] of Object.entries(DIMENSIONS[dimension].attributes)) {
      if (name === 'key') row[name] = keyText(key);
      else if (name === 'version') row[name] = '1';
      else if (name === 'text') row[name] = HARD_TEXTS[index];
      else if (name === 'kind') row[name] = this.#pick(['pod', 'pod', 'node', '']);
      else if (type.startsWith('Map')) row[name] = {};
      else if (type.startsWith('Array')) row[name] = [];
      else if (type.startsWith('DateTime64')) row[name] = name === 'valid_to' ? FAR_FUTURE : 0;
      else if (type === 'UInt64') row[name] = '0';
      else if (type.startsWith('UInt')) row[name] = 0;
      else row[name] = this.#pick(['', ...HARD_TEXTS]);
    }
    return row;
  }

  #fill(field: Field, column: Column, row: number): void {
    if (column instanceof ListColumn) {
      for (let items = Math.floor(this.#next() * 4); items > 0; items--) {
        if (column.words === 1) column.push(row, this.#pick([0, 7, 4_294_967_295]));
        else {
          const [w0, w1, w2, w3] = parseAddress(this.#pick(ADDRESSES));
          column.pushAddress(row, w0, w1, w2, w3);
        }
      }
    } else if (!isList(field.kind) && this.#next() > 0.2) column.set(this.#words(field), row * KINDS[field.kind].words);
  }

  #words({ kind, dimension, name }: Field): number[] {
    if (kind === 'addr') return [...parseAddress(this.#pick(ADDRESSES))];
    if (dimension !== undefined) {
      const { lo, hi } = this.#pick(keysOf(dimension));
      return [lo, hi];
    }
    if (kind === 'time') {
      const words = new Uint32Array(2);
      setNumber(words, 0, this.#pick([0, 1, 999_999_999, RANDOM_TIME, 4_102_444_800_000]));
      return [...words];
    }
    if (name.endsWith('_country')) return [this.#pick([17_477, 21_843])];
    if (KINDS[kind].words === 2) {
      const value = kind === 'mac' ? this.#pick([1n, 2n ** 48n - 1n]) : this.#pick(EDGES);
      return [Number(value & 0xffffffffn), Number(value >> 32n)];
    }
    const max = 2 ** (8 * KINDS[kind].bytes) - 1;
    return [
      this.#pick([0, 1, 9, 10, 99, 100, 255, 65_535, 999_999_999, 4_294_967_295].filter((value) => value <= max)),
    ];
  }
}

/** The keys that flows have; nothing is known of the last three. */
function keysOf(dimension: DimensionName): Key[] {
  const unknown = ['x', 'y', 'z'].map((text) => keyOf(dimension, text));
  const known =
    dimension === 'strings'
      ? HARD_TEXTS.map(stringKey)
      : Array.from({ length: 12 }, (_, index) => keyOf(dimension, String(index)));
  return [...known, ...unknown];
}
