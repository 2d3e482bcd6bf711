// Filters evaluated in process against the same filters in a real store: over the same flows, with values at the edges of every kind of
// column, with names that patterns stumble over, and with keys that nothing is known of.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTop, parseQuery, TopQuery } from '@weir/query';
import { CATALOGUE, type FilterField, operatorsOf, parseFilter, quote } from '@weir/query/language';
import { compileMatcher, type NamedRow, type Names } from '@weir/query/matcher';
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
import { DIMENSION_NAMES, STORE, writeDimension } from '@weir/spool';
import { TestSpool } from '@weir/spool/testing';
import { Loader, openStore, type Store } from '@weir/store';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { random } from './testdata/sample.ts';

// Hundreds of queries: minutes on a machine that is busy otherwise.
vi.setConfig({ testTimeout: 180_000 });

const ROWS = 500;
const TIME = Date.UTC(2026, 0, 2, 10, 0, 0);
const next = random(Number(process.env.WEIR_TEST_SEED ?? 11));
const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)];

/** Texts that patterns, quotes and orders may get wrong. */
const TEXTS = [
  'web-0',
  'WEB-0',
  'shop',
  'a%b',
  'a_b',
  'a\\b',
  'a\\%b',
  'a.b',
  'a\nb',
  'a"b\'c',
  'é',
  'e\u0301',
  'straße',
  '\ue000',
  '😀',
  'a😀b',
  'constructor',
  '__proto__',
  ' ',
  '0',
  '\u00a0',
];
const PATTERNS = [
  'web',
  '^a.b$',
  '^.$',
  '(?i)WEB',
  '\\d',
  '^\\s',
  '[^a]',
  '^$',
  '.*',
  'e|é',
  '(?i)É',
  'a\\.b',
  '\\\\',
  'ß',
  '\\w+',
];
const LIKES = [
  '%',
  '_',
  '%%',
  'a_b',
  'a%b',
  'a\\%b',
  'a\\_b',
  'a\\\\b',
  '%\\\\%',
  '\\a%',
  '%-_',
  'é',
  '__',
  '%\n%',
  'a.b',
  '%(%',
];
const ADDRESSES = [
  '10.128.0.5',
  '10.129.3.77',
  '203.0.113.9',
  '::1',
  '2001:db8::1',
  '2001:db8:1::2',
  '255.255.255.255',
  'ffff::',
];
const NETWORKS = [
  '10.128.0.0/14',
  '10.128.0.4/31',
  '2001:db8::/32',
  '2001:db8::/47',
  '0.0.0.0/0',
  '::/0',
  '203.0.113.9/32',
];

/** Keys of each dimension: with a row, without one, and with one that has nothing but its key. */
const keysOf = (dimension: DimensionName): Key[] =>
  dimension === 'strings'
    ? TEXTS.map(stringKey)
    : Array.from({ length: 14 }, (_, index) => keyOf(dimension, String(index)));
const UNKNOWN = keyOf('nothing');

type AnyRow = Record<string, unknown>;

function rowsOf(dimension: DimensionName): AnyRow[] {
  return keysOf(dimension).map((key, index) => {
    const row: AnyRow = {};
    for (const [name, { type }] of Object.entries(DIMENSIONS[dimension].attributes)) {
      if (name === 'key') row[name] = keyText(key);
      else if (name === 'version') row[name] = '1';
      else if (name === 'labels') row[name] = { [pick(TEXTS)]: pick(TEXTS), app: pick(['web', '']) };
      else if (type.startsWith('Map')) row[name] = {};
      else if (type.startsWith('Array')) row[name] = [];
      else if (type.startsWith('DateTime64')) row[name] = name === 'valid_to' ? FAR_FUTURE : 0;
      else if (type.startsWith('UInt')) row[name] = type === 'UInt64' ? '0' : 0;
      else if (index === 0) row[name] = '';
      else if (name === 'kind') row[name] = pick(['pod', 'pod', 'node', 'service', '']);
      else if (name === 'address') row[name] = pick(ADDRESSES);
      else row[name] = dimension === 'strings' ? TEXTS[index] : pick(['', ...TEXTS, ...ADDRESSES]);
    }
    return row;
  });
}

const DIMENSION_ROWS = new Map(DIMENSION_NAMES.map((dimension) => [dimension, rowsOf(dimension)]));

