// What one key names, in memory: the attributes that flows are shown and filtered by, and nothing else of its row.

import type { NamedRow } from '@weir/query/matcher';
import { ATTRIBUTE_FIELDS, DIMENSIONS, type DimensionName, FIELDS, type Key, keyFromText, keyText } from '@weir/record';

/** Attributes by which keys of each dimension are known when a filter compares the key with a name. */
const NAMED_BY: Readonly<Record<DimensionName, readonly string[]>> = {
  entities: ['name', 'kind'],
  exporters: ['name', 'address'],
  interfaces: ['name'],
  policies: ['name'],
  subnets: ['name'],
  threats: ['list'],
  applications: ['name'],
  strings: ['text'],
};

/** The dimensions that columns of flows have keys of. */
export const FLOW_DIMENSIONS: readonly DimensionName[] = [
  ...new Set(FIELDS.flatMap(({ dimension }) => (dimension === undefined ? [] : [dimension]))),
];

/** The attributes that are kept of each dimension's rows. */
export const KEPT_ATTRIBUTES = Object.fromEntries(
  FLOW_DIMENSIONS.map((dimension) => {
    const shown = ATTRIBUTE_FIELDS.filter((field) => field.dimension === dimension).map(({ attribute }) => attribute);
    return [dimension, [...new Set([...NAMED_BY[dimension], ...shown])]];
  }),
) as Readonly<Partial<Record<DimensionName, readonly string[]>>>;

export class Named implements NamedRow {
  readonly key: Key;
  /** Decimal text of the key. */
  readonly keyText: string;
  /** Of the newest row that says so, milliseconds since 1970. */
  version: number;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly labels?: ReadonlyMap<string, string>;
  /** What encoders have made of it, by slot; see `newMemoSlot`. */
  readonly memo: Uint8Array[] = [];

  constructor(
    key: Key,
    version: number,
    attributes: Readonly<Record<string, string | undefined>>,
    labels?: ReadonlyMap<string, string>,
  ) {
    this.key = key;
    this.keyText = keyText(key);
    this.version = version;
    this.attributes = attributes;
    if (labels !== undefined) this.labels = labels;
  }

  /** Whether it says what another says, whenever either was learnt. */
  says(other: Named): boolean {
    const names = Object.keys(this.attributes);
    if (names.length !== Object.keys(other.attributes).length) return false;
    if (names.some((name) => this.attributes[name] !== other.attributes[name])) return false;
    const [mine, others] = [this.labels, other.labels];
    if (mine === undefined || others === undefined) return mine === others;
    return mine.size === others.size && [...mine].every(([label, value]) => others.get(label) === value);
  }

  /** As a line that `readNamed` reads. */
  line(): string {
    const { version, attributes, labels } = this;
    const row = {
      key: this.keyText,
      ...attributes,
      ...(labels === undefined ? {} : { labels: Object.fromEntries(labels) }),
    };
    return JSON.stringify({ ...row, version: String(version) });
  }
}

let slots = 0;

/** A place of one's own in every Named's `memo`, for what is made of it alone. */
export function newMemoSlot(): number {
  return slots++;
}

/** One copy of texts that many rows share (namespaces, nodes, zones). What is rare is not looked for long. */
export class Interner {
  #texts = new Map<string, string>();

  intern(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= 65_536) this.#texts = new Map();
    this.#texts.set(text, text);
    return text;
  }
}

const KEY = /^[1-9]\d{0,19}$/;
const VERSION = /^\d{1,20}$/;

/** What a line of a row file says; undefined for what is no row of the dimension. */
export function readNamed(dimension: DimensionName, line: string, interner: Interner): Named | undefined {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof row !== 'object' || row === null) return undefined;
  const { key, version, labels, ...rest } = row as Record<string, unknown>;
  if (typeof key !== 'string' || !KEY.test(key) || BigInt(key) >= 2n ** 64n) return undefined;
  if (typeof version !== 'string' || !VERSION.test(version)) return undefined;
  const attributes: Record<string, string> = Object.create(null);
  for (const name of KEPT_ATTRIBUTES[dimension] ?? []) {
    const value = rest[name] ?? '';
    if (typeof value !== 'string') return undefined;
    if (value !== '') attributes[name] = isShared(dimension, name) ? interner.intern(value) : value;
  }
  const labelled = labels === undefined ? undefined : readLabels(labels, interner);
  if (labels !== undefined && labelled === undefined) return undefined;
  return new Named(keyFromText(key), Number(version), attributes, labelled);
}

function readLabels(labels: unknown, interner: Interner): ReadonlyMap<string, string> | undefined {
  if (typeof labels !== 'object' || labels === null) return undefined;
  const entries = Object.entries(labels);
  if (entries.some(([, value]) => typeof value !== 'string')) return undefined;
  return new Map(entries.map(([label, value]) => [interner.intern(label), interner.intern(String(value))]));
}

function isShared(dimension: DimensionName, attribute: string): boolean {
  const known: Readonly<Record<string, { readonly type: string }>> = DIMENSIONS[dimension].attributes;
  return known[attribute]?.type.startsWith('LowCardinality') === true;
}