const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** A value of a column, as its words. */
function wordsFor(field: Field): number[] {
  const { kind, dimension, name } = field;
  if (kind === 'addr') return [...(next() < 0.2 ? new Uint32Array(4) : parseAddress(pick(ADDRESSES)))];
  if (kind === 'list(u32)') return [pick([0, 7, 64_500, 4_294_967_295])];
  if (kind === 'list(addr)') return [...parseAddress(pick(ADDRESSES))];
  if (dimension !== undefined) {
    if (next() < 0.15) return [0, 0];
    const { lo, hi } = next() < 0.15 ? UNKNOWN : pick(keysOf(dimension));
    return [lo, hi];
  }
  if (kind === 'time') {
    // Before 1970: times are signed.
    if (next() < 0.1) return [0xffff_ff00, 0xffff_ffff];
    const words = new Uint32Array(2);
    setNumber(words, 0, pick([0, 1, TIME, TIME + 1, 4_102_444_800_000]));
    return [...words];
  }
  if (name.endsWith('_country')) return [pick([0, 17_477, 21_843])];
  if (KINDS[kind].words === 2) {
    const value = kind === 'mac' ? pick([0n, 1n, 11_373_249_560_581n, 2n ** 48n - 1n]) : pick(EDGES);
    return [Number(value & 0xffffffffn), Number(value >> 32n)];
  }
  const max = 2 ** (8 * KINDS[kind].bytes) - 1;
  return [pick([0, 1, 2, 6, 17, 18, 80, 443, max].filter((value) => value <= max))];
}

function makeBatch(): FlowBatch {
  const batch = new FlowBatch(ROWS);
  // Some columns are in no batch: what they have is zero.
  const left = new Set(['src_vlan', 'tunnel_id', 'policy_out', 'outer_src_addr', 'dns_name', 'time_exported']);
  for (const field of FIELDS) {
    if (left.has(field.name)) continue;
    const column: Column = batch.use(field);
    for (let row = 0; row < ROWS; row++) {
      if (column instanceof ListColumn) {
        for (let items = Math.floor(next() * 3); items > 0; items--) {
          const words = wordsFor(field);
          if (column.words === 1) column.push(row, words[0]);
          else column.pushAddress(row, words[0], words[1], words[2], words[3]);
        }
      } else if (!isList(field.kind)) column.set(wordsFor(field), row * KINDS[field.kind].words);
    }
  }
  for (let row = 0; row < ROWS; row++) {
    setNumber(batch.core.time_received, row, TIME + row);
    // Their sum tells which rows were found.
    setNumber(batch.core.bytes, row, Math.floor(next() * 2 ** 40));
    batch.core.client_side[row] = row % 3;
  }
  batch.length = ROWS;
  return batch;
}

/** Names as a map by decimal key. */
class MapNames implements Names {
  readonly #rows = new Map<string, NamedRow>();

  constructor() {
    for (const [dimension, rows] of DIMENSION_ROWS) {
      for (const { key, labels, ...attributes } of rows) {
        this.#rows.set(`${dimension} ${key}`, {
          attributes: attributes as Record<string, string>,
          labels: new Map(Object.entries((labels ?? {}) as Record<string, string>)),
        });
      }
    }
  }

  over(batch: FlowBatch, field: Field) {
    const column = batch.use(field) as Uint32Array;
    return (row: number) => {
      const key = keyText({ lo: column[row * 2], hi: column[row * 2 + 1] });
      return this.#rows.get(`${field.dimension} ${key}`);
    };
  }
}

const BATCH = makeBatch();
const NAMES = new MapNames();

let dir: string;
let store: Store;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'weir-matcher-'));
  store = openStore({ path: join(dir, 'store') });
  await store.migrate();
  const spool = new TestSpool(join(dir, 'spool'));
  spool.write(BATCH);
  for (const [dimension, rows] of DIMENSION_ROWS) {
    writeDimension(spool.dir, [STORE], dimension, dimension, rows as unknown as DimensionRow<typeof dimension>[]);
  }
  await new Loader({ store, dir: spool.dir }).loadOnce();
});
afterAll(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function byStore(filter: string) {
  const query = parseQuery(TopQuery, { from: TIME, to: TIME + ROWS, by: '', metrics: 'flows,bytes', filter });
  const compiled = compileTop(query, { columnsPresent: store.columnsPresent(), rolledUpUntil: {}, now: TIME + ROWS });
  const { total } = compiled.answer(await store.query(compiled.sql, compiled.params, { settings: compiled.settings }));
  return { flows: total.flows, bytes: total.bytes };
}

function byMatcher(filter: string) {
  const { ast, errors } = parseFilter(filter);
  if (errors.length > 0) throw new Error(`${filter}: ${errors[0].message}`);
  const matches = compileMatcher(ast)(BATCH, NAMES);
  const found = { flows: 0, bytes: 0 };
  for (let row = 0; row < ROWS; row++) {
    if (!matches(row)) continue;
    found.flows++;
    found.bytes += BATCH.core.bytes[row * 2 + 1] * 4294967296 + BATCH.core.bytes[row * 2];
  }
  return found;
}

/** A value in the form in which filters have it. */
function valueFor(field: FilterField, operator: string): string {
  if (operator === '~') return pick(PATTERNS);
  if (operator === 'like') return pick(LIKES);
  if (operator === '<<') return pick(NETWORKS);
  // A network stands for all its addresses, wherever addresses are compared for being equal.
  const hasAddress = field.kind === 'addr' || field.kind === 'list(addr)' || operatorsOf(field).includes('<<');
  if (hasAddress && ['=', 'in', 'has'].includes(operator) && next() < 0.4) return pick(NETWORKS);
  switch (field.kind) {
    case 'addr':
    case 'list(addr)':
      return pick([...ADDRESSES, '::']);
    case 'time':
      return String(pick([TIME, TIME + 1, TIME + 250, 4_102_444_800_000]));
    case 'country':
      return pick(['', 'DE', 'us', 'fr']);
    case 'mac':
      return pick(['00:00:00:00:00:00', '0a:58:0a:80:00:05', 'ff:ff:ff:ff:ff:ff']);
    case 'number':
    case 'code':
    case 'flags':
    case 'list(u32)': {
      const max = BigInt(field.max ?? '4294967295');
      return String(pick([...EDGES, 6n, 7n, 18n, 443n].filter((value) => value <= max)));
    }
    case 'key':
      if (next() < 0.3) return keyText(pick([...keysOf(field.dimension ?? 'entities'), UNKNOWN]));
      return pick(['', ...TEXTS, ...(field.dimension === 'exporters' ? ADDRESSES : [])]);
    default:
      return pick(['', ...TEXTS, ...(hasAddress ? ADDRESSES : [])]);
  }
}

/** A comparison of a field with an operator, plain or negated. */
function comparisonOf(field: FilterField, operator: string): string {
  const values = Array.from({ length: operator === 'in' ? 1 + Math.floor(next() * 4) : 1 }, () =>
    quote(valueFor(field, operator)),
  );
  const value = operator === 'in' ? `(${values.join(', ')})` : values[0];
  const subscript = field.kind === 'labels' && operator !== 'has' ? `[${quote(pick(['app', ...TEXTS]))}]` : '';
  const negation = next() < 0.4 ? 'not ' : '';
  return `${negation}${field.name}${subscript} ${operator} ${value}`;
}

const anyComparison = (): string => {
  const field = pick([...CATALOGUE.fields.values()]);
  return comparisonOf(field, pick(operatorsOf(field)));
};

async function agree(filters: readonly string[]): Promise<number> {
  let telling = 0;
  for (const filter of filters) {
    const found = byMatcher(filter);
    expect({ filter, ...found }).toEqual({ filter, ...(await byStore(filter)) });
    if (found.flows > 0 && found.flows < ROWS) telling++;
  }
  return telling;
}

describe('a filter evaluated in process', () => {
  it('finds what the store finds, for every field and every operator that it takes', async () => {
    const filters = [...CATALOGUE.fields.values()].flatMap((field) => {
      const operators = operatorsOf(field);
      // All operators of those that are looked up and compared in ways of their own; of the others one.
      const own = [
        'src_name',
        'src_pod',
        'tls_sni',
        'exporter',
        'exporter_address',
        'src_addr',
        'seen_by',
        'service',
        'label',
        'next_hop',
        'flow_id',
        'quality',
      ];
      const used = own.includes(field.name)
        ? operators.flatMap((operator) => [operator, operator, operator])
        : [pick(operators)];
      return used.map((operator) => comparisonOf(field, operator));
    });
    expect(await agree(filters)).toBeGreaterThan(filters.length / 2);
  });

  it('finds what the store finds, for patterns, orders and escapes of every kind', async () => {
    const filters = ['src_name', 'tls_sni'].flatMap((field) => [
      ...PATTERNS.map((pattern) => `${field} ~ ${quote(pattern)}`),
      ...LIKES.map((like) => `${field} like ${quote(like)}`),
      ...TEXTS.map((text) => `${field} < ${quote(text)}`),
    ]);
    expect(await agree(filters)).toBeGreaterThan(filters.length / 2);
  });

  it('finds what the store finds, however conditions are joined', async () => {
    const filters = Array.from({ length: 80 }, () => {
      let filter = anyComparison();
      for (let more = Math.floor(next() * 5); more > 0; more--) {
        const other = pick([anyComparison(), `not (${anyComparison()})`]);
        filter = pick([`(${filter}) and ${other}`, `(${filter}) or ${other}`, `not (${filter} or ${other})`]);
      }
      return filter;
    });
    expect(await agree(filters)).toBeGreaterThan(filters.length / 4);
  });
});
